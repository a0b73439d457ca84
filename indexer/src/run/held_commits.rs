//! Commits that are diffed before their turn, the newest first.
//!
//! Packs usually hold the newest version of a file whole and older ones as differences to the next newer one. Read in
//! that order, each version is one step from the one before; read the other way, each is a whole chain of steps.

use crate::graph::CommitOrdinal;
use crate::run::commit_indexer::{CommitIndexer, IndexedCommit};
use crate::run::document_batch::NewDocument;
use crate::run::history::PlannedCommit;

/// Bytes of records and messages, and of what holds them, that are held at most; those of 1,024 kernel commits have 8 MB.
const MAX_HELD_BYTES: usize = 32 << 20;

/// A commit that waits for its turn.
pub struct HeldCommit {
    /// Its documents.
    pub documents: Vec<NewDocument>,
    /// What else the index takes of it.
    pub commit: IndexedCommit,
}

/// The commits that wait for their turn: what is diffed last is taken first.
pub struct HeldCommits {
    commits: Vec<(CommitOrdinal, HeldCommit)>,
    bytes: usize,
    max_bytes: usize,
}

/// Enough is held.
struct IsFull;

impl Default for HeldCommits {
    fn default() -> HeldCommits {
        HeldCommits { commits: Vec::new(), bytes: 0, max_bytes: MAX_HELD_BYTES }
    }
}

impl HeldCommits {
    /// Diffs the commit before those that are held, unless enough is held: then it is left for its turn.
    pub fn index(&mut self, indexer: &mut CommitIndexer<'_>, ordinal: CommitOrdinal, commit: &PlannedCommit) {
        if self.bytes > self.max_bytes {
            return;
        }
        let mut documents = Vec::new();
        let outcome = indexer.index(ordinal, commit, |new| {
            // A document's terms, which are on the heap, are not counted.
            self.bytes +=
                new.record.len() + new.message.as_ref().map_or(0, Vec::len) + size_of::<NewDocument>();
            if self.bytes > self.max_bytes {
                return Err(IsFull);
            }
            documents.push(new);
            Ok(())
        });
        if let Ok(commit) = outcome {
            self.commits.push((ordinal, HeldCommit { documents, commit }));
        }
    }

    /// The commit with this number; none if it was left for its turn.
    pub fn take(&mut self, ordinal: CommitOrdinal) -> Option<HeldCommit> {
        self.commits.pop_if(|(held, _)| *held == ordinal).map(|(_, commit)| commit)
    }
}

#[cfg(test)]
mod tests {
    use gix::ObjectId;

    use super::*;
    use crate::git::commit_diff::{FileDiff, Unindexed};
    use crate::git::repository::RepositoryError;
    use crate::maintainers::Maintainers;
    use crate::run::history_source::CommitSource;
    use crate::segment::schema::schema;

    /// Commits that change nothing; what is held of each takes some hundred bytes.
    struct EmptyCommits;

    impl CommitSource for EmptyCommits {
        fn commit_data(&mut self, _: &ObjectId) -> Result<&[u8], RepositoryError> {
            Ok(b"tree 0123456789012345678901234567890123456789\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nfix\n")
        }

        fn diff(
            &mut self,
            _: Option<&ObjectId>,
            _: &ObjectId,
            _: &mut Vec<Unindexed>,
            _: &mut dyn FnMut(FileDiff),
        ) -> Result<(), RepositoryError> {
            Ok(())
        }
    }

    /// Of four commits, diffed from the last on, those that are held.
    fn held(max_bytes: usize) -> Vec<bool> {
        let (_, fields) = schema();
        let maintainers = Maintainers::default();
        let mut indexer = CommitIndexer::new(Box::new(EmptyCommits), &fields, &maintainers);
        let commit = PlannedCommit {
            id: ObjectId::null(gix::hash::Kind::Sha1),
            repository: 0,
            parents: Vec::new(),
            committed_at: 0,
            is_boundary: false,
        };
        let mut held = HeldCommits { max_bytes, ..HeldCommits::default() };
        for ordinal in (0..4).rev() {
            held.index(&mut indexer, CommitOrdinal(ordinal), &commit);
        }
        (0..4).map(|ordinal| held.take(CommitOrdinal(ordinal)).is_some()).collect()
    }

    #[test]
    fn all_are_held_where_there_is_room() {
        assert_eq!(held(MAX_HELD_BYTES), [true; 4]);
    }

    #[test]
    fn what_finds_no_room_is_left_for_its_turn() {
        let record = (1..2000).find(|bytes| held(*bytes)[3]).expect("a record of less than 2,000 bytes");

        assert_eq!(held(2 * record), [false, false, true, true]);
        assert_eq!(held(0), [false; 4]);
    }
}
