//! A history of any length: replicas of a real one, each behind the one before.
//!
//! Nothing of it is stored. For each replica every commit is read and its trees and blobs are compared; the result is
//! salted ([`super::salt`]).

use std::cell::RefCell;
use std::rc::Rc;

use gix::ObjectId;
use hunktrace_indexer::git::commit_diff::{FileDiff, Unindexed};
use hunktrace_indexer::git::repository::RepositoryError;
use hunktrace_indexer::graph::{IndexedRef, ReleaseTag, UnindexedItem};
use hunktrace_indexer::run::history::{HistoryPlan, PlannedCommit};
use hunktrace_indexer::run::history_source::{CommitSource, HistorySource};
use hunktrace_indexer::run::repository_history::RepositoryHistory;

use super::common_lines::CommonLines;
use super::salt::Salt;

/// Replicas of the history of one repository.
pub struct ReplicatedHistory<'a> {
    original: &'a RepositoryHistory,
    common: &'a CommonLines,
    /// The original's commits, parents first.
    commits: Vec<PlannedCommit>,
    /// How many commits there are to be.
    length: usize,
}

impl<'a> ReplicatedHistory<'a> {
    /// Replicas of a history of one repository, `length` commits in all; the last replica may be cut off.
    pub fn new(
        original: &'a RepositoryHistory,
        common: &'a CommonLines,
        length: usize,
    ) -> ReplicatedHistory<'a> {
        let commits = original.plan(&|_| false).commits;
        ReplicatedHistory { original, common, commits, length }
    }

    /// How many replicas there are, the original included.
    fn replicas(&self) -> u8 {
        self.length.div_ceil(self.commits.len().max(1)).min(usize::from(u8::MAX)) as u8
    }

    fn salts(&self) -> impl Iterator<Item = Salt<'a>> {
        let common = self.common;
        (0..self.replicas()).map(move |replica| Salt::new(replica, common))
    }

    /// The tips of the original, each once.
    fn tips(&self) -> Vec<ObjectId> {
        let parents = self.commits.iter().flat_map(|commit| &commit.parents);
        let has_child: rustc_hash::FxHashSet<&ObjectId> = parents.collect();
        self.commits.iter().map(|commit| commit.id).filter(|id| !has_child.contains(id)).collect()
    }

    /// How much later a replica is than the one before, in seconds.
    fn period(&self) -> i64 {
        let dates = || self.commits.iter().map(|commit| commit.committed_at);
        dates().max().unwrap_or(0) - dates().min().unwrap_or(0)
    }
}

impl HistorySource for ReplicatedHistory<'_> {
    /// A replica's first commits have the tips of the replica before as their parents. So they are merges, and the
    /// import of the whole source is not repeated.
    fn plan(&self, is_known: &dyn Fn(&ObjectId) -> bool) -> HistoryPlan {
        let (tips, period) = (self.tips(), self.period());
        let mut commits = Vec::with_capacity(self.length);
        let mut tips_before: Vec<ObjectId> = Vec::new();
        for (replica, salt) in self.salts().enumerate() {
            for original in self.commits.iter().take(self.length - replica * self.commits.len()) {
                let id = salt.id(&original.id);
                if is_known(&id) {
                    continue;
                }
                let own_parents = original.parents.iter().map(|parent| salt.id(parent));
                commits.push(PlannedCommit {
                    id,
                    repository: replica,
                    parents: if original.parents.is_empty() {
                        tips_before.clone()
                    } else {
                        own_parents.collect()
                    },
                    committed_at: original.committed_at + replica as i64 * period,
                    is_boundary: original.is_boundary,
                });
            }
            tips_before = tips.iter().map(|tip| salt.id(tip)).collect();
        }
        HistoryPlan { commits, unreadable: Vec::new() }
    }

    fn commit_sources(&self) -> Vec<Box<dyn CommitSource + '_>> {
        // One reader for all replicas, or each would have caches of its own.
        let Some(original) = self.original.commit_sources().pop() else { return Vec::new() };
        let original = Rc::new(RefCell::new(original));
        let source = |salt| -> Box<dyn CommitSource> {
            Box::new(ReplicaSource { original: Rc::clone(&original), salt, data: Vec::new() })
        };
        self.salts().map(source).collect()
    }

    fn refs(&self) -> Vec<IndexedRef> {
        self.original.refs()
    }

    /// The original's tags, and for each replica the same with a greater major number.
    fn release_tags(&self) -> Vec<ReleaseTag> {
        let original = self.original.release_tags();
        let mut tags = Vec::new();
        for (replica, salt) in self.salts().enumerate() {
            for tag in &original {
                let name = match tag.name.strip_prefix('v') {
                    Some(version) if replica > 0 => format!("v{replica}0{version}"),
                    _ => tag.name.clone(),
                };
                tags.push(ReleaseTag { name, commit: salt.id(&tag.commit) });
            }
        }
        tags
    }

    fn unindexed(&self) -> Vec<UnindexedItem> {
        self.original.unindexed()
    }
}

/// Reads the commits of one replica.
struct ReplicaSource<'a> {
    original: Rc<RefCell<Box<dyn CommitSource + 'a>>>,
    salt: Salt<'a>,
    data: Vec<u8>,
}

impl CommitSource for ReplicaSource<'_> {
    fn commit_data(&mut self, id: &ObjectId) -> Result<&[u8], RepositoryError> {
        let mut original = self.original.borrow_mut();
        self.data.clear();
        self.data.extend_from_slice(original.commit_data(&self.salt.id(id))?);
        self.salt.commit_data(&mut self.data);
        Ok(&self.data)
    }

    fn diff(
        &mut self,
        parent_tree: Option<&ObjectId>,
        tree: &ObjectId,
        unindexed: &mut Vec<Unindexed>,
        emit: &mut dyn FnMut(FileDiff),
    ) -> Result<(), RepositoryError> {
        let salt = &mut self.salt;
        let mut original = self.original.borrow_mut();
        original.diff(parent_tree, tree, unindexed, &mut |diff| emit(salt.file_diff(diff)))
    }
}
