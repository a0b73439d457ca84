//! How hunks are found and loaded in a snapshot.

use std::sync::{Mutex, MutexGuard};

use tantivy::DocId;

use crate::fingerprint::IndexTerm;
use crate::graph::{CommitOrdinal, CommitSet};
use crate::index::folder::IndexError;
use crate::index::hunk_place::{HunkPlace, SegmentPlace};
use crate::index::hunk_search::{AgreementTable, HunkSearch, ScoredHunk, SearchedSegment};
use crate::index::known_damage::IndexPart;
use crate::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery};
use crate::index::snapshot::Snapshot;
use crate::index::snapshot::segment::OpenSegment;
use crate::segment::stored_hunk::HunkView;

impl Snapshot {
    /// Fails where the index has no hunks, or is damaged.
    fn ensure_searchable(&self) -> Result<(), IndexError> {
        if self.generation.is_bare {
            return Err(IndexError::Bare(self.folder.path().to_owned()));
        }
        self.ensure_sound(IndexPart::Core)
    }

    /// The segments with their places.
    fn placed_segments(&self) -> impl Iterator<Item = (SegmentPlace, &OpenSegment)> {
        (0..).map(SegmentPlace).zip(&self.segments)
    }

    fn found(&self, place: HunkPlace, agreement: f32) -> FoundHunk {
        let segment = &self.segments[place.segment.index()];
        FoundHunk {
            id: place.id(),
            commit: segment.commit_of(place.doc),
            number: segment.number_of(place.doc).unwrap_or(u64::MAX) as u32,
            agreement,
        }
    }

    /// A segment's hunks that were found otherwise than by their lines.
    fn found_in(
        &self,
        segment: SegmentPlace,
        docs: impl IntoIterator<Item = DocId>,
    ) -> impl Iterator<Item = FoundHunk> {
        docs.into_iter().map(move |doc| self.found(HunkPlace { segment, doc }, 0.0))
    }
}

impl HunkRetrieval for Snapshot {
    fn hunk_count(&self) -> u64 {
        self.hunks
    }

    fn frequencies(&self, terms: &[IndexTerm]) -> Result<Vec<u32>, IndexError> {
        self.ensure_searchable()?;
        let frequency = |term: &IndexTerm| {
            let frequency_in = |segment: &OpenSegment| segment.line_frequency(term.number());
            self.segments.iter().map(frequency_in).sum::<std::io::Result<u32>>()
        };
        terms.iter().map(frequency).collect::<Result<_, _>>().map_err(|error| self.read_error(&error))
    }

    fn search(&self, query: &RetrievalQuery<'_>) -> Result<Vec<FoundHunk>, IndexError> {
        self.ensure_searchable()?;
        let mut search = HunkSearch::new(query);
        let mut table = idle_tables(&self.tables).pop().unwrap_or_default();
        for (place, segment) in self.placed_segments() {
            search.add_segment(place, segment, &mut table).map_err(|error| self.read_error(&error))?;
        }
        idle_tables(&self.tables).push(table);
        let commit_of = |place: HunkPlace| self.segments[place.segment.index()].commit_of(place.doc);
        let mut best: Vec<(ScoredHunk, CommitOrdinal)> =
            search.into_best().into_iter().map(|hunk| (hunk, commit_of(hunk.place))).collect();
        // Of a busy file thousands of hunks may agree equally well: their numbers are read only where it matters.
        let by_agreement = |a: &(ScoredHunk, CommitOrdinal), b: &(ScoredHunk, CommitOrdinal)| {
            b.0.agreement.total_cmp(&a.0.agreement).then(a.1.cmp(&b.1))
        };
        if best.len() > query.limit {
            let (_, last, _) = best.select_nth_unstable_by(query.limit.max(1) - 1, by_agreement);
            let last = *last;
            best.retain(|hunk| by_agreement(hunk, &last).is_le());
        }
        let mut found: Vec<FoundHunk> =
            best.iter().map(|(hunk, _)| self.found(hunk.place, hunk.agreement)).collect();
        found.sort_unstable_by(|a, b| {
            b.agreement.total_cmp(&a.agreement).then_with(|| (a.commit, a.number).cmp(&(b.commit, b.number)))
        });
        found.truncate(query.limit);
        Ok(found)
    }

    fn hunks_of(&self, commit: CommitOrdinal) -> Result<Vec<FoundHunk>, IndexError> {
        self.ensure_searchable()?;
        let mut found = Vec::new();
        for (place, segment) in self.placed_segments() {
            let docs = segment.hunks_of(commit).map_err(|error| self.read_error(&error))?;
            found.extend(self.found_in(place, docs));
        }
        found.sort_unstable_by_key(|hunk| hunk.number);
        Ok(found)
    }

    fn hunks_of_path(
        &self,
        path: IndexTerm,
        excluded: Option<&CommitSet>,
    ) -> Result<Vec<FoundHunk>, IndexError> {
        self.ensure_searchable()?;
        let mut found = Vec::new();
        for (place, segment) in self.placed_segments() {
            let docs = segment.docs_of_path(path).map_err(|error| self.read_error(&error))?;
            let wanted = |doc: &DocId| !excluded.is_some_and(|set| set.contains(segment.commit_of(*doc)));
            found.extend(self.found_in(place, docs.into_iter().filter(wanted)));
        }
        found.sort_unstable_by_key(|hunk| (hunk.commit, hunk.number));
        Ok(found)
    }

    fn has_path(&self, path: IndexTerm) -> Result<bool, IndexError> {
        self.ensure_searchable()?;
        for segment in &self.segments {
            if segment.has_path(path).map_err(|error| self.read_error(&error))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn visit(&self, hunks: &[HunkId], visit: &mut dyn FnMut(usize, &HunkView<'_>)) -> Result<(), IndexError> {
        self.ensure_searchable()?;
        for (at, id) in hunks.iter().enumerate() {
            let place = HunkPlace::of(*id);
            let segment = self.segments.get(place.segment.index());
            let segment =
                segment.ok_or_else(|| self.folder.damaged(&"a hunk id belongs to another snapshot"))?;
            let bytes = self.record(segment, place.doc)?;
            visit(at, &HunkView::decode(&bytes).map_err(|error| self.senseless(&error))?);
        }
        Ok(())
    }
}

fn idle_tables(tables: &Mutex<Vec<AgreementTable>>) -> MutexGuard<'_, Vec<AgreementTable>> {
    tables.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
