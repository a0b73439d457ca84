//! An index whose hunks are elsewhere, as in tables on a cluster: what was gathered of them for a question, and what of them
//! the question still needs.
//!
//! The engine asks it as it asks any index. What was not gathered is noted, and answered as if there were nothing; so an
//! answer counts only where nothing is missing. What is noted is all of one kind ([`MissingFacts`]): what is asked for
//! after something was missing may not be needed.

use std::sync::Mutex;

use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::xxh3_64;

use crate::fingerprint::{IndexTerm, LineHasher, sampled_terms};
use crate::graph::{CommitGraph, CommitOrdinal, CommitSet};
use crate::index::folder::IndexError;
use crate::index::hunk_search::{POSTINGS_BUDGET, TermOrder};
use crate::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery};
use crate::segment::stored_hunk::{HunkView, StoredHunk};

/// The number of a hunk: its commit's ordinal times 2³² and its place in the commit.
pub fn hunk_number(commit: CommitOrdinal, number: u32) -> HunkId {
    HunkId(u64::from(commit.0) << 32 | u64::from(number))
}

fn found_hunk(id: HunkId, agreement: f32) -> FoundHunk {
    FoundHunk { id, commit: CommitOrdinal((id.0 >> 32) as u32), number: id.0 as u32, agreement }
}

/// Names a search: equal for equal searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SearchKey(pub u64);

impl SearchKey {
    /// The name of a search; it fits into 63 bits.
    fn of(query: &RetrievalQuery<'_>) -> SearchKey {
        let mut bytes = vec![u8::from(query.excluded.is_some())];
        for term in &query.terms {
            bytes.extend_from_slice(term.term.as_bytes());
            bytes.extend(term.weight.to_le_bytes());
        }
        query.paths.iter().for_each(|path| bytes.extend_from_slice(path.as_bytes()));
        SearchKey(xxh3_64(&bytes) >> 1)
    }
}

/// A search that was not made.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingSearch {
    /// Its name.
    pub key: SearchKey,
    /// The terms, what each weighs, and whether it finds hunks: the commonest only add to what was found.
    pub terms: Vec<(IndexTerm, f32, bool)>,
    /// The terms of the paths.
    pub paths: Vec<IndexTerm>,
    /// What the right path adds to a hunk's agreement.
    pub path_bonus: f32,
    /// Whether commits are excluded.
    pub is_excluding: bool,
    /// How many hunks are wanted.
    pub limit: usize,
}

/// What was asked for and not gathered, each once. All but one of the lists are empty, except that terms and paths may come
/// together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MissingFacts {
    /// Terms of lines whose frequency is not known.
    pub terms: Vec<IndexTerm>,
    /// Terms of paths of which it is not known whether there are hunks.
    pub paths: Vec<IndexTerm>,
    /// Searches that were not made.
    pub searches: Vec<MissingSearch>,
    /// Terms of paths whose hunks are not known.
    pub hunks_of_paths: Vec<IndexTerm>,
    /// Hunks that were not loaded.
    pub hunks: Vec<HunkId>,
}

impl MissingFacts {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
            && self.paths.is_empty()
            && self.searches.is_empty()
            && self.hunks_of_paths.is_empty()
            && self.hunks.is_empty()
    }
}

/// A kind of facts that may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Frequencies of terms, and which paths there are.
    Known,
    Searches,
    HunksOfPaths,
    Hunks,
}

/// What is missing, and of which kind it is; of none as long as nothing is.
#[derive(Default)]
struct Noted {
    kind: Option<Kind>,
    facts: MissingFacts,
}

/// A hunk that was gathered.
struct GatheredHunk {
    stored: StoredHunk,
    /// Sorted.
    terms: Vec<IndexTerm>,
    /// How many terms the lines give before long hunks are sampled.
    line_count: usize,
}

/// The hunks of an index as far as they were gathered for a question.
pub struct GatheredHunks<'a> {
    graph: &'a CommitGraph,
    frequencies: FxHashMap<IndexTerm, u32>,
    paths: FxHashMap<IndexTerm, bool>,
    hunks_of_paths: FxHashMap<IndexTerm, Vec<HunkId>>,
    searches: FxHashSet<SearchKey>,
    hunks: FxHashMap<HunkId, GatheredHunk>,
    by_term: FxHashMap<IndexTerm, Vec<HunkId>>,
    by_path: FxHashMap<IndexTerm, Vec<HunkId>>,
    hasher: LineHasher,
    noted: Mutex<Noted>,
}

impl<'a> GatheredHunks<'a> {
    /// Of the index that has this graph; nothing is gathered yet.
    pub fn new(graph: &'a CommitGraph) -> GatheredHunks<'a> {
        GatheredHunks {
            graph,
            frequencies: FxHashMap::default(),
            paths: FxHashMap::default(),
            hunks_of_paths: FxHashMap::default(),
            searches: FxHashSet::default(),
            hunks: FxHashMap::default(),
            by_term: FxHashMap::default(),
            by_path: FxHashMap::default(),
            hasher: LineHasher::default(),
            noted: Mutex::default(),
        }
    }

    /// So many hunks have a term.
    pub fn add_frequency(&mut self, term: IndexTerm, hunks: u32) {
        self.frequencies.insert(term, hunks);
    }

    /// There are hunks under a path, or not.
    pub fn add_path(&mut self, path: IndexTerm, is_known: bool) {
        self.paths.insert(path, is_known);
    }

    /// A search was made: the hunks that agree best are gathered.
    pub fn add_search(&mut self, key: SearchKey) {
        self.searches.insert(key);
    }

    /// These are all hunks of a file.
    ///
    /// # Errors
    /// [`IndexError::Gathered`] where the index has no hunk of such a number.
    pub fn add_hunks_of_path(&mut self, path: IndexTerm, mut hunks: Vec<HunkId>) -> Result<(), IndexError> {
        hunks.iter().try_for_each(|id| self.check(*id))?;
        hunks.sort_unstable();
        hunks.dedup();
        self.hunks_of_paths.insert(path, hunks);
        Ok(())
    }

    /// A hunk, by its record.
    ///
    /// # Errors
    /// [`IndexError::Gathered`] where the index has no hunk of such a number, or the record makes no sense.
    pub fn add_hunk(&mut self, id: HunkId, record: &[u8]) -> Result<(), IndexError> {
        self.check(id)?;
        if self.hunks.contains_key(&id) {
            return Ok(());
        }
        let stored = StoredHunk::decode(record).map_err(|error| IndexError::Gathered(error.to_string()))?;
        let lines = stored.line_terms(&mut self.hasher);
        let terms: Vec<IndexTerm> = sampled_terms(&lines).collect();
        terms.iter().for_each(|term| self.by_term.entry(*term).or_default().push(id));
        stored.path_terms().for_each(|path| self.by_path.entry(path).or_default().push(id));
        self.hunks.insert(id, GatheredHunk { stored, terms, line_count: lines.len() });
        Ok(())
    }

    fn check(&self, id: HunkId) -> Result<(), IndexError> {
        let FoundHunk { commit, number, .. } = found_hunk(id, 0.0);
        match commit.index() < self.graph.len() && number < self.graph.hunk_count(commit) {
            true => Ok(()),
            false => Err(IndexError::Gathered(format!("there is no hunk {number} of commit {}", commit.0))),
        }
    }

    /// What was asked for and not gathered.
    pub fn into_missing(self) -> MissingFacts {
        let mut missing = self.noted.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).facts;
        let MissingFacts { terms, paths, searches, hunks_of_paths, hunks } = &mut missing;
        for list in [terms, paths, hunks_of_paths] {
            list.sort_unstable();
            list.dedup();
        }
        searches.sort_by_key(|search| search.key);
        searches.dedup_by_key(|search| search.key);
        hunks.sort_unstable();
        hunks.dedup();
        missing
    }

    /// Notes that something is missing, unless something of another kind is.
    fn note(&self, kind: Kind, add: impl FnOnce(&mut MissingFacts)) {
        let mut noted = self.noted.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if *noted.kind.get_or_insert(kind) == kind {
            add(&mut noted.facts);
        }
    }

    /// The hunks that have something in common with a search, as it would find them, best first.
    fn best(&self, query: &RetrievalQuery<'_>) -> Vec<FoundHunk> {
        let order = TermOrder::new(&query.terms, POSTINGS_BUDGET);
        let finding = (0..order.affordable).map(|rank| query.terms[order.place(rank)].term);
        let by_terms = finding.filter_map(|term| self.by_term.get(&term)).flatten();
        let of_paths: FxHashSet<HunkId> =
            query.paths.iter().filter_map(|path| self.by_path.get(path)).flatten().copied().collect();
        let ids: FxHashSet<HunkId> = by_terms.chain(&of_paths).copied().collect();
        let is_excluded = |hunk: &FoundHunk| query.excluded.is_some_and(|set| set.contains(hunk.commit));
        let agreement = |id: &HunkId| {
            let bonus = if of_paths.contains(id) { query.path_bonus } else { 0.0 };
            found_hunk(*id, self.share(query, &order, *id) + bonus)
        };
        let mut found: Vec<FoundHunk> = ids.iter().map(agreement).filter(|hunk| !is_excluded(hunk)).collect();
        let best = found.iter().map(|hunk| hunk.agreement).fold(0.0, f32::max);
        found.retain(|hunk| hunk.agreement >= query.least_share * best);
        found.sort_unstable_by(|a, b| b.agreement.total_cmp(&a.agreement).then(a.id.cmp(&b.id)));
        found.truncate(query.limit);
        found
    }

    /// What a hunk has in common with a search, as a share of what either has, summed up in the order of a search.
    fn share(&self, query: &RetrievalQuery<'_>, order: &TermOrder, id: HunkId) -> f32 {
        let Some(hunk) = self.hunks.get(&id) else { return 0.0 };
        let query_weight: f32 = query.terms.iter().map(|term| term.weight).sum();
        let average_weight = query_weight / query.terms.len().max(1) as f32;
        let (mut weight, mut count) = (0.0, 0);
        for place in &order.summing {
            let term = &query.terms[*place];
            if hunk.terms.binary_search(&term.term).is_ok() {
                (weight, count) = (weight + term.weight, count + 1);
            }
        }
        let own_terms = if weight == 0.0 { 0 } else { hunk.line_count.saturating_sub(count) };
        let either = query_weight + own_terms as f32 * average_weight;
        if either > 0.0 { weight / either } else { 0.0 }
    }
}

impl HunkRetrieval for GatheredHunks<'_> {
    fn hunk_count(&self) -> u64 {
        self.graph.total_hunks()
    }

    fn frequencies(&self, terms: &[IndexTerm]) -> Result<Vec<u32>, IndexError> {
        let known = |term: &IndexTerm| {
            let known = self.frequencies.get(term).copied();
            known.unwrap_or_else(|| {
                self.note(Kind::Known, |missing| missing.terms.push(*term));
                0
            })
        };
        Ok(terms.iter().map(known).collect())
    }

    fn search(&self, query: &RetrievalQuery<'_>) -> Result<Vec<FoundHunk>, IndexError> {
        let key = SearchKey::of(query);
        if self.searches.contains(&key) {
            return Ok(self.best(query));
        }
        self.note(Kind::Searches, |missing| {
            let order = TermOrder::new(&query.terms, POSTINGS_BUDGET);
            let by_rank = (0..order.len()).map(|rank| (&query.terms[order.place(rank)], rank));
            missing.searches.push(MissingSearch {
                key,
                terms: by_rank
                    .map(|(term, rank)| (term.term, term.weight, rank < order.affordable))
                    .collect(),
                paths: query.paths.clone(),
                path_bonus: query.path_bonus,
                is_excluding: query.excluded.is_some(),
                limit: query.limit,
            });
        });
        Ok(Vec::new())
    }

    fn hunks_of(&self, commit: CommitOrdinal) -> Result<Vec<FoundHunk>, IndexError> {
        let numbers = 0..self.graph.hunk_count(commit);
        Ok(numbers.map(|number| found_hunk(hunk_number(commit, number), 0.0)).collect())
    }

    fn hunks_of_path(
        &self,
        path: IndexTerm,
        excluded: Option<&CommitSet>,
    ) -> Result<Vec<FoundHunk>, IndexError> {
        let Some(hunks) = self.hunks_of_paths.get(&path) else {
            self.note(Kind::HunksOfPaths, |missing| missing.hunks_of_paths.push(path));
            return Ok(Vec::new());
        };
        let found = hunks.iter().map(|id| found_hunk(*id, 0.0));
        Ok(found.filter(|hunk| !excluded.is_some_and(|set| set.contains(hunk.commit))).collect())
    }

    fn visit(&self, hunks: &[HunkId], visit: &mut dyn FnMut(usize, &HunkView<'_>)) -> Result<(), IndexError> {
        for (place, id) in hunks.iter().enumerate() {
            match self.hunks.get(id) {
                Some(hunk) => visit(place, &hunk.stored.view()),
                None => self.note(Kind::Hunks, |missing| missing.hunks.push(*id)),
            }
        }
        Ok(())
    }

    fn has_path(&self, path: IndexTerm) -> Result<bool, IndexError> {
        let known = self.paths.get(&path).copied();
        Ok(known.unwrap_or_else(|| {
            self.note(Kind::Known, |missing| missing.paths.push(path));
            false
        }))
    }
}
