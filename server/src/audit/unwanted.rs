//! Fixes that the vendor does not want, as its own messages say: a backport's message has a line `No-Fix: ID` where a later
//! fix of it is not needed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use hunktrace_indexer::index::folder::IndexError;
use regex::Regex;

use super::blamed::ReadMessage;
use super::cve_state::named_commit;
use super::waivers::Waiver;
use crate::index::origin::origin_of;

static NO_FIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^[ \t]*no-fix:[ \t]*([0-9a-f]{7,40})\b[ \t]*(.*)$").expect("a valid pattern")
});

/// Finds the fixes that messages of `commits` do not want, by the origin of each.
///
/// # Errors
/// Where the index cannot be read.
pub fn unwanted_fixes(
    graph: &CommitGraph,
    commits: impl Iterator<Item = CommitOrdinal>,
    read: &ReadMessage<'_>,
    cancellation: &Cancellation,
) -> Result<BTreeMap<CommitOrdinal, Waiver>, IndexError> {
    let mut unwanted = BTreeMap::new();
    for commit in commits {
        cancellation.check()?;
        let Some(message) = read(commit)? else { continue };
        for (name, why) in no_fixes(&message) {
            let Some(fix) = named_commit(graph, name) else { continue };
            let by = graph.id(commit).to_string();
            let reason = format!("{} says No-Fix{}", by.get(..12).unwrap_or(&by), with_colon(why));
            unwanted
                .entry(origin_of(graph, fix))
                .or_insert_with(|| Waiver { subject: name.to_owned(), reason });
        }
    }
    Ok(unwanted)
}

/// The ids of a message's `No-Fix:` lines, each with what stands behind it.
pub fn no_fixes(message: &str) -> impl Iterator<Item = (&str, &str)> {
    NO_FIX.captures_iter(message).filter_map(|found| {
        let why = found.get(2).map_or("", |why| why.as_str());
        Some((found.get(1)?.as_str(), why.trim().trim_start_matches('#').trim()))
    })
}

fn with_colon(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_index::{MemoryIndex, commit};

    #[test]
    fn lines_name_fixes_and_may_say_why() {
        let message =
            "x: y\n\nText of no-fix: 1234567.\nNo-Fix: 0123456789ab (\"z\")\n  no-fix: abcdef0 # not built\n";
        let found: Vec<(&str, &str)> = no_fixes(message).collect();
        assert_eq!(found, [("0123456789ab", "(\"z\")"), ("abcdef0", "not built")]);
    }

    #[test]
    fn fixes_are_known_by_their_origin_with_who_says_so() {
        let graph = MemoryIndex::of([commit([]), commit([])]).graph;
        let (fix, by) = (CommitOrdinal(0), CommitOrdinal(1));
        let message = format!("x: y\n\nNo-Fix: {} # not built\n", graph.id(fix));
        let read = |_| Ok(Some(message.clone()));
        let found =
            unwanted_fixes(&graph, [by].into_iter(), &read, &Cancellation::default()).expect("messages");
        let waiver = &found[&fix];
        assert!(waiver.reason.ends_with("says No-Fix: not built"), "{waiver:?}");
        assert!(graph.id(by).to_string().starts_with(&waiver.reason[..12]));
    }
}
