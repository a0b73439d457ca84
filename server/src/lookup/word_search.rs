//! Hunks that make the same edit in lines that read otherwise: they have no line in common with the query, so its terms do
//! not find them. They are looked for among all hunks of the same file, where nothing else explains the patch.

use hunktrace_indexer::graph::CommitSet;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::FoundHunk;

use crate::lookup::matches::Matcher;
use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::query_terms::query_paths;
use crate::lookup::verified_match::MatchesByOrigin;

/// A patch that a commit explains at least so well is explained. Tuned: see `docs/constants.md`, `EXPLAINED_SCORE`.
const EXPLAINED_SCORE: f32 = 0.5;

/// The first hunks of a patch for which this is done, and the latest hunks of a file that are looked at; they bound the
/// work.
const MAX_SEARCHED_HUNKS: usize = 16;
const MAX_HUNKS_OF_FILE: usize = 512;

/// Looks for edits of the same words in the history of the patch's files, if no commit explains the patch.
///
/// # Errors
/// Where the index cannot be read, or it is cancelled.
pub(super) fn search_by_words(
    matcher: &mut Matcher<'_>,
    queries: &[PreparedQuery],
    matches: &mut [MatchesByOrigin],
    excluded: Option<&CommitSet>,
) -> Result<(), IndexError> {
    let is_explained =
        |matches: &MatchesByOrigin| matches.values().any(|verified| verified.score >= EXPLAINED_SCORE);
    if matches.iter().any(is_explained) {
        return Ok(());
    }
    for (query, matches) in queries.iter().zip(matches).take(MAX_SEARCHED_HUNKS) {
        matcher.cancellation().check()?;
        if !query.knows_path || query.hunk.edits().weight() <= 0.0 {
            continue;
        }
        let mut of_file: Vec<FoundHunk> = Vec::new();
        for path in query_paths(&query.hunk) {
            of_file.extend(matcher.retrieval().hunks_of_path(path, excluded)?);
        }
        let latest = of_file.split_off(of_file.len().saturating_sub(MAX_HUNKS_OF_FILE));
        matcher.compare_edits(query, &latest, matches)?;
    }
    Ok(())
}
