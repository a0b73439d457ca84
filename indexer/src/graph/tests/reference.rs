//! A graph that keeps no tables: every question is answered by looking at all commits.

use std::collections::BTreeSet;

use gix::ObjectId;

use super::drawn::DrawnGraph;
use crate::graph::{AbsentOrigin, CommitOrdinal, GraphEntry, NamedCommit, Relation, ReleaseTag, SubjectHash};

pub struct Reference<'a> {
    pub entries: &'a [GraphEntry],
    tags: Vec<ReleaseTag>,
}

impl<'a> Reference<'a> {
    pub fn new(drawn: &'a DrawnGraph) -> Reference<'a> {
        let mut reference = Reference { entries: &drawn.entries, tags: Vec::new() };
        let date = |tag: &ReleaseTag| reference.find(&tag.commit).map(|commit| reference.date(commit));
        let mut tags: Vec<ReleaseTag> =
            drawn.tags.iter().filter(|tag| date(tag).is_some()).cloned().collect();
        tags.sort_by_key(|tag| (date(tag), tag.name.clone()));
        reference.tags = tags;
        reference
    }

    /// The tags of commits that are indexed, oldest first.
    pub fn tags(&self) -> &[ReleaseTag] {
        &self.tags
    }

    fn all(&self) -> impl Iterator<Item = CommitOrdinal> {
        CommitOrdinal::first(self.entries.len())
    }

    fn entry(&self, commit: CommitOrdinal) -> &GraphEntry {
        &self.entries[commit.index()]
    }

    fn date(&self, commit: CommitOrdinal) -> i64 {
        self.entry(commit).committed_at
    }

    fn find(&self, id: &ObjectId) -> Option<CommitOrdinal> {
        self.all().find(|commit| self.entry(*commit).id == *id)
    }

    pub fn parents(&self, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        self.entry(commit).parents.iter().filter_map(|parent| self.find(parent)).collect()
    }

    /// A commit and the ancestors of its parents; parents come first, so the sets are made in order.
    pub fn ancestors(&self, tip: CommitOrdinal) -> BTreeSet<CommitOrdinal> {
        let mut sets: Vec<BTreeSet<CommitOrdinal>> = Vec::new();
        for commit in self.all().take(tip.index() + 1) {
            let behind = self.parents(commit).into_iter().flat_map(|parent| sets[parent.index()].clone());
            sets.push(behind.chain([commit]).collect());
        }
        sets.pop().unwrap_or_default()
    }

    pub fn first_release(&self, commit: CommitOrdinal) -> Option<&str> {
        let contains = |tag: &&ReleaseTag| {
            self.find(&tag.commit).is_some_and(|tagged| self.ancestors(tagged).contains(&commit))
        };
        self.tags.iter().find(contains).map(|tag| tag.name.as_str())
    }

    pub fn same_patch(&self, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        let patch = self.entry(commit).patch;
        let is_same =
            |other: &CommitOrdinal| *other != commit && patch.is_some() && self.entry(*other).patch == patch;
        self.all().filter(is_same).collect()
    }

    pub fn with_subject(&self, subject: SubjectHash) -> Vec<CommitOrdinal> {
        self.all().filter(|commit| self.entry(*commit).subject == subject).collect()
    }

    /// The ids that a commit names as origins and that lead to none.
    fn absent_names(&self, by: CommitOrdinal) -> Vec<&str> {
        let is_absent = |name: &&NamedCommit| {
            let hex = name.hex.as_ref().filter(|hex| self.with_prefix(hex).is_empty());
            name.relation == Relation::Origin && hex.is_some() && self.meant(by, name).is_none()
        };
        self.entry(by).names.iter().filter(is_absent).filter_map(|name| name.hex.as_deref()).collect()
    }

    /// All ids that lead nowhere begin with one another here, so the longest is meant.
    pub fn absent_origin(&self, commit: CommitOrdinal) -> Option<AbsentOrigin> {
        let names = self.absent_names(commit);
        if names.is_empty() || !self.related(Relation::Origin, commit).is_empty() {
            return None;
        }
        let longest = self.all().flat_map(|by| self.absent_names(by)).max_by_key(|hex| hex.len())?;
        Some(AbsentOrigin { hex: longest.to_owned(), is_upstream: true })
    }

    /// The commits whose ids begin with these digits, by id.
    pub fn with_prefix(&self, hex: &str) -> Vec<CommitOrdinal> {
        let mut found: Vec<CommitOrdinal> =
            self.all().filter(|commit| self.entry(*commit).id.to_string().starts_with(hex)).collect();
        found.sort_by_key(|commit| self.entry(*commit).id);
        found
    }

    fn meant(&self, by: CommitOrdinal, name: &NamedCommit) -> Option<CommitOrdinal> {
        let has_subject = |commit: &CommitOrdinal| Some(self.entry(*commit).subject) == name.subject;
        let fits = name.hex.as_ref().map(|hex| self.with_prefix(hex)).unwrap_or_default();
        match fits.len() {
            0 => {
                let earlier = self.all().filter(|commit| *commit < by && has_subject(commit));
                earlier.max_by_key(|commit| (self.date(*commit), *commit))
            }
            1 => Some(fits[0]),
            _ => fits.into_iter().find(has_subject),
        }
    }

    pub fn related(&self, relation: Relation, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        let names = self.entry(commit).names.iter().filter(|name| name.relation == relation);
        let meant: BTreeSet<CommitOrdinal> = names.filter_map(|name| self.meant(commit, name)).collect();
        meant.into_iter().filter(|other| *other != commit).collect()
    }

    pub fn relating(&self, relation: Relation, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
        self.all().filter(|other| self.related(relation, *other).contains(&commit)).collect()
    }
}
