//! The hunks of a query beside those of its candidates, each pair read once.

use std::sync::Arc;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::index::retrieval::HunkId;
use rustc_hash::FxHashMap;

use crate::hunks::prepared_hunk::PreparedHunk;
use crate::hunks::reading::{Reading, read};
use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::verified_match::VerifiedMatch;

/// How many of the best candidates are read: the others have hardly any chance, and reading takes time. Tuned: see
/// `docs/constants.md`, `READ_CANDIDATES`.
const READ_CANDIDATES: usize = 3;

/// What counts as words that nothing explains where nothing was read: many.
const UNREAD_WORDS: f32 = 100.0;

/// What was read of a query so far.
pub(super) struct Readings<'a> {
    queries: &'a [PreparedQuery],
    loaded: &'a FxHashMap<HunkId, Arc<PreparedHunk>>,
    known: FxHashMap<(usize, HunkId), Option<Reading>>,
    cancellation: &'a Cancellation,
}

impl<'a> Readings<'a> {
    /// Readings of a query's hunks beside loaded ones; where it is cancelled, they mean nothing.
    pub(super) fn new(
        queries: &'a [PreparedQuery],
        loaded: &'a FxHashMap<HunkId, Arc<PreparedHunk>>,
        cancellation: &'a Cancellation,
    ) -> Readings<'a> {
        Readings { queries, loaded, known: FxHashMap::default(), cancellation }
    }

    /// How the query's hunk in a place and a match of it read side by side, for the candidate of a rank from 0.
    ///
    /// Hunks without text, and candidates behind the first [`READ_CANDIDATES`] of a hunk and of the patch, are judged by
    /// their changed lines.
    pub(super) fn of(&mut self, rank: usize, place: usize, verified: &VerifiedMatch) -> Reading {
        let (share, hunk) = (verified.comparison.similarity, verified.hunk);
        let by_changes = Reading { changes: share, text: share, ..Reading::default() };
        if let Some(known) = self.known.get(&(place, hunk)) {
            return known.unwrap_or(by_changes);
        }
        if rank >= READ_CANDIDATES {
            // What differs was not looked at, so nothing explains it.
            let odd_words = if share < 1.0 { UNREAD_WORDS } else { 0.0 };
            return Reading { odd_words, ..by_changes };
        }
        let Readings { queries, loaded, cancellation, .. } = self;
        let read_both = || {
            let form = verified.read_as.as_ref().map(|form| &form.hunk);
            let (query, candidate) = (&queries.get(place)?.hunk, form.or_else(|| loaded.get(&hunk))?);
            (!query.lines.is_empty() && !candidate.lines.is_empty())
                .then(|| read(query, candidate, cancellation))
        };
        let reading = read_both();
        self.known.insert((place, hunk), reading);
        reading.unwrap_or(by_changes)
    }
}
