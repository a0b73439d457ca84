//! In which of several releases each commit is.

use std::collections::{HashMap, HashSet};

use crate::answer::{CommitStatus, ReleaseCommit};

/// How a release comes to have a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// Its base contains it.
    InBase,
    /// It has it beyond its base.
    Backported(CommitStatus),
}

/// What one release has.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReleaseCommits<'a> {
    /// What it has beyond its base.
    pub backported: &'a [ReleaseCommit],
    /// Those of the other releases' commits that its base contains.
    pub in_base: &'a HashSet<String>,
}

/// A commit and the releases of a vendor, which are named by their places, from 0.
#[derive(Debug)]
pub(super) struct CommitHistory<'a> {
    /// The commit, as the first release that has it beyond its base says.
    pub commit: &'a ReleaseCommit,
    /// The first release that has it.
    pub first_appeared: usize,
    /// The first of the releases at the end that lack it, if the last one lacks it.
    pub disappeared: Option<usize>,
    /// How each release has it; none for a release that lacks it.
    pub presences: Vec<Option<Presence>>,
}

impl CommitHistory<'_> {
    /// The last release that has it beyond its base.
    pub fn last_backported(&self) -> Option<usize> {
        self.presences.iter().rposition(|presence| matches!(presence, Some(Presence::Backported(_))))
    }

    /// The release that it is new with: the first that has it, unless that has it from its base.
    pub fn new_with(&self) -> Option<usize> {
        let first = self.presences[self.first_appeared];
        matches!(first, Some(Presence::Backported(_))).then_some(self.first_appeared)
    }
}

/// The commits that some release has beyond its base: by the first release that does, and then in its order.
pub(super) fn commit_histories<'a>(releases: &[ReleaseCommits<'a>]) -> Vec<CommitHistory<'a>> {
    let mut histories: Vec<CommitHistory<'a>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (release, commits) in releases.iter().enumerate() {
        for commit in commits.backported {
            let place = *places.entry(&commit.id).or_insert_with(|| {
                histories.push(CommitHistory {
                    commit,
                    first_appeared: release,
                    disappeared: None,
                    presences: vec![None; releases.len()],
                });
                histories.len() - 1
            });
            histories[place].presences[release] = Some(Presence::Backported(commit.status));
        }
    }
    for history in &mut histories {
        for (presence, commits) in history.presences.iter_mut().zip(releases) {
            if presence.is_none() && commits.in_base.contains(&history.commit.id) {
                *presence = Some(Presence::InBase);
            }
        }
        let first = history.presences.iter().position(Option::is_some);
        history.first_appeared = first.unwrap_or(history.first_appeared);
        let last = history.presences.iter().rposition(Option::is_some);
        history.disappeared = last.map(|last| last + 1).filter(|next| *next < releases.len());
    }
    histories
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::made_up;

    fn commits(ids: &[&str]) -> Vec<ReleaseCommit> {
        ids.iter().map(|id| made_up::commit(id)).collect()
    }

    /// For each commit its first release, the one that lacks it, and the one that it is new with.
    fn seen(releases: &[(&[&str], &[&str])]) -> Vec<(String, usize, Option<usize>, Option<usize>)> {
        let owned: Vec<_> = releases
            .iter()
            .map(|(backported, in_base)| {
                (commits(backported), in_base.iter().map(|id| (*id).to_owned()).collect::<HashSet<String>>())
            })
            .collect();
        let releases: Vec<ReleaseCommits<'_>> =
            owned.iter().map(|(backported, in_base)| ReleaseCommits { backported, in_base }).collect();
        let told = |history: &CommitHistory<'_>| {
            let id = history.commit.id.clone();
            (id, history.first_appeared, history.disappeared, history.new_with())
        };
        commit_histories(&releases).iter().map(told).collect()
    }

    #[test]
    fn commits_come_and_go() {
        let seen = seen(&[(&["a", "b"], &[]), (&["b", "c"], &[]), (&["a", "b"], &[])]);

        let expected = [("a", 0, None, Some(0)), ("b", 0, None, Some(0)), ("c", 1, Some(2), Some(1))];
        assert_eq!(seen, expected.map(|(id, first, gone, new)| (id.to_owned(), first, gone, new)));
    }

    #[test]
    fn what_a_later_base_contains_is_not_gone() {
        let seen = seen(&[(&["a", "b"], &[]), (&["c"], &["a"])]);

        let expected = [("a", 0, None, Some(0)), ("b", 0, Some(1), Some(0)), ("c", 1, None, Some(1))];
        assert_eq!(seen, expected.map(|(id, first, gone, new)| (id.to_owned(), first, gone, new)));
    }

    #[test]
    fn what_an_earlier_base_contains_is_not_new() {
        let seen = seen(&[(&[], &["a"]), (&["a"], &[])]);

        assert_eq!(seen, [("a".to_owned(), 0, None, None)]);
    }
}
