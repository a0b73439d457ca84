//! The hunks of a segment that a search has found so far.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;
use tantivy::DocId;

use super::searched_segment::SearchedSegment;

/// What a hunk and the query are known to have in common.
#[derive(Clone, Copy)]
pub struct Agreement {
    /// The hunk.
    pub doc: DocId,
    /// The number of terms.
    pub terms: u32,
    /// The sum of the weights of the terms.
    pub weight: f32,
    /// How many terms the hunk's lines give; none as long as it was not asked for.
    line_count: Option<u32>,
    /// Whether the path is known to be among it.
    pub has_path: bool,
}

impl Agreement {
    fn of(doc: DocId) -> Agreement {
        Agreement { doc, terms: 0, weight: 0.0, line_count: None, has_path: false }
    }

    /// How many terms the hunk has that the query is not known to have.
    pub fn own_terms(&mut self, segment: &impl SearchedSegment) -> u64 {
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
pub struct AgreementTable {
    places: HashMap<DocId, u32, BuildHasherDefault<FxHasher>>,
    /// What was found.
    pub found: Vec<Agreement>,
    /// The weightiest of them, while the best are looked for.
    pub promising: Vec<Promising>,
    /// Room for what was found together with the hunks of the query's files.
    merged: Vec<Agreement>,
    /// The hunks of the query's files, ascending. A busy file has thousands, so they are found only if it matters.
    pub of_paths: Vec<DocId>,
}

/// Where a hunk stands in the table, and what it weighs.
#[derive(Clone, Copy)]
pub struct Promising {
    /// As in [`Agreement::weight`].
    pub weight: f32,
    /// Its place in [`AgreementTable::found`].
    pub place: u32,
}

impl AgreementTable {
    /// Forgets what was found.
    pub fn clear(&mut self) {
        self.places.clear();
        self.found.clear();
        self.of_paths.clear();
    }

    /// Takes in those hunks of the query's files that have no line of it; what was found is sorted by document.
    pub fn find_all_of_paths(&mut self) {
        let AgreementTable { found, merged, of_paths, .. } = self;
        merged.clear();
        merged.reserve(found.len() + of_paths.len());
        let mut known = found.drain(..).peekable();
        for doc in of_paths.iter() {
            while let Some(agreement) = known.next_if(|agreement| agreement.doc < *doc) {
                merged.push(agreement);
            }
            if known.peek().is_none_or(|agreement| agreement.doc != *doc) {
                merged.push(Agreement { has_path: true, ..Agreement::of(*doc) });
            }
        }
        merged.extend(known);
        std::mem::swap(found, merged);
    }

    /// What is known of a hunk, which may be new.
    pub fn entry(&mut self, doc: DocId) -> &mut Agreement {
        let next = self.found.len() as u32;
        let place = *self.places.entry(doc).or_insert(next);
        if place == next {
            self.found.push(Agreement::of(doc));
        }
        &mut self.found[place as usize]
    }
}
