//! What the index knows of one commit, and of itself.

use hunktrace_indexer::graph::{CommitOrdinal, Relation, UnindexedItem};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{HunkId, HunkRetrieval};
use hunktrace_proto::v1;

use crate::index::indexed_releases::{IndexedRelease, indexed_releases};
use crate::index::live_index::LiveSnapshot;
use crate::index::origin::{carriers_of, origin_of};
use crate::wire::answer::{commit_ids, hunk_message};
use crate::wire::limits::LIMITS;
use crate::wire::messages_call::message_of;

/// Everything that is known of a commit.
///
/// # Errors
/// Where the index cannot be read.
pub fn commit_view(
    live: &LiveSnapshot,
    commit: CommitOrdinal,
    with_hunks: bool,
) -> Result<v1::GetCommitResponse, IndexError> {
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
        unindexed_origin: graph.absent_origin(commit).map(|origin| origin.hex).unwrap_or_default(),
        ..v1::GetCommitResponse::default()
    };
    // A stable commit that mends a fault of a mainline commit says so of the mainline one; both are of interest.
    let origin = origin_of(graph, commit);
    if origin != commit {
        view.fixed_by.extend(ids(&graph.relating(Relation::Fixes, origin)));
    }
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
    if with_hunks {
        let hunks: Vec<HunkId> = live.snapshot.hunks_of(commit)?.into_iter().map(|hunk| hunk.id).collect();
        view.hunks = live
            .snapshot
            .load(&hunks)?
            .into_iter()
            .map(|stored| hunk_message(graph, commit, stored))
            .collect();
    }
    view.unindexed =
        unindexed(live)?.into_iter().filter(|item| item.commit == id).map(unindexed_message).collect();
    view.commit = id;
    Ok(view)
}

/// Turns the view of a carrier into that of the origin that it stands for, which is not indexed and was asked for.
pub fn name_as_asked(view: &mut v1::GetCommitResponse, asked: &str) {
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
pub fn status_view(live: &LiveSnapshot, max_unindexed: usize) -> Result<v1::GetStatusResponse, IndexError> {
    let snapshot = &live.snapshot;
    let graph = snapshot.graph();
    let generation = snapshot.generation();
    let graph_error = |error| snapshot.folder().graph_error(generation, &error);
    let unindexed = unindexed(live)?;
    let reference = |r: hunktrace_indexer::graph::IndexedRef| v1::IndexedRef {
        repository: r.repository,
        name: r.name,
        commit: r.commit,
    };
    Ok(v1::GetStatusResponse {
        index: snapshot.folder().path().display().to_string(),
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
        unindexed: unindexed.into_iter().take(max_unindexed).map(unindexed_message).collect(),
        limits: Some(v1::Limits {
            text_bytes: LIMITS.text_bytes as u64,
            hunks: LIMITS.hunks as u64,
            candidates: LIMITS.candidates as u32,
            release_bytes: LIMITS.release_bytes as u64,
            release_files: LIMITS.release_files as u64,
            paths: LIMITS.paths as u64,
            commits: LIMITS.commits as u64,
        }),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        history_digest: format!("{:032x}", live.history_digest()?),
        releases: indexed_releases(graph).into_iter().map(release_message).collect(),
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
