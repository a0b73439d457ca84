//! The seam between an indexing run and where its history comes from.
//!
//! Git repositories stand behind it (`RepositoryHistory`). Anything else that names commits and says what they change can
//! be indexed in the same way, such as the histories that growth is measured with.

use gix::ObjectId;

use crate::git::commit_diff::{FileDiff, Unindexed};
use crate::git::repository::RepositoryError;
use crate::graph::{IndexedRef, ReleaseTag, UnindexedItem};
use crate::run::history::HistoryPlan;

/// A history that can be indexed.
pub trait HistorySource: Sync {
    /// The commits that are to be indexed: all of the history that `is_known` does not know, parents first.
    fn plan(&self, is_known: &dyn Fn(&ObjectId) -> bool) -> HistoryPlan;

    /// What one thread reads commits through: a source for each number that a planned commit's `repository` may have.
    fn commit_sources(&self) -> Vec<Box<dyn CommitSource + '_>>;

    /// The references that lead to the history.
    fn refs(&self) -> Vec<IndexedRef>;

    /// The repositories of which [`HistorySource::refs`] has all branches and tags.
    fn whole_repositories(&self) -> Vec<String> {
        Vec::new()
    }

    /// The tags that mark releases.
    fn release_tags(&self) -> Vec<ReleaseTag>;

    /// The content of a file at the top of a commit's tree; none where the commit is known and has no such file.
    ///
    /// # Errors
    /// Where the commit is not at hand, or it or the file cannot be read.
    fn file_at(&self, _commit: &ObjectId, _name: &str) -> Result<Option<Vec<u8>>, RepositoryError> {
        Ok(None)
    }

    /// What is known not to be indexable before a commit is read.
    fn unindexed(&self) -> Vec<UnindexedItem>;
}

/// Reads commits on one thread.
pub trait CommitSource {
    /// The commit object's data.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn commit_data(&mut self, id: &ObjectId) -> Result<&[u8], RepositoryError>;

    /// What turns `parent_tree` into `tree`, file by file, sorted by path; without a parent every file is new.
    ///
    /// Files that cannot be read are passed over and noted in `unindexed`. `emit` gets one file at a time, because
    /// the commits that bring whole source trees would not fit into memory.
    ///
    /// # Errors
    /// Where a tree cannot be read: nothing can be said of the commit then.
    fn diff(
        &mut self,
        parent_tree: Option<&ObjectId>,
        tree: &ObjectId,
        unindexed: &mut Vec<Unindexed>,
        emit: &mut dyn FnMut(FileDiff),
    ) -> Result<(), RepositoryError>;
}
