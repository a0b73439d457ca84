//! The records of an attributed release, for programs: JSON lines, a table and a summary.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use bstr::ByteSlice;
use hunktrace_proto::v1;
use serde_json::{Value, json};

use super::changed_files::ChangedFile;
use super::staging::SUMMARY_FILE;
use super::{Answer, AttributeRequest, AttributeSummary, FolderTotals};
use crate::match_name::match_name;

/// Writes `hunks.jsonl`, `commits.jsonl` and `commits.csv`.
///
/// # Errors
/// Where a file cannot be written.
pub(super) fn write_records(folder: &Path, files: &[ChangedFile], answer: &Answer) -> anyhow::Result<()> {
    write_file(folder, "hunks.jsonl", |out| {
        for (file, attribution) in files.iter().zip(&answer.files) {
            for hunk in &attribution.hunks {
                writeln!(out, "{}", hunk_record(file, hunk))?;
            }
        }
        Ok(())
    })?;
    write_file(folder, "commits.jsonl", |out| {
        answer.commits.iter().try_for_each(|commit| writeln!(out, "{}", commit_record(commit)))
    })?;
    write_file(folder, "commits.csv", |out| {
        writeln!(
            out,
            "commit,status,confidence,lines,hunks,missing_hunks,subject,author,date,first_release,carriers,superseded_by"
        )?;
        answer.commits.iter().try_for_each(|commit| writeln!(out, "{}", commit_row(commit)))
    })
}

/// Writes `summary.json`.
///
/// # Errors
/// Where the file cannot be written.
pub(super) fn write_summary(
    folder: &Path,
    request: &AttributeRequest<'_>,
    summary: &AttributeSummary,
) -> anyhow::Result<()> {
    let folders: serde_json::Map<String, Value> =
        summary.totals.folders.iter().map(|(name, folder)| (name.clone(), totals_record(folder))).collect();
    let timings: serde_json::Map<String, Value> = summary
        .timings
        .iter()
        .map(|(step, time)| (step.clone(), json!((time.as_secs_f64() * 1000.0).round() / 1000.0)))
        .collect();
    let unreadable: Vec<Value> =
        summary.unreadable.iter().map(|(file, reason)| json!({"file": file, "reason": reason})).collect();
    let value = json!({
        "all": totals_record(&summary.totals.all),
        "folders": folders,
        "commits": summary.commits,
        "implied_commits": summary.implied,
        "patches": summary.patches,
        "timings_seconds": timings,
        "versions": {"hunktrace": env!("CARGO_PKG_VERSION")},
        "inputs": {
            "base": request.base.source.to_string(),
            "base_revision": request.base_revision,
            "vendor": request.vendor.source.to_string(),
        },
        "moved_files": summary.moved_files,
        "notes": summary.notes,
        "unreadable": unreadable,
    });
    write_file(folder, SUMMARY_FILE, |out| writeln!(out, "{value:#}"))
}

/// Counts and shares as a record.
pub(super) fn totals_record(totals: &FolderTotals) -> Value {
    json!({
        "files": totals.files,
        "hunks": totals.hunks,
        "lines": totals.lines,
        "explained": totals.explained,
        "share": rounded(totals.share()),
    })
}

/// Writes a file of the result.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn write_file(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let path = folder.join(name);
    let written = File::create(&path).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written.with_context(|| format!("{}: cannot be written", path.display()))
}

fn hunk_record(file: &ChangedFile, hunk: &v1::HunkAttribution) -> Value {
    let runs: Vec<Value> = hunk
        .runs
        .iter()
        .map(|run| {
            json!({
                "side": if run.side() == v1::Side::Old { "old" } else { "new" },
                "start": run.start,
                "lines": run.lines,
                "commit": (!run.commit.is_empty()).then_some(&run.commit),
                "confidence": rounded(run.confidence),
                "match": if run.commit.is_empty() { "none" } else { match_name(run.r#match) },
            })
        })
        .collect();
    let mut record = json!({
        "file": file.path.to_str_lossy(),
        "old_start": hunk.old_start,
        "old_lines": hunk.old_lines,
        "new_start": hunk.new_start,
        "new_lines": hunk.new_lines,
        "runs": runs,
    });
    if let Some(old_path) = &file.moved_from {
        record["old_path"] = json!(old_path.to_str_lossy());
    }
    record
}

fn commit_record(commit: &v1::CommitAttribution) -> Value {
    let missing: Vec<Value> = commit
        .missing_hunks
        .iter()
        .map(|hunk| json!({"file": hunk.file, "old_start": hunk.old_start, "reason": missing_reason_name(hunk.reason())}))
        .collect();
    json!({
        "commit": commit.commit,
        "status": status_name(commit.status()),
        "confidence": rounded(commit.confidence),
        "lines": commit.lines,
        "hunks": commit.hunks,
        "missing_hunks": missing.len(),
        "subject": commit.subject,
        "author": commit.author,
        "date": commit.author_date,
        "first_release": (!commit.first_release.is_empty()).then_some(&commit.first_release),
        "carriers": commit.carriers,
        "superseded_by": (!commit.superseded_by.is_empty()).then_some(&commit.superseded_by),
        "missing": missing,
    })
}

fn commit_row(commit: &v1::CommitAttribution) -> String {
    let fields = [
        commit.commit.clone(),
        status_name(commit.status()).to_owned(),
        rounded(commit.confidence).to_string(),
        commit.lines.to_string(),
        commit.hunks.to_string(),
        commit.missing_hunks.len().to_string(),
        commit.subject.clone(),
        commit.author.clone(),
        commit.author_date.clone(),
        commit.first_release.clone(),
        commit.carriers.join(" "),
        commit.superseded_by.clone(),
    ];
    fields.iter().map(|field| csv_field(field)).collect::<Vec<_>>().join(",")
}

/// A field as spreadsheets read it; what they would take for a formula is kept from being one.
pub(super) fn csv_field(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@']);
    let text = if is_formula { format!("'{field}") } else { field.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// The status in the words of the records.
pub(super) fn status_name(status: v1::CommitStatus) -> &'static str {
    match status {
        v1::CommitStatus::Complete => "complete",
        v1::CommitStatus::Implied => "implied",
        v1::CommitStatus::Partial | v1::CommitStatus::Unspecified => "partial",
    }
}

/// Why a hunk is missing, in the words of the records.
pub(super) fn missing_reason_name(reason: v1::MissingReason) -> &'static str {
    match reason {
        v1::MissingReason::Unchanged => "unchanged",
        v1::MissingReason::Superseded => "superseded",
        v1::MissingReason::LeftOut => "left out",
        v1::MissingReason::Unspecified => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_fields_are_quoted_and_no_formulas() {
        assert_eq!(csv_field("plain"), "plain");
        assert_eq!(csv_field("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(csv_field("=1+1"), "'=1+1");
    }

    #[test]
    fn unexplained_runs_have_no_commit() {
        let run = v1::Run { side: v1::Side::New.into(), start: 3, lines: 2, ..v1::Run::default() };
        let hunk = v1::HunkAttribution { runs: vec![run], ..v1::HunkAttribution::default() };
        let file = ChangedFile { path: "a.c".into(), ..ChangedFile::default() };
        let record = hunk_record(&file, &hunk);
        assert_eq!(record["runs"][0]["commit"], Value::Null);
        assert_eq!(record["runs"][0]["side"], "new");
        assert_eq!(record.get("old_path"), None);
        let moved = ChangedFile { moved_from: Some("b.c".into()), ..file };
        assert_eq!(hunk_record(&moved, &hunk)["old_path"], "b.c");
    }
}
