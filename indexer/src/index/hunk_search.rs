//! Which hunks agree best with a query, found without reading postings that cannot change the answer.
//!
//! Terms are read from the rarest on. As soon as a hunk that has nothing but the terms that are left could not be
//! among the best any more, these terms only add to the hunks found so far; and of those only the ones are kept that
//! can still be among the best. What is left is summed up once more in the order of the terms, so that an answer does
//! not depend on the order in which its terms were read.

mod agreement_table;
mod searched_segment;
mod term_order;

pub use agreement_table::AgreementTable;
pub use searched_segment::SearchedSegment;
use std::io;
pub use term_order::TermOrder;

use tantivy::DocId;

use crate::index::hunk_place::{HunkPlace, SegmentPlace};
use crate::index::retrieval::RetrievalQuery;
use crate::segment::line_postings::DocumentList;
use agreement_table::{Agreement, Promising};

/// Postings that one search reads at most before it turns to the hunks found so far.
///
/// Terms are taken from the rarest on, so what is left behind are the commonest lines. They still count for the hunks
/// that rarer lines or the path have found. On kernel history of 1.8 million hunks no fewer origins are found with a
/// budget of 1,000 than with 20,000 (`measure_accuracy`).
pub const POSTINGS_BUDGET: u64 = 5_000;

/// A shorter list, or one that is short beside what was found so far, is read rather than asked about: asking looks at
/// all that was found.
const SHORT_LIST: u32 = 32;

/// How far sums of the same weights in different orders may differ, as a share, and more than that: 256 roundings of
/// 2⁻²⁴ each.
const ROUNDING: f32 = 1e-4;

/// A hunk with its agreement.
#[derive(Clone, Copy)]
pub struct ScoredHunk {
    /// As [`crate::index::retrieval::FoundHunk::agreement`], with the bonus for the path.
    pub agreement: f32,
    /// Where it lies.
    pub place: HunkPlace,
}

/// A search over the segments of an index, one after another.
pub struct HunkSearch<'a> {
    query: &'a RetrievalQuery<'a>,
    order: TermOrder,
    query_weight: f32,
    average_weight: f32,
    /// The best so far, and all that equal the last of them.
    scored: Vec<ScoredHunk>,
    /// A hunk that agrees less is not wanted: enough others agree better, or one agrees much better.
    least: f32,
    /// How many hunks of the query's files the segment has that may be found; more than matter are not counted.
    of_paths: usize,
}

impl<'a> HunkSearch<'a> {
    /// A search that has not looked anywhere yet.
    pub fn new(query: &'a RetrievalQuery<'a>) -> HunkSearch<'a> {
        HunkSearch::within(query, POSTINGS_BUDGET)
    }

    /// A search that reads at most `budget` postings for hunks that it has not found yet.
    fn within(query: &'a RetrievalQuery<'a>, budget: u64) -> HunkSearch<'a> {
        let terms = &query.terms;
        let query_weight: f32 = terms.iter().map(|term| term.weight).sum();
        HunkSearch {
            query,
            order: TermOrder::new(terms, budget),
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
        place: SegmentPlace,
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
        if self.at_most(self.order.weight_from(read), 0) + self.query.path_bonus >= self.least {
            table.find_all_of_paths();
        }
        let AgreementTable { found, .. } = table;
        let mut docs: Vec<DocId> = found.iter().map(|agreement| agreement.doc).collect();
        if read < self.order.len() && docs.len() > self.query.limit {
            for place in self.order.places_from(read) {
                add_to(&lists[*place], &docs, self.query.terms[*place].weight, found)?;
            }
            self.keep_promising(segment, table, self.order.len());
            docs = table.found.iter().map(|agreement| agreement.doc).collect();
        }
        self.score(place, segment, &lists, &docs, table)
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
        for rank in 0..self.order.affordable {
            let place = self.order.place(rank);
            let Some(list) = &lists[place] else { continue };
            if list.count() > SHORT_LIST.max(table.found.len() as u32 / 4) {
                self.raise_least(segment, table);
                if self.at_most(self.order.weight_from(rank), 0) < self.least {
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
        Ok(self.order.affordable)
    }

    /// Of the hunks found only those stay that can be among the best, when `read` lists were read.
    fn keep_promising(&mut self, segment: &impl SearchedSegment, table: &mut AgreementTable, read: usize) {
        self.raise_least(segment, table);
        let (rest, open_terms) = (self.order.weight_from(read), (self.order.len() - read) as u64);
        let AgreementTable { found, of_paths, .. } = table;
        // Below this weight a hunk is out of the question, with the file and without terms of its own. Most are: they are
        // left out without working out their shares. What lies within rounding above it is looked at more closely.
        let hopeless =
            (1.0 - ROUNDING) * (self.least - self.query.path_bonus) * self.query_weight / (1.0 + ROUNDING);
        found.retain_mut(|agreement| {
            let weight = agreement.weight + rest;
            if weight < hopeless {
                return false;
            }
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
        segment_place: SegmentPlace,
        segment: &impl SearchedSegment,
        lists: &[Option<DocumentList<'_>>],
        docs: &[DocId],
        table: &mut AgreementTable,
    ) -> io::Result<()> {
        for agreement in &mut table.found {
            (agreement.weight, agreement.terms) = (0.0, 0);
        }
        for place in &self.order.summing {
            add_to(&lists[*place], docs, self.query.terms[*place].weight, &mut table.found)?;
        }
        for agreement in &mut table.found {
            if !self.is_excluded(segment, agreement.doc) {
                let share = self.share(agreement.weight, agreement.own_terms(segment));
                let agreement_with_bonus = share + self.bonus(agreement);
                let place = HunkPlace { segment: segment_place, doc: agreement.doc };
                self.scored.push(ScoredHunk { agreement: agreement_with_bonus, place });
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
        promising.extend(
            found.iter().zip(0..).map(|(agreement, place)| Promising { weight: agreement.weight, place }),
        );
        if promising.len() > 2 * limit {
            promising.select_nth_unstable_by(2 * limit, |a, b| b.weight.total_cmp(&a.weight));
            promising.truncate(2 * limit);
        }
        let mut bounds: Vec<f32> = self.scored.iter().map(|scored| scored.agreement).collect();
        let mut further_of_paths = self.of_paths;
        for hunk in promising.iter() {
            let agreement = &mut found[hunk.place as usize];
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

    /// More than the share can be, in any order of summing up the weight.
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

#[cfg(test)]
mod tests;
