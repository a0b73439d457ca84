//! What an `Attribute` call says of a commit, kept for the next release of the stream.
//!
//! A commit's record and its missing hunks are read from the index, one by one. An update leaves nearly all commits of the
//! release before as they were, so nearly all of these messages are the same as well.

use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{HunkId, HunkRetrieval};
use hunktrace_indexer::segment::stored_hunk::StoredHunk;
use hunktrace_proto::v1;
use rustc_hash::FxHashMap;

use crate::attribution::attributed_release::{AttributedCommit, MissingReason};
use crate::index::later_commits::{fixes_of, reverts_of};
use crate::index::live_index::LiveSnapshot;
use crate::index::origin::carriers_of;
use crate::wire::answer::rounded;
use crate::wire::origin_name::OriginName;
use crate::wire::related_commits::{commit_ids, related_commits};

/// The messages about the commits of the release before. They hold for one generation of the index.
#[derive(Default)]
pub(crate) struct KeptCommits(FxHashMap<CommitOrdinal, KeptCommit>);

struct KeptCommit {
    commit: AttributedCommit,
    message: v1::CommitAttribution,
}

impl KeptCommits {
    /// The message about a commit, if the release before says the same of it. It is taken out.
    pub(crate) fn take(&mut self, commit: &AttributedCommit) -> Option<v1::CommitAttribution> {
        let kept = self.0.remove(&commit.commit)?;
        (kept.commit == *commit).then_some(kept.message)
    }

    /// Keeps a message for the next release.
    pub(crate) fn keep(&mut self, commit: AttributedCommit, message: v1::CommitAttribution) {
        self.0.insert(commit.commit, KeptCommit { commit, message });
    }
}

/// Says what became of a commit.
///
/// # Errors
/// Where the index cannot be read.
pub(crate) fn commit_message(
    live: &LiveSnapshot,
    commit: &AttributedCommit,
) -> Result<v1::CommitAttribution, IndexError> {
    let graph = live.snapshot.graph();
    let name = OriginName::of(graph, commit.commit);
    let record = live.snapshot.commit_record(commit.commit)?;
    let carriers = carriers_of(graph, commit.commit);
    let fixed_by = related_commits(&live.snapshot, &fixes_of(graph, commit.commit, &carriers))?;
    let reverted_by = related_commits(&live.snapshot, &reverts_of(graph, commit.commit))?;
    let (subject, author, author_date) =
        record.map(|record| (record.subject, record.author, record.author_date)).unwrap_or_default();
    Ok(v1::CommitAttribution {
        status: v1::CommitStatus::from(commit.status).into(),
        confidence: rounded(commit.confidence.0),
        lines: commit.lines,
        hunks: commit.hunks,
        missing_hunks: missing_hunks(live, commit)?,
        superseded_by: commit.superseded_by.map(|by| OriginName::of(graph, by).commit).unwrap_or_default(),
        subject,
        author,
        author_date,
        first_release: graph.first_release(commit.commit).unwrap_or_default().to_owned(),
        carriers: name.carriers(commit_ids(graph, &carriers)),
        r#match: v1::MatchKind::from(commit.kind).into(),
        commit: name.commit,
        unindexed_origin: name.unindexed_origin,
        read_from: name.read_from,
        fixed_by,
        reverted_by,
        subsystem: graph.subsystem(commit.commit).unwrap_or_default().to_owned(),
    })
}

fn missing_hunks(live: &LiveSnapshot, commit: &AttributedCommit) -> Result<Vec<v1::MissingHunk>, IndexError> {
    if commit.missing.is_empty() {
        return Ok(Vec::new());
    }
    let found = live.snapshot.hunks_of(commit.commit)?;
    let reason_of = |number: u32| commit.missing.iter().find(|missing| missing.number == number);
    let wanted: Vec<(HunkId, MissingReason)> =
        found.iter().filter_map(|hunk| Some((hunk.id, reason_of(hunk.number)?.reason))).collect();
    let ids: Vec<HunkId> = wanted.iter().map(|(id, _)| *id).collect();
    let stored = live.snapshot.load(&ids)?;
    let message = |(stored, (_, reason)): (StoredHunk, (HunkId, MissingReason))| v1::MissingHunk {
        file: stored.path().to_string(),
        old_start: stored.hunk.map_or(0, |hunk| hunk.old_start),
        reason: v1::MissingReason::from(reason).into(),
    };
    Ok(stored.into_iter().zip(wanted).map(message).collect())
}
