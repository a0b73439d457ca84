//! What the calls about a tree have in common: the base, and what of history does not count.

use std::sync::Arc;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::{CommitGraph, CommitSet};
use tonic::Status;

use crate::audit::cve_state::named_commit;
use crate::check::kin::Undoings;
use crate::check::question::{CheckError, TreeQuestion};
use crate::index::base_content::BaseContent;
use crate::index::live_index::LiveSnapshot;
use crate::wire::refusal::{base_content, cancelled_status, index_status};

/// What a call asks of a tree.
pub(crate) struct AskedTree {
    live: Arc<LiveSnapshot>,
    base: Option<Arc<BaseContent>>,
    broken: CommitSet,
    not_reverts: CommitSet,
    cancellation: Cancellation,
}

impl AskedTree {
    /// What is asked. Commits that do not count and are not indexed do not matter.
    ///
    /// # Errors
    /// INVALID_ARGUMENT where the base is not indexed.
    pub(crate) fn new(
        live: Arc<LiveSnapshot>,
        base: &str,
        broken: &[String],
        not_reverts: &[String],
        cancellation: Cancellation,
    ) -> Result<AskedTree, Status> {
        let base = base_content(&live, base)?;
        let graph = live.snapshot.graph();
        let broken = commit_set(graph, broken, &cancellation).map_err(cancelled_status)?;
        let not_reverts = commit_set(graph, not_reverts, &cancellation).map_err(cancelled_status)?;
        Ok(AskedTree { live, base, broken, not_reverts, cancellation })
    }

    /// The index that answers.
    pub(crate) fn live(&self) -> &LiveSnapshot {
        &self.live
    }

    /// Whether the answer is still wanted.
    pub(crate) fn cancellation(&self) -> &Cancellation {
        &self.cancellation
    }

    /// The question for the engine.
    pub(crate) fn question(&self) -> TreeQuestion<'_> {
        TreeQuestion {
            graph: self.live.snapshot.graph(),
            retrieval: &self.live.snapshot,
            base: self.base.as_deref(),
            broken: self.broken.clone(),
            undoings: Undoings { not_reverts: self.not_reverts.clone() },
            cancellation: &self.cancellation,
        }
    }
}

fn commit_set(
    graph: &CommitGraph,
    names: &[String],
    cancellation: &Cancellation,
) -> Result<CommitSet, Cancelled> {
    let mut set = CommitSet::default();
    for name in names {
        cancellation.check()?;
        if let Some(commit) = named_commit(graph, name) {
            set.insert(commit);
        }
    }
    Ok(set)
}

/// The status of a call that the engine did not answer.
pub(crate) fn check_status(error: &CheckError, refusal: Option<Status>) -> Status {
    match (error, refusal) {
        (_, Some(refusal)) => refusal,
        (CheckError::Index(error), None) => index_status(error),
        (CheckError::Cancelled(cancelled), None) => cancelled_status(*cancelled),
        (CheckError::Tree(error), None) => Status::unavailable(error.to_string()),
    }
}
