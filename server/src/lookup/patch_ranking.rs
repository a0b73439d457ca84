//! The candidates of a patch as a whole, ranked: each is judged by the part of the patch that it answers for.

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::CommitOrdinal;

use crate::confidence::features::{Agreement, PatchFeatures, same_path};
use crate::hunks::reading::Reading;
use crate::lookup::candidate::Candidate;
use crate::lookup::matches::Matcher;
use crate::lookup::patch_candidate::PatchCandidate;
use crate::lookup::patch_part::Part;
use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::ranking_order::{order_by_confidence, ranked};
use crate::lookup::readings::Readings;
use crate::lookup::rivalry::Contender;
use crate::lookup::shared_probability::share_probability;
use crate::lookup::verified_match::MatchesByOrigin;
use crate::lookup::whole_patch::WholePatch;

/// How many of a patch's best candidates are compared with each other at least. Tuned: see `docs/constants.md`,
/// `PATCH_RIVALS`.
const PATCH_RIVALS: usize = 10;

/// What a commit gains that is wholly there: a small one explains a patch better than a large one of which a part is
/// there. Tuned: see `docs/constants.md`, `PRESENT_SHARE`.
const PRESENT_SHARE: f32 = 0.2;

/// Ranks the candidates of one patch.
pub(super) struct PatchRanking<'a> {
    matcher: &'a Matcher<'a>,
    queries: &'a [PreparedQuery],
    whole: &'a WholePatch<'a>,
    candidates: Vec<PatchCandidate<'a>>,
    /// The weight of a line that no hunk has.
    rarest: f32,
}

impl<'a> PatchRanking<'a> {
    /// The best commits that the matches of a patch's hunks lead to: those that are wanted, and their rivals.
    pub(super) fn new(
        matcher: &'a Matcher<'a>,
        queries: &'a [PreparedQuery],
        matches: &'a [MatchesByOrigin],
        whole: &'a WholePatch<'a>,
        max_candidates: usize,
    ) -> PatchRanking<'a> {
        let scored = whole
            .scores
            .iter()
            .map(|(origin, score)| (score + present_bonus(*origin, whole), *origin))
            .collect();
        let candidates = ranked(matcher.graph(), scored)
            .into_iter()
            .take(max_candidates.max(PATCH_RIVALS))
            .map(|(score, origin)| PatchCandidate::new(score, origin, matches))
            .collect();
        PatchRanking { matcher, queries, whole, candidates, rarest: matcher.rarest_line() }
    }

    /// The candidates, best first, at most as many as are wanted.
    ///
    /// # Errors
    /// Where it is cancelled.
    pub(super) fn candidates(
        &self,
        readings: &mut Readings<'_>,
        max_candidates: usize,
        cancellation: &Cancellation,
    ) -> Result<Vec<Candidate>, Cancelled> {
        let (mut candidates, mut ranked) = (Vec::new(), Vec::new());
        for rank in 0..self.candidates.len().min(max_candidates) {
            cancellation.check()?;
            if let Some(judged) = self.judged(rank, readings) {
                candidates.push(judged);
                ranked.push(&self.candidates[rank]);
            }
        }
        let contenders: Vec<&Contender<'_>> = ranked.iter().map(|ranked| ranked.contender()).collect();
        share_probability(&mut candidates, &contenders);
        order_by_confidence(&mut candidates);
        Ok(candidates)
    }

    /// The candidate of a rank from 0; none if it explains nothing of its part.
    fn judged(&self, rank: usize, readings: &mut Readings<'_>) -> Option<Candidate> {
        let PatchRanking { queries, whole, rarest, .. } = self;
        let candidate = &self.candidates[rank];
        let part = whole.part_of(candidate);
        let own = |place: usize| candidate.by_hunk[place].map(|verified| (queries[place].weight, verified));
        let (_, best) =
            part.places().filter_map(own).max_by(|a, b| (a.0 * a.1.score).total_cmp(&(b.0 * b.1.score)))?;
        let weight = whole.weight_of(&part);
        let (reading, unknown_path) = self.reading_and_unknown_path(rank, &part, readings);
        let (agreed, lead) = self.agreed_and_lead(rank, &part);
        let agreement = Agreement {
            similarity: whole.mean(candidate, &part, |place, verified| whole.similarity(place, verified)),
            agreed: agreed / rarest,
            asked: weight / rarest,
            lead,
            path: whole.mean(candidate, &part, |_, verified| verified.comparison.path),
            context: whole.mean(candidate, &part, |_, verified| verified.comparison.context),
            section: whole.mean(candidate, &part, |_, verified| verified.comparison.section),
            same_path: whole.mean(candidate, &part, |_, verified| same_path(&verified.comparison)),
            edit: whole.mean(candidate, &part, |_, verified| verified.comparison.edit),
            claimed: whole.claimed(candidate.origin),
            is_import: whole.is_import(candidate.origin, self.matcher.brings_file(best.hunk)),
            absent_hunks: whole.hunks_absent(candidate.origin),
            reading,
            unknown_path,
        };
        let hunks_present = whole.hunks_present(candidate.origin);
        let features = PatchFeatures { agreement, hunks_present, share: part.share };
        let everywhere = Part { has_hunk: vec![true; queries.len()], share: 1.0 };
        Some(Candidate {
            similarity: whole.mean(candidate, &everywhere, |_, verified| verified.comparison.similarity),
            kind: candidate.weakest_kind(&part),
            ..Candidate::new(candidate.origin, best, features.evidence())
        })
    }

    /// How the hunks of a candidate's part read side by side, and in what share of the part history does not know the
    /// path.
    fn reading_and_unknown_path(
        &self,
        rank: usize,
        part: &Part,
        readings: &mut Readings<'_>,
    ) -> (Reading, f32) {
        let weight = self.whole.weight_of(part);
        let mut reading = Reading::default();
        let mut unknown_path = 0.0;
        for place in part.places() {
            let query = &self.queries[place];
            let share = query.weight / weight.max(f32::MIN_POSITIVE);
            unknown_path += if query.knows_path { 0.0 } else { share };
            if let Some(verified) = self.candidates[rank].by_hunk[place] {
                reading.add(share, readings.of(rank, place, verified));
            }
        }
        (reading, unknown_path)
    }

    /// The weight of what agrees with a candidate, and how far it is ahead of the others, in its part.
    fn agreed_and_lead(&self, rank: usize, part: &Part) -> (f32, f32) {
        let is_other = |place: &usize| *place != rank;
        if part.is_whole() {
            let own = self.candidates[rank].contender();
            let others = (0..self.candidates.len()).filter(is_other);
            let rivals = others.map(|place| self.candidates[place].contender());
            return (own.agreed_weight(), own.lead(rivals));
        }
        let within = |candidate: &PatchCandidate<'a>| {
            let score = self.whole.mean(candidate, part, |_, verified| verified.score);
            candidate.contender_within(part, score + present_bonus(candidate.origin, self.whole))
        };
        let contenders: Vec<Contender<'a>> = self.candidates.iter().map(within).collect();
        let rivals = (0..contenders.len()).filter(is_other).map(|place| &contenders[place]);
        (contenders[rank].agreed_weight(), contenders[rank].lead(rivals))
    }
}

/// What a commit gains for what of it is there.
fn present_bonus(origin: CommitOrdinal, whole: &WholePatch<'_>) -> f32 {
    PRESENT_SHARE * whole.hunks_present(origin)
}
