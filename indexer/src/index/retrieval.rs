//! The seam between the answers and the index: terms in, weighted hunk ids out; hunk ids in, stored hunks out.
//!
//! The local index stands behind it (`Snapshot`). Nothing here says where the hunks are, so an index that is spread over
//! several machines can stand behind it as well.

use crate::fingerprint::IndexTerm;
use crate::graph::{CommitOrdinal, CommitSet};
use crate::index::folder::IndexError;
use crate::segment::stored_hunk::{HunkView, StoredHunk};

/// A hunk, as the index numbers it; valid for the snapshot that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HunkId(pub u64);

/// A hunk that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundHunk {
    /// Under which it can be loaded.
    pub id: HunkId,
    /// The commit that it belongs to.
    pub commit: CommitOrdinal,
    /// Its place among the commit's hunks, from 0.
    pub number: u32,
    /// How well it agrees with the query: the weights of the terms that both have, as a share of the weights of the
    /// terms that either has. An estimate: the terms that only the hunk has are counted with an average weight.
    pub agreement: f32,
}

/// A term to look for.
#[derive(Clone, Copy, Debug)]
pub struct WeightedTerm {
    /// The term.
    pub term: IndexTerm,
    /// What it counts.
    pub weight: f32,
    /// How many hunks have it, as [`HunkRetrieval::frequencies`] says.
    pub frequency: u32,
}

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct RetrievalQuery<'a> {
    /// The terms of the changed lines, each once.
    pub terms: Vec<WeightedTerm>,
    /// The terms of the paths; hunks of these files are considered even where only common lines agree.
    pub paths: Vec<IndexTerm>,
    /// What the right path adds to a hunk's agreement.
    pub path_bonus: f32,
    /// Commits that are not wanted.
    pub excluded: Option<&'a CommitSet>,
    /// How many hunks are wanted; at least 1.
    pub limit: usize,
    /// Hunks that agree less than this share of what the best one does are not wanted; from 0 to 1.
    pub least_share: f32,
}

/// Finds and loads hunks.
pub trait HunkRetrieval: Send + Sync {
    /// How many hunks there are.
    fn hunk_count(&self) -> u64;

    /// How many hunks have each of the terms.
    ///
    /// # Errors
    /// Where the index cannot be read.
    fn frequencies(&self, terms: &[IndexTerm]) -> Result<Vec<u32>, IndexError>;

    /// The wanted hunks that agree best, best first, then by commit and number.
    ///
    /// The order does not depend on how the index is laid out.
    ///
    /// # Errors
    /// Where the index cannot be read.
    fn search(&self, query: &RetrievalQuery<'_>) -> Result<Vec<FoundHunk>, IndexError>;

    /// The hunks of a commit, in their order.
    ///
    /// # Errors
    /// Where the index cannot be read.
    fn hunks_of(&self, commit: CommitOrdinal) -> Result<Vec<FoundHunk>, IndexError>;

    /// All hunks of a file, under this path before or after the change, by commit and number.
    ///
    /// # Errors
    /// Where the index cannot be read.
    fn hunks_of_path(
        &self,
        path: IndexTerm,
        excluded: Option<&CommitSet>,
    ) -> Result<Vec<FoundHunk>, IndexError>;

    /// Calls `visit` with each hunk, and its place among the ids, in the order of the ids.
    ///
    /// # Errors
    /// Where the index cannot be read or a stored hunk is damaged.
    fn visit(&self, hunks: &[HunkId], visit: &mut dyn FnMut(usize, &HunkView<'_>)) -> Result<(), IndexError>;

    /// Calls `visit` with each hunk of a commit and its number there, in their order.
    ///
    /// # Errors
    /// Where the index cannot be read or a stored hunk is damaged.
    fn visit_commit(
        &self,
        commit: CommitOrdinal,
        visit: &mut dyn FnMut(u32, &HunkView<'_>),
    ) -> Result<(), IndexError> {
        let found = self.hunks_of(commit)?;
        let ids: Vec<HunkId> = found.iter().map(|hunk| hunk.id).collect();
        self.visit(&ids, &mut |place, hunk| visit(found[place].number, hunk))
    }

    /// Whether any hunk is of a file under this path, before or after the change.
    ///
    /// # Errors
    /// Where the index cannot be read.
    fn has_path(&self, path: IndexTerm) -> Result<bool, IndexError> {
        Ok(!self.hunks_of_path(path, None)?.is_empty())
    }

    /// Loads hunks, in the order of the ids.
    ///
    /// # Errors
    /// Where the index cannot be read or a stored hunk is damaged.
    fn load(&self, hunks: &[HunkId]) -> Result<Vec<StoredHunk>, IndexError> {
        let mut loaded = Vec::with_capacity(hunks.len());
        self.visit(hunks, &mut |_, view| loaded.push(view.to_stored()))?;
        Ok(loaded)
    }
}
