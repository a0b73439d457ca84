//! What records and messages are compressed with: dictionaries of typical content, made from a sample of the history.

use crate::graph::CommitOrdinal;
use crate::maintainers::Maintainers;
use crate::run::commit_indexer::CommitIndexer;
use crate::run::history::PlannedCommit;
use crate::run::history_source::HistorySource;
use crate::segment::schema::Fields;
use crate::segment::segment_files::Dictionaries;

/// Size of the dictionary for records.
///
/// Measured on kernel history at level 5 with blocks of 16 KiB: 64 KiB leave 0.249 of the records' size, 256 KiB 0.242,
/// 512 KiB 0.240.
const RECORD_DICTIONARY_BYTES: usize = 256 << 10;

/// Size of the dictionary for messages: a larger one would want a larger sample.
const MESSAGE_DICTIONARY_BYTES: usize = 128 << 10;

/// Histories of fewer commits are compressed without any: they would not pay.
const MIN_COMMITS: usize = 4096;

/// Runs of neighbouring commits in the sample, spread evenly over the plan.
const SAMPLED_RUNS: usize = 256;

/// Commits of each of these runs.
const RUN_COMMITS: usize = 8;

/// Bytes of a record or message that the sample takes, so that long ones do not fill it.
const SAMPLED_BYTES: usize = 2048;

/// What is compressed of some commits.
#[derive(Default)]
struct Sample {
    records: Vec<Vec<u8>>,
    messages: Vec<Vec<u8>>,
}

/// Dictionaries for the commits of a plan; empty where the plan is too short or zstd finds nothing in the sample.
pub fn train_dictionaries(
    history: &dyn HistorySource,
    fields: &Fields,
    plan: &[PlannedCommit],
    threads: usize,
) -> Dictionaries {
    if plan.len() < MIN_COMMITS {
        return Dictionaries::default();
    }
    let runs: Vec<&[PlannedCommit]> =
        (0..SAMPLED_RUNS).map(|run| &plan[run * plan.len() / SAMPLED_RUNS..][..RUN_COMMITS]).collect();
    let sample_of = |runs: &[&[PlannedCommit]]| {
        let maintainers = Maintainers::default();
        let mut indexers = CommitIndexer::for_history(history, fields, &maintainers);
        let mut sample = Sample::default();
        for commit in runs.iter().flat_map(|run| run.iter()) {
            let Ok(_) = indexers[commit.repository].index(CommitOrdinal(0), commit, |new| {
                sample.records.push(beginning(new.record));
                sample.messages.extend(new.message.map(beginning));
                Ok::<_, std::convert::Infallible>(())
            });
        }
        sample
    };
    let parts: Vec<Sample> = std::thread::scope(|scope| {
        let parts = runs.chunks(runs.len().div_ceil(threads));
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || sample_of(part))).collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Sample>| match worker.join() {
            Ok(sample) => sample,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().map(join).collect()
    });
    let mut sample = Sample::default();
    for part in parts {
        sample.records.extend(part.records);
        sample.messages.extend(part.messages);
    }
    // A sample that zstd can make nothing of is no reason not to index.
    let train = |sample: &[Vec<u8>], bytes| zstd::dict::from_samples(sample, bytes).unwrap_or_default();
    Dictionaries {
        records: train(&sample.records, RECORD_DICTIONARY_BYTES).into(),
        messages: train(&sample.messages, MESSAGE_DICTIONARY_BYTES).into(),
    }
}

fn beginning(mut record: Vec<u8>) -> Vec<u8> {
    record.truncate(SAMPLED_BYTES);
    record
}
