//! A patch's hunks judged together: what its candidates explain of it, and which part each has to answer for.

use std::collections::BTreeMap;

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use hunktrace_indexer::index::retrieval::HunkId;
use rustc_hash::FxHashMap;

use crate::confidence::features::Rest;
use crate::lookup::claims::PatchClaims;
use crate::lookup::patch_candidate::PatchCandidate;
use crate::lookup::patch_part::{Part, PatchParts};
use crate::lookup::patch_scores::patch_scores;
use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::verified_match::{FOUND_SCORE, MatchesByOrigin, VerifiedMatch};

/// What is said of a patch as a whole.
pub(super) struct WholePatch<'a> {
    graph: &'a CommitGraph,
    queries: &'a [PreparedQuery],
    /// What the patch says of its origin.
    #[allow(dead_code)]
    pub(super) claims: &'a PatchClaims,
    /// How well each origin explains it.
    pub(super) scores: BTreeMap<CommitOrdinal, f32>,
    parts: PatchParts,
    /// How many of each origin's hunks are found in it.
    hunks_found: FxHashMap<CommitOrdinal, u32>,
}

impl<'a> WholePatch<'a> {
    /// What is said of a patch by the matches of its hunks.
    pub(super) fn new(
        graph: &'a CommitGraph,
        queries: &'a [PreparedQuery],
        matches: &[MatchesByOrigin],
        claims: &'a PatchClaims,
    ) -> WholePatch<'a> {
        let best =
            |matches: &MatchesByOrigin| matches.values().map(|verified| verified.score).fold(0.0, f32::max);
        let hunks = queries.iter().zip(matches).map(|(query, matches)| (query.weight, best(matches)));
        WholePatch {
            graph,
            queries,
            claims,
            scores: patch_scores(queries, matches),
            parts: PatchParts::new(hunks, FOUND_SCORE),
            hunks_found: hunks_found(matches),
        }
    }

    /// How well an origin explains it.
    pub(super) fn score(&self, origin: CommitOrdinal) -> f32 {
        self.scores.get(&origin).copied().unwrap_or(0.0)
    }

    /// The share of an origin's hunks that are found in it, from 0 to 1.
    pub(super) fn hunks_present(&self, origin: CommitOrdinal) -> f32 {
        let found = self.hunks_found.get(&origin).copied().unwrap_or(0);
        (found as f32 / self.graph.hunk_count(origin).max(1) as f32).min(1.0)
    }

    /// What becomes of the other hunks if an origin explains the one in a place with `score`; none if there are no others.
    pub(super) fn rest(&self, place: usize, origin: CommitOrdinal, score: f32) -> Option<Rest> {
        self.parts.rest(place, score, self.score(origin), self.hunks_present(origin))
    }

    /// The part that a candidate answers for.
    pub(super) fn part_of(&self, candidate: &PatchCandidate<'_>) -> Part {
        let score = |verified: &Option<&VerifiedMatch>| verified.map_or(0.0, |verified| verified.score);
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
        value: fn(&VerifiedMatch) -> f32,
    ) -> f32 {
        let weighted = |place: usize| {
            candidate.by_hunk[place].map(|verified| self.queries[place].weight * value(verified))
        };
        let sum: f32 = part.places().filter_map(weighted).sum();
        sum / self.weight_of(part).max(f32::MIN_POSITIVE)
    }
}

/// How many of each origin's hunks are found in the patch, each counted once.
fn hunks_found(matches: &[MatchesByOrigin]) -> FxHashMap<CommitOrdinal, u32> {
    let mut own_hunks: Vec<(CommitOrdinal, HunkId)> = matches
        .iter()
        .flatten()
        .filter(|(_, verified)| verified.is_found())
        .map(|(origin, verified)| (*origin, verified.hunk))
        .collect();
    own_hunks.sort_unstable();
    own_hunks.dedup();
    let mut found: FxHashMap<CommitOrdinal, u32> = FxHashMap::default();
    own_hunks.into_iter().for_each(|(origin, _)| *found.entry(origin).or_default() += 1);
    found
}
