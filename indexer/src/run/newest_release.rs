//! Which release of an indexed history is the newest: its `MAINTAINERS` file tells the subsystems of all commits.
//!
//! Of tags that name versions the highest is the newest, whenever it was made, because fixes of old versions are released
//! for years; a release candidate comes before its release. Of other tags, and of references where there are no tags, it
//! is the one with the newest commit.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;

use crate::graph::{GraphBuilder, IndexedRef, is_release_tag};
use crate::run::history::HistoryPlan;

/// A tag or reference with its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its commit.
    pub commit: ObjectId,
}

/// The releases of what is indexed and of what is about to be, the newest first.
pub fn newest_first(graph: &GraphBuilder, plan: &HistoryPlan, refs: &[IndexedRef]) -> Vec<Release> {
    let tags: Vec<Release> =
        graph.known_tags().map(|(name, commit)| Release { name: name.to_owned(), commit }).collect();
    let by_tags = sorted(tags, graph, plan);
    if !by_tags.is_empty() {
        return by_tags;
    }
    let release = |reference: &IndexedRef| {
        let commit = ObjectId::from_hex(reference.commit.as_bytes()).ok()?;
        Some(Release { name: reference.name.clone(), commit })
    };
    sorted(refs.iter().filter_map(release).collect(), graph, plan)
}

/// Those whose commit is indexed or about to be, the newest first.
fn sorted(releases: Vec<Release>, graph: &GraphBuilder, plan: &HistoryPlan) -> Vec<Release> {
    let wanted: HashSet<ObjectId> = releases.iter().map(|release| release.commit).collect();
    let planned = plan.commits.iter().filter(|commit| wanted.contains(&commit.id));
    let planned: HashMap<ObjectId, i64> = planned.map(|commit| (commit.id, commit.committed_at)).collect();
    let date = |commit: &ObjectId| {
        let known = graph.find(commit).map(|commit| graph.committed_at(commit));
        known.or_else(|| planned.get(commit).copied())
    };
    let dated = releases.into_iter().filter_map(|release| Some((date(&release.commit)?, release)));
    let mut dated: Vec<_> = dated.map(|(date, release)| (version(&release.name), date, release)).collect();
    dated.sort_by(|(a_version, a_date, a), (b_version, b_date, b)| {
        (b_version, b_date, &b.name).cmp(&(a_version, a_date, &a.name))
    });
    dated.into_iter().map(|(_, _, release)| release).collect()
}

/// A version as it is compared; what names none comes before all.
type Version = Option<(Vec<u64>, Stage)>;

/// How far a version has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Candidate(u64),
    Released,
}

fn version(tag: &str) -> Version {
    let digits = tag.strip_prefix('v').filter(|_| is_release_tag(tag))?;
    let (numbers, suffix) = digits.split_once('-').unwrap_or((digits, ""));
    let number = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse().unwrap_or(u64::MAX)
    };
    let stage = suffix.strip_prefix("rc").map_or(Stage::Released, |rc| Stage::Candidate(number(rc)));
    Some((numbers.split('.').map(number).collect(), stage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::history::PlannedCommit;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let ascending = [
            "next-20200101",
            "v2.6.32",
            "v2.6.32.61",
            "v2.6.39",
            "v3.9-rc8",
            "v3.9",
            "v3.10-rc2",
            "v3.10-rc10",
            "v3.10",
            "v3.10.1",
            "v10.0",
        ];
        for pair in ascending.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }

    /// A plan of commits with these bytes and dates.
    fn plan(commits: &[(u8, i64)]) -> HistoryPlan {
        let planned = |(byte, committed_at): &(u8, i64)| PlannedCommit {
            id: id(*byte),
            repository: 0,
            parents: Vec::new(),
            committed_at: *committed_at,
            is_boundary: false,
        };
        HistoryPlan { commits: commits.iter().map(planned).collect(), unreadable: Vec::new() }
    }

    fn id(byte: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[byte; 20])
    }

    #[test]
    fn the_highest_version_is_first_and_what_is_not_indexed_is_left_out() {
        let mut graph = GraphBuilder::default();
        let tag =
            |(name, byte): (&str, u8)| crate::graph::ReleaseTag { name: name.to_owned(), commit: id(byte) };
        graph.set_tags([("v4.4.302", 1), ("v5.16", 2), ("v9.0", 3)].map(tag));
        let found = newest_first(&graph, &plan(&[(1, 30), (2, 20)]), &[]);
        let names: Vec<&str> = found.iter().map(|release| release.name.as_str()).collect();
        assert_eq!(names, ["v5.16", "v4.4.302"]);
    }

    #[test]
    fn without_tags_the_reference_with_the_newest_commit_is_first() {
        let reference = |(name, byte): (&str, u8)| IndexedRef {
            repository: "r".to_owned(),
            name: name.to_owned(),
            commit: id(byte).to_string(),
        };
        let refs = [("refs/heads/a", 1), ("refs/heads/b", 2)].map(reference);
        let found = newest_first(&GraphBuilder::default(), &plan(&[(1, 10), (2, 20)]), &refs);
        assert_eq!(found[0], Release { name: "refs/heads/b".to_owned(), commit: id(2) });
        assert_eq!(found.len(), 2);
    }
}
