//! `hunktrace compare`: what differs between two releases, and which change may have broken something.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use hunktrace_proto::v1;
use rayon::prelude::*;
use serde_json::json;

use crate::cli::{CompareArgs, Format};
use crate::commands::catalogue_record::{
    commit_record, entry_records, later_records, or_null, path_text, release_record,
};
use crate::commands::history::add_later;
use crate::source::catalogue::compare;
use crate::source::service::runtime;
use crate::terminal::color::{COMMIT, FAINT, TITLE};
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::{add_line, add_printable, counted, printable, short_id};

/// The largest call trace, in bytes; the log of a whole day is smaller.
const TRACE_BYTES: u64 = 8 << 20;

/// Commits or places that a thread writes at a time.
const ITEMS_AT_ONCE: usize = 512;

/// Places of a commit that stand on the screen; `--format jsonl` has all.
const SHOWN_PLACES: usize = 6;

/// Runs the command.
///
/// # Errors
/// If the catalogue cannot be read, has not got a release, or the trace cannot be read.
pub fn run(args: &CompareArgs) -> anyhow::Result<Outcome> {
    let trace = args.oops.as_deref().map(read_trace).transpose()?;
    let request = v1::CompareRequest {
        from: args.from.clone(),
        to: args.to.clone(),
        path: args.path.clone().unwrap_or_default(),
        function: args.function.clone().unwrap_or_default(),
        trace: trace.unwrap_or_default(),
    };
    let comparison = runtime()?.block_on(compare(&args.source, request))?;
    let text = match args.format {
        Format::Text => comparison_text(&comparison),
        Format::Jsonl => comparison_lines(&comparison),
    };
    // The program ends here, and giving back some hundred thousand texts one by one would take a tenth of its time.
    std::mem::forget(comparison);
    Output::open().write(&text)?;
    Ok(Outcome::Done)
}

fn read_trace(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let read = |input: &mut dyn Read, bytes: &mut Vec<u8>| input.take(TRACE_BYTES + 1).read_to_end(bytes);
    match path == Path::new("-") {
        true => read(&mut std::io::stdin().lock(), &mut bytes).context("standard input")?,
        false => {
            let file = std::fs::File::open(path);
            read(&mut file.with_context(|| path.display().to_string())?, &mut bytes)
                .with_context(|| path.display().to_string())?
        }
    };
    if bytes.len() as u64 > TRACE_BYTES {
        anyhow::bail!(
            "{}: is larger than {} MiB; give the part with the trace",
            path.display(),
            TRACE_BYTES >> 20
        );
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn comparison_text(comparison: &v1::CompareResponse) -> String {
    let mut out = String::new();
    let name = |release: &Option<v1::CataloguedRelease>| {
        release.as_ref().map(|release| printable(&release.name)).unwrap_or_default()
    };
    let count = |change: &str| {
        let number = comparison.commits.iter().filter(|commit| commit.change == change).count();
        format!("{number} {change}")
    };
    let (from, to) = (name(&comparison.from), name(&comparison.to));
    let (new, gone, changed) = (count("new"), count("gone"), count("changed"));
    let own = counted(comparison.own.len() as u64, "place");
    add_line(&mut out, format_args!("{TITLE}{from} to {to}{TITLE:#}"));
    add_line(&mut out, format_args!("commits: {new}, {gone}, {changed}; the vendor's own: {own}"));
    let is_traced = !comparison.traced.is_empty();
    if is_traced {
        add_line(&mut out, format_args!("trace: {}", printable(&comparison.traced.join(" < "))));
    }
    out += &texts_of(&comparison.commits, |out, change| add_change(out, change, is_traced));
    if !comparison.own.is_empty() {
        add_line(&mut out, format_args!("{TITLE}the vendor's own{TITLE:#}"));
    }
    out += &texts_of(&comparison.own, |out, own| {
        let Some(place) = &own.place else { return };
        let score = if is_traced { format!("{:4.2}  ", own.score) } else { String::new() };
        add_place(out, &score, place);
    });
    if !comparison.untouched.is_empty() {
        let names = printable(&comparison.untouched.join(", "));
        add_line(&mut out, format_args!("{FAINT}not changed: {names}{FAINT:#}"));
    }
    out
}

/// The texts of items one behind the other; several threads write them.
fn texts_of<T: Sync>(items: &[T], add: impl Fn(&mut String, &T) + Sync) -> String {
    let texts = items.par_chunks(ITEMS_AT_ONCE).map(|items| {
        let mut text = String::new();
        items.iter().for_each(|item| add(&mut text, item));
        text
    });
    texts.collect::<Vec<String>>().concat()
}

fn add_change(out: &mut String, change: &v1::CommitChange, is_traced: bool) {
    let Some(commit) = &change.commit else { return };
    let (id, subject) = (short_id(&commit.commit), printable(&commit.subject));
    let score = if is_traced { format!("{:4.2}  ", change.score) } else { String::new() };
    let (what, release) = (&change.change, printable(&commit.first_release));
    add_line(out, format_args!("{score}{what:<7}  {COMMIT}{id}{COMMIT:#}  {release:<11}  {subject}"));
    if change.change == "changed" && change.status_before != change.status_after {
        let (before, after) = (&change.status_before, &change.status_after);
        add_line(out, format_args!("        {before} before, {after} now"));
    }
    add_places(out, &change.places);
    for entry in &change.entries {
        add_line(out, format_args!("        changelog: {}", printable(&entry.text)));
    }
    add_later(out, &change.later);
}

fn add_places(out: &mut String, places: &[v1::ChangedPlace]) {
    for place in places.iter().take(SHOWN_PLACES) {
        add_place(out, "        ", place);
    }
    let more = places.len().saturating_sub(SHOWN_PLACES);
    if more > 0 {
        add_line(out, format_args!("        {FAINT}and {more} more places{FAINT:#}"));
    }
}

/// Adds the line of a place, behind what leads it.
fn add_place(out: &mut String, lead: &str, place: &v1::ChangedPlace) {
    out.push_str(lead);
    add_printable(out, &String::from_utf8_lossy(&place.path));
    out.push(':');
    if !place.function.is_empty() {
        out.push(' ');
        add_printable(out, &place.function);
        out.push_str("()");
    }
    add_line(out, format_args!(" +{} -{}", place.added, place.removed));
}

fn comparison_lines(comparison: &v1::CompareResponse) -> String {
    let mut out = String::new();
    let mut head = json!({"type": "compare", "traced": comparison.traced, "untouched": comparison.untouched});
    for (key, release) in [("from", &comparison.from), ("to", &comparison.to)] {
        head[key] = release.as_ref().map(release_record).unwrap_or_default();
    }
    add_line(&mut out, format_args!("{head}"));
    let place = |place: &v1::ChangedPlace| {
        json!({
            "file": path_text(&place.path),
            "function": or_null(&place.function),
            "added": place.added,
            "removed": place.removed,
        })
    };
    out += &texts_of(&comparison.commits, |out, change| {
        let mut record = commit_record("commit", change.commit.as_ref());
        record["change"] = json!(change.change);
        record["status_before"] = or_null(&change.status_before);
        record["status_after"] = or_null(&change.status_after);
        record["score"] = json!(change.score);
        record["places"] = change.places.iter().map(place).collect();
        record["later"] = later_records(&change.later);
        record["changelog"] = entry_records(&change.entries);
        add_line(out, format_args!("{record}"));
    });
    out += &texts_of(&comparison.own, |out, own| {
        let mut record = own.place.as_ref().map(place).unwrap_or_default();
        record["type"] = json!("own");
        record["score"] = json!(own.score);
        add_line(out, format_args!("{record}"));
    });
    out
}
