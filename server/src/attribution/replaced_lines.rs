//! Removed lines of commits that have brought nothing which is left.
//!
//! A commit that replaces a line by another one shows in both. Where the release has the removal, but other commits'
//! lines stand in its place and none of the lines that the commit brought is left anywhere, the line was replaced by
//! what stands there now: the commit is superseded, or was never in the release.

use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::FxHashMap;

use crate::hunks::comparison::MatchKind;

use super::assignment::{FileOwners, changes};
use super::candidates::FileCandidates;
use super::line_candidates::LineOwner;
use super::release::TRIVIAL_WEIGHT;

/// How much each commit brings, and how much of it is left.
#[derive(Clone, Copy, Default)]
struct Brought {
    added: f32,
    owned: f32,
}

/// Gives such removed lines to the commits whose lines replace them, or to nobody where nothing replaces them.
pub fn give_replaced_lines(files: &[FileCandidates], owners: &mut [FileOwners]) {
    let brought = brought(files, owners);
    let brings_nothing_left = |commit: CommitOrdinal| {
        brought.get(&commit).is_some_and(|brought| brought.added > TRIVIAL_WEIGHT && brought.owned == 0.0)
    };
    for (file, owners) in files.iter().zip(owners) {
        for change in changes(file) {
            let replacing = replacing_owner(file, owners, &change);
            let has_unknown = change.iter().any(|(side, at)| {
                *side == 1 && owners[1][*at].is_none() && file.sides[1].lines[*at].weight > TRIVIAL_WEIGHT
            });
            if has_unknown && replacing.is_none() {
                // The vendor may have adapted what the commit brought.
                continue;
            }
            for (_, at) in change.iter().filter(|(side, _)| *side == 0) {
                let owner = &mut owners[0][*at];
                if owner.is_some_and(|owner| brings_nothing_left(owner.commit)) {
                    *owner = replacing;
                }
            }
        }
    }
}

fn brought(files: &[FileCandidates], owners: &[FileOwners]) -> FxHashMap<CommitOrdinal, Brought> {
    let mut brought: FxHashMap<CommitOrdinal, Brought> = FxHashMap::default();
    for (file, owners) in files.iter().zip(owners) {
        for side in [0, 1] {
            for (line, owner) in file.sides[side].lines.iter().zip(&owners[side]) {
                let Some(owner) = owner else { continue };
                let brought = brought.entry(owner.commit).or_default();
                if side == 1 {
                    brought.owned += line.weight;
                }
                if let Some(hunk) = owner.hunk {
                    brought.added +=
                        file.hunks[hunk as usize].sides[1].iter().map(|line| line.weight).sum::<f32>();
                }
            }
        }
    }
    brought
}

/// The owner of most of what a change adds, as it owns the lines that the change replaces.
fn replacing_owner(
    file: &FileCandidates,
    owners: &FileOwners,
    change: &[(usize, usize)],
) -> Option<LineOwner> {
    let mut weights: FxHashMap<CommitOrdinal, (f32, LineOwner)> = FxHashMap::default();
    for (_, at) in change.iter().filter(|(side, _)| *side == 1) {
        if let Some(owner) = owners[1][*at] {
            weights.entry(owner.commit).or_insert((0.0, owner)).0 += file.sides[1].lines[*at].weight;
        }
    }
    let most = weights.into_values().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.commit.cmp(&a.1.commit)));
    most.filter(|(weight, _)| *weight > TRIVIAL_WEIGHT).map(|(_, owner)| LineOwner {
        hunk: None,
        kind: MatchKind::Fuzzy,
        ..owner
    })
}
