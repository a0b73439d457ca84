//! `hunktrace history`: since which release a commit, code or the repair of a CVE is there.

use hunktrace_proto::v1;
use serde_json::json;

use crate::cli::{Format, HistoryArgs};
use crate::commands::catalogue_record::{commit_record, entry_records, later_records, or_null, path_text};
use crate::commands::lookup::confidence_text::percent;
use crate::source::catalogue::connect_catalogue;
use crate::source::service::{refusal, runtime};
use crate::terminal::color::{COMMIT, FAINT, POSSIBLE, TITLE};
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::{add_line, counted, printable, short_id};

/// Runs the command.
///
/// # Errors
/// If the catalogue cannot be read, or no release has what is asked for.
pub fn run(args: &HistoryArgs) -> anyhow::Result<Outcome> {
    let request = v1::HistoryRequest { name: args.name.clone() };
    let history = runtime()?.block_on(async {
        let answer = connect_catalogue(&args.source).await?.history(request).await;
        anyhow::Ok(answer.map_err(|status| refusal(&status))?.into_inner())
    })?;
    let text = match args.format {
        Format::Text => history_text(&history),
        Format::Jsonl => history_lines(&history),
    };
    Output::open().write(&text)?;
    Ok(Outcome::Done)
}

fn history_text(history: &v1::HistoryResponse) -> String {
    let mut out = String::new();
    // Of one commit, or the few of a CVE, everything is told; of code each commit in a line.
    if matches!(history.kind.as_str(), "commit" | "cve") {
        for commit in &history.commits {
            add_commit(&mut out, commit);
        }
        return out;
    }
    let what = match history.function.as_str() {
        "" => history.name.clone(),
        function if history.name.is_empty() => format!("{function}()"),
        function => format!("{}: {function}()", history.name),
    };
    let commits = counted(history.commits.len() as u64, "commit");
    add_line(&mut out, format_args!("{TITLE}{}{TITLE:#}: {commits}", printable(&what)));
    let mut since = None;
    for commit in &history.commits {
        let Some(first) = commit.stretches.first() else { continue };
        if since.replace(&first.first) != Some(&first.first) {
            let date =
                if first.released_on.is_empty() { String::new() } else { format!(", {}", first.released_on) };
            add_line(&mut out, format_args!("since {}{date}", printable(&first.first)));
        }
        add_code_commit(&mut out, commit);
    }
    for own in &history.own_changes {
        let lines = format!("+{} -{}", own.added, own.removed);
        add_line(
            &mut out,
            format_args!("{FAINT}the vendor's own from {} on: {lines}{FAINT:#}", printable(&own.release)),
        );
    }
    out
}

/// A commit of a file or function in a line.
fn add_code_commit(out: &mut String, history: &v1::CommitHistory) {
    let Some(commit) = &history.commit else { return };
    let last = history.stretches.last();
    let confidence = last.map_or(0.0, |stretch| stretch.confidence);
    let id = short_id(&commit.commit);
    let lines: u64 = history.places.iter().map(|place| u64::from(place.lines)).sum();
    add_line(
        out,
        format_args!(
            "  {:>4}  {COMMIT}{id}{COMMIT:#}  {:<11} {:>5}  {}",
            percent(confidence),
            printable(&commit.first_release),
            format!("{lines} l"),
            printable(&commit.subject)
        ),
    );
    if let Some(gone) = last.map(|last| &last.gone_with).filter(|gone| !gone.is_empty()) {
        add_line(out, format_args!("        {POSSIBLE}gone with {}{POSSIBLE:#}", printable(gone)));
    }
    add_later(out, &history.later);
}

fn add_commit(out: &mut String, history: &v1::CommitHistory) {
    let Some(commit) = &history.commit else { return };
    add_line(out, format_args!("{COMMIT}commit {}{COMMIT:#}", commit.commit));
    add_line(out, format_args!("{TITLE}{}{TITLE:#}", printable(&commit.subject)));
    let mut facts = vec![commit.purpose.clone()];
    facts.extend(commit.cc_stable.then(|| "for stable trees".to_owned()));
    facts.extend(commit.syzbot.then(|| "found by syzbot".to_owned()));
    facts.extend(history.cves.iter().cloned());
    for (name, value) in [
        ("author", commit.author.clone()),
        ("written", commit.author_date.clone()),
        ("first release", commit.first_release.clone()),
        ("subsystem", commit.subsystem.clone()),
        ("purpose", facts.join(", ")),
        ("fixes", history.fixes.join(" ")),
        ("reverts", history.reverts.join(" ")),
        ("carried by", history.carriers.join(" ")),
        ("links", history.links.join(" ")),
    ] {
        if !value.is_empty() {
            add_line(out, format_args!("  {name:<14}{}", printable(&value)));
        }
    }
    for stretch in &history.stretches {
        add_stretch(out, stretch);
    }
    for entry in &history.entries {
        add_line(
            out,
            format_args!("  changelog of {}: {}", printable(&entry.release), printable(&entry.text)),
        );
    }
    add_later(out, &history.later);
    let mut path = None;
    for place in &history.places {
        if path.replace(&place.path) != Some(&place.path) {
            add_line(out, format_args!("  {}", printable(&path_text(&place.path))));
        }
        let sign = if place.is_added { '+' } else { '-' };
        let lines = format!("{sign}{}", place.start);
        let end =
            if place.lines > 1 { format!("..{}", place.start + place.lines - 1) } else { String::new() };
        let function = if place.function.is_empty() {
            String::new()
        } else {
            format!("{}()", printable(&place.function))
        };
        let sure = percent(place.confidence);
        add_line(
            out,
            format_args!("    {:<14} {sure:>5}  {:<10} {function}", format!("{lines}{end}"), place.r#match),
        );
    }
}

fn add_stretch(out: &mut String, stretch: &v1::Stretch) {
    let until = match (stretch.first == stretch.last, stretch.is_newest) {
        (true, true) => " (the newest)".to_owned(),
        (true, false) => String::new(),
        (false, true) => format!(" to {} (the newest)", printable(&stretch.last)),
        (false, false) => format!(" to {}", printable(&stretch.last)),
    };
    let date =
        if stretch.released_on.is_empty() { String::new() } else { format!(" of {}", stretch.released_on) };
    let (lines, hunks) = (counted(stretch.lines, "line"), counted(u64::from(stretch.hunks), "hunk"));
    let (first, status) = (printable(&stretch.first), &stretch.status);
    let sure = percent(stretch.confidence);
    add_line(out, format_args!("  {TITLE}{first}{TITLE:#}{date}{until}: {status}, {sure}, {lines}, {hunks}"));
    for missing in &stretch.missing {
        add_line(out, format_args!("    {FAINT}missing {}{FAINT:#}", printable(missing)));
    }
    if !stretch.superseded_by.is_empty() {
        add_line(out, format_args!("    superseded by {}", short_id(&stretch.superseded_by)));
    }
    if !stretch.gone_with.is_empty() {
        add_line(out, format_args!("    {POSSIBLE}gone with {}{POSSIBLE:#}", printable(&stretch.gone_with)));
    }
}

/// Commits that repair a commit or take it back.
pub fn add_later(out: &mut String, later: &[v1::LaterCommit]) {
    for later in later {
        let since = match later.since.as_str() {
            "" if later.first_release.is_empty() => "no release has it".to_owned(),
            "" => format!("{}; no release has it", printable(&later.first_release)),
            since => format!("since {}", printable(since)),
        };
        let does = if later.relation == "reverts" { "taken back by" } else { "repaired by" };
        let (id, subject) = (short_id(&later.commit), printable(&later.subject));
        add_line(out, format_args!("        {POSSIBLE}{does} {id}  {subject} ({since}){POSSIBLE:#}"));
    }
}

fn history_lines(history: &v1::HistoryResponse) -> String {
    let mut out = String::new();
    for commit in &history.commits {
        let mut record = commit_record("history", commit.commit.as_ref());
        record["carriers"] = json!(commit.carriers);
        record["fixes"] = json!(commit.fixes);
        record["reverts"] = json!(commit.reverts);
        record["cves"] = json!(commit.cves);
        record["links"] = json!(commit.links);
        let stretch = |stretch: &v1::Stretch| {
            json!({
                "vendor": stretch.vendor,
                "first": stretch.first,
                "date": or_null(&stretch.released_on),
                "last": stretch.last,
                "is_newest": stretch.is_newest,
                "gone_with": or_null(&stretch.gone_with),
                "status": stretch.status,
                "confidence": stretch.confidence,
                "lines": stretch.lines,
                "hunks": stretch.hunks,
                "missing": stretch.missing,
                "superseded_by": or_null(&stretch.superseded_by),
            })
        };
        record["releases"] = commit.stretches.iter().map(stretch).collect();
        record["changelog"] = entry_records(&commit.entries);
        record["later"] = later_records(&commit.later);
        let place = |place: &v1::PlacedLines| {
            json!({
                "file": path_text(&place.path),
                "function": or_null(&place.function),
                "side": if place.is_added { "new" } else { "old" },
                "start": place.start,
                "lines": place.lines,
                "confidence": place.confidence,
                "match": place.r#match,
            })
        };
        record["places"] = commit.places.iter().map(place).collect();
        add_line(&mut out, format_args!("{record}"));
    }
    for own in &history.own_changes {
        let record =
            json!({"type": "own", "release": own.release, "added": own.added, "removed": own.removed});
        add_line(&mut out, format_args!("{record}"));
    }
    out
}
