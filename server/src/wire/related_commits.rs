//! What is told of the commits that an answer names beside its own.

use std::collections::BTreeSet;

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, Relation};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_proto::v1;

use crate::index::later_commits::reverts_of;

/// What is told of some commits, each once, in their order.
///
/// # Errors
/// Where the index cannot be read.
pub(crate) fn related_commits(
    snapshot: &Snapshot,
    commits: &[CommitOrdinal],
) -> Result<Vec<v1::RelatedCommit>, IndexError> {
    let graph = snapshot.graph();
    let mut told = BTreeSet::new();
    let new = commits.iter().copied().filter(|commit| told.insert(*commit));
    new.map(|commit| {
        Ok(v1::RelatedCommit {
            commit: graph.id(commit).to_string(),
            subject: snapshot.commit_subject(commit)?.unwrap_or_default(),
            first_release: graph.first_release(commit).unwrap_or_default().to_owned(),
            reverted_by: commit_ids(graph, &reverts_of(graph, commit)),
        })
    })
    .collect()
}

/// Whether another commit undoes a commit.
pub(crate) fn is_undone(graph: &CommitGraph, commit: CommitOrdinal) -> bool {
    !graph.relating(Relation::Reverts, commit).is_empty()
}

/// Commits' ids in hexadecimal digits.
pub(crate) fn commit_ids(graph: &CommitGraph, commits: &[CommitOrdinal]) -> Vec<String> {
    commits.iter().map(|commit| graph.id(*commit).to_string()).collect()
}
