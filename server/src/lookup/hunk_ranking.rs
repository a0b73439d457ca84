//! The candidates of a single hunk, ranked: what the hunk says, and what the rest of its patch says.

use hunktrace_indexer::graph::CommitOrdinal;

use crate::confidence::features::{Agreement, HunkFeatures, same_path};
use crate::lookup::candidate::Candidate;
use crate::lookup::matches::Matcher;
use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::ranking_order::{order_by_confidence, ranked};
use crate::lookup::readings::Readings;
use crate::lookup::rivalry::Contender;
use crate::lookup::shared_probability::share_probability;
use crate::lookup::verified_match::{MatchesByOrigin, VerifiedMatch};
use crate::lookup::whole_patch::WholePatch;

/// How much the patch as a whole counts for a single hunk's candidates. Tuned: see `docs/constants.md`, `PATCH_SHARE`.
const PATCH_SHARE: f32 = 0.5;

/// The candidates of the patch's hunk in a place, best first, at most as many as are wanted.
pub(super) fn rank_hunk(
    matcher: &Matcher<'_>,
    place: usize,
    query: &PreparedQuery,
    matches: &MatchesByOrigin,
    whole: &WholePatch<'_>,
    readings: &mut Readings<'_>,
    max_candidates: usize,
) -> Vec<Candidate> {
    let rarest = matcher.rarest_line();
    let ranked = ranked_matches(matcher, matches, whole);
    let mut judge = |(rank, own): (usize, &RankedMatch<'_>)| {
        let comparison = &own.verified.comparison;
        let rivals = || ranked.iter().enumerate().filter(|(other, _)| *other != rank).map(|(_, other)| other);
        let agreement = Agreement {
            similarity: whole.similarity(place, own.verified),
            agreed: own.contender.agreed_weight() / rarest,
            asked: query.weight / rarest,
            lead: own.contender.lead(rivals().map(|other| &other.contender)),
            path: comparison.path,
            context: comparison.context,
            section: comparison.section,
            same_path: same_path(comparison),
            edit: comparison.edit,
            claimed: whole.claimed(own.origin),
            is_import: whole.is_import(own.origin, matcher.brings_file(own.verified.hunk)),
            absent_hunks: whole.hunks_absent(own.origin),
            reading: readings.of(rank, place, own.verified),
            unknown_path: if query.knows_path { 0.0 } else { 1.0 },
        };
        let best_rival = rivals().map(|other| other.verified.comparison.soft_similarity).fold(0.0, f32::max);
        let rest = whole.rest(place, own.origin, own.verified.score, best_rival);
        Candidate::new(own.origin, own.verified, HunkFeatures { agreement, rest }.evidence())
    };
    let mut candidates: Vec<Candidate> =
        ranked.iter().enumerate().take(max_candidates).map(&mut judge).collect();
    let contenders: Vec<&Contender<'_>> =
        ranked.iter().take(max_candidates).map(|own| &own.contender).collect();
    share_probability(&mut candidates, &contenders);
    order_by_confidence(&mut candidates);
    candidates
}

/// A match in its rank.
struct RankedMatch<'a> {
    origin: CommitOrdinal,
    verified: &'a VerifiedMatch,
    contender: Contender<'a>,
}

fn ranked_matches<'a>(
    matcher: &Matcher<'_>,
    matches: &'a MatchesByOrigin,
    whole: &WholePatch<'_>,
) -> Vec<RankedMatch<'a>> {
    let score = |(origin, verified): (&CommitOrdinal, &VerifiedMatch)| {
        (verified.score + PATCH_SHARE * whole.score(*origin), *origin)
    };
    let with_match = |(score, origin): (f32, CommitOrdinal)| {
        let verified = matches.get(&origin)?;
        let agreed = vec![(0, verified.comparison.agreed.as_slice())];
        Some(RankedMatch { origin, verified, contender: Contender { score, agreed } })
    };
    let scored = matches.iter().map(score).collect();
    ranked(matcher.graph(), scored).into_iter().filter_map(with_match).collect()
}
