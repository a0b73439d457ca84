//! `hunktrace extract`: the vendor's own form of one commit, as a patch.

use hunktrace_proto::v1;
use serde_json::json;

use crate::cli::{ExtractArgs, Format};
use crate::commands::catalogue_record::{commit_record, or_null, path_text};
use crate::source::catalogue::connect_catalogue;
use crate::source::service::{refusal, runtime};
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::{add_line, printable, short_id};

/// Runs the command.
///
/// # Errors
/// If the catalogue cannot be read, or the release does not bring the commit.
pub fn run(args: &ExtractArgs) -> anyhow::Result<Outcome> {
    let request = v1::ExtractRequest {
        commit: args.commit.clone(),
        release: args.release.clone(),
        onto: args.onto.clone().unwrap_or_default(),
    };
    let extracted = runtime()?.block_on(async {
        let answer = connect_catalogue(&args.source).await?.extract(request).await;
        anyhow::Ok(answer.map_err(|status| refusal(&status))?.into_inner())
    })?;
    let mut output = Output::open();
    match args.format {
        Format::Text => {
            output.write(&patch_head(&extracted))?;
            // A patch is bytes, and has to reach whoever applies it as it is.
            output.end_with_bytes(&extracted.patch)?;
        }
        Format::Jsonl => output.write(&format!("{}\n", extracted_record(&extracted)))?,
    }
    Ok(Outcome::Done)
}

/// What stands above the patch. No line of it can be taken for a part of a diff.
fn patch_head(extracted: &v1::ExtractResponse) -> String {
    let mut out = String::new();
    let commit = extracted.commit.clone().unwrap_or_default();
    let release = extracted.release.as_ref().map_or("", |release| &release.name);
    let mut field =
        |name: &str, value: &str| add_line(&mut out, format_args!("{name}: {}", printable(value)));
    field("Subject", &commit.subject);
    field("Origin", &format!("{} ({})", commit.commit, commit.author));
    field("In", &format!("{release}, in the form that it has there"));
    field("Applies-to", &extracted.applies_to);
    for need in &extracted.needs {
        let Some(needed) = &need.commit else { continue };
        field("Needs", &format!("{} {} ({})", short_id(&needed.commit), needed.subject, need.why));
    }
    for difference in &extracted.differences {
        field("Differs", difference);
    }
    for file in &extracted.files {
        let path = path_text(&file.path);
        let functions =
            if file.functions.is_empty() { String::new() } else { format!(" {}", file.functions.join(", ")) };
        field("Changes", &format!("{path}:{functions} +{} -{}", file.added, file.removed));
        if !file.object.is_empty() {
            let options = if file.options.is_empty() {
                String::new()
            } else {
                format!(" by {}", file.options.join(", "))
            };
            field("Built", &format!("{path}: {}{options}", file.object));
        }
        for hunk in file.hunks.iter().filter(|hunk| !hunk.live_flags.is_empty()) {
            let functions =
                hunk.functions.iter().map(|function| format!(" {function}()")).collect::<String>();
            field(
                "Live-patch",
                &format!("{path} {}{functions}: {}", place_of(hunk), hunk.live_flags.join(", ")),
            );
        }
    }
    out.push('\n');
    out
}

/// Where a hunk is, as its header says it.
fn place_of(hunk: &v1::ExtractedHunk) -> String {
    format!("@@ -{},{} +{},{} @@", hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines)
}

fn extracted_record(extracted: &v1::ExtractResponse) -> serde_json::Value {
    let mut record = commit_record("extract", extracted.commit.as_ref());
    record["release"] = json!(extracted.release.as_ref().map(|release| &release.name));
    record["applies_to"] = json!(extracted.applies_to);
    let hunk = |hunk: &v1::ExtractedHunk| {
        json!({
            "old_start": hunk.old_start,
            "old_lines": hunk.old_lines,
            "new_start": hunk.new_start,
            "new_lines": hunk.new_lines,
            "functions": hunk.functions,
            "live_patch": hunk.live_flags,
        })
    };
    let file = |file: &v1::ExtractedFile| {
        json!({
            "file": path_text(&file.path),
            "functions": file.functions,
            "live_patch": file.live_flags,
            "object": or_null(&file.object),
            "options": file.options,
            "hunks": file.hunks.iter().map(hunk).collect::<Vec<_>>(),
            "added": file.added,
            "removed": file.removed,
        })
    };
    record["files"] = extracted.files.iter().map(file).collect();
    let need = |need: &v1::NeededCommit| {
        let commit = need.commit.clone().unwrap_or_default();
        json!({"commit": commit.commit, "subject": commit.subject, "why": need.why})
    };
    record["needs"] = extracted.needs.iter().map(need).collect();
    record["differences"] = json!(extracted.differences);
    record["patch"] = json!(String::from_utf8_lossy(&extracted.patch));
    record
}
