//! A patch's hunks judged together: what its candidates explain of it, and which part each has to answer for.

use std::collections::BTreeMap;

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use hunktrace_indexer::index::retrieval::HunkId;
use rustc_hash::FxHashMap;

use super::{FOUND_SCORE, Query, Verified, patch_scores};
use crate::confidence::features::Rest;
use crate::lookup::patch_part::{Part, PatchParts};
use crate::lookup::rivalry::Contender;

/// What is said of a patch as a whole.
pub(super) struct WholePatch<'a> {
    queries: &'a [Query],
    /// How well each origin explains it.
    pub(super) scores: BTreeMap<CommitOrdinal, f32>,
    parts: PatchParts,
    /// How many of each origin's hunks are found in it.
    hunks_found: FxHashMap<CommitOrdinal, u32>,
}

impl<'a> WholePatch<'a> {
    pub(super) fn new(queries: &'a [Query], found: &[BTreeMap<CommitOrdinal, Verified>]) -> WholePatch<'a> {
        let best = |found: &BTreeMap<CommitOrdinal, Verified>| {
            found.values().map(|verified| verified.score).fold(0.0, f32::max)
        };
        let hunks = queries.iter().zip(found).map(|(query, found)| (query.weight, best(found)));
        let is_found = |(_, verified): &(&CommitOrdinal, &Verified)| verified.score >= FOUND_SCORE;
        let mut own_hunks: Vec<(CommitOrdinal, HunkId)> = found
            .iter()
            .flatten()
            .filter(is_found)
            .map(|(origin, verified)| (*origin, verified.hunk))
            .collect();
        own_hunks.sort_unstable();
        own_hunks.dedup();
        let mut hunks_found: FxHashMap<CommitOrdinal, u32> = FxHashMap::default();
        own_hunks.into_iter().for_each(|(origin, _)| *hunks_found.entry(origin).or_default() += 1);
        WholePatch {
            queries,
            scores: patch_scores(queries, found),
            parts: PatchParts::new(hunks, FOUND_SCORE),
            hunks_found,
        }
    }

    /// How well an origin explains it.
    pub(super) fn score(&self, origin: CommitOrdinal) -> f32 {
        self.scores.get(&origin).copied().unwrap_or(0.0)
    }

    /// The share of an origin's hunks that are found in it, from 0 to 1.
    pub(super) fn hunks_present(&self, origin: CommitOrdinal, graph: &CommitGraph) -> f32 {
        let found = self.hunks_found.get(&origin).copied().unwrap_or(0);
        (found as f32 / graph.hunk_count(origin).max(1) as f32).min(1.0)
    }

    /// What becomes of the other hunks where an origin explains the one in a place with `score`; none where there are no
    /// others.
    pub(super) fn rest(
        &self,
        place: usize,
        origin: CommitOrdinal,
        score: f32,
        graph: &CommitGraph,
    ) -> Option<Rest> {
        self.parts.rest(place, score, self.score(origin), self.hunks_present(origin, graph))
    }

    /// The part that a candidate answers for.
    pub(super) fn part_of(&self, candidate: &PatchCandidate<'_>) -> Part {
        let score = |verified: &Option<&Verified>| verified.map_or(0.0, |verified| verified.score);
        self.parts.of(&candidate.by_hunk.iter().map(score).collect::<Vec<f32>>())
    }

    /// The weight of what a part says.
    pub(super) fn weight_of(&self, part: &Part) -> f32 {
        part.places().map(|place| self.queries[place].weight).sum()
    }

    /// The mean of what is known of a candidate's hunks in a part, weighted by what they say; what is not explained
    /// counts 0.
    pub(super) fn mean(
        &self,
        candidate: &PatchCandidate<'_>,
        part: &Part,
        value: fn(&Verified) -> f32,
    ) -> f32 {
        let weighted = |place: usize| {
            candidate.by_hunk[place].map(|verified| self.queries[place].weight * value(verified))
        };
        let sum: f32 = part.places().filter_map(weighted).sum();
        sum / self.weight_of(part).max(f32::MIN_POSITIVE)
    }
}

/// A candidate for a whole patch.
pub(super) struct PatchCandidate<'a> {
    pub(super) origin: CommitOrdinal,
    /// The best of its hunks for each hunk of the patch.
    pub(super) by_hunk: Vec<Option<&'a Verified>>,
    contender: Contender<'a>,
}

impl<'a> PatchCandidate<'a> {
    pub(super) fn new(
        score: f32,
        origin: CommitOrdinal,
        found: &'a [BTreeMap<CommitOrdinal, Verified>],
    ) -> PatchCandidate<'a> {
        let by_hunk: Vec<Option<&Verified>> = found.iter().map(|found| found.get(&origin)).collect();
        let agreed = by_hunk.iter().enumerate().filter_map(|(place, verified)| {
            verified.map(|verified| (place, verified.comparison.agreed.as_slice()))
        });
        let contender = Contender { score, agreed: agreed.collect() };
        PatchCandidate { origin, by_hunk, contender }
    }

    /// The contender for the whole patch.
    pub(super) fn contender(&self) -> &Contender<'a> {
        &self.contender
    }

    /// The contender for a part of the patch, which it explains so well.
    pub(super) fn contender_within(&self, part: &Part, score: f32) -> Contender<'a> {
        let agreed = self.contender.agreed.iter().filter(|(place, _)| part.has_hunk[*place]);
        Contender { score, agreed: agreed.copied().collect() }
    }
}
