//! The `LookupGathered` call: a lookup in an index whose hunks are elsewhere, by what was gathered of them; and what a base
//! contains, which those have to know who gather.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::{IndexTerm, TermNumber};
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::gathered_hunks::{GatheredHunks, MissingFacts, MissingSearch, SearchKey};
use hunktrace_indexer::index::retrieval::HunkId;
use hunktrace_proto::v1;
use tonic::Status;

use crate::wire::lookup_call::{count_answer, lookup_among};
use crate::wire::refusal::{base_content, index_status};
use crate::wire::served_index::ServedSnapshot;

/// Answers a call.
///
/// # Errors
/// As a lookup; INVALID_ARGUMENT where no text is asked for, or the facts are not of this index.
pub(crate) fn gathered_call(
    served: &ServedSnapshot,
    request: &v1::LookupGatheredRequest,
    cancellation: &Cancellation,
) -> Result<v1::LookupGatheredResponse, Status> {
    let Some(asked) = &request.lookup else {
        return Err(Status::invalid_argument("no text is asked for; set 'lookup'"));
    };
    let graph = served.live.snapshot.graph();
    let nothing = v1::GatheredFacts::default();
    let facts = request.facts.as_ref().unwrap_or(&nothing);
    let gathered = gathered_hunks(graph, facts).map_err(|error| index_status(&error))?;
    let answer = lookup_among(served, &gathered, asked, cancellation);
    let missing = gathered.into_missing();
    if !missing.is_empty() {
        return Ok(v1::LookupGatheredResponse { missing: Some(missing_message(&missing)), answer: None });
    }
    let answer = answer.map_err(|unanswered| unanswered.status)?;
    count_answer(served, &answer);
    Ok(v1::LookupGatheredResponse { answer: Some(answer), missing: None })
}

/// Answers the question for what a base contains.
///
/// # Errors
/// INVALID_ARGUMENT where the base names no commit of the index.
pub(crate) fn base_content_call(
    served: &ServedSnapshot,
    request: &v1::GetBaseContentRequest,
    _: &Cancellation,
) -> Result<v1::GetBaseContentResponse, Status> {
    let base = base_content(&served.live, &request.base)?;
    let Some(base) = base else { return Err(Status::invalid_argument("no base is named; set 'base'")) };
    let all = CommitOrdinal::first(served.live.snapshot.graph().len());
    let commits = all.filter(|commit| base.contained.contains(*commit)).map(|commit| commit.0).collect();
    Ok(v1::GetBaseContentResponse { commits })
}

fn gathered_hunks<'a>(
    graph: &'a CommitGraph,
    facts: &v1::GatheredFacts,
) -> Result<GatheredHunks<'a>, IndexError> {
    let mut gathered = GatheredHunks::new(graph);
    if facts.terms.len() != facts.frequencies.len() {
        return Err(IndexError::Gathered("there are not as many frequencies as terms".to_owned()));
    }
    for (term, frequency) in facts.terms.iter().zip(&facts.frequencies) {
        gathered.add_frequency(term_of(*term)?, *frequency);
    }
    for (paths, is_known) in [(&facts.known_paths, true), (&facts.unknown_paths, false)] {
        for path in paths {
            gathered.add_path(term_of(*path)?, is_known);
        }
    }
    for v1::HunksOfPath { path, hunks } in &facts.hunks_of_paths {
        gathered.add_hunks_of_path(term_of(*path)?, hunks.iter().copied().map(HunkId).collect())?;
    }
    facts.searches.iter().for_each(|key| gathered.add_search(SearchKey(*key)));
    for v1::GatheredHunk { hunk, record } in &facts.hunks {
        gathered.add_hunk(HunkId(*hunk), record)?;
    }
    Ok(gathered)
}

fn term_of(number: u64) -> Result<IndexTerm, IndexError> {
    let term = IndexTerm::from_number(TermNumber(number));
    term.ok_or_else(|| IndexError::Gathered(format!("{number} is no term")))
}

fn missing_message(missing: &MissingFacts) -> v1::MissingFacts {
    let MissingFacts { terms, paths, searches, hunks_of_paths, hunks } = missing;
    v1::MissingFacts {
        terms: numbers(terms),
        paths: numbers(paths),
        searches: searches.iter().map(search_message).collect(),
        hunks_of_paths: numbers(hunks_of_paths),
        hunks: hunks.iter().map(|hunk| hunk.0).collect(),
    }
}

fn search_message(search: &MissingSearch) -> v1::HunkSearch {
    let MissingSearch { key, terms, paths, path_bonus, is_excluding, limit } = search;
    v1::HunkSearch {
        key: key.0,
        terms: terms.iter().map(|(term, ..)| term.number().0).collect(),
        weights: terms.iter().map(|(_, weight, _)| *weight).collect(),
        finds: terms.iter().map(|(.., finds)| *finds).collect(),
        paths: numbers(paths),
        path_bonus: *path_bonus,
        without_base: *is_excluding,
        limit: u32::try_from(*limit).unwrap_or(u32::MAX),
    }
}

fn numbers(terms: &[IndexTerm]) -> Vec<u64> {
    terms.iter().map(|term| term.number().0).collect()
}
