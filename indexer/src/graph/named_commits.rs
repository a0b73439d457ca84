//! Which commits are meant where messages name commits.
//!
//! A named commit resolves to the one commit whose id begins with `hex`. Where several do, to the one of them with the
//! given subject; where none does, to the latest earlier commit with that subject. Everything derived is worked out anew at
//! each commit point, so a name whose commit arrives later is resolved then.

use std::collections::HashMap;

use gix::hash::Prefix;

use crate::graph::id_order::IdOrder;
use crate::graph::named_commit::NamedCommit;
use crate::graph::ordinal::CommitOrdinal;
use crate::graph::relation::{CommitPair, Relation};
use crate::graph::subject_hash::SubjectHash;

/// Finds the commits that messages name, among all that are indexed.
pub struct NamedCommits<'a, I> {
    ids: &'a I,
    dates: &'a [i64],
    /// The commits that names go with, and the commits that have a subject that is named, in their order.
    names: &'a [(CommitOrdinal, NamedCommit)],
    by_subject: HashMap<SubjectHash, Vec<CommitOrdinal>>,
}

impl<'a, I: IdOrder> NamedCommits<'a, I> {
    /// Prepares to find what `names` name; `dates` and `subjects` are those of all commits, by ordinal.
    pub fn new(
        ids: &'a I,
        dates: &'a [i64],
        subjects: &[SubjectHash],
        names: &'a [(CommitOrdinal, NamedCommit)],
    ) -> NamedCommits<'a, I> {
        let named_subjects = names.iter().filter_map(|(_, name)| name.subject);
        let mut by_subject: HashMap<SubjectHash, Vec<CommitOrdinal>> =
            named_subjects.map(|subject| (subject, Vec::new())).collect();
        for (subject, commit) in subjects.iter().zip(CommitOrdinal::first(subjects.len())) {
            if let Some(commits) = by_subject.get_mut(subject) {
                commits.push(commit);
            }
        }
        NamedCommits { ids, dates, names, by_subject }
    }

    /// The commits that name others and those that they name, sorted, each pair once; a commit that names itself is
    /// left out.
    pub fn pairs(&self, relation: Relation) -> Vec<CommitPair> {
        let named = self.names.iter().filter(|(_, name)| name.relation == relation);
        let mut pairs: Vec<CommitPair> = named
            .filter_map(|(by, name)| Some(CommitPair { key: *by, found: self.resolve(*by, name)? }))
            .filter(|pair| pair.key != pair.found)
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    /// The origins that are named by an id that no commit has, each with the commit whose message it is.
    pub fn absent(&self) -> impl Iterator<Item = (CommitOrdinal, &'a NamedCommit)> {
        let is_absent = |(by, name): &(CommitOrdinal, &NamedCommit)| {
            let prefix = name.hex.as_deref().and_then(|hex| Prefix::from_hex(hex).ok());
            let fits_none = prefix.is_some_and(|prefix| self.ids.with_prefix(prefix).next().is_none());
            name.relation == Relation::Origin && fits_none && self.resolve(*by, name).is_none()
        };
        self.names.iter().map(|(by, name)| (*by, name)).filter(is_absent)
    }

    /// The commit that is meant: by its id if one alone fits, or of several the one with the subject; if none fits, the
    /// latest earlier one with the subject.
    fn resolve(&self, by: CommitOrdinal, name: &NamedCommit) -> Option<CommitOrdinal> {
        let same_subject = name.subject.and_then(|subject| self.by_subject.get(&subject));
        if let Some(prefix) = name.hex.as_deref().and_then(|hex| Prefix::from_hex(hex).ok()) {
            let fits: Vec<CommitOrdinal> = self.ids.with_prefix(prefix).collect();
            match (&fits[..], same_subject) {
                ([only], _) => return Some(*only),
                ([], _) => {}
                (several, Some(same)) => return several.iter().copied().find(|commit| same.contains(commit)),
                (_, None) => return None,
            }
        }
        let earlier = same_subject?.iter().copied().filter(|commit| *commit < by);
        earlier.max_by_key(|commit| (self.dates[commit.index()], *commit))
    }
}

#[cfg(test)]
mod tests {
    use gix::ObjectId;

    use super::*;
    use crate::graph::id_order::SortedIds;

    /// Four commits, by ordinal: two ids begin alike, and two subjects are the same.
    const IDS: [&str; 4] = [
        "aaaaaaa100000000000000000000000000000000",
        "aaaaaaa200000000000000000000000000000000",
        "bbbbbbb000000000000000000000000000000000",
        "ccccccc000000000000000000000000000000000",
    ];
    const SUBJECTS: [&str; 4] = ["mm: fix a leak", "net: add a device", "mm: fix a leak", "mm: mend it"];

    /// The commit that commit `by` means; `dates` are those of the four commits.
    fn meant(by: u32, hex: Option<&str>, subject: Option<&str>, dates: [i64; 4]) -> Option<u32> {
        let ids = IDS.map(|hex| ObjectId::from_hex(hex.as_bytes()).expect("an id"));
        let subjects = SUBJECTS.map(SubjectHash::of);
        let (hex, subject) = (hex.map(str::to_owned), subject.map(SubjectHash::of));
        let names =
            [(CommitOrdinal(by), NamedCommit { relation: Relation::Fixes, hex, subject, is_pick: false })];
        let order = SortedIds::of(&ids);
        let pairs = NamedCommits::new(&order, &dates, &subjects, &names).pairs(Relation::Fixes);
        pairs.first().map(|pair| pair.found.0)
    }

    const ASCENDING: [i64; 4] = [1, 2, 3, 4];

    #[test]
    fn an_id_that_only_one_commit_has_is_enough() {
        assert_eq!(meant(3, Some("aaaaaaa2"), None, ASCENDING), Some(1));
        assert_eq!(meant(3, Some("aaaaaaa2"), Some("mm: fix a leak"), ASCENDING), Some(1));
        assert_eq!(meant(0, Some("bbbbbbb"), None, ASCENDING), Some(2), "a later commit may be named");
    }

    #[test]
    fn of_several_commits_with_that_id_the_subject_decides() {
        assert_eq!(meant(3, Some("aaaaaaa"), Some("net: add a device"), ASCENDING), Some(1));
        assert_eq!(meant(3, Some("aaaaaaa"), Some("net: something else"), ASCENDING), None);
        assert_eq!(meant(3, Some("aaaaaaa"), None, ASCENDING), None);
    }

    #[test]
    fn where_no_commit_has_the_id_the_latest_earlier_one_with_the_subject_is_meant() {
        let leak = Some("mm: fix a leak");
        assert_eq!(meant(3, Some("1234567"), leak, ASCENDING), Some(2));
        assert_eq!(meant(3, None, leak, ASCENDING), Some(2));
        assert_eq!(meant(3, None, leak, [9, 2, 3, 4]), Some(0), "the date decides, not the ordinal");
        assert_eq!(meant(2, None, leak, ASCENDING), Some(0), "the commit itself is not earlier");
        assert_eq!(meant(0, None, leak, ASCENDING), None);
        assert_eq!(meant(3, Some("1234567"), None, ASCENDING), None);
    }

    #[test]
    fn a_commit_that_names_itself_names_nothing() {
        assert_eq!(meant(2, Some("bbbbbbb"), None, ASCENDING), None);
    }

    #[test]
    fn digits_too_few_for_an_id_are_as_none() {
        assert_eq!(meant(3, Some("b"), None, ASCENDING), None);
        assert_eq!(meant(3, Some("b"), Some("net: add a device"), ASCENDING), Some(1));
    }
}
