//! Every changed line of a file goes to the commit that explains it best.

use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::FxHashMap;

use crate::hunks::comparison::MatchKind;

use super::candidates::FileCandidates;
use super::line_candidates::{Anchors, LineCandidates, LineOwner};
use super::presence::Presences;
use super::release::TRIVIAL_WEIGHT;

/// The owners of a file's removed and added lines.
pub type FileOwners = [Vec<Option<LineOwner>>; 2];

/// A commit that owns less than this share of what it has in the release is left out in the next round.
const MIN_OWNED_SHARE: f32 = 0.1;

/// A commit is left out, too, if the lines that it owns and those that others have rewritten are less than this share
/// of it: chance does as well.
const MIN_LEFT_SHARE: f32 = 0.25;

/// Lines that no candidate has go to the commit that owns at least this share of their change.
const ADOPTING_SHARE: f32 = 0.5;

/// A candidate with something of its own goes before better ones without by at most so much of the score.
const ANCHOR_MARGIN: f32 = 0.6;

/// Gives each line of a file to its best candidate.
pub fn assign(file: &FileCandidates, candidates: &LineCandidates, anchors: &Anchors) -> FileOwners {
    let mut owners: FileOwners = [0, 1].map(|side| best_candidates(candidates, side, anchors));
    adopt(file, &mut owners);
    owners
}

/// The best candidate of each line of one side. One of a commit without anything of its own gives way to the best
/// that has.
fn best_candidates(candidates: &LineCandidates, side: usize, anchors: &Anchors) -> Vec<Option<LineOwner>> {
    let best_of = |line: &Vec<LineOwner>| {
        let best = line.first()?;
        let anchored = line.iter().find(|owner| anchors.contains(&owner.commit));
        let winner = anchored.filter(|owner| owner.score >= best.score - ANCHOR_MARGIN).unwrap_or(best);
        let rival = line.iter().find(|owner| owner.commit != winner.commit);
        let lead = winner.score - rival.map_or(0.0, |rival| rival.score);
        Some(LineOwner { lead, ..*winner })
    };
    candidates[side].iter().map(best_of).collect()
}

/// Gives lines without an owner to the owner of their neighbours.
///
/// Blank lines and braces follow whatever stands beside them. Lines that say something are adopted where one commit
/// owns most of the change that they belong to: the vendor has adapted them.
fn adopt(file: &FileCandidates, owners: &mut FileOwners) {
    for change in changes(file) {
        let mut owned: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
        let mut total = 0.0;
        for (side, at) in &change {
            let weight = file.sides[*side].lines[*at].weight;
            total += weight;
            if let Some(owner) = owners[*side][*at] {
                *owned.entry(owner.commit).or_default() += weight;
            }
        }
        let main = owned.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
        let adopting =
            main.filter(|(_, weight)| **weight >= ADOPTING_SHARE * total).map(|(commit, _)| *commit);
        for (place, (side, at)) in change.iter().enumerate() {
            if owners[*side][*at].is_some() {
                continue;
            }
            let is_trivial = file.sides[*side].lines[*at].weight <= TRIVIAL_WEIGHT;
            let owner_at = |place: usize| change.get(place).and_then(|(side, at)| owners[*side][*at]);
            let neighbour = place.checked_sub(1).and_then(owner_at).or_else(|| {
                // Runs of trivial lines take the next owner below where there is none above.
                (place + 1..change.len()).find_map(owner_at)
            });
            let adopted =
                if is_trivial { neighbour } else { neighbour.filter(|owner| Some(owner.commit) == adopting) };
            if let Some(owner) = adopted {
                owners[*side][*at] = Some(LineOwner { hunk: None, kind: MatchKind::Fuzzy, ..owner });
            }
        }
    }
}

/// The runs of changed lines without context between, each in the order of the diff, as (side, line).
pub fn changes(file: &FileCandidates) -> Vec<Vec<(usize, usize)>> {
    let mut all: Vec<(u32, u32, usize, usize)> = Vec::new();
    for side in [0, 1] {
        let lines = file.sides[side].lines.iter().enumerate();
        all.extend(lines.map(|(at, line)| (line.hunk, line.place, side, at)));
    }
    all.sort_unstable();
    let mut changes: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut last = None;
    for (hunk, place, side, at) in all {
        if last != Some((hunk, place.wrapping_sub(1))) {
            changes.push(Vec::new());
        }
        if let Some(change) = changes.last_mut() {
            change.push((side, at));
        }
        last = Some((hunk, place));
    }
    changes
}

/// The commits that own so little of what they have in the release that others explain it better.
pub fn hardly_owning(
    files: &[FileCandidates],
    owners: &[FileOwners],
    presences: &Presences,
) -> Vec<CommitOrdinal> {
    let mut owned: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
    for (file, owners) in files.iter().zip(owners) {
        for side in [0, 1] {
            for (line, owner) in file.sides[side].lines.iter().zip(&owners[side]) {
                if let Some(owner) = owner {
                    *owned.entry(owner.commit).or_default() += line.weight;
                }
            }
        }
    }
    let hardly = |(commit, weight): (&CommitOrdinal, &f32)| {
        let presence = presences.get(commit)?;
        let with_explained = *weight + (presence.explained - presence.matched).max(0.0);
        let is_little =
            *weight < MIN_OWNED_SHARE * presence.matched || with_explained < MIN_LEFT_SHARE * presence.total;
        is_little.then_some(*commit)
    };
    let mut commits: Vec<CommitOrdinal> = owned.iter().filter_map(hardly).collect();
    commits.sort_unstable();
    commits
}
