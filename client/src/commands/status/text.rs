//! What is indexed, for people: what `status` prints.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hunktrace_proto::v1::{GetStatusResponse, IndexedRef, Unindexed};
use indicatif::{DecimalBytes, HumanCount, HumanDuration};

use crate::terminal::color::{FAINT, POSSIBLE, SURE, TITLE};
use crate::terminal::screen_text::{add_line, counted, printable, short_id, wrapped};

/// How many references and unindexed items are listed if not all are wanted.
const FIRST: usize = 20;

/// The status as it is at `now`, on a terminal of so many columns; with `all`, nothing is left out of the lists.
pub fn status_text(status: &GetStatusResponse, now: SystemTime, all: bool, columns: Option<usize>) -> String {
    let mut out = String::new();
    let index = printable(&status.index);
    add_line(&mut out, format_args!("{TITLE}{index}{TITLE:#}"));
    let state = if status.is_complete {
        format!("{SURE}complete{SURE:#}")
    } else {
        format!(
            "{POSSIBLE}not complete: the run that wrote it goes on, or has to be started again{POSSIBLE:#}"
        )
    };
    add_field(&mut out, "state", &state);
    add_field(&mut out, "written", &age(status.written_at, now));
    add_field(&mut out, "commits", &HumanCount(status.commits).to_string());
    if status.unreferenced_count > 0 {
        let count = HumanCount(status.unreferenced_count);
        add_field(
            &mut out,
            "",
            &format!("{POSSIBLE}{count} of them no branch or tag leads to any more{POSSIBLE:#}"),
        );
    }
    add_field(&mut out, "hunks", &HumanCount(status.hunks).to_string());
    let size = format!(
        "{} in {}",
        DecimalBytes(status.bytes_on_disk),
        counted(u64::from(status.segments), "segment")
    );
    add_field(&mut out, "size", &size);
    add_field(&mut out, "format", &format!("{}, generation {}", status.format, status.generation));
    add_field(&mut out, "history", &printable(&status.history_digest));
    if status.subsystem_count > 0 {
        let (count, release) = (status.subsystem_count, printable(&status.maintainers_release));
        add_field(&mut out, "sections", &format!("{count} of MAINTAINERS of {release}"));
    }
    add_field(&mut out, "program", &printable(&status.version));
    if let Some(limits) = &status.limits {
        let text = format!(
            "{} and {} a patch, {} a hunk, {} in {} a release",
            DecimalBytes(limits.text_bytes),
            counted(limits.hunks, "hunk"),
            counted(u64::from(limits.candidates), "candidate"),
            DecimalBytes(limits.release_bytes),
            counted(limits.release_files, "file")
        );
        let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(FIELD_COLUMNS));
        for (place, line) in wrapped(&text, room).iter().enumerate() {
            add_field(&mut out, if place == 0 { "limits" } else { "" }, line);
        }
    }
    add_refs(&mut out, &status.refs, all);
    add_unindexed(&mut out, status, all);
    out
}

/// The columns in front of a field's value.
const FIELD_COLUMNS: usize = 2 + 8 + 2;

fn add_field(out: &mut String, name: &str, value: &str) {
    add_line(out, format_args!("  {FAINT}{name:<8}{FAINT:#}  {value}"));
}

fn add_refs(out: &mut String, refs: &[IndexedRef], all: bool) {
    let mut by_repository: BTreeMap<&str, Vec<&IndexedRef>> = BTreeMap::new();
    for reference in refs {
        by_repository.entry(&reference.repository).or_default().push(reference);
    }
    for (repository, refs) in by_repository {
        let count = counted(refs.len() as u64, "reference");
        let repository = printable(repository);
        add_line(out, format_args!("\n{TITLE}{count} of {repository}{TITLE:#}"));
        let shown = if all { refs.len() } else { FIRST };
        for reference in refs.iter().take(shown) {
            let (commit, name) = (short_id(&reference.commit), printable(&reference.name));
            add_line(out, format_args!("  {commit:<12}  {name}"));
        }
        add_rest(out, refs.len().saturating_sub(shown) as u64);
    }
}

fn add_unindexed(out: &mut String, status: &GetStatusResponse, all: bool) {
    if status.unindexed_count == 0 {
        add_line(out, format_args!("\n{TITLE}Everything could be indexed{TITLE:#}"));
        return;
    }
    let count = counted(status.unindexed_count, "item");
    add_line(out, format_args!("\n{TITLE}{count} could not be indexed{TITLE:#}"));
    let mut by_reason: BTreeMap<String, u64> = BTreeMap::new();
    for item in &status.unindexed {
        *by_reason.entry(without_ids(&item.reason)).or_default() += 1;
    }
    let mut reasons: Vec<(String, u64)> = by_reason.into_iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for (reason, count) in reasons {
        add_line(out, format_args!("  {:>8}  {}", HumanCount(count).to_string(), printable(&reason)));
    }
    add_line(out, format_args!(""));
    let shown = if all { status.unindexed.len() } else { FIRST.min(status.unindexed.len()) };
    for Unindexed { commit, path, reason } in &status.unindexed[..shown] {
        let what = [short_if_id(commit), path].into_iter().filter(|part| !part.is_empty());
        let text = printable(&format!("{}: {reason}", what.collect::<Vec<_>>().join(" ")));
        add_line(out, format_args!("  {text}"));
    }
    add_rest(out, status.unindexed_count.saturating_sub(shown as u64));
}

fn add_rest(out: &mut String, count: u64) {
    if count > 0 {
        let count = HumanCount(count);
        add_line(out, format_args!("  {FAINT}… and {count} more; --all lists them{FAINT:#}"));
    }
}

/// A commit id shortened; the name of a reference as it is.
fn short_if_id(text: &str) -> &str {
    if is_id(text) { short_id(text) } else { text }
}

/// A reason with object ids taken out, so that equal reasons count together.
fn without_ids(reason: &str) -> String {
    let words: Vec<&str> = reason
        .split(' ')
        .map(|word| {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
            if is_id(bare) { "…" } else { word }
        })
        .collect();
    words.join(" ").replace("object … ", "object: ").replace("…:", ":")
}

fn is_id(text: &str) -> bool {
    const DIGITS: usize = 40;
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// How long ago that was, and when.
fn age(written_at: u64, now: SystemTime) -> String {
    let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let seconds = i64::try_from(written_at).unwrap_or(i64::MAX);
    let time = gix::date::Time { seconds, offset: 0 };
    let date = time.format_or_unix(gix::date::time::format::ISO8601);
    match now.checked_sub(written_at) {
        Some(0) => format!("just now ({date})"),
        Some(ago) => format!("{} ago ({date})", HumanDuration(Duration::from_secs(ago))),
        None => format!("{date}, which is still to come: a clock is wrong"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use hunktrace_proto::v1::Limits;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn status() -> GetStatusResponse {
        let object = "object 0123456789012345678901234567890123456789: absent from the repository";
        let unindexed = |number: usize, reason: &str| Unindexed {
            commit: "a".repeat(40),
            path: format!("file{number}"),
            reason: reason.into(),
        };
        let mut items: Vec<Unindexed> = (0..25).map(|number| unindexed(number, object)).collect();
        items.push(Unindexed {
            commit: "refs/tags/x".into(),
            path: String::new(),
            reason: "leads to a tree".into(),
        });
        GetStatusResponse {
            index: "linux.index".into(),
            format: 1,
            generation: 7,
            written_at: 1_700_000_000,
            is_complete: true,
            commits: 250_531,
            hunks: 1_820_000,
            bytes_on_disk: 732_000_000,
            segments: 2,
            refs: vec![IndexedRef {
                repository: "r".into(),
                name: "refs/heads/master".into(),
                commit: "b".repeat(40),
            }],
            unindexed_count: 26,
            unreadable_count: 26,
            unreferenced_count: 0,
            damage: String::new(),
            unindexed: items,
            limits: Some(Limits {
                text_bytes: 64_000_000,
                hunks: 100_000,
                candidates: 100,
                release_bytes: 2_000_000_000,
                release_files: 200_000,
                paths: 1_000,
                commits: 1_000,
                ..Limits::default()
            }),
            version: "0.1.0".into(),
            releases: Vec::new(),
            history_digest: "00c0ffee".repeat(4),
            maintainers_release: "v6.12".into(),
            subsystem_count: 2_800,
        }
    }

    #[test]
    fn status_says_what_is_there_and_what_is_not() {
        let text = strip_str(&status_text(&status(), at(1_700_000_000 + 3 * 3600), false, None)).to_string();
        let expected = "linux.index
  state     complete
  written   3 hours ago (2023-11-14 22:13:20 +0000)
  commits   250,531
  hunks     1,820,000
  size      732.00 MB in 2 segments
  format    1, generation 7
  history   00c0ffee00c0ffee00c0ffee00c0ffee
  sections  2800 of MAINTAINERS of v6.12
  program   0.1.0
  limits    64.00 MB and 100,000 hunks a patch, 100 candidates a hunk, 2.00 GB in 200,000 files a release

1 reference of r
  bbbbbbbbbbbb  refs/heads/master

26 items could not be indexed
        25  object: absent from the repository
         1  leads to a tree

  aaaaaaaaaaaa file0: object 0123456789012345678901234567890123456789: absent from the repository
";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.ends_with("  … and 6 more; --all lists them\n"), "{text}");
        assert_eq!(text.matches(": object 0123").count(), FIRST);
    }

    #[test]
    fn all_lists_everything() {
        let text = strip_str(&status_text(&status(), at(1_700_000_000), true, None)).to_string();
        assert!(text.ends_with("  refs/tags/x: leads to a tree\n"), "{text}");
        assert!(text.contains("just now"), "{text}");
    }

    #[test]
    fn index_from_the_future_is_noticed() {
        assert!(age(100, at(10)).contains("a clock is wrong"));
    }
}
