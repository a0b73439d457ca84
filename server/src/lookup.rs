//! From the hunks of a patch to the commits that they may have come from.
//!
//! Every hunk is retrieved and verified by itself (`matches`). Then all hunks of the patch are judged together, because
//! a commit that explains several of them is a better explanation for each: for the best commits the hunks that
//! retrieval has missed are looked for among the commit's own (`completion`), and the candidates of each hunk
//! (`hunk_ranking`) and of the patch (`patch_ranking`) are ranked.

mod completion;
mod hunk_forms;
mod hunk_ranking;
mod matches;
mod own_hunks;
mod patch_candidate;
mod patch_part;
mod patch_ranking;
mod patch_scores;
mod prepared_query;
mod query_terms;
mod ranking_order;
mod readings;
mod rivalry;
mod shared_probability;
mod verified_match;
mod whole_patch;
mod word_search;

#[cfg(test)]
mod gathered_tests;
#[cfg(test)]
mod tests;

pub mod added_code;
pub mod candidate;
pub mod claims;
pub mod prepared_cache;
pub mod second_look;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::{CommitGraph, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;

use crate::hunks::looked_up::LookedUp;
use crate::hunks::query::QueryHunk;
use crate::lookup::candidate::Candidate;
use crate::lookup::claims::PatchClaims;
use crate::lookup::completion::complete;
use crate::lookup::hunk_ranking::rank_hunk;
use crate::lookup::matches::Matcher;
use crate::lookup::patch_ranking::PatchRanking;
use crate::lookup::prepared_cache::PreparedCache;
use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::readings::Readings;
use crate::lookup::verified_match::MatchesByOrigin;
use crate::lookup::whole_patch::WholePatch;
use crate::lookup::word_search::search_by_words;

/// What a lookup wants.
#[derive(Clone, Debug)]
pub struct LookupOptions<'a> {
    /// Commits that cannot be origins.
    pub excluded: Option<&'a CommitSet>,
    /// How many candidates are wanted, for each hunk and for the patch.
    pub max_candidates: usize,
}

/// Where a patch may have come from.
#[derive(Clone, Debug)]
pub struct PatchAnswer {
    /// For each hunk of the query its candidates, best first.
    pub hunks: Vec<Vec<Candidate>>,
    /// Candidates for the patch as a whole, best first.
    pub candidates: Vec<Candidate>,
}

impl PatchAnswer {
    /// What is answered for the hunks of a patch, by what is answered for those that were looked up for them: of several
    /// the one with the surest candidate.
    pub fn told(self, looked_up: &LookedUp<'_>) -> PatchAnswer {
        let surest = |answers: Vec<Vec<Candidate>>| {
            let confidence = |answer: &Vec<Candidate>| answer.first().map_or(0.0, |first| first.confidence.0);
            let mut answers = answers.into_iter();
            let first = answers.next().unwrap_or_default();
            answers.fold(first, |best, next| if confidence(&next) > confidence(&best) { next } else { best })
        };
        PatchAnswer { hunks: looked_up.told(self.hunks, surest), candidates: self.candidates }
    }
}

/// Everything that a lookup needs at hand.
pub struct Lookup<'a> {
    matcher: Matcher<'a>,
}

impl<'a> Lookup<'a> {
    /// A lookup in an index; `cache` belongs to the same snapshot of it.
    pub fn new(
        graph: &'a CommitGraph,
        retrieval: &'a dyn HunkRetrieval,
        cache: &'a PreparedCache,
    ) -> Lookup<'a> {
        Lookup { matcher: Matcher::new(graph, retrieval, cache) }
    }

    /// The same, which stops with an error where it is cancelled.
    pub fn unless(mut self, cancellation: &Cancellation) -> Lookup<'a> {
        self.matcher.stop_on(cancellation.clone());
        self
    }

    /// Where the hunks of a patch, judged together, may have come from.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub fn patch(
        &mut self,
        hunks: &[QueryHunk],
        options: &LookupOptions<'_>,
    ) -> Result<PatchAnswer, IndexError> {
        self.claiming_patch(hunks, &PatchClaims::default(), options)
    }

    /// The same of a patch that says of its origin what `claims` hold: of what it names all hunks are compared.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub fn claiming_patch(
        &mut self,
        hunks: &[QueryHunk],
        claims: &PatchClaims,
        options: &LookupOptions<'_>,
    ) -> Result<PatchAnswer, IndexError> {
        self.matcher.unload();
        let mut queries = Vec::with_capacity(hunks.len());
        let mut matches = Vec::with_capacity(hunks.len());
        for hunk in hunks {
            let query = self.matcher.prepare(&hunk.stored)?;
            matches.push(self.matcher.matches(&query, options.excluded)?);
            queries.push(query);
        }
        search_by_words(&mut self.matcher, &queries, &mut matches, options.excluded)?;
        complete(&mut self.matcher, &queries, &mut matches, claims, options.excluded)?;
        for (query, matches) in queries.iter().zip(&mut matches) {
            self.matcher.fold(query, matches);
        }
        Ok(self.rank(&queries, &matches, claims, options.max_candidates)?)
    }

    fn rank(
        &self,
        queries: &[PreparedQuery],
        matches: &[MatchesByOrigin],
        claims: &PatchClaims,
        max_candidates: usize,
    ) -> Result<PatchAnswer, Cancelled> {
        let matcher = &self.matcher;
        let cancellation = matcher.cancellation();
        cancellation.check()?;
        let whole = WholePatch::new(matcher.graph(), queries, matches, claims);
        let mut readings = Readings::new(queries, matcher.loaded(), cancellation);
        let mut hunks = Vec::with_capacity(queries.len());
        for (place, (query, matches)) in queries.iter().zip(matches).enumerate() {
            cancellation.check()?;
            hunks.push(rank_hunk(matcher, place, query, matches, &whole, &mut readings, max_candidates));
        }
        let ranking = PatchRanking::new(matcher, queries, matches, &whole, max_candidates);
        let candidates = ranking.candidates(&mut readings, max_candidates, cancellation)?;
        cancellation.check()?;
        Ok(PatchAnswer { hunks, candidates })
    }
}
