//! Which hunks agree best with a query, found without reading postings that cannot change the answer.
//!
//! Terms are read from the rarest on. As soon as a hunk that has nothing but the terms that are left could not be
//! among the best any more, these terms only add to the hunks found so far; and of those only the ones are kept that
//! can still be among the best. What is left is summed up once more in the order of the terms, so that an answer does
//! not depend on the order in which its terms were read.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::io;

use rustc_hash::FxHasher;
use tantivy::DocId;

use crate::fingerprint::IndexTerm;
use crate::graph::CommitOrdinal;
use crate::index::retrieval::RetrievalQuery;
use crate::segment::line_postings::DocumentList;

/// Postings that one search reads at most before it turns to the hunks found so far.
///
/// Terms are taken from the rarest on, so what is left behind are the commonest lines. They still count for the hunks
/// that rarer lines or the path have found. On kernel history of 1.8 million hunks no fewer origins are found with a
/// budget of 1,000 than with 20,000 (`measure_accuracy`).
const POSTINGS_BUDGET: u64 = 5_000;

/// A shorter list, or one that is short beside what was found so far, is read rather than asked about: asking looks at
/// all that was found.
const SHORT_LIST: u32 = 32;

/// How far sums of the same weights in different orders may differ, as a share, and more than that: 256 roundings of
/// 2⁻²⁴ each.
const ROUNDING: f32 = 1e-4;

/// What a search asks of a segment.
pub(crate) trait SearchedSegment {
    /// The documents that have a term.
    fn list(&self, term: IndexTerm) -> io::Result<Option<DocumentList<'_>>>;
    /// The documents of a file, ascending.
    fn docs_of_path(&self, path: IndexTerm) -> io::Result<Vec<DocId>>;
    /// How many terms a document's lines give.
    fn line_count(&self, doc: DocId) -> u32;
    /// The commit of a document.
    fn commit_of(&self, doc: DocId) -> CommitOrdinal;
}

/// What a hunk and the query are known to have in common.
#[derive(Clone, Copy)]
struct Agreement {
    doc: DocId,
    /// The number of terms.
    terms: u32,
    /// The sum of the weights of the terms.
    weight: f32,
    /// How many terms the hunk's lines give; none as long as it was not asked for.
    line_count: Option<u32>,
    /// Whether the path is known to be among it.
    has_path: bool,
}

impl Agreement {
    fn of(doc: DocId) -> Agreement {
        Agreement { doc, terms: 0, weight: 0.0, line_count: None, has_path: false }
    }

    /// How many terms the hunk has that the query is not known to have.
    fn own_terms(&mut self, segment: &impl SearchedSegment) -> u64 {
        if self.weight == 0.0 {
            // What nothing is a share of does not matter, and most hunks of a file have only the path.
            return 0;
        }
        let count = *self.line_count.get_or_insert_with(|| segment.line_count(self.doc));
        u64::from(count.saturating_sub(self.terms))
    }
}

/// The hunks of a segment that have something in common with the query; kept between searches, because making one
/// takes longer than most searches.
#[derive(Default)]
pub(crate) struct AgreementTable {
    places: HashMap<DocId, u32, BuildHasherDefault<FxHasher>>,
    found: Vec<Agreement>,
    /// Weights and places, while the best are looked for.
    promising: Vec<(f32, u32)>,
    /// The hunks of the query's files, ascending. A busy file has thousands, so they are found only if it matters.
    of_paths: Vec<DocId>,
}

impl AgreementTable {
    fn clear(&mut self) {
        self.places.clear();
        self.found.clear();
        self.of_paths.clear();
    }

    /// Takes in those hunks of the query's files that have no line of it; what was found is sorted by document.
    fn find_all_of_paths(&mut self) {
        let known = self.found.len();
        for doc in &self.of_paths {
            if self.found[..known].binary_search_by_key(doc, |agreement| agreement.doc).is_err() {
                self.found.push(Agreement { has_path: true, ..Agreement::of(*doc) });
            }
        }
        self.found.sort_unstable_by_key(|agreement| agreement.doc);
    }

    fn entry(&mut self, doc: DocId) -> &mut Agreement {
        let next = self.found.len() as u32;
        let place = *self.places.entry(doc).or_insert(next);
        if place == next {
            self.found.push(Agreement::of(doc));
        }
        &mut self.found[place as usize]
    }
}

/// A hunk with its agreement.
#[derive(Clone, Copy)]
pub(crate) struct ScoredHunk {
    /// As [`crate::index::retrieval::FoundHunk::agreement`], with the bonus for the path.
    pub agreement: f32,
    /// The number of its segment.
    pub segment: usize,
    /// Its document.
    pub doc: DocId,
}

/// A search over the segments of an index, one after another.
pub(crate) struct HunkSearch<'a> {
    query: &'a RetrievalQuery<'a>,
    /// Places of the terms, from the rarest on.
    order: Vec<usize>,
    /// How many of these bring in hunks.
    affordable: usize,
    /// What each of these and all commoner ones weigh together; one more at the end, 0.
    rest: Vec<f32>,
    /// Places of the terms in the order in which they are summed up.
    summing: Vec<usize>,
    query_weight: f32,
    average_weight: f32,
    /// The best so far, and all that equal the last of them.
    scored: Vec<ScoredHunk>,
    /// A hunk that agrees less is not wanted: enough others agree better, or one so much better.
    least: f32,
    /// How many hunks of the query's files the segment has that may be found; more than matter are not counted.
    of_paths: usize,
}

impl<'a> HunkSearch<'a> {
    /// A search that has not looked anywhere yet.
    pub fn new(query: &'a RetrievalQuery<'a>) -> HunkSearch<'a> {
        HunkSearch::within(query, POSTINGS_BUDGET)
    }

    /// A search that reads so many postings for hunks that it has not found yet.
    fn within(query: &'a RetrievalQuery<'a>, budget: u64) -> HunkSearch<'a> {
        let terms = &query.terms;
        let mut order: Vec<usize> = (0..terms.len()).collect();
        order.sort_by_key(|place| terms[*place].frequency);
        let affordable = affordable(order.iter().map(|place| terms[*place].frequency), budget);
        let mut rest = vec![0.0; terms.len() + 1];
        for (rank, place) in order.iter().enumerate().rev() {
            rest[rank] = rest[rank + 1] + terms[*place].weight;
        }
        // Summing goes by the terms' own order, those that bring in hunks first.
        let mut summing = order.clone();
        summing[..affordable].sort_unstable();
        summing[affordable..].sort_unstable();
        let query_weight: f32 = terms.iter().map(|term| term.weight).sum();
        HunkSearch {
            query,
            order,
            affordable,
            rest,
            summing,
            query_weight,
            average_weight: query_weight / terms.len().max(1) as f32,
            scored: Vec::new(),
            least: 0.0,
            of_paths: 0,
        }
    }

    /// Looks into a segment.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn add_segment(
        &mut self,
        number: usize,
        segment: &impl SearchedSegment,
        table: &mut AgreementTable,
    ) -> io::Result<()> {
        let lists: Vec<Option<DocumentList<'_>>> =
            self.query.terms.iter().map(|term| segment.list(term.term)).collect::<io::Result<_>>()?;
        table.clear();
        for path in &self.query.paths {
            table.of_paths.extend(segment.docs_of_path(*path)?);
        }
        table.of_paths.sort_unstable();
        table.of_paths.dedup();
        let wanted = table.of_paths.iter().filter(|doc| !self.is_excluded(segment, **doc));
        self.of_paths = wanted.take(3 * self.limit()).count();
        let read = self.read_lists(segment, &lists, table)?;
        self.keep_promising(segment, table, read);
        table.found.sort_unstable_by_key(|agreement| agreement.doc);
        if self.at_most(self.rest[read], 0) + self.query.path_bonus >= self.least {
            table.find_all_of_paths();
        }
        let AgreementTable { found, .. } = table;
        let mut docs: Vec<DocId> = found.iter().map(|agreement| agreement.doc).collect();
        if read < self.order.len() && docs.len() > self.query.limit {
            for place in &self.order[read..] {
                add_to(&lists[*place], &docs, self.query.terms[*place].weight, found)?;
            }
            self.keep_promising(segment, table, self.order.len());
            docs = table.found.iter().map(|agreement| agreement.doc).collect();
        }
        self.score(number, segment, &lists, &docs, table)
    }

    /// The best hunks, and all that equal the last of them.
    pub fn into_best(mut self) -> Vec<ScoredHunk> {
        let least = self.query.least_share * best_of(self.scored.iter().map(|hunk| hunk.agreement));
        self.scored.retain(|hunk| hunk.agreement >= least);
        self.scored
    }

    /// Reads lists from the rarest on, as long as a hunk that has none of those before can be among the best; returns
    /// how many were read.
    fn read_lists(
        &mut self,
        segment: &impl SearchedSegment,
        lists: &[Option<DocumentList<'_>>],
        table: &mut AgreementTable,
    ) -> io::Result<usize> {
        for rank in 0..self.affordable {
            let place = self.order[rank];
            let Some(list) = &lists[place] else { continue };
            if list.count() > SHORT_LIST.max(table.found.len() as u32 / 4) {
                self.raise_least(segment, table);
                if self.at_most(self.rest[rank], 0) < self.least {
                    return Ok(rank);
                }
            }
            let weight = self.query.terms[place].weight;
            list.for_each(|doc| {
                let agreement = table.entry(doc);
                agreement.weight += weight;
                agreement.terms += 1;
            })?;
        }
        Ok(self.affordable)
    }

    /// Of the hunks found only those stay that can be among the best, when `read` lists were read.
    fn keep_promising(&mut self, segment: &impl SearchedSegment, table: &mut AgreementTable, read: usize) {
        self.raise_least(segment, table);
        let (rest, open_terms) = (self.rest[read], (self.order.len() - read) as u64);
        let AgreementTable { found, of_paths, .. } = table;
        found.retain_mut(|agreement| {
            let weight = agreement.weight + rest;
            // Where the hunk belongs and how many terms it has is looked up only where it matters.
            if self.at_most(weight, 0) + self.query.path_bonus < self.least {
                return false;
            }
            agreement.has_path = agreement.has_path || of_paths.binary_search(&agreement.doc).is_ok();
            let bonus = self.bonus(agreement);
            self.at_most(weight, 0) + bonus >= self.least
                && self.at_most(weight, agreement.own_terms(segment).saturating_sub(open_terms)) + bonus
                    >= self.least
        });
    }

    /// Sums up what the documents have in common with the query.
    fn score(
        &mut self,
        number: usize,
        segment: &impl SearchedSegment,
        lists: &[Option<DocumentList<'_>>],
        docs: &[DocId],
        table: &mut AgreementTable,
    ) -> io::Result<()> {
        for agreement in &mut table.found {
            (agreement.weight, agreement.terms) = (0.0, 0);
        }
        for place in &self.summing {
            add_to(&lists[*place], docs, self.query.terms[*place].weight, &mut table.found)?;
        }
        for agreement in &mut table.found {
            if !self.is_excluded(segment, agreement.doc) {
                let share = self.share(agreement.weight, agreement.own_terms(segment));
                let agreement_with_bonus = share + self.bonus(agreement);
                let scored =
                    ScoredHunk { agreement: agreement_with_bonus, segment: number, doc: agreement.doc };
                self.scored.push(scored);
            }
        }
        // Which of equally good hunks are kept must not depend on where they lie, so all of them stay until the commits
        // are known.
        let limit = self.limit();
        if self.scored.len() > limit {
            let by_agreement = |a: &ScoredHunk, b: &ScoredHunk| b.agreement.total_cmp(&a.agreement);
            let (_, last, _) = self.scored.select_nth_unstable_by(limit - 1, by_agreement);
            let least = last.agreement;
            self.scored.retain(|scored| scored.agreement >= least);
            self.least = self.least.max(least);
        }
        Ok(())
    }

    /// Works out anew how well as many hunks as are wanted agree at least.
    fn raise_least(&mut self, segment: &impl SearchedSegment, table: &mut AgreementTable) {
        let limit = self.limit();
        let AgreementTable { found, promising, of_paths, .. } = table;
        promising.clear();
        promising.extend(found.iter().enumerate().map(|(place, agreement)| (agreement.weight, place as u32)));
        if promising.len() > 2 * limit {
            promising.select_nth_unstable_by(2 * limit, |a, b| b.0.total_cmp(&a.0));
            promising.truncate(2 * limit);
        }
        let mut bounds: Vec<f32> = self.scored.iter().map(|scored| scored.agreement).collect();
        let mut further_of_paths = self.of_paths;
        for (_, place) in promising.iter() {
            let agreement = &mut found[*place as usize];
            if !self.is_excluded(segment, agreement.doc) {
                agreement.has_path = agreement.has_path || of_paths.binary_search(&agreement.doc).is_ok();
                further_of_paths = further_of_paths.saturating_sub(usize::from(agreement.has_path));
                let share = self.share(agreement.weight, agreement.own_terms(segment));
                bounds.push(share * (1.0 - ROUNDING) + self.bonus(agreement));
            }
        }
        self.least = self.least.max(self.query.least_share * best_of(bounds.iter().copied()));
        // The other hunks of the query's files have at least the bonus.
        bounds.extend(std::iter::repeat_n(self.query.path_bonus, further_of_paths.min(limit)));
        if bounds.len() >= limit {
            let (_, bound, _) = bounds.select_nth_unstable_by(limit - 1, |a, b| b.total_cmp(a));
            self.least = self.least.max(*bound);
        }
    }

    fn limit(&self) -> usize {
        self.query.limit.max(1)
    }

    /// More than the share can be, in whatever order the weight was summed up.
    fn at_most(&self, weight: f32, own_terms: u64) -> f32 {
        self.share(weight, own_terms) * (1.0 + ROUNDING)
    }

    /// What agrees, as a share of what either has.
    fn share(&self, weight: f32, own_terms: u64) -> f32 {
        let either = self.query_weight + own_terms as f32 * self.average_weight;
        if either > 0.0 { weight / either } else { 0.0 }
    }

    fn bonus(&self, agreement: &Agreement) -> f32 {
        if agreement.has_path { self.query.path_bonus } else { 0.0 }
    }

    fn is_excluded(&self, segment: &impl SearchedSegment, doc: DocId) -> bool {
        self.query.excluded.is_some_and(|set| set.contains(segment.commit_of(doc)))
    }
}

/// The largest of some agreements; 0 where there is none.
fn best_of(agreements: impl Iterator<Item = f32>) -> f32 {
    agreements.fold(0.0, f32::max)
}

/// Adds a term to those of `found`, whose documents are `docs`, that have it.
fn add_to(
    list: &Option<DocumentList<'_>>,
    docs: &[DocId],
    weight: f32,
    found: &mut [Agreement],
) -> io::Result<()> {
    let Some(list) = list else { return Ok(()) };
    list.for_each_of(docs, |place| {
        found[place].weight += weight;
        found[place].terms += 1;
    })
}

/// How many of the terms, from the rarest on, stay within the budget together.
fn affordable(frequencies: impl Iterator<Item = u32>, budget: u64) -> usize {
    let sums = frequencies.scan(0, |sum, frequency| {
        *sum += u64::from(frequency);
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= budget).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::LineHash;
    use crate::graph::CommitSet;
    use crate::index::retrieval::WeightedTerm;
    use crate::segment::line_postings::{LinePostings, PostingsWriter};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::ops::Range;
    use tantivy::directory::OwnedBytes;

    /// A segment; every document is the only hunk of a commit, which are numbered through all segments.
    struct Documents {
        first_commit: u32,
        lists: BTreeMap<IndexTerm, BTreeSet<DocId>>,
        postings: LinePostings,
        of_path: BTreeSet<DocId>,
        extra_lines: Vec<u32>,
    }

    impl Documents {
        /// A segment of the commits in a range, of which `lists`, `of_path` and `extra_lines` tell by their numbers.
        fn new(
            commits: Range<u32>,
            lists: &[BTreeSet<u32>],
            of_path: &BTreeSet<u32>,
            extra_lines: &[u32],
        ) -> Documents {
            let documents = |list: &BTreeSet<u32>| -> BTreeSet<DocId> {
                list.range(commits.clone()).map(|commit| commit - commits.start).collect()
            };
            let lists: BTreeMap<IndexTerm, BTreeSet<DocId>> =
                lists.iter().enumerate().map(|(number, list)| (term(number), documents(list))).collect();
            let mut writer = PostingsWriter::new(Vec::new(), lists.len() as u64, commits.len() as u32);
            for (term, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
                writer.add(term.number(), &list.iter().copied().collect::<Vec<_>>()).unwrap();
            }
            let postings = LinePostings::open(OwnedBytes::new(writer.finish().unwrap())).unwrap();
            let extra_lines = extra_lines[commits.start as usize..commits.end as usize].to_vec();
            Documents {
                first_commit: commits.start,
                lists,
                postings,
                of_path: documents(of_path),
                extra_lines,
            }
        }

        /// What is found in it by looking at every document.
        fn best_of_all(&self, query: &RetrievalQuery<'_>, budget: u64) -> Vec<(f32, CommitOrdinal)> {
            let search = HunkSearch::within(query, budget);
            let mut all = Vec::new();
            for doc in 0..self.extra_lines.len() as DocId {
                let has = |place: &&usize| self.lists[&query.terms[**place].term].contains(&doc);
                let weight: f32 =
                    search.summing.iter().filter(has).map(|place| query.terms[*place].weight).sum();
                let has_path = !query.paths.is_empty() && self.of_path.contains(&doc);
                let has_affordable = search.summing[..search.affordable].iter().any(|place| has(&place));
                let is_excluded = query.excluded.is_some_and(|set| set.contains(self.commit_of(doc)));
                if (has_affordable || has_path) && !is_excluded {
                    let terms = search.summing.iter().filter(has).count() as u32;
                    let own = u64::from(self.line_count(doc).saturating_sub(terms));
                    let bonus = if has_path { query.path_bonus } else { 0.0 };
                    all.push((search.share(weight, own) + bonus, self.commit_of(doc)));
                }
            }
            all
        }
    }

    impl SearchedSegment for Documents {
        fn list(&self, term: IndexTerm) -> io::Result<Option<DocumentList<'_>>> {
            self.postings.find(term.number())
        }

        fn docs_of_path(&self, _: IndexTerm) -> io::Result<Vec<DocId>> {
            Ok(self.of_path.iter().copied().collect())
        }

        fn line_count(&self, doc: DocId) -> u32 {
            let terms = self.lists.values().filter(|list| list.contains(&doc)).count() as u32;
            terms + self.extra_lines[doc as usize]
        }

        fn commit_of(&self, doc: DocId) -> CommitOrdinal {
            CommitOrdinal(self.first_commit + doc)
        }
    }

    fn term(number: usize) -> IndexTerm {
        LineHash((number as u64 + 1) << 58).into()
    }

    fn ordered(mut hunks: Vec<(f32, CommitOrdinal)>, limit: usize) -> Vec<(f32, CommitOrdinal)> {
        hunks.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        hunks.truncate(limit);
        hunks
    }

    const COMMITS: u32 = 400;

    type Parts = (Vec<BTreeSet<u32>>, BTreeSet<u32>, Vec<u32>);

    fn any_parts() -> impl Strategy<Value = Parts> {
        let commits = || prop::collection::btree_set(0..COMMITS, 1..200);
        let lists = prop::collection::vec(commits(), 1..12);
        let of_path = prop::collection::btree_set(0..COMMITS, 0..40);
        (lists, of_path, prop::collection::vec(0u32..9, COMMITS as usize))
    }

    proptest! {
        #[test]
        fn what_is_not_read_changes_nothing(
            (lists, of_path, extra_lines) in any_parts(),
            cuts in prop::collection::btree_set(1..COMMITS, 0..3),
            weights in prop::collection::vec(0.5f32..15.0, 12),
            budget in prop_oneof![Just(u64::MAX), 0u64..1500],
            has_path: bool,
            excluded in prop::collection::btree_set(0..COMMITS, 0..200),
            limit in 1usize..20,
            least_share in prop_oneof![Just(0.0f32), 0.0f32..1.0],
        ) {
            let starts = std::iter::once(0).chain(cuts.iter().copied());
            let ends = cuts.iter().copied().chain([COMMITS]);
            let segments: Vec<Documents> = starts
                .zip(ends)
                .map(|(start, end)| Documents::new(start..end, &lists, &of_path, &extra_lines))
                .collect();
            let mut set = CommitSet::default();
            for commit in excluded {
                set.insert(CommitOrdinal(commit));
            }
            let terms = lists.iter().enumerate().zip(weights).map(|((number, list), weight)| WeightedTerm {
                term: term(number),
                weight,
                frequency: list.len() as u32,
            });
            let query = RetrievalQuery {
                terms: terms.collect(),
                paths: if has_path { vec![term(0)] } else { Vec::new() },
                path_bonus: 0.15,
                excluded: Some(&set),
                limit,
                least_share,
            };

            let (mut search, mut table) = (HunkSearch::within(&query, budget), AgreementTable::default());
            for (number, segment) in segments.iter().enumerate() {
                search.add_segment(number, segment, &mut table).unwrap();
            }
            let commit = |hunk: &ScoredHunk| (hunk.agreement, segments[hunk.segment].commit_of(hunk.doc));
            let found = search.into_best().iter().map(commit).collect();

            let all: Vec<_> = segments.iter().flat_map(|part| part.best_of_all(&query, budget)).collect();
            let best = best_of(all.iter().map(|(agreement, _)| *agreement));
            let wanted = all.into_iter().filter(|(agreement, _)| *agreement >= least_share * best);
            prop_assert_eq!(ordered(found, limit), ordered(wanted.collect(), limit));
        }
    }
}
