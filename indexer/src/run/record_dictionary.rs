//! What records are compressed with: a dictionary of typical content, made from a sample of the history.

use crate::graph::CommitOrdinal;
use crate::run::commit_indexer::CommitIndexer;
use crate::run::history::PlannedCommit;
use crate::run::history_source::HistorySource;
use crate::segment::schema::Fields;

/// Size of a dictionary.
///
/// Measured on kernel history at level 5 with blocks of 16 KiB: 64 KiB leave 0.249 of the records' size, 256 KiB 0.242,
/// 512 KiB 0.240.
const DICTIONARY_BYTES: usize = 256 << 10;

/// Histories of fewer commits are compressed without one: it would not pay.
const MIN_COMMITS: usize = 4096;

/// Runs of neighbouring commits in the sample, spread evenly over the plan.
const SAMPLED_RUNS: usize = 256;

/// Commits of each of these runs.
const RUN_COMMITS: usize = 8;

/// Bytes of a record that the sample takes, so that long hunks do not fill it.
const SAMPLED_BYTES: usize = 2048;

/// A dictionary for the commits of a plan; empty where the plan is too short or zstd finds nothing in the sample.
pub fn train_dictionary(
    history: &dyn HistorySource,
    fields: &Fields,
    plan: &[PlannedCommit],
    threads: usize,
) -> Vec<u8> {
    if plan.len() < MIN_COMMITS {
        return Vec::new();
    }
    let runs: Vec<&[PlannedCommit]> =
        (0..SAMPLED_RUNS).map(|run| &plan[run * plan.len() / SAMPLED_RUNS..][..RUN_COMMITS]).collect();
    let sample_of = |runs: &[&[PlannedCommit]]| {
        let mut indexers = CommitIndexer::for_history(history, fields);
        let mut sample: Vec<Vec<u8>> = Vec::new();
        for commit in runs.iter().flat_map(|run| run.iter()) {
            let Ok(_) = indexers[commit.repository].index(CommitOrdinal(0), commit, |_, record| {
                sample.push(record[..record.len().min(SAMPLED_BYTES)].to_vec());
                Ok::<_, std::convert::Infallible>(())
            });
        }
        sample
    };
    let sample: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let parts = runs.chunks(runs.len().div_ceil(threads));
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || sample_of(part))).collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Vec<Vec<u8>>>| match worker.join() {
            Ok(sample) => sample,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().flat_map(join).collect()
    });
    // A sample that zstd can make nothing of is no reason not to index.
    zstd::dict::from_samples(&sample, DICTIONARY_BYTES).unwrap_or_default()
}
