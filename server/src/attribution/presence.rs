//! How much of each commit is in the release.
//!
//! What a commit brought may be gone again because a later commit that is present has rewritten it, and what it
//! removed may never have been in the base because an earlier commit had brought it. Both count as explained.

use std::collections::HashMap;

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::candidates::{AlignedHunk, FileCandidates};
use crate::index::origin::origin_of;

/// From this share on a commit is trusted to have superseded, or to have prepared, lines of another.
const SUPPORTING_SHARE: f32 = 0.5;

/// Rounds of working out what is explained: a chain of so many commits on the same lines is resolved.
const ROUNDS: usize = 3;

/// How much of a commit is in the release.
#[derive(Clone, Copy, Debug)]
pub struct Presence {
    /// The commit that is named for it: itself, or what it carries.
    pub origin: CommitOrdinal,
    /// Weight of its lines that are in the release.
    pub matched: f32,
    /// Weight of its lines that are in the release or explained by other commits.
    pub explained: f32,
    /// Weight of all its lines in files that the release changes.
    pub seen: f32,
    /// Its hunks in files that the release changes.
    pub seen_hunks: u32,
    /// Weight of all its lines; for hunks in other files an estimate.
    pub total: f32,
}

impl Presence {
    /// Share of the commit that is in the release, from 0 to 1.
    pub fn matched_share(&self) -> f32 {
        share(self.matched, self.total)
    }

    /// Share of the commit that is in the release or explained, from 0 to 1.
    pub fn explained_share(&self) -> f32 {
        share(self.explained, self.total)
    }
}

fn share(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 }
}

/// The presence of every commit that is a candidate somewhere.
pub type Presences = FxHashMap<CommitOrdinal, Presence>;

/// What other commits explain of a hunk that is not in the release as it was.
#[derive(Clone, Copy, Debug, Default)]
pub struct HunkExplained {
    /// The weight of these lines.
    pub weight: f32,
    /// The commit that has rewritten most of them.
    pub by: Option<CommitOrdinal>,
}

/// For each file, what is explained of each of its candidate hunks.
pub type Explained = Vec<Vec<HunkExplained>>;

/// Works out the presence of all commits.
pub fn presences(graph: &CommitGraph, files: &[FileCandidates]) -> (Presences, Explained) {
    let mut presences = Presences::default();
    for hunk in files.iter().flat_map(|file| &file.hunks) {
        let presence = presences.entry(hunk.commit).or_insert_with(|| Presence {
            origin: origin_of(graph, hunk.commit),
            matched: 0.0,
            explained: 0.0,
            seen: 0.0,
            seen_hunks: 0,
            total: 0.0,
        });
        presence.matched += hunk.matched;
        presence.seen += hunk.total;
        presence.seen_hunks += 1;
    }
    for (commit, presence) in &mut presences {
        let unseen = graph.hunk_count(*commit).saturating_sub(presence.seen_hunks);
        let average = presence.seen / presence.seen_hunks.max(1) as f32;
        presence.total = presence.seen + unseen as f32 * average;
        presence.explained = presence.matched;
    }
    let mut explained = Explained::new();
    for _ in 0..ROUNDS {
        explained = files.par_iter().map(|file| explained_in(file, &presences)).collect();
        presences.values_mut().for_each(|presence| presence.explained = presence.matched);
        for (file, explained) in files.iter().zip(&explained) {
            for (hunk, explained) in file.hunks.iter().zip(explained) {
                if let Some(presence) = presences.get_mut(&hunk.commit) {
                    presence.explained += explained.weight;
                }
            }
        }
    }
    (presences, explained)
}

/// What of each hunk is explained by the other commits of the same file.
fn explained_in(file: &FileCandidates, presences: &Presences) -> Vec<HunkExplained> {
    // Lines that are not in the release: who removes them later, who added them before.
    let mut unpaired: [HashMap<u64, Vec<CommitOrdinal>, FxBuildHasher>; 2] = Default::default();
    // Lines that a commit moves are still there, so whoever brought them keeps his pair.
    let moved_bare: FxHashSet<u64> = file.moved.iter().map(|(_, bare)| *bare).collect();
    let mut brought: FxHashMap<u64, Vec<CommitOrdinal>> = FxHashMap::default();
    for hunk in &file.hunks {
        let supports = presences.get(&hunk.commit).is_some_and(|p| p.explained_share() >= SUPPORTING_SHARE);
        if supports {
            for line in hunk.sides[1].iter().filter(|line| moved_bare.contains(&line.bare)) {
                brought.entry(line.bare).or_default().push(hunk.commit);
            }
            for side in [0, 1] {
                for line in hunk.unpaired(side) {
                    unpaired[side].entry(line.bare).or_default().push(hunk.commit);
                }
            }
        }
    }
    let explain = |hunk: &AlignedHunk| {
        let mut weight = 0.0;
        let mut by: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
        for side in [0, 1] {
            for line in hunk.unpaired(side) {
                let is_moved = side == 0 && file.moved.contains(&(hunk.commit, line.bare));
                let others =
                    if is_moved { brought.get(&line.bare) } else { unpaired[1 - side].get(&line.bare) };
                let others = others.map(Vec::as_slice).unwrap_or_default();
                // Removed lines need someone before who added them, added lines someone after who removed them.
                let fits = |other: &&CommitOrdinal| {
                    if side == 0 { **other < hunk.commit } else { **other > hunk.commit }
                };
                if let Some(other) = others.iter().find(fits) {
                    weight += line.weight;
                    if side == 1 {
                        *by.entry(*other).or_default() += line.weight;
                    }
                }
            }
        }
        let most = by.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        HunkExplained { weight, by: most.map(|(commit, _)| commit) }
    };
    file.hunks.iter().map(explain).collect()
}
