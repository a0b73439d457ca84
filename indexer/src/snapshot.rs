//! An index as it is read: the segments and the graph of one generation, unchanging while it is held.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::FxHasher;
use tantivy::columnar::Column;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, InvertedIndexReader, ReloadPolicy, Searcher, TERMINATED, Term};
use xxhash_rust::xxh3::xxh3_128;

use crate::commit_record::CommitRecord;
use crate::fingerprint::IndexTerm;
use crate::graph::{CommitGraph, CommitOrdinal, CommitSet};
use crate::index_folder::{Generation, IndexError, IndexFolder};
use crate::line_postings::LinePostings;
use crate::record_blocks::{Record, RecordBlocks};
use crate::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery, WeightedTerm};
use crate::schema::{COMMIT, Fields, LINE_COUNT, NUMBER};
use crate::segment_files::{open_lines, open_records};
use crate::stored_hunk::StoredHunk;

/// Postings that one search reads at most before it turns to the hunks found so far.
///
/// Terms are taken from the rarest on, so what is left behind are lines that stand in thousands of hunks. They
/// still count for the hunks that rarer lines or the path have found.
const POSTINGS_BUDGET: u64 = 20_000;

/// Hunks that are scored before it is asked whether any other can be among the best: some more than are wanted.
const FIRST_SCORED: usize = 192;

/// How often opening is tried again while a writer changes the index underneath.
const OPEN_ATTEMPTS: usize = 20;

/// One generation of an index.
pub struct Snapshot {
    folder: IndexFolder,
    generation: Generation,
    graph: CommitGraph,
    fields: Fields,
    searcher: Searcher,
    segments: Vec<SegmentAccess>,
    hunks: u64,
    /// Empty tables that no search uses just now: they are large, and making one takes longer than most searches.
    tables: Mutex<Vec<Agreements>>,
}

/// What is needed of a segment, opened once.
struct SegmentAccess {
    lines: LinePostings,
    paths: Arc<InvertedIndexReader>,
    hunks_of: Arc<InvertedIndexReader>,
    described: Arc<InvertedIndexReader>,
    commit: Column<u64>,
    number: Column<u64>,
    line_count: Column<u64>,
    records: RecordBlocks,
    max_doc: DocId,
}

impl SegmentAccess {
    fn commit_of(&self, doc: DocId) -> CommitOrdinal {
        CommitOrdinal(first_value(&self.commit, doc) as u32)
    }
}

type Agreements = HashMap<DocId, Agreement, BuildHasherDefault<FxHasher>>;

/// What a hunk and the query have in common.
#[derive(Clone, Copy, Default)]
struct Agreement {
    /// The sum of the weights of the terms.
    weight: f32,
    /// The number of terms.
    terms: u32,
    /// Whether the path is among it.
    has_path: bool,
}

impl Agreement {
    fn add(&mut self, weight: f32) {
        self.weight += weight;
        self.terms += 1;
    }
}

impl Snapshot {
    /// Opens what is current in the index at `path`.
    ///
    /// # Errors
    /// Where there is no index, nothing was committed to it yet, or it is damaged.
    pub fn open(path: &Path) -> Result<Snapshot, IndexError> {
        let folder = IndexFolder::open(path)?;
        let mut last_error = None;
        for _ in 0..OPEN_ATTEMPTS {
            match Snapshot::try_open(&folder) {
                Ok(Some(snapshot)) => return Ok(snapshot),
                // A writer has committed between two looks, or removed a file that it has replaced.
                Ok(None) => {}
                Err(error @ IndexError::Absent(_)) => return Err(error),
                Err(error) => last_error = Some(error),
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        Err(last_error.unwrap_or_else(|| folder.damaged(&"it keeps changing while it is opened")))
    }

    /// Checks the files before anything relies on them, then opens and verifies everything.
    ///
    /// # Errors
    /// The first thing that does not agree.
    pub fn open_verified(path: &Path) -> Result<Snapshot, IndexError> {
        IndexFolder::open(path)?.verify_segments()?;
        let snapshot = Snapshot::open(path)?;
        snapshot.verify()?;
        Ok(snapshot)
    }

    /// Opens what is current; none where it has changed meanwhile.
    ///
    /// tantivy trusts its files: of a damaged one it may say so, or panic.
    fn try_open(folder: &IndexFolder) -> Result<Option<Snapshot>, IndexError> {
        std::panic::catch_unwind(|| Snapshot::open_trusting(folder)).unwrap_or_else(|_| {
            Err(folder.damaged(&"a file of it cannot be read; 'hunktrace verify' says which"))
        })
    }

    fn open_trusting(folder: &IndexFolder) -> Result<Option<Snapshot>, IndexError> {
        let fail = |error: tantivy::TantivyError| folder.tantivy_error(&error);
        let (index, fields) = folder.open_segments()?;
        let Some(generation) = folder.generation(&index)? else {
            return Err(IndexError::Absent(folder.path().to_owned()));
        };
        let graph = folder.open_graph(&generation)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(fail)?;
        let searcher: Searcher = reader.searcher();
        let segments = searcher
            .segment_readers()
            .iter()
            .map(|segment| {
                Ok(SegmentAccess {
                    lines: open_lines(segment)?,
                    paths: segment.inverted_index(fields.path)?,
                    hunks_of: segment.inverted_index(fields.hunks_of)?,
                    described: segment.inverted_index(fields.described)?,
                    commit: segment.fast_fields().u64(COMMIT)?,
                    number: segment.fast_fields().u64(NUMBER)?,
                    line_count: segment.fast_fields().u64(LINE_COUNT)?,
                    records: open_records(segment)?,
                    max_doc: segment.max_doc(),
                })
            })
            .collect::<tantivy::Result<Vec<_>>>()
            .map_err(fail)?;
        let unchanged = folder.generation(&index)?.as_ref() == Some(&generation);
        let hunks = graph.total_hunks();
        let snapshot = Snapshot {
            folder: folder.clone(),
            generation,
            graph,
            fields,
            searcher,
            segments,
            hunks,
            tables: Mutex::default(),
        };
        Ok(unchanged.then_some(snapshot))
    }

    /// The generation that this is a snapshot of.
    pub fn generation(&self) -> &Generation {
        &self.generation
    }

    /// Whether the index has moved on since; what cannot be told now counts as no.
    pub fn is_outdated(&self) -> bool {
        let current = self.folder.generation(self.searcher.index());
        matches!(current, Ok(Some(current)) if current != self.generation)
    }

    /// The commit graph.
    pub fn graph(&self) -> &CommitGraph {
        &self.graph
    }

    /// The folder of the index.
    pub fn folder(&self) -> &IndexFolder {
        &self.folder
    }

    /// How many segments there are.
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// What is stored of a commit; none where its object could not be read.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn commit_record(&self, commit: CommitOrdinal) -> Result<Option<CommitRecord>, IndexError> {
        let term = Term::from_field_u64(self.fields.described, u64::from(commit.0));
        for segment in &self.segments {
            let docs = docs_with(&segment.described, &term).map_err(|error| self.read_error(&error))?;
            if let Some(doc) = docs.first() {
                let bytes = self.record(segment, *doc)?;
                return serde_json::from_slice(&bytes).map(Some).map_err(|error| self.folder.damaged(&error));
            }
        }
        Ok(None)
    }

    /// A digest of the index's content: equal for equal histories, however and in how many runs they were indexed.
    ///
    /// It is a sum of hashes, one for each document, commit and item, so it does not depend on their order.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn content_digest(&self) -> Result<u128, IndexError> {
        let graph = &self.graph;
        let mut digest = 0u128;
        let mut add = |bytes: &[u8]| digest = digest.wrapping_add(xxh3_128(bytes));
        for segment in &self.segments {
            for doc in 0..segment.max_doc {
                let mut bytes = self.record(segment, doc)?.to_vec();
                bytes.extend_from_slice(self.existing_commit(segment, doc)?.as_slice());
                bytes.extend(segment.number.first(doc).unwrap_or(u64::MAX).to_le_bytes());
                add(&bytes);
            }
        }
        for index in 0..graph.len() {
            let commit = CommitOrdinal(index as u32);
            let mut bytes = graph.id(commit).as_slice().to_vec();
            let parents = graph.parents(commit).map(|parent| graph.id(parent));
            bytes.extend(parents.flat_map(|parent| parent.as_slice().to_vec()));
            bytes.extend_from_slice(graph.first_release(commit).unwrap_or_default().as_bytes());
            bytes.extend(graph.patch(commit).to_le_bytes());
            add(&bytes);
        }
        let graph_error = |error| self.folder.graph_error(&self.generation, &error);
        for item in graph.unindexed().map_err(graph_error)? {
            add(format!("{item:?}").as_bytes());
        }
        for (commit, name) in graph.names().map_err(graph_error)? {
            add(format!("{} {name:?}", graph.id(commit)).as_bytes());
        }
        Ok(digest)
    }

    /// The id of the commit that a document belongs to.
    fn existing_commit(&self, segment: &SegmentAccess, doc: DocId) -> Result<gix::ObjectId, IndexError> {
        let commit = segment.commit_of(doc);
        if commit.index() >= self.graph.len() {
            return Err(self
                .folder
                .damaged(&format!("a document names commit {}, which is not there", commit.0)));
        }
        Ok(self.graph.id(commit))
    }

    /// Compares everything with its checksum, and what refers to something with what is there.
    ///
    /// # Errors
    /// The first thing that does not agree.
    pub fn verify(&self) -> Result<(), IndexError> {
        self.graph.verify().map_err(|error| self.folder.graph_error(&self.generation, &error))?;
        self.folder.verify_segments()?;
        let mut seen = vec![0u32; self.graph.len()];
        let mut described = vec![false; self.graph.len()];
        for segment in &self.segments {
            for doc in 0..segment.max_doc {
                self.existing_commit(segment, doc)?;
                let commit = segment.commit_of(doc).index();
                let bytes = self.record(segment, doc)?;
                if segment.number.first(doc).is_some() {
                    seen[commit] += 1;
                    StoredHunk::decode(&bytes).map_err(|error| self.folder.damaged(&error))?;
                } else {
                    described[commit] = true;
                    serde_json::from_slice::<CommitRecord>(&bytes)
                        .map_err(|error| self.folder.damaged(&error))?;
                }
            }
        }
        for (index, count) in seen.into_iter().enumerate() {
            let commit = CommitOrdinal(index as u32);
            if count != self.graph.hunk_count(commit) {
                let id = self.graph.id(commit);
                let expected = self.graph.hunk_count(commit);
                return Err(self
                    .folder
                    .damaged(&format!("commit {id} has {count} hunks instead of {expected}")));
            }
        }
        Ok(())
    }

    fn read_error(&self, error: &std::io::Error) -> IndexError {
        if error.kind() == std::io::ErrorKind::InvalidData {
            return self.folder.damaged(error);
        }
        IndexError::Storage { path: self.folder.path().to_owned(), message: error.to_string() }
    }

    fn record(&self, segment: &SegmentAccess, doc: DocId) -> Result<Record, IndexError> {
        segment.records.record(doc).map_err(|error| self.read_error(&error))
    }

    fn found(&self, place: usize, doc: DocId, agreement: f32) -> FoundHunk {
        let segment = &self.segments[place];
        FoundHunk {
            id: HunkId((place as u64) << 32 | u64::from(doc)),
            commit: segment.commit_of(doc),
            number: first_value(&segment.number, doc) as u32,
            agreement,
        }
    }

    /// What a segment's hunks have in common with the query.
    fn agreements(
        &self,
        segment: &SegmentAccess,
        query: &RetrievalQuery<'_>,
        is_rare: &[bool],
        agreements: &mut Agreements,
    ) -> std::io::Result<()> {
        let rare = || query.terms.iter().zip(is_rare).filter(|(_, rare)| **rare);
        for (term, _) in rare() {
            if let Some(documents) = segment.lines.find(term.term.number())? {
                documents.for_each(|doc| agreements.entry(doc).or_default().add(term.weight))?;
            }
        }
        for term in &query.paths {
            for doc in docs_with(&segment.paths, &bytes_term(self.fields.path, term))? {
                agreements.entry(doc).or_default().has_path = true;
            }
        }
        let common = || query.terms.iter().zip(is_rare).filter(|(_, rare)| !**rare);
        if common().next().is_some() && !agreements.is_empty() {
            let mut docs: Vec<DocId> = agreements.keys().copied().collect();
            docs.sort_unstable();
            for (WeightedTerm { term, weight, .. }, _) in common() {
                if let Some(documents) = segment.lines.find(term.number())? {
                    documents.for_each_of(&docs, |place| {
                        agreements.entry(docs[place]).or_default().add(*weight);
                    })?;
                }
            }
        }
        Ok(())
    }
}

impl HunkRetrieval for Snapshot {
    fn hunk_count(&self) -> u64 {
        self.hunks
    }

    fn frequencies(&self, terms: &[IndexTerm]) -> Result<Vec<u32>, IndexError> {
        let frequency = |term: &IndexTerm| {
            let frequency_in = |segment: &SegmentAccess| {
                Ok(segment.lines.find(term.number())?.map_or(0, |documents| documents.count()))
            };
            self.segments.iter().map(frequency_in).sum::<std::io::Result<u32>>()
        };
        terms.iter().map(frequency).collect::<Result<_, _>>().map_err(|error| self.read_error(&error))
    }

    fn search(&self, query: &RetrievalQuery<'_>) -> Result<Vec<FoundHunk>, IndexError> {
        let is_rare = within_budget(&query.terms);
        let query_weight: f32 = query.terms.iter().map(|term| term.weight).sum();
        let average_weight = query_weight / query.terms.len().max(1) as f32;
        let share = |weight: f32, own_terms: u64| {
            let either = query_weight + own_terms as f32 * average_weight;
            if either > 0.0 { weight / either } else { 0.0 }
        };
        let bonus = |agreement: &Agreement| if agreement.has_path { query.path_bonus } else { 0.0 };
        // At first without what only the hunk has: at least as much as it agrees, and nothing has to be read for it.
        let mut open: Vec<(f32, usize, DocId, Agreement)> = Vec::new();
        let mut agreements = idle_tables(&self.tables).pop().unwrap_or_default();
        for (place, segment) in self.segments.iter().enumerate() {
            self.agreements(segment, query, &is_rare, &mut agreements)
                .map_err(|error| self.read_error(&error))?;
            open.extend(agreements.drain().map(|(doc, agreement)| {
                (share(agreement.weight, 0) + bonus(&agreement), place, doc, agreement)
            }));
        }
        idle_tables(&self.tables).push(agreements);
        let mut scored: Vec<(f32, usize, DocId)> = Vec::new();
        let mut batch = FIRST_SCORED;
        while !open.is_empty() {
            let promising = split_off_best(&mut open, batch);
            for (_, place, doc, agreement) in promising {
                let segment = &self.segments[place];
                let is_excluded = |set: &CommitSet| set.contains(segment.commit_of(doc));
                if query.excluded.is_some_and(is_excluded) {
                    continue;
                }
                let terms = first_value(&segment.line_count, doc);
                let own_terms = terms.saturating_sub(u64::from(agreement.terms));
                scored.push((share(agreement.weight, own_terms) + bonus(&agreement), place, doc));
            }
            // Which of equally good hunks are kept must not depend on where they lie, so all of them stay until the
            // commits are known.
            if scored.len() > query.limit {
                let by_agreement = |a: &(f32, usize, DocId), b: &(f32, usize, DocId)| b.0.total_cmp(&a.0);
                let (_, last, _) = scored.select_nth_unstable_by(query.limit.max(1) - 1, by_agreement);
                let least = last.0;
                scored.retain(|(agreement, ..)| *agreement >= least);
                open.retain(|(at_most, ..)| *at_most >= least);
            }
            batch = open.len();
        }
        let mut found: Vec<FoundHunk> =
            scored.into_iter().map(|(agreement, place, doc)| self.found(place, doc, agreement)).collect();
        found.sort_unstable_by(|a, b| {
            b.agreement.total_cmp(&a.agreement).then_with(|| (a.commit, a.number).cmp(&(b.commit, b.number)))
        });
        found.truncate(query.limit);
        Ok(found)
    }

    fn hunks_of(&self, commit: CommitOrdinal) -> Result<Vec<FoundHunk>, IndexError> {
        let term = Term::from_field_u64(self.fields.hunks_of, u64::from(commit.0));
        let mut found = Vec::new();
        for (place, segment) in self.segments.iter().enumerate() {
            let docs = docs_with(&segment.hunks_of, &term).map_err(|error| self.read_error(&error))?;
            found.extend(docs.into_iter().map(|doc| self.found(place, doc, 0.0)));
        }
        found.sort_unstable_by_key(|hunk| hunk.number);
        Ok(found)
    }

    fn hunks_of_path(
        &self,
        path: IndexTerm,
        excluded: Option<&CommitSet>,
    ) -> Result<Vec<FoundHunk>, IndexError> {
        let term = bytes_term(self.fields.path, &path);
        let mut found = Vec::new();
        for (place, segment) in self.segments.iter().enumerate() {
            let docs = docs_with(&segment.paths, &term).map_err(|error| self.read_error(&error))?;
            let wanted = |doc: &DocId| !excluded.is_some_and(|set| set.contains(segment.commit_of(*doc)));
            found.extend(docs.into_iter().filter(wanted).map(|doc| self.found(place, doc, 0.0)));
        }
        found.sort_unstable_by_key(|hunk| (hunk.commit, hunk.number));
        Ok(found)
    }

    fn load(&self, hunks: &[HunkId]) -> Result<Vec<StoredHunk>, IndexError> {
        let load = |id: &HunkId| {
            let segment = self
                .segments
                .get((id.0 >> 32) as usize)
                .ok_or_else(|| self.folder.damaged(&"a hunk id belongs to another snapshot"))?;
            let bytes = self.record(segment, id.0 as DocId)?;
            StoredHunk::decode(&bytes).map_err(|error| self.folder.damaged(&error))
        };
        hunks.iter().map(load).collect()
    }
}

fn idle_tables(tables: &Mutex<Vec<Agreements>>) -> MutexGuard<'_, Vec<Agreements>> {
    tables.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Takes the `count` elements with the greatest first parts out.
fn split_off_best<T>(
    elements: &mut Vec<(f32, usize, DocId, T)>,
    count: usize,
) -> Vec<(f32, usize, DocId, T)> {
    if elements.len() <= count {
        return std::mem::take(elements);
    }
    let rest = elements.len() - count;
    elements.select_nth_unstable_by(rest, |a, b| a.0.total_cmp(&b.0));
    elements.split_off(rest)
}

/// Marks the rarest terms whose postings together stay within the budget; the rarest of all is always among them.
fn within_budget(terms: &[WeightedTerm]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..terms.len()).collect();
    order.sort_by_key(|place| terms[*place].frequency);
    let mut is_rare = vec![false; terms.len()];
    let mut sum = 0;
    for place in order {
        sum += u64::from(terms[place].frequency);
        if sum > POSTINGS_BUDGET {
            break;
        }
        is_rare[place] = true;
    }
    is_rare
}

fn bytes_term(field: Field, term: &IndexTerm) -> Term {
    Term::from_field_bytes(field, term.as_bytes())
}

fn docs_with(index: &InvertedIndexReader, term: &Term) -> std::io::Result<Vec<DocId>> {
    let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic)? else {
        return Ok(Vec::new());
    };
    let mut docs = Vec::with_capacity(postings.doc_freq() as usize);
    let mut doc = postings.doc();
    while doc != TERMINATED {
        docs.push(doc);
        doc = postings.advance();
    }
    Ok(docs)
}

fn first_value(column: &Column<u64>, doc: DocId) -> u64 {
    column.first(doc).unwrap_or(u64::MAX)
}
