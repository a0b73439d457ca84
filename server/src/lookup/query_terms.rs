//! What a hunk of the query is searched by: its lines, weighted, and its paths.

use hunktrace_indexer::fingerprint::{FEW_LINES, IndexTerm, LineHash, path_term};
use hunktrace_indexer::index::retrieval::WeightedTerm;

use crate::hunks::line_weights::{LineWeight, LineWeights};
use crate::hunks::prepared_hunk::PreparedHunk;

/// Terms of a query: more say no more, and the index samples long hunks by the same rule.
const MAX_QUERY_TERMS: usize = 256;

/// Context lines count less than changed lines where a hunk has hardly any of those. Tuned: see `docs/constants.md`,
/// `CONTEXT_TERM_WEIGHT`.
const CONTEXT_TERM_WEIGHT: f32 = 0.5;

/// The lines whose weights have to be known before a hunk is searched and compared.
pub(super) fn weighed_lines(hunk: &PreparedHunk) -> impl Iterator<Item = LineHash> {
    hunk.informative().chain(searched_context(hunk).iter().copied())
}

/// The context lines that a hunk is searched by; none if the changed lines say enough.
///
/// The context is sorted by hash, so of a long one this is a sample.
fn searched_context(hunk: &PreparedHunk) -> &[LineHash] {
    let has_few = hunk.informative().count() < FEW_LINES;
    if has_few { &hunk.context[..hunk.context.len().min(MAX_QUERY_TERMS)] } else { &[] }
}

/// The terms of a hunk's lines, each once; the weights of its lines have been learned.
pub(super) fn query_terms(hunk: &PreparedHunk, weights: &LineWeights<'_>) -> Vec<WeightedTerm> {
    let mut lines: Vec<LineHash> = hunk.informative().collect();
    if lines.len() > MAX_QUERY_TERMS {
        // The lines that belong to the sample of the longest hunks come first.
        lines.select_nth_unstable_by_key(MAX_QUERY_TERMS, |line| line.0 as u32);
        lines.truncate(MAX_QUERY_TERMS);
    }
    let weighted = |line: LineHash, share: f32| {
        let LineWeight { weight, frequency } = weights.get(line);
        WeightedTerm { term: line.into(), weight: share * weight, frequency }
    };
    let mut terms: Vec<WeightedTerm> = lines.into_iter().map(|line| weighted(line, 1.0)).collect();
    terms.extend(searched_context(hunk).iter().map(|line| weighted(*line, CONTEXT_TERM_WEIGHT)));
    terms.sort_by_key(|term| term.term);
    terms.dedup_by_key(|term| term.term);
    terms
}

/// The terms of a hunk's paths.
pub(super) fn query_paths(hunk: &PreparedHunk) -> Vec<IndexTerm> {
    hunk.paths().map(|path| path_term(path)).collect()
}
