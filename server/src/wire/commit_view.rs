//! What the index knows of one commit, and of itself.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::{CommitOrdinal, Relation, UnindexedItem};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{HunkId, HunkRetrieval};
use hunktrace_proto::v1;
use prost::Message;
use tonic::Status;

use crate::index::indexed_releases::{IndexedRelease, indexed_releases};
use crate::index::live_index::{LiveSnapshot, RevisionError};
use crate::index::origin::{carriers_of, origin_of};
use crate::wire::answer::hunk_message;
use crate::wire::limits::Limits;
use crate::wire::messages_call::message_of;
use crate::wire::neighbour_view::add_neighbours;
use crate::wire::refusal::{base_content, cancelled_status, check_answer, index_status};
use crate::wire::related_commits::{commit_ids, related_commits};
use crate::wire::served_index::ServedSnapshot;

/// Hunks that are loaded before it is asked again whether they are still wanted.
const HUNKS_AT_A_TIME: usize = 64;

/// Answers a `GetCommit` call.
///
/// # Errors
/// NOT_FOUND where the commit is not indexed, INVALID_ARGUMENT where several fit or the base is not indexed,
/// RESOURCE_EXHAUSTED where the hunks are over the limit of the answer.
pub(crate) fn commit_call(
    served: &ServedSnapshot,
    request: &v1::GetCommitRequest,
    cancellation: &Cancellation,
) -> Result<v1::GetCommitResponse, Status> {
    let live = &served.live;
    let commit = live.resolve_origin(&request.commit).map_err(|error| match error {
        RevisionError::Unknown { .. } => Status::not_found(error.to_string()),
        RevisionError::Ambiguous(..) => Status::invalid_argument(error.to_string()),
    })?;
    let base = base_content(live, &request.base)?;
    let mut view = commit_view(live, commit).map_err(|error| index_status(&error))?;
    if request.with_hunks {
        view.hunks = hunks_of(served, commit, cancellation)?;
    }
    if !view.commit.starts_with(&request.commit) && live.resolve(&request.commit).is_err() {
        name_as_asked(&mut view, &request.commit);
    }
    view.in_base = base.is_some_and(|base| base.contained.contains(commit));
    if request.with_neighbours {
        add_neighbours(served, &mut view, cancellation)?;
    }
    Ok(view)
}

/// The hunks of a commit.
fn hunks_of(
    served: &ServedSnapshot,
    commit: CommitOrdinal,
    cancellation: &Cancellation,
) -> Result<Vec<v1::CandidateHunk>, Status> {
    let snapshot = &served.live.snapshot;
    let fault = |error: IndexError| index_status(&error);
    let found = snapshot.hunks_of(commit).map_err(fault)?;
    let ids: Vec<HunkId> = found.into_iter().map(|hunk| hunk.id).collect();
    let (mut hunks, mut bytes) = (Vec::with_capacity(ids.len()), 0);
    for some in ids.chunks(HUNKS_AT_A_TIME) {
        cancellation.check().map_err(cancelled_status)?;
        for stored in snapshot.load(some).map_err(fault)? {
            let hunk = hunk_message(snapshot.graph(), commit, stored);
            bytes += hunk.encoded_len();
            hunks.push(hunk);
        }
        check_answer(bytes, &served.limits, "ask for the commit without its hunks")?;
    }
    Ok(hunks)
}

/// Everything that is known of a commit, but for its hunks.
///
/// # Errors
/// Where the index cannot be read.
fn commit_view(live: &LiveSnapshot, commit: CommitOrdinal) -> Result<v1::GetCommitResponse, IndexError> {
    let graph = live.snapshot.graph();
    let ids = |commits: &[CommitOrdinal]| commit_ids(graph, commits);
    let id = graph.id(commit).to_string();
    let record = live.snapshot.commit_record(commit)?;
    let mut view = v1::GetCommitResponse {
        parents: ids(&graph.parents(commit).collect::<Vec<_>>()),
        first_release: graph.first_release(commit).unwrap_or_default().to_owned(),
        origins: ids(&graph.related(Relation::Origin, commit)),
        carriers: ids(&carriers_of(graph, commit)),
        reverts: ids(&graph.related(Relation::Reverts, commit)),
        reverted_by: ids(&graph.relating(Relation::Reverts, commit)),
        fixes: ids(&graph.related(Relation::Fixes, commit)),
        fixed_by: ids(&graph.relating(Relation::Fixes, commit)),
        equivalents: ids(&graph.same_patch(commit)),
        hunk_count: graph.hunk_count(commit),
        unreferenced: graph.is_unreferenced(commit),
        subsystem: graph.subsystem(commit).unwrap_or_default().to_owned(),
        unindexed_origin: graph.absent_origin(commit).map(|origin| origin.hex).unwrap_or_default(),
        ..v1::GetCommitResponse::default()
    };
    // A stable commit that mends a fault of a mainline commit says so of the mainline one; both are of interest.
    let origin = origin_of(graph, commit);
    if origin != commit {
        view.fixed_by.extend(ids(&graph.relating(Relation::Fixes, origin)));
    }
    let named = [
        graph.related(Relation::Origin, commit),
        carriers_of(graph, commit),
        graph.same_patch(commit),
        graph.related(Relation::Reverts, commit),
        graph.relating(Relation::Reverts, commit),
        graph.related(Relation::Fixes, commit),
        graph.relating(Relation::Fixes, commit),
        if origin == commit { Vec::new() } else { graph.relating(Relation::Fixes, origin) },
    ];
    view.related = related_commits(&live.snapshot, &named.concat())?;
    if let Some(record) = record {
        let resolved = || view.origins.iter().chain(&view.reverts).chain(&view.fixes);
        let named = record.origins.iter().chain(&record.reverts).chain(&record.fixes);
        let open = named.filter(|name| !resolved().any(|id| id.starts_with(name.as_str()))).cloned();
        view.unresolved = open.collect();
        view.parents = record.parents;
        view.subject = record.subject;
        view.author = record.author;
        view.author_date = record.author_date;
        view.commit_date = record.commit_date;
    }
    view.message = message_of(&live.snapshot, commit)?;
    view.unindexed =
        unindexed(live)?.into_iter().filter(|item| item.commit == id).map(unindexed_message).collect();
    view.commit = id;
    Ok(view)
}

/// Turns the view of a carrier into that of the origin that it stands for, which is not indexed and was asked for.
fn name_as_asked(view: &mut v1::GetCommitResponse, asked: &str) {
    let is_named = view.unindexed_origin.starts_with(asked) || asked.starts_with(&view.unindexed_origin);
    let named = Some(&view.unindexed_origin).filter(|origin| is_named && !origin.is_empty());
    let origin = named.cloned().unwrap_or_else(|| asked.to_owned());
    let carrier = std::mem::replace(&mut view.commit, origin);
    view.unindexed_origin.clone_from(&view.commit);
    view.carriers.insert(0, carrier.clone());
    view.read_from = carrier;
}

/// What is indexed, how much, how fresh.
///
/// # Errors
/// Where the index cannot be read.
pub(crate) fn status_view(
    served: &ServedSnapshot,
    max_unindexed: usize,
) -> Result<v1::GetStatusResponse, IndexError> {
    let live = &*served.live;
    let snapshot = &live.snapshot;
    let graph = snapshot.graph();
    let generation = snapshot.generation();
    let graph_error = |error| snapshot.folder().graph_error(generation, &error);
    let unindexed = unindexed(live)?;
    let reference = |r: hunktrace_indexer::graph::IndexedRef| v1::IndexedRef {
        repository: served.paths.shown(&r.repository),
        name: r.name,
        commit: r.commit,
    };
    Ok(v1::GetStatusResponse {
        index: served.paths.shown(&snapshot.folder().path().display().to_string()),
        format: generation.format,
        generation: generation.number,
        written_at: generation.written_at,
        is_complete: generation.is_complete,
        commits: graph.len() as u64,
        hunks: snapshot.hunk_count(),
        bytes_on_disk: snapshot.folder().file_sizes()?.iter().map(|(_, bytes)| bytes).sum(),
        segments: snapshot.segment_count() as u32,
        refs: graph.refs().map_err(graph_error)?.into_iter().map(reference).collect(),
        unindexed_count: unindexed.len() as u64,
        unreadable_count: unindexed.iter().filter(|item| item.is_unreadable()).count() as u64,
        unreferenced_count: graph.unreferenced().count() as u64,
        damage: snapshot.known_damage().unwrap_or_default().to_owned(),
        unindexed: unindexed.into_iter().take(max_unindexed).map(unindexed_message).collect(),
        limits: Some(limits_message(&served.limits)),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        history_digest: format!("{:032x}", live.history_digest()?),
        releases: indexed_releases(graph).into_iter().map(release_message).collect(),
        maintainers_release: graph.maintainers().map(|file| file.source.release.clone()).unwrap_or_default(),
        subsystem_count: graph.subsystem_count() as u64,
    })
}

fn release_message(release: IndexedRelease) -> v1::IndexedRelease {
    let IndexedRelease { name, committed_at, commits } = release;
    v1::IndexedRelease { name, committed_at, commits }
}

fn unindexed(live: &LiveSnapshot) -> Result<Vec<UnindexedItem>, IndexError> {
    let snapshot = &live.snapshot;
    snapshot.graph().unindexed().map_err(|error| snapshot.folder().graph_error(snapshot.generation(), &error))
}

fn unindexed_message(item: UnindexedItem) -> v1::Unindexed {
    let path = item.path.map(|path| path.to_string()).unwrap_or_default();
    v1::Unindexed { commit: item.commit, path, reason: item.reason }
}

fn limits_message(limits: &Limits) -> v1::Limits {
    v1::Limits {
        text_bytes: limits.text_bytes as u64,
        hunks: limits.hunks as u64,
        candidates: limits.candidates as u32,
        release_bytes: limits.release_bytes as u64,
        release_files: limits.release_files as u64,
        paths: limits.paths as u64,
        commits: limits.commits as u64,
        problems: limits.problems as u64,
        answer_bytes: limits.answer_bytes as u64,
        waiting: limits.waiting as u64,
        releases: limits.releases as u64,
        request_time_ms: millis(limits.request_time),
        release_time_ms: millis(limits.release_time),
        held_bytes: limits.held_bytes as u64,
        connections: limits.connections as u64,
        calls: limits.calls as u64,
        calls_per_connection: limits.calls_per_connection as u64,
        call_idle_ms: millis(limits.call_idle),
        connection_idle_ms: millis(limits.connection_idle),
        handshake_time_ms: millis(limits.handshake_time),
        keep_alive_ms: millis(limits.keep_alive),
        drain_time_ms: millis(limits.drain_time),
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
