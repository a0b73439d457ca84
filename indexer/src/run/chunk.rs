//! The plan of a run, cut into chunks: neighbouring commits that one thread takes at a time.

use crate::graph::CommitOrdinal;
use crate::run::history::PlannedCommit;

/// Neighbouring commits that one thread takes at a time, at most: the more, the more often a version of a file is read
/// when the next one is at hand. `docs/tuning.md` has figures.
const MAX_CHUNK_COMMITS: usize = 1024;

/// ... and at least, so that a thread's caches pay.
const MIN_CHUNK_COMMITS: usize = 64;

/// Of a short history each chunk is this part, so that all threads have something to do.
const CHUNKS: usize = 16;

/// How many commits a chunk of a plan has; the number of threads makes no difference.
fn chunk_commits(planned: usize) -> usize {
    (planned / CHUNKS).clamp(MIN_CHUNK_COMMITS, MAX_CHUNK_COMMITS)
}

/// A stretch of the plan that may end with a commit point, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(pub usize);

/// A chunk's place in the plan, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChunkPlace(pub usize);

/// Neighbouring commits of the plan, all of one epoch.
pub struct Chunk<'a> {
    /// The epoch that they belong to.
    pub epoch: Epoch,
    /// The ordinal of the first one; the others follow.
    pub first: CommitOrdinal,
    /// The commits.
    pub commits: &'a [PlannedCommit],
}

/// Commits of an epoch, at most: so often a run looks at the clock. The more, the less often threads that are ahead have to
/// wait with what they have found.
const MAX_EPOCH_COMMITS: usize = 4 * MAX_CHUNK_COMMITS;

/// The plan in chunks that do not reach over the end of an epoch; its commits get the ordinals from `first` on. After each
/// `interval` commits an epoch ends.
pub fn chunks_of(commits: &[PlannedCommit], first: CommitOrdinal, interval: usize) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let mut first = first;
    let chunk_commits = chunk_commits(commits.len());
    let epochs = commits.chunks(interval).flat_map(|commits| commits.chunks(MAX_EPOCH_COMMITS));
    for (epoch, commits) in epochs.enumerate() {
        for commits in commits.chunks(chunk_commits) {
            chunks.push(Chunk { epoch: Epoch(epoch), first, commits });
            first.0 += commits.len() as u32;
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use gix::ObjectId;

    use super::*;

    fn plan(commits: usize) -> Vec<PlannedCommit> {
        let commit = PlannedCommit {
            id: ObjectId::null(gix::hash::Kind::Sha1),
            repository: 0,
            parents: Vec::new(),
            committed_at: 0,
            is_boundary: false,
        };
        vec![commit; commits]
    }

    /// Epoch, first ordinal and number of commits of each chunk.
    fn shape(chunks: &[Chunk<'_>]) -> Vec<(usize, u32, usize)> {
        chunks.iter().map(|chunk| (chunk.epoch.0, chunk.first.0, chunk.commits.len())).collect()
    }

    #[test]
    fn chunks_end_with_their_epoch_and_ordinals_go_on() {
        let plan = plan(250);
        let chunks = chunks_of(&plan, CommitOrdinal(1000), 100);
        let expected = [(0, 1000, 64), (0, 1064, 36), (1, 1100, 64), (1, 1164, 36), (2, 1200, 50)];
        assert_eq!(shape(&chunks), expected);
    }

    #[test]
    fn epochs_are_short_and_end_where_a_commit_point_is_due() {
        let plan = plan(3 * MAX_EPOCH_COMMITS);
        let chunks = chunks_of(&plan, CommitOrdinal(0), MAX_EPOCH_COMMITS + 10);
        let mut lengths = std::collections::BTreeMap::<usize, usize>::new();
        chunks.iter().for_each(|chunk| *lengths.entry(chunk.epoch.0).or_default() += chunk.commits.len());
        let expected = [MAX_EPOCH_COMMITS, 10, MAX_EPOCH_COMMITS, 10, MAX_EPOCH_COMMITS - 20];
        assert_eq!(lengths.into_values().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn short_histories_have_chunks_for_all_threads_and_long_ones_long_chunks() {
        for (planned, commits) in [(0, 64), (1600, 100), (100_000, 1024)] {
            assert_eq!(chunk_commits(planned), commits, "{planned} commits");
        }
    }
}
