//! The indexing run: from repositories and references to the next generation of an index.
//!
//! Commits are taken in the order of the plan, an epoch at a time. Within an epoch two or more threads diff chunks
//! of neighbouring commits and hand the documents to tantivy's writer; at its end everything is committed together
//! with the graph. So what is committed is always a prefix of the plan, and a run that was killed goes on behind it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};
use tantivy::{IndexWriter, TantivyDocument};

use crate::commit_indexer::{CommitIndexer, IndexedCommit};
use crate::first_release::is_release_tag;
use crate::graph::{CommitOrdinal, GraphBuilder, IndexedRef, ReleaseTag, UnindexedItem};
use crate::history::{HistoryPlan, PlannedCommit, WalkTip, plan_history};
use crate::index_folder::{Generation, IndexError, IndexFolder};
use crate::repository::{RefTip, Repository};
use crate::schema::Fields;
use crate::segment_merge::merge_segments;

/// Commits between two commit points, unless a request says otherwise. A run that is killed loses at most the work on
/// this many.
pub const COMMIT_INTERVAL: usize = 32_768;

/// Neighbouring commits that one thread takes at a time: enough that its caches pay.
const CHUNK_COMMITS: usize = 256;

/// What tantivy may buffer before it writes a segment.
const WRITER_MEMORY_BYTES: usize = 400 << 20;

/// What to index, and where to.
#[derive(Clone, Debug)]
pub struct IndexRequest {
    /// The folder of the index; it is made where there is none.
    pub index: PathBuf,
    /// The repositories to read; at least one.
    pub repositories: Vec<PathBuf>,
    /// The revisions to index, resolved in every repository that has them; none means all branches and tags.
    pub revisions: Vec<String>,
    /// How many threads diff commits; at least 1.
    pub threads: usize,
    /// How many commits lie between two commit points; at least 1, usually [`COMMIT_INTERVAL`].
    pub commit_interval: usize,
}

/// Hears of an indexing run's progress.
pub trait IndexProgress: Sync {
    /// The plan is made: so many commits are to be indexed, and so many are known already.
    fn planned(&self, commits: usize, known: usize);
    /// A commit with so many hunks was indexed.
    fn indexed(&self, hunks: usize);
    /// What could not be read is not indexed: so many items so far.
    fn passed_over(&self, items: usize);
    /// All commits are indexed and the segments are being merged.
    fn merging(&self);
    /// Whether the run is to stop at the next opportunity.
    fn is_stopped(&self) -> bool;
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexSummary {
    /// Commits indexed by this run, merges included.
    pub new_commits: usize,
    /// Hunks indexed by this run.
    pub new_hunks: u64,
    /// What this run could not index.
    pub unindexed: usize,
    /// Commits in the index now.
    pub total_commits: usize,
}

/// Builds an index, or extends it by what is new.
///
/// # Errors
/// Where a repository or revision cannot be read, another process is writing, or the index cannot be written. The
/// index then stands as it was at its last commit point.
pub fn update_index(
    request: &IndexRequest,
    progress: &dyn IndexProgress,
) -> Result<IndexSummary, IndexError> {
    let repositories: Vec<Repository> =
        request.repositories.iter().map(|path| Repository::open(path)).collect::<Result<_, _>>()?;
    let sources = Sources::gather(&repositories, &request.revisions)?;

    let folder = IndexFolder::open_or_create(&request.index)?;
    let mut run = IndexRun::start(&folder)?;
    let plan = plan_history(&repositories, &sources.walk_tips, |id| run.graph.find(id).is_some());
    progress.planned(plan.commits.len(), run.graph.len());
    run.index(&repositories, &plan, sources, request, progress)
}

/// What the repositories' references say.
struct Sources {
    walk_tips: Vec<WalkTip>,
    refs: Vec<IndexedRef>,
    tags: Vec<ReleaseTag>,
    unindexed: Vec<UnindexedItem>,
}

impl Sources {
    fn gather(repositories: &[Repository], revisions: &[String]) -> Result<Sources, IndexError> {
        let mut sources =
            Sources { walk_tips: Vec::new(), refs: Vec::new(), tags: Vec::new(), unindexed: Vec::new() };
        let mut resolved = vec![false; revisions.len()];
        let mut failure = None;
        for (number, repository) in repositories.iter().enumerate() {
            let (all, skipped) = repository.tips()?;
            sources.add_tags(&all);
            if revisions.is_empty() {
                sources.add_tips(number, repository.path(), all);
                sources.unindexed.extend(skipped.into_iter().map(|reason| {
                    let (name, reason) = reason.split_once(": ").unwrap_or(("reference", &reason));
                    UnindexedItem { commit: name.to_owned(), path: None, reason: reason.to_owned() }
                }));
                continue;
            }
            for (revision, resolved) in revisions.iter().zip(&mut resolved) {
                match repository.resolve(revision) {
                    Ok(tip) => {
                        *resolved = true;
                        sources.add_tips(number, repository.path(), vec![tip]);
                    }
                    Err(error) => failure = Some(error),
                }
            }
        }
        match failure {
            Some(error) if resolved.contains(&false) => Err(error.into()),
            _ => Ok(sources),
        }
    }

    fn add_tips(&mut self, repository: usize, path: &Path, tips: Vec<RefTip>) {
        for tip in tips {
            self.walk_tips.push(WalkTip { repository, commit: tip.commit });
            self.refs.push(IndexedRef {
                repository: path.display().to_string(),
                name: tip.name.to_string(),
                commit: tip.commit.to_string(),
            });
        }
    }

    /// Release tags date commits whatever references are indexed; where there are none, every tag counts.
    fn add_tags(&mut self, tips: &[RefTip]) {
        let tags: Vec<ReleaseTag> = tips
            .iter()
            .filter_map(|tip| Some(ReleaseTag { name: tip.tag_name()?.to_owned(), commit: tip.commit }))
            .collect();
        let has_releases = tags.iter().any(|tag| is_release_tag(&tag.name));
        self.tags.extend(tags.into_iter().filter(|tag| !has_releases || is_release_tag(&tag.name)));
    }
}

/// An indexing run that holds the index's writer lock.
struct IndexRun<'a> {
    folder: &'a IndexFolder,
    fields: Fields,
    writer: IndexWriter<TantivyDocument>,
    graph: GraphBuilder,
    generation: u64,
    was_complete: bool,
}

impl<'a> IndexRun<'a> {
    /// Takes the lock and reads the last commit point.
    fn start(folder: &'a IndexFolder) -> Result<IndexRun<'a>, IndexError> {
        let (index, fields) = folder.open_segments()?;
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
        let graph = match &generation {
            Some(generation) => GraphBuilder::from_graph(&folder.open_graph(generation)?)
                .map_err(|error| folder.graph_error(generation, &error))?,
            None => GraphBuilder::default(),
        };
        let (number, was_complete) = generation.map_or((0, false), |g| (g.number, g.is_complete));
        folder.remove_other_graphs(number)?;
        Ok(IndexRun { folder, fields, writer, graph, generation: number, was_complete })
    }

    fn index(
        &mut self,
        repositories: &[Repository],
        plan: &HistoryPlan,
        sources: Sources,
        request: &IndexRequest,
        progress: &dyn IndexProgress,
    ) -> Result<IndexSummary, IndexError> {
        let mut summary =
            IndexSummary { new_commits: plan.commits.len(), new_hunks: 0, unindexed: 0, total_commits: 0 };
        let unreadable = plan.unreadable.iter().map(|(id, reason)| UnindexedItem {
            commit: id.to_string(),
            path: None,
            reason: reason.clone(),
        });
        let mut not_indexed: Vec<UnindexedItem> = unreadable.chain(sources.unindexed).collect();
        summary.unindexed += not_indexed.len();
        progress.passed_over(summary.unindexed);

        let before = self.graph.to_bytes();
        self.graph.set_tags(sources.tags);
        self.graph.add_unindexed(not_indexed.drain(..));
        let epochs: Vec<&[PlannedCommit]> = plan.commits.chunks(request.commit_interval.max(1)).collect();
        for (place, epoch) in epochs.iter().enumerate() {
            let indexed = self
                .index_epoch(repositories, epoch, request.threads.max(1), progress)
                .map_err(|error| self.cause_of(error))?;
            for commit in indexed {
                summary.new_hunks += u64::from(commit.entry.hunks);
                summary.unindexed += commit.unindexed.len();
                self.graph.push(commit.entry);
                not_indexed.extend(commit.unindexed);
            }
            self.graph.add_unindexed(not_indexed.drain(..));
            progress.passed_over(summary.unindexed);
            if place + 1 < epochs.len() {
                self.commit(false)?;
            }
        }
        self.graph.set_refs(sources.refs);
        summary.total_commits = self.graph.len();
        // A run that finds nothing new leaves the index as it is.
        if !self.was_complete || self.graph.to_bytes() != before {
            self.commit(true)?;
            progress.merging();
            merge_segments(&mut self.writer).map_err(|error| self.folder.tantivy_error(&error))?;
        }
        Ok(summary)
    }

    /// What made the writer fail: it only says that it did, and keeps the cause for whoever waits for its thread.
    fn cause_of(&mut self, error: IndexError) -> IndexError {
        match (error, self.writer.prepare_commit()) {
            (IndexError::Storage { .. }, Err(cause)) => self.folder.tantivy_error(&cause),
            (error, _) => error,
        }
    }

    /// Diffs the commits of an epoch and hands their documents to the writer; the result is in the order of the plan.
    fn index_epoch(
        &self,
        repositories: &[Repository],
        epoch: &[PlannedCommit],
        threads: usize,
        progress: &dyn IndexProgress,
    ) -> Result<Vec<IndexedCommit>, IndexError> {
        let first = self.graph.len();
        let chunks: Vec<&[PlannedCommit]> = epoch.chunks(CHUNK_COMMITS).collect();
        let next_chunk = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let done: Mutex<Vec<(usize, Vec<IndexedCommit>)>> = Mutex::new(Vec::with_capacity(chunks.len()));
        let work = || -> Result<(), IndexError> {
            let mut indexers: Vec<CommitIndexer<'_>> = repositories
                .iter()
                .map(|repository| CommitIndexer::new(repository.reader(), &self.fields))
                .collect();
            loop {
                let place = next_chunk.fetch_add(1, Ordering::Relaxed);
                let Some(chunk) = chunks.get(place) else { return Ok(()) };
                let mut indexed = Vec::with_capacity(chunk.len());
                for (offset, commit) in chunk.iter().enumerate() {
                    if failed.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    if progress.is_stopped() {
                        return Err(IndexError::Stopped);
                    }
                    let ordinal = CommitOrdinal((first + place * CHUNK_COMMITS + offset) as u32);
                    let add = |document| self.writer.add_document(document).map(|_| ());
                    let commit = indexers[commit.repository]
                        .index(ordinal, commit, add)
                        .map_err(|error| self.folder.tantivy_error(&error))?;
                    progress.indexed(commit.entry.hunks as usize);
                    indexed.push(commit);
                }
                done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((place, indexed));
            }
        };
        let outcomes: Vec<Result<(), IndexError>> = std::thread::scope(|scope| {
            let spawn = |_| {
                scope.spawn(|| {
                    let outcome = work();
                    if outcome.is_err() {
                        failed.store(true, Ordering::Relaxed);
                    }
                    outcome
                })
            };
            let workers: Vec<_> = (0..threads).map(spawn).collect();
            workers
                .into_iter()
                .map(|worker| match worker.join() {
                    Ok(outcome) => outcome,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
                .collect()
        });
        outcomes.into_iter().collect::<Result<(), _>>()?;
        let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        done.sort_unstable_by_key(|(place, _)| *place);
        Ok(done.into_iter().flat_map(|(_, indexed)| indexed).collect())
    }

    /// Makes what was indexed so far the next generation.
    fn commit(&mut self, is_complete: bool) -> Result<(), IndexError> {
        let written_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let generation = Generation {
            format: crate::index_folder::FORMAT_VERSION,
            number: self.generation + 1,
            written_at,
            is_complete,
        };
        self.folder.write_graph(&generation, &self.graph.to_bytes())?;
        let payload = serde_json::to_string(&generation).map_err(|error| self.folder.damaged(&error))?;
        let fail = |error| self.folder.tantivy_error(&error);
        let mut prepared = self.writer.prepare_commit().map_err(fail)?;
        prepared.set_payload(&payload);
        prepared.commit().map_err(fail)?;
        self.generation = generation.number;
        self.folder.remove_other_graphs(self.generation)
    }
}
