//! Threads that diff commits while what they have found is written.
//!
//! Threads take chunks of neighbouring commits, in the order of the plan. What they find is handed over on the calling
//! thread: for each chunk first its documents, then its commits. The threads go on while the caller writes, until a fixed
//! number of batches waits for it. Where the run is to stop, they finish the chunks that they have, so that what is handed
//! over is a prefix of the plan. Besides, each thread holds what it has diffed of its chunk before its turn, up to a
//! bound of its own.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use tantivy::TantivyDocument;

use crate::graph::CommitOrdinal;
use crate::index::folder::IndexError;
use crate::maintainers::Maintainers;
use crate::run::chunk::{Chunk, ChunkPlace, Epoch};
use crate::run::commit_indexer::{CommitIndexer, IndexedCommit};
use crate::run::document_batch::{DocumentBatcher, NewDocument};
use crate::run::held_commits::HeldCommits;
use crate::run::history_source::HistorySource;
use crate::run::progress::IndexProgress;
use crate::segment::schema::Fields;
use crate::segment::segment_files::Dictionaries;

/// Batches of documents that may wait to be written. Each is about 20 KiB, so this is some 80 MiB at most.
const WAITING_BATCHES: usize = 4096;

/// What a thread has found.
pub enum Finding {
    /// Documents that belong together.
    Documents {
        /// The epoch of their commits.
        epoch: Epoch,
        /// The documents.
        documents: Vec<TantivyDocument>,
    },
    /// A chunk of which all documents were handed over before.
    Chunk {
        /// The chunk's place in the plan.
        place: ChunkPlace,
        /// Its commits, in their order.
        commits: Vec<IndexedCommit>,
    },
}

/// Everything that the threads share.
pub struct CommitPipeline<'a> {
    /// Where the commits are read from.
    pub history: &'a dyn HistorySource,
    /// The index's fields.
    pub fields: &'a Fields,
    /// What tells the subsystems of commits.
    pub maintainers: &'a Maintainers,
    /// What records and messages are compressed with.
    pub dictionaries: Dictionaries,
    /// What is to be done, in the order of the plan.
    pub chunks: Vec<Chunk<'a>>,
    /// Hears of each commit.
    pub progress: &'a dyn IndexProgress,
}

impl CommitPipeline<'_> {
    /// Works everything off, or as many chunks as were begun before the run was to stop; `take` hears of what was found.
    ///
    /// # Errors
    /// The first one of `take` or of the threads; nothing is handed over after it.
    pub fn run(
        &self,
        threads: usize,
        mut take: impl FnMut(Finding) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        let next_chunk = AtomicUsize::new(0);
        let is_over = AtomicBool::new(false);
        let (sender, findings) = sync_channel(WAITING_BATCHES);
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.min(self.chunks.len()))
                .map(|_| {
                    let sender = sender.clone();
                    scope.spawn(|| self.work(&next_chunk, &is_over, sender))
                })
                .collect();
            drop(sender);
            let mut taken = Ok(());
            for finding in findings {
                taken = take(finding);
                if taken.is_err() {
                    break;
                }
            }
            // With the receiver gone, threads that still send give up.
            let mut outcomes = vec![taken];
            for worker in workers {
                match worker.join() {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            outcomes.into_iter().collect()
        })
    }

    fn work(
        &self,
        next_chunk: &AtomicUsize,
        is_over: &AtomicBool,
        sender: SyncSender<Finding>,
    ) -> Result<(), IndexError> {
        let outcome = self.work_off(next_chunk, is_over, &sender);
        if outcome.is_err() {
            is_over.store(true, Ordering::Relaxed);
        }
        outcome
    }

    fn work_off(
        &self,
        next_chunk: &AtomicUsize,
        is_over: &AtomicBool,
        sender: &SyncSender<Finding>,
    ) -> Result<(), IndexError> {
        let mut indexers = CommitIndexer::for_history(self.history, self.fields, self.maintainers);
        let mut batcher = DocumentBatcher::new(self.fields, &self.dictionaries)?;
        while !self.progress.is_stopped() {
            let place = next_chunk.fetch_add(1, Ordering::Relaxed);
            let Some(chunk) = self.chunks.get(place) else { return Ok(()) };
            let ordinal_of = |place: usize| CommitOrdinal(chunk.first.0 + place as u32);
            let mut held = HeldCommits::default();
            for (place, commit) in chunk.commits.iter().enumerate().rev() {
                if is_over.load(Ordering::Relaxed) {
                    return Ok(());
                }
                held.index(&mut indexers[commit.repository], ordinal_of(place), commit);
            }
            let mut indexed = Vec::with_capacity(chunk.commits.len());
            for (place, commit) in chunk.commits.iter().enumerate() {
                let ordinal = ordinal_of(place);
                if is_over.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let add = |new: NewDocument| match batcher.add(ordinal, new)? {
                    Some(documents) => send(sender, Finding::Documents { epoch: chunk.epoch, documents }),
                    None => Ok(()),
                };
                let commit = match held.take(ordinal) {
                    Some(held) => {
                        held.documents.into_iter().try_for_each(add)?;
                        held.commit
                    }
                    None => indexers[commit.repository].index(ordinal, commit, add)?,
                };
                self.progress.indexed(commit.entry.hunks as usize);
                indexed.push(commit);
            }
            if let Some(documents) = batcher.finish()? {
                send(sender, Finding::Documents { epoch: chunk.epoch, documents })?;
            }
            send(sender, Finding::Chunk { place: ChunkPlace(place), commits: indexed })?;
        }
        Ok(())
    }
}

/// Hands something over; the receiver stops listening only after an error of its own, which says why and comes first.
fn send(sender: &SyncSender<Finding>, finding: Finding) -> Result<(), IndexError> {
    sender.send(finding).map_err(|_| IndexError::Stopped)
}
