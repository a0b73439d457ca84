//! The indexing run: from repositories and references to the next generation of an index.
//!
//! Commits are taken in the order of the plan, an epoch at a time. Threads diff chunks of neighbouring commits (see
//! [`crate::run::commit_pipeline`]) and this one hands the documents to tantivy's writer. At an epoch's end, if enough
//! commits or enough time have gone by since the last commit point, everything is committed together with the graph, while
//! the threads go on with the next epoch, whose documents wait. So what is committed is always a prefix of the plan, and a
//! run that was killed goes on behind it. One that is to stop finishes the chunks that are under way, and commits them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tantivy::indexer::{IndexWriterOptions, NoMergePolicy, UserOperation};
use tantivy::{IndexWriter, TantivyDocument};

use crate::graph::{CommitOrdinal, GraphBuilder, UnindexedItem};
use crate::index::folder::{IndexError, IndexFolder};
use crate::index::generation::{FORMAT_VERSION, Generation};
use crate::maintainers::Maintainers;
use crate::run::chunk::{ChunkPlace, Epoch, chunks_of};
use crate::run::commit_indexer::IndexedCommit;
use crate::run::commit_pipeline::{CommitPipeline, Finding};
use crate::run::history::HistoryPlan;
use crate::run::history_source::HistorySource;
use crate::run::progress::IndexProgress;
use crate::run::record_dictionary::train_dictionaries;
use crate::run::release_maintainers::choose_maintainers;
use crate::run::repository_history::{RepositoryHistory, SkippedRefs};
use crate::segment::schema::Fields;
use crate::segment::segment_files::{SharedDictionaries, dictionaries_of};
use crate::segment::segment_merge::segments_to_merge;

/// Commits between two commit points, unless a request says otherwise. A run that is killed loses at most the work on
/// this many.
pub const COMMIT_INTERVAL: usize = 32_768;

/// Time after which the next epoch ends with a commit point however few commits it has: a slow run that is killed loses no
/// more work than this, and a commit point takes less than a hundredth of it.
pub const COMMIT_TIME: Duration = Duration::from_secs(60);

/// What tantivy may buffer before it writes a segment.
const WRITER_MEMORY_BYTES: usize = 256 << 20;

/// What to index, and where to.
#[derive(Clone, Debug)]
pub struct IndexRequest {
    /// The folder of the index; it is made where there is none.
    pub index: PathBuf,
    /// The repositories to read; at least one.
    pub repositories: Vec<PathBuf>,
    /// The revisions to index, resolved in every repository that has them, and patterns of references (`refs/pull/*`);
    /// none means all branches and tags.
    pub revisions: Vec<String>,
    /// How the work is divided.
    pub pace: IndexPace,
}

/// How an indexing run divides its work.
#[derive(Clone, Copy, Debug)]
pub struct IndexPace {
    /// How many threads diff commits; at least 1.
    pub threads: usize,
    /// How many commits lie between two commit points at most; at least 1, usually [`COMMIT_INTERVAL`].
    pub commit_interval: usize,
    /// How much time may lie between them, as far as epochs end in it; usually [`COMMIT_TIME`].
    pub commit_time: Duration,
}

impl IndexPace {
    /// The usual pace, with so many threads.
    pub fn usual(threads: usize) -> IndexPace {
        IndexPace { threads, commit_interval: COMMIT_INTERVAL, commit_time: COMMIT_TIME }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexSummary {
    /// Commits indexed by this run, merges included.
    pub new_commits: usize,
    /// Hunks indexed by this run.
    pub new_hunks: u64,
    /// What this run could not index.
    pub unindexed: usize,
    /// What of it is history that could not be read; the rest are references that lead to no commit.
    pub unreadable: usize,
    /// Commits in the index now.
    pub total_commits: usize,
    /// References of the repositories that do not lead to what is indexed.
    pub skipped_refs: SkippedRefs,
}

/// Builds an index of repositories, or extends it by what is new.
///
/// # Errors
/// Where a repository or revision cannot be read, another process is writing, or the index cannot be written. The
/// index then stands as it was at its last commit point. [`IndexError::Interrupted`] where `progress` has it stop before it is
/// done; what was indexed is kept.
pub fn update_index(
    request: &IndexRequest,
    progress: &dyn IndexProgress,
) -> Result<IndexSummary, IndexError> {
    let history = RepositoryHistory::open(&request.repositories, &request.revisions)?;
    let summary = index_history(&history, &request.index, request.pace, progress)?;
    Ok(IndexSummary { skipped_refs: history.skipped_refs().clone(), ..summary })
}

/// Builds the index in the folder `index` from any history, or extends it by what is new.
///
/// # Errors
/// As [`update_index`], but for repositories.
pub fn index_history(
    history: &dyn HistorySource,
    index: &Path,
    pace: IndexPace,
    progress: &dyn IndexProgress,
) -> Result<IndexSummary, IndexError> {
    let folder = IndexFolder::open_or_create(index)?;
    let mut run = IndexRun::start(&folder)?;
    let plan = history.plan(&|id| run.graph.find(id).is_some());
    progress.planned(plan.commits.len(), run.graph.len());
    run.index(history, &plan, pace, progress)
}

/// When a run has made its last commit point, or begun.
struct CommitPoint {
    /// Commits in the index then.
    commits: usize,
    at: Instant,
}

impl CommitPoint {
    /// Whether it is time for the next one, with so many commits in the index.
    fn is_over(&self, commits: usize, pace: IndexPace) -> bool {
        commits - self.commits >= pace.commit_interval.max(1) || self.at.elapsed() >= pace.commit_time
    }
}

/// An indexing run that holds the index's writer lock.
struct IndexRun<'a> {
    folder: &'a IndexFolder,
    fields: Fields,
    dictionaries: SharedDictionaries,
    writer: IndexWriter<TantivyDocument>,
    graph: GraphBuilder,
    generation: u64,
    was_complete: bool,
}

impl<'a> IndexRun<'a> {
    /// Takes the lock and reads the last commit point.
    fn start(folder: &'a IndexFolder) -> Result<IndexRun<'a>, IndexError> {
        let dictionaries = SharedDictionaries::default();
        let (index, fields) = folder.open_segments_for_writing(SharedDictionaries::clone(&dictionaries))?;
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .memory_budget_per_thread(WRITER_MEMORY_BYTES)
            .num_merge_threads(1)
            .build();
        let writer: IndexWriter =
            index.writer_with_options(options).map_err(|error| folder.tantivy_error(&error))?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        // Only under the lock is the generation sure to stay.
        let generation = folder.generation(&index)?;
        if generation.as_ref().is_some_and(|generation| generation.is_bare) {
            return Err(IndexError::Bare(folder.path().to_owned()));
        }
        let graph = match &generation {
            Some(generation) => GraphBuilder::from_graph(&folder.open_graph(generation)?.graph)
                .map_err(|error| folder.graph_error(generation, &error))?,
            None => GraphBuilder::default(),
        };
        let (number, was_complete) = generation.map_or((0, false), |g| (g.number, g.is_complete));
        folder.remove_remains()?;
        folder.remove_other_graphs(number)?;
        Ok(IndexRun { folder, fields, dictionaries, writer, graph, generation: number, was_complete })
    }

    fn index(
        &mut self,
        history: &dyn HistorySource,
        plan: &HistoryPlan,
        pace: IndexPace,
        progress: &dyn IndexProgress,
    ) -> Result<IndexSummary, IndexError> {
        let mut summary = IndexSummary { new_commits: plan.commits.len(), ..IndexSummary::default() };
        let unreadable = plan.unreadable.iter().map(|(id, reason)| UnindexedItem {
            commit: id.to_string(),
            path: None,
            reason: reason.clone(),
        });
        let not_indexed: Vec<UnindexedItem> = unreadable.chain(history.unindexed()).collect();
        summary.unindexed += not_indexed.len();
        summary.unreadable += plan.unreadable.len();

        let mut is_changed = self.graph.set_tags(history.release_tags());
        is_changed |= self.graph.add_unindexed(not_indexed);
        let maintained = choose_maintainers(history, plan, self.folder, &mut self.graph, progress)
            .map_err(|error| self.interrupted_if_stopped(error, plan))?;
        summary.unindexed += maintained.unusable.len();
        summary.unreadable += maintained.unusable.len();
        progress.passed_over(summary.unindexed);
        is_changed |= maintained.is_new;
        is_changed |= self.graph.add_unindexed(maintained.unusable);
        is_changed |= !plan.commits.is_empty();
        if !plan.commits.is_empty() {
            self.choose_dictionaries(history, plan, pace)?;
        }
        let known = self.graph.len();
        self.index_plan(history, plan, &maintained.sections, pace, progress, &mut summary)
            .map_err(|error| self.cause_of(error))?;
        let left = known + plan.commits.len() - self.graph.len();
        if left > 0 {
            if self.graph.len() > known {
                self.commit(false)?;
            }
            return Err(IndexError::Interrupted { commits: self.graph.len(), left });
        }
        let refs = history.refs();
        is_changed |= self.graph.drop_lost_refs(&history.whole_repositories(), &refs);
        is_changed |= self.graph.set_refs(refs);
        is_changed |= self.graph.find_unreferenced();
        summary.total_commits = self.graph.len();
        // A run that finds nothing new leaves the index as it is.
        if !self.was_complete || is_changed {
            self.commit(true)?;
        }
        self.tidy_up(progress)?;
        Ok(summary)
    }

    /// Merges segments, and removes files that nothing names: what this run has left, and one that was killed here.
    fn tidy_up(&mut self, progress: &dyn IndexProgress) -> Result<(), IndexError> {
        let fail = |error: tantivy::TantivyError| self.folder.tantivy_error(&error);
        let merged = segments_to_merge(self.writer.index()).map_err(fail)?;
        if !merged.is_empty() {
            progress.merging();
            // Damage that a merge copies would get checksums that agree.
            self.folder.check_segment_files(&|| !progress.is_stopped())?;
            self.folder.raise_format()?;
            self.writer.merge(&merged).wait().map_err(fail)?;
        }
        self.writer.garbage_collect_files().wait().map_err(fail)?;
        Ok(())
    }

    /// What is said where a run is stopped before it has indexed anything.
    fn interrupted_if_stopped(&self, error: IndexError, plan: &HistoryPlan) -> IndexError {
        match error {
            IndexError::Stopped => {
                IndexError::Interrupted { commits: self.graph.len(), left: plan.commits.len() }
            }
            error => error,
        }
    }

    /// What made the writer fail: an error of the writer only says that it failed; waiting for its thread gives the cause.
    fn cause_of(&mut self, error: IndexError) -> IndexError {
        match (error, self.writer.prepare_commit()) {
            (IndexError::Storage { .. }, Err(cause)) => self.folder.tantivy_error(&cause),
            (error, _) => error,
        }
    }

    /// What is new is compressed with the dictionaries that the index has, or with new ones where it has none.
    fn choose_dictionaries(
        &self,
        history: &dyn HistorySource,
        plan: &HistoryPlan,
        pace: IndexPace,
    ) -> Result<(), IndexError> {
        let known =
            dictionaries_of(self.writer.index()).map_err(|error| self.folder.tantivy_error(&error))?;
        let threads = pace.threads.max(1);
        self.dictionaries.get_or_init(|| match known {
            Some(known) => known,
            None => train_dictionaries(history, &self.fields, &plan.commits, threads),
        });
        Ok(())
    }

    /// Diffs the commits of the plan and hands their documents to the writer, with commit points on the way. Where the run is
    /// to stop, it ends behind a prefix of the plan.
    fn index_plan(
        &mut self,
        history: &dyn HistorySource,
        plan: &HistoryPlan,
        maintainers: &Maintainers,
        pace: IndexPace,
        progress: &dyn IndexProgress,
        summary: &mut IndexSummary,
    ) -> Result<(), IndexError> {
        let fields = self.fields.clone();
        let first = CommitOrdinal(self.graph.len() as u32);
        let pipeline = CommitPipeline {
            history,
            fields: &fields,
            maintainers,
            dictionaries: self.dictionaries.get().cloned().unwrap_or_default(),
            chunks: chunks_of(&plan.commits, first, pace.commit_interval.max(1)),
            progress,
        };
        let epochs: Vec<Epoch> = pipeline.chunks.iter().map(|chunk| chunk.epoch).collect();
        let mut last_point = CommitPoint { commits: self.graph.len(), at: Instant::now() };
        let mut current_epoch = Epoch(0);
        let mut next_chunk = ChunkPlace(0);
        // What belongs to an epoch that has not begun, and chunks that were done before the ones ahead of them.
        let mut early_documents: Vec<(Epoch, Vec<TantivyDocument>)> = Vec::new();
        let mut early_chunks: BTreeMap<ChunkPlace, Vec<IndexedCommit>> = BTreeMap::new();
        pipeline.run(pace.threads.max(1), |finding| {
            match finding {
                Finding::Documents { epoch, documents } if epoch == current_epoch => self.add(documents)?,
                Finding::Documents { epoch, documents } => early_documents.push((epoch, documents)),
                Finding::Chunk { place, commits } => drop(early_chunks.insert(place, commits)),
            }
            while let Some(commits) = early_chunks.remove(&next_chunk) {
                next_chunk.0 += 1;
                self.add_commits(commits, summary);
                progress.passed_over(summary.unindexed);
                if epochs.get(next_chunk.0).is_some_and(|epoch| *epoch != current_epoch) {
                    if last_point.is_over(self.graph.len(), pace) {
                        self.commit(false)?;
                        last_point = CommitPoint { commits: self.graph.len(), at: Instant::now() };
                    }
                    current_epoch.0 += 1;
                    for (epoch, documents) in std::mem::take(&mut early_documents) {
                        match epoch == current_epoch {
                            true => self.add(documents)?,
                            false => early_documents.push((epoch, documents)),
                        }
                    }
                }
            }
            Ok(())
        })?;
        // Left over where the run has stopped: what belongs to chunks of a later epoch that are done.
        early_documents.into_iter().try_for_each(|(_, documents)| self.add(documents))
    }

    fn add(&self, documents: Vec<TantivyDocument>) -> Result<(), IndexError> {
        let added = self.writer.run(documents.into_iter().map(UserOperation::Add));
        added.map(|_| ()).map_err(|error| self.folder.tantivy_error(&error))
    }

    fn add_commits(&mut self, commits: Vec<IndexedCommit>, summary: &mut IndexSummary) {
        let mut unindexed = Vec::new();
        for commit in commits {
            summary.new_hunks += u64::from(commit.entry.hunks);
            unindexed.extend(commit.unindexed);
            let ordinal = self.graph.push(commit.entry);
            self.graph.set_subsystem(ordinal, commit.subsystem);
        }
        if !unindexed.is_empty() {
            summary.unindexed += unindexed.len();
            summary.unreadable += unindexed.iter().filter(|item| item.is_unreadable()).count();
            self.graph.add_unindexed(unindexed);
        }
    }

    /// Makes what was indexed so far the next generation.
    fn commit(&mut self, is_complete: bool) -> Result<(), IndexError> {
        let written_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let number = self.generation + 1;
        let generation =
            Generation { format: FORMAT_VERSION, number, written_at, is_complete, is_bare: false };
        self.folder.raise_format()?;
        self.folder.write_graph(&generation, &self.graph.to_bytes())?;
        let payload = generation.to_payload().map_err(|error| self.folder.damaged(&error))?;
        let fail = |error| self.folder.tantivy_error(&error);
        let mut prepared = self.writer.prepare_commit().map_err(fail)?;
        prepared.set_payload(&payload);
        prepared.commit().map_err(fail)?;
        self.generation = generation.number;
        self.folder.remove_other_graphs(self.generation)
    }
}

#[cfg(test)]
mod tests;
