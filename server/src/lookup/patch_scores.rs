//! How well each commit explains a patch.

use std::collections::BTreeMap;

use hunktrace_indexer::graph::CommitOrdinal;

use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::verified_match::MatchesByOrigin;

/// How well each origin explains the patch: the mean of its hunks' scores, weighted by what the hunks say.
pub(super) fn patch_scores(
    queries: &[PreparedQuery],
    matches: &[MatchesByOrigin],
) -> BTreeMap<CommitOrdinal, f32> {
    let total: f32 = queries.iter().map(|query| query.weight).sum();
    let mut scores: BTreeMap<CommitOrdinal, f32> = BTreeMap::new();
    for (query, matches) in queries.iter().zip(matches) {
        let share = query.weight / total.max(f32::MIN_POSITIVE);
        for (origin, verified) in matches {
            *scores.entry(*origin).or_default() += share * verified.score;
        }
    }
    scores
}
