//! What became of a commit in a tree, as a message.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use hunktrace_indexer::hunk::HunkLines;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::segment::stored_hunk::StoredHunk;
use hunktrace_proto::v1;
use rustc_hash::FxHashMap;

use crate::check::commit_state::{CheckedCommit, CheckedHunk, CommitState};
use crate::check::hunk_place::{HunkPlace, LineState};
use crate::index::live_index::LiveSnapshot;
use crate::index::origin::carriers_of;
use crate::wire::origin_name::OriginName;
use crate::wire::related_commits::commit_ids;

/// How much is told of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What became of it.
    State,
    /// And of each of its hunks.
    Hunks,
    /// And of each line.
    Lines,
}

/// Says what became of a commit.
///
/// # Errors
/// Where the index cannot be read.
pub(crate) fn checked_message(
    live: &LiveSnapshot,
    asked: &str,
    checked: &CheckedCommit,
    detail: Detail,
) -> Result<v1::CheckedCommit, IndexError> {
    let graph = live.snapshot.graph();
    let name = OriginName::of(graph, checked.commit);
    let id = |commit: CommitOrdinal| OriginName::of(graph, commit).commit;
    let hunks = match detail {
        Detail::State => Vec::new(),
        Detail::Hunks | Detail::Lines => hunk_messages(live, checked, detail)?,
    };
    Ok(v1::CheckedCommit {
        asked: asked.to_owned(),
        state: v1::CheckState::from(checked.state.kind()).into(),
        by: deciding(graph, checked.state),
        judged_by: if checked.judged_by == checked.commit {
            name.commit.clone()
        } else {
            graph.id(checked.judged_by).to_string()
        },
        subject: live.snapshot.commit_subject(checked.commit)?.unwrap_or_default(),
        first_release: graph.first_release(checked.commit).unwrap_or_default().to_owned(),
        equivalents: graph.same_patch(checked.commit).into_iter().map(id).collect(),
        carriers: name.carriers(commit_ids(graph, &carriers_of(graph, checked.commit))),
        hunks,
        is_sure: checked.is_sure(),
        commit: name.commit,
        problem: String::new(),
        subsystem: graph.subsystem(checked.commit).unwrap_or_default().to_owned(),
    })
}

/// Says that the index knows no such commit, and why.
pub(crate) fn unindexed_message(asked: &str, problem: String) -> v1::CheckedCommit {
    v1::CheckedCommit {
        asked: asked.to_owned(),
        state: v1::CheckState::NotIndexed.into(),
        problem,
        ..v1::CheckedCommit::default()
    }
}

/// The commit that decides a state: one of the base by its own id, others as origins.
fn deciding(graph: &CommitGraph, state: CommitState) -> String {
    match (state, state.by()) {
        (_, None) => String::new(),
        (CommitState::InBase(_), Some(by)) => graph.id(by).to_string(),
        (_, Some(by)) => OriginName::of(graph, by).commit,
    }
}

fn hunk_messages(
    live: &LiveSnapshot,
    checked: &CheckedCommit,
    detail: Detail,
) -> Result<Vec<v1::CheckedHunk>, IndexError> {
    let mut stored: FxHashMap<u32, StoredHunk> = FxHashMap::default();
    if detail == Detail::Lines {
        live.snapshot.visit_commit(checked.judged_by, &mut |number, hunk| {
            stored.insert(number, hunk.to_stored());
        })?;
    }
    let message = |hunk: &CheckedHunk| {
        let lines = match (&hunk.place, stored.get(&hunk.number)) {
            (Some(place), Some(stored)) => line_messages(stored, place),
            _ => Vec::new(),
        };
        let (vendor_start, vendor_lines) = hunk.vendor_lines().unwrap_or_default();
        v1::CheckedHunk {
            path: hunk.path.to_vec(),
            vendor_path: hunk.vendor_path.clone().unwrap_or_default().into(),
            old_start: hunk.old_start,
            section: hunk.section.to_vec(),
            state: v1::HunkState::from(hunk.state).into(),
            by: hunk.by.map(|by| OriginName::of(live.snapshot.graph(), by).commit).unwrap_or_default(),
            vendor_start,
            vendor_lines,
            lines,
            obstacle: hunk.obstacle.map(|obstacle| obstacle.words().to_owned()).unwrap_or_default(),
        }
    };
    Ok(checked.hunks.iter().map(message).collect())
}

fn line_messages(stored: &StoredHunk, place: &HunkPlace) -> Vec<v1::CheckedLine> {
    let Some(hunk) = &stored.hunk else { return Vec::new() };
    let lines = HunkLines::of(&hunk.body).zip(&place.lines);
    lines
        .map(|(line, placed)| {
            let (state, vendor_line) = match placed.state {
                LineState::There(line) => (v1::LineState::There, line),
                LineState::OtherOrder(line) => (v1::LineState::OtherOrder, line),
                LineState::Missing => (v1::LineState::Missing, 0),
                LineState::Gone => (v1::LineState::Gone, 0),
                LineState::Still(line) => (v1::LineState::Still, line),
            };
            let mut text = vec![line.sign.marker()];
            text.extend_from_slice(line.text);
            v1::CheckedLine { text, state: state.into(), vendor_line }
        })
        .collect()
}
