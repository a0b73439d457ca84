//! The matches of a hunk of the query: what retrieval finds, compared line by line.

use std::sync::Arc;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::graph::{CommitGraph, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery};
use hunktrace_indexer::segment::stored_hunk::StoredHunk;
use rustc_hash::FxHashMap;

use crate::hunks::comparison::{compare, have_common_line};
use crate::hunks::line_weights::LineWeights;
use crate::hunks::prepared_hunk::PreparedHunk;
use crate::index::origin::origin_of;
use crate::lookup::hunk_forms::{fold_lines, join_hunks};
use crate::lookup::own_hunks::OwnHunks;
use crate::lookup::prepared_cache::PreparedCache;
use crate::lookup::prepared_query::PreparedQuery;
use crate::lookup::query_terms::{query_paths, query_terms, weighed_lines};
use crate::lookup::verified_match::{MatchesByOrigin, VerifiedMatch, keep_best};

/// Hunks that retrieval is asked for at most, and that are compared line by line. Tuned: see `docs/constants.md`,
/// `VERIFIED_HUNKS`.
const VERIFIED_HUNKS: usize = 10;

/// A hunk that agrees less than this share of what the best one does is not compared: beside a hunk that has all lines
/// of the query, those that have its path or a common line alone are no candidates. Tuned: see `docs/constants.md`,
/// `LEAST_AGREEMENT_SHARE`.
const LEAST_AGREEMENT_SHARE: f32 = 0.2;

/// Hunks of the same file that do less than this share of the same to words are not compared. Tuned: see
/// `docs/constants.md`, `LEAST_EDIT_SHARE`.
const LEAST_EDIT_SHARE: f32 = 0.1;

/// What the right path adds to the estimated agreement of a retrieved hunk. Tuned: see `docs/constants.md`, `PATH_BONUS`.
const PATH_BONUS: f32 = 0.15;

/// Finds matches in an index, and keeps what it has loaded of the present patch.
pub(super) struct Matcher<'a> {
    graph: &'a CommitGraph,
    retrieval: &'a dyn HunkRetrieval,
    weights: LineWeights<'a>,
    hasher: LineHasher,
    cache: &'a PreparedCache,
    cancellation: Cancellation,
    loaded: FxHashMap<HunkId, Arc<PreparedHunk>>,
}

impl<'a> Matcher<'a> {
    /// A matcher that has loaded nothing; `cache` belongs to the same snapshot of the index.
    pub(super) fn new(
        graph: &'a CommitGraph,
        retrieval: &'a dyn HunkRetrieval,
        cache: &'a PreparedCache,
    ) -> Matcher<'a> {
        Matcher {
            graph,
            retrieval,
            weights: LineWeights::new(retrieval),
            hasher: LineHasher::default(),
            cache,
            cancellation: Cancellation::default(),
            loaded: FxHashMap::default(),
        }
    }

    /// Stops what is done from now on where it is cancelled.
    pub(super) fn stop_on(&mut self, cancellation: Cancellation) {
        self.cancellation = cancellation;
    }

    /// What stops it.
    pub(super) fn cancellation(&self) -> &Cancellation {
        &self.cancellation
    }

    /// Forgets what was loaded: the cache keeps it as far as there is room.
    pub(super) fn unload(&mut self) {
        self.loaded.clear();
    }

    /// The graph of the index.
    pub(super) fn graph(&self) -> &'a CommitGraph {
        self.graph
    }

    /// The index.
    pub(super) fn retrieval(&self) -> &'a dyn HunkRetrieval {
        self.retrieval
    }

    /// The weight of a line that no hunk has, in nats.
    pub(super) fn rarest_line(&self) -> f32 {
        self.weights.rarest()
    }

    /// Whether a hunk that was compared makes its file.
    pub(super) fn brings_file(&self, hunk: HunkId) -> bool {
        self.loaded.get(&hunk).is_some_and(|hunk| hunk.has_lines && hunk.old_start == 0)
    }

    /// The hunks of history that were compared.
    pub(super) fn loaded(&self) -> &FxHashMap<HunkId, Arc<PreparedHunk>> {
        &self.loaded
    }

    /// Makes a hunk of the query ready.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub(super) fn prepare(&mut self, stored: &StoredHunk) -> Result<PreparedQuery, IndexError> {
        let hunk = PreparedHunk::unless(&stored.view(), &mut self.hasher, &self.cancellation)?;
        self.weights.learn(weighed_lines(&hunk), &self.cancellation)?;
        let weight = hunk.changed.iter().map(|line| self.weights.of(line)).sum();
        let mut knows_path = false;
        for path in query_paths(&hunk) {
            knows_path |= self.retrieval.has_path(path)?;
        }
        Ok(PreparedQuery { hunk, weight, knows_path })
    }

    /// Retrieves hunks and compares them; commits in `excluded` are not retrieved.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub(super) fn matches(
        &mut self,
        query: &PreparedQuery,
        excluded: Option<&CommitSet>,
    ) -> Result<MatchesByOrigin, IndexError> {
        let found = self.retrieval.search(&RetrievalQuery {
            terms: query_terms(&query.hunk, &self.weights),
            paths: query_paths(&query.hunk),
            path_bonus: PATH_BONUS,
            excluded,
            limit: VERIFIED_HUNKS,
            least_share: LEAST_AGREEMENT_SHARE,
        })?;
        let mut matches = MatchesByOrigin::new();
        self.compare_all(query, &found, &mut matches)?;
        Ok(matches)
    }

    /// Compares hunks with one of the query; each becomes the match of its origin where it is better than the one there.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub(super) fn compare_all(
        &mut self,
        query: &PreparedQuery,
        found: &[FoundHunk],
        matches: &mut MatchesByOrigin,
    ) -> Result<(), IndexError> {
        self.cancellation.check()?;
        self.load(found)?;
        for found in found {
            self.cancellation.check()?;
            let Some(candidate) = self.loaded.get(&found.id) else { continue };
            if candidate.path != query.hunk.path && !have_common_line(&query.hunk, candidate) {
                continue;
            }
            let verified = self.verified(query, found, candidate);
            keep_best(matches, origin_of(self.graph, found.commit), verified);
        }
        let with_hunk = |found: &FoundHunk| Some((*found, self.loaded.get(&found.id)?));
        let found: Vec<(FoundHunk, &Arc<PreparedHunk>)> = found.iter().filter_map(with_hunk).collect();
        let compare_form = |form: &PreparedHunk| compare(&query.hunk, form, &self.weights);
        join_hunks(&query.hunk, &found, matches, compare_form, &self.cancellation);
        Ok(())
    }

    /// Lets matches of a hunk of the query stand without what later ones of them have rewritten.
    pub(super) fn fold(&self, query: &PreparedQuery, matches: &mut MatchesByOrigin) {
        let form_of = |verified: &VerifiedMatch| {
            let form = verified.read_as.as_ref().map(|form| Arc::clone(&form.hunk));
            form.or_else(|| self.loaded.get(&verified.hunk).map(Arc::clone))
        };
        let compare_form = |form: &PreparedHunk| compare(&query.hunk, form, &self.weights);
        fold_lines(&query.hunk, matches, form_of, compare_form, &self.cancellation);
    }

    /// Compares those of the hunks that do the same to some of the query's words, the most alike first.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub(super) fn compare_edits(
        &mut self,
        query: &PreparedQuery,
        found: &[FoundHunk],
        matches: &mut MatchesByOrigin,
    ) -> Result<(), IndexError> {
        self.load(found)?;
        let edit = |found: &FoundHunk| {
            let share = query.hunk.edits().share(self.loaded.get(&found.id)?.edits());
            (share >= LEAST_EDIT_SHARE).then_some((share, *found))
        };
        let mut alike: Vec<(f32, FoundHunk)> = found.iter().filter_map(edit).collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        alike.truncate(VERIFIED_HUNKS);
        let alike: Vec<FoundHunk> = alike.into_iter().map(|(_, found)| found).collect();
        self.compare_all(query, &alike, matches)
    }

    /// The hunks of a commit, loaded.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub(super) fn own_hunks(&mut self, found: Vec<FoundHunk>) -> Result<OwnHunks, IndexError> {
        self.load(&found)?;
        let loaded = |found: FoundHunk| Some((found, Arc::clone(self.loaded.get(&found.id)?)));
        Ok(OwnHunks::new(found.into_iter().filter_map(loaded).collect()))
    }

    /// Compares the hunks of a commit with one of the query, as [`Matcher::compare_all`] does.
    ///
    /// # Errors
    /// Where it is cancelled.
    pub(super) fn compare_own(
        &self,
        query: &PreparedQuery,
        own: &OwnHunks,
        matches: &mut MatchesByOrigin,
    ) -> Result<(), IndexError> {
        self.cancellation.check()?;
        let related: Vec<(FoundHunk, &Arc<PreparedHunk>)> =
            own.related(&query.hunk).map(|(found, hunk)| (*found, hunk)).collect();
        for (found, candidate) in &related {
            self.cancellation.check()?;
            let verified = self.verified(query, found, candidate);
            keep_best(matches, origin_of(self.graph, found.commit), verified);
        }
        let compare_form = |form: &PreparedHunk| compare(&query.hunk, form, &self.weights);
        join_hunks(&query.hunk, &related, matches, compare_form, &self.cancellation);
        Ok(())
    }

    /// The match of a commit that has no hunk for one of the query's: of its hunks the one whose file is the likeliest.
    /// None if the commit has no hunks.
    pub(super) fn closest_by_path(&self, query: &PreparedQuery, own: &mut OwnHunks) -> Option<VerifiedMatch> {
        let (found, candidate) = own.closest(&query.hunk)?;
        Some(self.verified(query, found, candidate))
    }

    /// A hunk that was loaded, compared with one of the query.
    fn verified(&self, query: &PreparedQuery, found: &FoundHunk, candidate: &PreparedHunk) -> VerifiedMatch {
        let comparison = compare(&query.hunk, candidate, &self.weights);
        VerifiedMatch::new(found.commit, found.id, comparison, candidate.path.clone())
    }

    fn load(&mut self, found: &[FoundHunk]) -> Result<(), IndexError> {
        let mut absent = Vec::new();
        for FoundHunk { id, .. } in found {
            if !self.loaded.contains_key(id) {
                match self.cache.get(*id) {
                    Some(prepared) => drop(self.loaded.insert(*id, prepared)),
                    None => absent.push(*id),
                }
            }
        }
        let Matcher { retrieval, cache, hasher, loaded, .. } = self;
        retrieval.visit(&absent, &mut |place, hunk| {
            let prepared = Arc::new(PreparedHunk::new(hunk, hasher));
            cache.insert(absent[place], Arc::clone(&prepared));
            loaded.insert(absent[place], prepared);
        })
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::graph::CommitOrdinal;

    use super::*;
    use crate::hunks::comparison::MatchKind;
    use crate::memory_index::{MemoryIndex, carrier, commit, commit_set, hunk_at};

    const BODY: &str =
        " \tint ret;\n-\tret = start(device);\n+\tret = start(device, mode);\n \treturn ret;\n";

    /// What of the index matches a hunk: for each origin the commit of the best hunk and how it matches.
    fn found(
        index: &MemoryIndex,
        asked: &StoredHunk,
        excluded: Option<&CommitSet>,
    ) -> Vec<(u32, u32, MatchKind)> {
        let cache = PreparedCache::default();
        let mut matcher = Matcher::new(&index.graph, index, &cache);
        let query = matcher.prepare(asked).unwrap();
        let matches = matcher.matches(&query, excluded).unwrap();
        matches.iter().map(|(origin, best)| (origin.0, best.commit.0, best.comparison.kind)).collect()
    }

    #[test]
    fn hunks_are_matched_by_their_lines_and_kept_by_origin() {
        let index = MemoryIndex::of([
            commit([hunk_at("fs/a.c", 5, &BODY.replace("mode", "flags"))]),
            carrier(CommitOrdinal(0), [hunk_at("fs/a.c", 9, BODY)]),
            commit([hunk_at("fs/b.c", 5, BODY)]),
        ]);
        let asked = hunk_at("fs/a.c", 9, BODY);
        let expected = [(0, 1, MatchKind::Exact), (2, 2, MatchKind::Normalized)];
        assert_eq!(found(&index, &asked, None), expected);
        let base = commit_set([CommitOrdinal(1)]);
        assert_eq!(found(&index, &asked, Some(&base))[0], (0, 0, MatchKind::Fuzzy));
    }

    #[test]
    fn common_context_in_another_file_is_no_match() {
        let other_change = " \tint ret;\n+\tlock(device);\n \treturn ret;\n";
        let index = MemoryIndex::of([
            commit([hunk_at("fs/b.c", 5, other_change)]),
            commit([hunk_at("fs/a.c", 5, other_change)]),
        ]);
        assert_eq!(found(&index, &hunk_at("fs/a.c", 5, BODY), None), [(1, 1, MatchKind::Fuzzy)]);
    }

    #[test]
    fn query_knows_its_weight_and_whether_history_knows_its_path() {
        let index = MemoryIndex::of([commit([hunk_at("fs/a.c", 5, BODY)])]);
        let cache = PreparedCache::default();
        let mut matcher = Matcher::new(&index.graph, &index, &cache);
        let known = matcher.prepare(&hunk_at("fs/a.c", 5, "+\tnew_line();\n+\t}\n")).unwrap();
        assert!(known.knows_path);
        // One line that no hunk has, and one without a word.
        assert!((known.weight - matcher.rarest_line() - 0.1).abs() < 1e-6, "{}", known.weight);
        assert!(!matcher.prepare(&hunk_at("fs/new.c", 5, BODY)).unwrap().knows_path);
    }

    #[test]
    fn hunks_that_are_kept_are_not_loaded_again() {
        let index = MemoryIndex::of([commit([hunk_at("fs/a.c", 5, BODY)])]);
        let cache = PreparedCache::default();
        for _ in 0..2 {
            let mut matcher = Matcher::new(&index.graph, &index, &cache);
            let query = matcher.prepare(&hunk_at("fs/a.c", 5, BODY)).unwrap();
            assert_eq!(matcher.matches(&query, None).unwrap().len(), 1);
            assert_eq!(matcher.loaded().len(), 1);
            assert_eq!(index.loaded(), 1);
        }
    }
}
