//! Hunks of the best commits, and of those that the patch names, that retrieval has missed: they are looked for among the
//! commits' own.

use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;

use crate::lookup::claims::PatchClaims;
use crate::lookup::matches::Matcher;
use crate::lookup::patch_scores::patch_scores;
use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::verified_match::{MatchesByOrigin, VerifiedMatch};

/// The commits for which hunks that retrieval has missed are looked for. Tuned: see `docs/constants.md`,
/// `COMPLETED_COMMITS`.
const COMPLETED_COMMITS: usize = 4;

/// A commit's own hunks that are compared for that: the first of them, in the commit's order. It bounds the work.
const MAX_COMPLETING_HUNKS: usize = 64;

/// Looks among the own hunks of the best commits and of the claimed ones for those of the query's hunks that retrieval did not find there.
///
/// # Errors
/// Where the index cannot be read.
pub(super) fn complete(
    matcher: &mut Matcher<'_>,
    queries: &[PreparedQuery],
    matches: &mut [MatchesByOrigin],
    claims: &PatchClaims,
    excluded: Option<&CommitSet>,
) -> Result<(), IndexError> {
    let claimed = claims.origins();
    if queries.len() < 2 && claimed.is_empty() {
        return Ok(());
    }
    let mut commits: Vec<(f32, CommitOrdinal)> =
        patch_scores(queries, matches).into_iter().map(|(origin, score)| (score, origin)).collect();
    commits.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    commits.truncate(COMPLETED_COMMITS);
    if queries.len() < 2 {
        // What is known of the only hunk was found already.
        commits.clear();
    }
    let found = commits.into_iter().map(|(_, origin)| origin).filter(|origin| !claimed.contains(origin));
    for origin in claimed.iter().copied().chain(found) {
        if excluded.is_some_and(|set| set.contains(origin)) {
            continue;
        }
        let is_missing = |place: &usize| !matches[*place].get(&origin).is_some_and(VerifiedMatch::is_found);
        let missing: Vec<usize> = (0..queries.len()).filter(is_missing).collect();
        if missing.is_empty() {
            continue;
        }
        let mut own = matcher.retrieval().hunks_of(origin)?;
        own.truncate(MAX_COMPLETING_HUNKS);
        let mut own = matcher.own_hunks(own)?;
        let explains_some = missing.len() < queries.len();
        for place in missing {
            matcher.compare_own(&queries[place], &own, &mut matches[place])?;
            // The rest of the patch may say whose hunk it is where its own lines do not.
            if explains_some
                && !matches[place].contains_key(&origin)
                && let Some(closest) = matcher.closest_by_path(&queries[place], &mut own)
            {
                matches[place].insert(origin, closest);
            }
        }
    }
    Ok(())
}
