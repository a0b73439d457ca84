//! In which of several releases each commit is.

use std::collections::HashMap;

use super::gone_commits::{GoneCommit, WhyGone};
use crate::answer::{CommitStatus, ReleaseCommit};

/// How a release comes to have a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// Its base contains it.
    InBase,
    /// It has it beyond its base.
    Backported(CommitStatus),
}

/// A commit that some release has beyond its base. Releases are named by their places, from 0.
#[derive(Clone, Debug)]
pub(super) struct CommitHistory {
    /// Its id, 40 hexadecimal digits.
    pub id: String,
    /// The first paragraph of its message, on one line.
    pub subject: String,
    /// `Name <address>`.
    pub author: String,
    /// When it was written: RFC 3339.
    pub author_date: String,
    /// The first tag that contains it, where one does.
    pub first_release: Option<String>,
    /// How each release has it; none for a release that lacks it.
    pub presences: Vec<Option<Presence>>,
    /// The releases that lack it and follow one that has it.
    pub gone: Vec<Gone>,
}

/// That a release lacks a commit which the one before has.
#[derive(Clone, Debug)]
pub(super) struct Gone {
    /// The release that lacks it.
    pub release: usize,
    /// Why.
    pub why: WhyGone,
    /// The commit that has rewritten it, or that its lines now count for.
    pub by: Option<String>,
}

impl CommitHistory {
    fn of(commit: &ReleaseCommit) -> CommitHistory {
        CommitHistory {
            id: commit.id.clone(),
            subject: commit.subject.clone(),
            author: commit.author.clone(),
            author_date: commit.author_date.clone(),
            first_release: commit.first_release.clone(),
            presences: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// The first release that has it.
    pub fn first_appeared(&self) -> usize {
        self.presences.iter().position(Option::is_some).unwrap_or_default()
    }

    /// The first of the releases at the end that lack it, if the last one lacks it.
    pub fn disappeared(&self) -> Option<usize> {
        let last = self.presences.iter().rposition(Option::is_some);
        last.map(|last| last + 1).filter(|next| *next < self.presences.len())
    }

    /// Why the release from which on none has it lacks it.
    pub fn why_disappeared(&self) -> Option<&Gone> {
        let release = self.disappeared()?;
        self.gone.iter().find(|gone| gone.release == release)
    }

    /// The last release that has it beyond its base.
    pub fn last_backported(&self) -> Option<usize> {
        self.presences.iter().rposition(|presence| matches!(presence, Some(Presence::Backported(_))))
    }

    /// The release that it is new with: the first that has it, unless that has it from its base.
    pub fn new_with(&self) -> Option<usize> {
        let first = self.first_appeared();
        matches!(self.presences.get(first), Some(Some(Presence::Backported(_)))).then_some(first)
    }
}

/// The commits that some release has beyond its base: by the first release that does, and then in its order.
///
/// Of each release it keeps how it has each commit, and nothing else, so that releases may be many.
#[derive(Debug, Default)]
pub struct ReleaseHistory {
    commits: Vec<CommitHistory>,
    places: HashMap<String, usize>,
    releases: usize,
}

impl ReleaseHistory {
    /// Adds the next release: the commits that it has beyond its base, and why it lacks others that the one before has.
    pub fn add(&mut self, backported: &[ReleaseCommit], gone: Vec<GoneCommit>) {
        self.commits.iter_mut().for_each(|history| history.presences.push(None));
        for commit in backported {
            let place = *self.places.entry(commit.id.clone()).or_insert_with(|| {
                let mut history = CommitHistory::of(commit);
                history.presences = vec![None; self.releases + 1];
                self.commits.push(history);
                self.commits.len() - 1
            });
            self.commits[place].presences[self.releases] = Some(Presence::Backported(commit.status));
        }
        for GoneCommit { id, why, by } in gone {
            if let Some(place) = self.places.get(&id) {
                self.commits[*place].gone.push(Gone { release: self.releases, why, by });
            }
        }
        self.releases += 1;
    }

    /// The commits.
    pub(super) fn commits(&self) -> &[CommitHistory] {
        &self.commits
    }

    /// Says which of the commits that a release lacks its base contains.
    pub(super) fn add_base(&mut self, release: usize, contains: impl Fn(&str) -> bool) {
        for history in &mut self.commits {
            let presence = &mut history.presences[release];
            if presence.is_none() && contains(&history.id) {
                *presence = Some(Presence::InBase);
                history.gone.retain(|gone| gone.release != release);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::made_up;

    /// For each commit its first release, the one that lacks it, and the one that it is new with.
    fn seen(releases: &[(&[&str], &[&str])]) -> Vec<(String, usize, Option<usize>, Option<usize>)> {
        let mut history = ReleaseHistory::default();
        for (backported, _) in releases {
            let commits: Vec<ReleaseCommit> = backported.iter().map(|id| made_up::commit(id)).collect();
            history.add(&commits, Vec::new());
        }
        for (release, (_, in_base)) in releases.iter().enumerate() {
            history.add_base(release, |id| in_base.contains(&id));
        }
        let told = |history: &CommitHistory| {
            (history.id.clone(), history.first_appeared(), history.disappeared(), history.new_with())
        };
        history.commits().iter().map(told).collect()
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
