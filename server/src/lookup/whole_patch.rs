//! A patch's hunks judged together: what its candidates explain of it, and which part each has to answer for.

use std::collections::BTreeMap;

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use hunktrace_indexer::index::retrieval::HunkId;
use rustc_hash::FxHashMap;

use crate::confidence::features::Rest;
use crate::lookup::claims::{ClaimSource, PatchClaims};
use crate::lookup::patch_candidate::PatchCandidate;
use crate::lookup::patch_part::{Part, PatchParts};
use crate::lookup::patch_scores::patch_scores;
use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::verified_match::{FOUND_SCORE, MatchesByOrigin, VerifiedMatch};

/// What a subject says that a patch has in common with a commit, beside an id that it names: where subjects were asked for
/// alone they led to the right one of 2,377 backports in 0.941 of the cases, and ids in 79 of 80. Tuned: see
/// `docs/constants.md`, `SUBJECT_CLAIM`.
const SUBJECT_CLAIM: f32 = 0.63;

/// A commit that makes a file of the patch's, has so many hunks, and less than this share of them in the patch imports a
/// tree: whoever backports a change takes more of it. Tuned: see `docs/constants.md`, `IMPORTED_HUNKS`.
const IMPORTED_HUNKS: u32 = 32;
const IMPORTED_SHARE: f32 = 0.1;

/// What is said of a patch as a whole.
pub(super) struct WholePatch<'a> {
    graph: &'a CommitGraph,
    queries: &'a [PreparedQuery],
    /// What the patch says of its origin.
    claims: &'a PatchClaims,
    /// How well each origin explains it.
    pub(super) scores: BTreeMap<CommitOrdinal, f32>,
    parts: PatchParts,
    /// How many of each origin's hunks are found in it.
    hunks_found: FxHashMap<CommitOrdinal, u32>,
    /// The weight of the patch's lines that agree with a hunk of history, of all of the patch's hunks that it matches.
    agreed_with: FxHashMap<HunkId, f32>,
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
            agreed_with: agreed_with(matches),
        }
    }

    /// How well an origin explains it.
    pub(super) fn score(&self, origin: CommitOrdinal) -> f32 {
        self.scores.get(&origin).copied().unwrap_or(0.0)
    }

    fn hunks_found_of(&self, origin: CommitOrdinal) -> u32 {
        self.hunks_found.get(&origin).copied().unwrap_or(0)
    }

    /// The share of an origin's hunks that are found in it, from 0 to 1.
    pub(super) fn hunks_present(&self, origin: CommitOrdinal) -> f32 {
        let found = self.hunks_found_of(origin);
        (found as f32 / self.graph.hunk_count(origin).max(1) as f32).min(1.0)
    }

    /// Whether an origin brings what others have made: hardly any of it is in the patch, and it has no parents, or makes a file
    /// of the patch's among so many others that it imports a tree.
    pub(super) fn is_import(&self, origin: CommitOrdinal, brings_file: bool) -> bool {
        let brings_tree = brings_file && self.graph.hunk_count(origin) >= IMPORTED_HUNKS;
        self.hunks_present(origin) < IMPORTED_SHARE && (self.graph.is_root(origin) || brings_tree)
    }

    /// How far the patch itself names an origin, from -1 where it names another one to 1.
    pub(super) fn claimed(&self, origin: CommitOrdinal) -> f32 {
        match self.claims.source_for(origin) {
            Some(ClaimSource::Message | ClaimSource::OwnId) => 1.0,
            Some(ClaimSource::Subject) => SUBJECT_CLAIM,
            None if self.claims.is_against(origin) => -1.0,
            None => 0.0,
        }
    }

    /// How many of an origin's hunks are not found in it.
    pub(super) fn hunks_absent(&self, origin: CommitOrdinal) -> f32 {
        let found = self.hunks_found_of(origin);
        self.graph.hunk_count(origin).saturating_sub(found) as f32
    }

    /// How well the changed lines of a hunk and its match agree, adapted lines counted in part.
    ///
    /// Where history has one hunk and the patch has made several of it, each has to answer for its own lines only: what
    /// agrees with the others is not counted as missing.
    pub(super) fn similarity(&self, place: usize, verified: &VerifiedMatch) -> f32 {
        let similarity = verified.comparison.soft_similarity;
        let agreed: f32 = verified.comparison.agreed.iter().sum();
        let elsewhere = self.agreed_with.get(&verified.hunk).copied().unwrap_or(0.0) - agreed;
        if similarity <= 0.0 || elsewhere <= 0.0 {
            return similarity;
        }
        let together = agreed / similarity;
        let asked = self.queries[place].weight;
        let own = (together - asked + agreed - elsewhere).max(agreed);
        (agreed / (asked + own - agreed).max(f32::MIN_POSITIVE)).clamp(similarity, 1.0)
    }

    /// What becomes of the other hunks if an origin explains the one in a place with `score`, and the best of the other
    /// commits agrees with it to `best_rival`; none if there are no others.
    pub(super) fn rest(
        &self,
        place: usize,
        origin: CommitOrdinal,
        score: f32,
        best_rival: f32,
    ) -> Option<Rest> {
        let others = self.parts.others(place, score, self.score(origin))?;
        Some(Rest {
            explained: others.explained,
            elsewhere: others.elsewhere,
            hunks_present: self.hunks_present(origin),
            hunks_found: self.hunks_found_of(origin) as f32,
            carried: others.explained * (1.0 - best_rival),
        })
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
        value: impl Fn(usize, &VerifiedMatch) -> f32,
    ) -> f32 {
        let weighted = |place: usize| {
            candidate.by_hunk[place].map(|verified| self.queries[place].weight * value(place, verified))
        };
        let sum: f32 = part.places().filter_map(weighted).sum();
        sum / self.weight_of(part).max(f32::MIN_POSITIVE)
    }
}

/// The weight of what agrees with each hunk of history.
fn agreed_with(matches: &[MatchesByOrigin]) -> FxHashMap<HunkId, f32> {
    let mut agreed: FxHashMap<HunkId, f32> = FxHashMap::default();
    for verified in matches.iter().flat_map(|matches| matches.values()) {
        *agreed.entry(verified.hunk).or_default() += verified.comparison.agreed.iter().sum::<f32>();
    }
    agreed
}

/// How many of each origin's hunks are found in the patch, each counted once.
fn hunks_found(matches: &[MatchesByOrigin]) -> FxHashMap<CommitOrdinal, u32> {
    let mut own_hunks: Vec<(CommitOrdinal, HunkId)> = matches
        .iter()
        .flatten()
        .filter(|(_, verified)| verified.is_found())
        .flat_map(|(origin, verified)| verified.hunks().map(|hunk| (*origin, hunk)))
        .collect();
    own_hunks.sort_unstable();
    own_hunks.dedup();
    let mut found: FxHashMap<CommitOrdinal, u32> = FxHashMap::default();
    own_hunks.into_iter().for_each(|(origin, _)| *found.entry(origin).or_default() += 1);
    found
}
