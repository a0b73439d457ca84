//! An index as it is read: the segments and the graph of one generation, unchanging while it is held.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::de::DeserializeOwned;
use tantivy::columnar::Column;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, InvertedIndexReader, ReloadPolicy, Searcher, TERMINATED, Term};
use xxhash_rust::xxh3::xxh3_128;

use crate::fingerprint::IndexTerm;
use crate::graph::{CommitGraph, CommitOrdinal, CommitSet, NamedCommit};
use crate::index::folder::{Generation, IndexError, IndexFolder};
use crate::index::hunk_search::{AgreementTable, HunkSearch, ScoredHunk, SearchedSegment};
use crate::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery};
use crate::segment::commit_record::{CommitRecord, CommitSubject};
use crate::segment::line_counts::LineCounts;
use crate::segment::line_postings::{DocumentList, LinePostings};
use crate::segment::record_blocks::{Record, RecordBlocks};
use crate::segment::schema::{COMMIT, Fields, NUMBER};
use crate::segment::segment_files::{open_line_counts, open_lines, open_records};
use crate::segment::stored_hunk::HunkView;

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
    tables: Mutex<Vec<AgreementTable>>,
}

/// What is needed of a segment, opened once.
struct SegmentAccess {
    path_field: Field,
    lines: LinePostings,
    paths: Arc<InvertedIndexReader>,
    hunks_of: Arc<InvertedIndexReader>,
    described: Arc<InvertedIndexReader>,
    commit: Column<u64>,
    number: Column<u64>,
    line_counts: LineCounts,
    records: RecordBlocks,
    max_doc: DocId,
}

impl SearchedSegment for SegmentAccess {
    fn list(&self, term: IndexTerm) -> std::io::Result<Option<DocumentList<'_>>> {
        self.lines.find(term.number())
    }

    fn docs_of_path(&self, path: IndexTerm) -> std::io::Result<Vec<DocId>> {
        docs_with(&self.paths, &bytes_term(self.path_field, &path))
    }

    fn line_count(&self, doc: DocId) -> u32 {
        self.line_counts.get(doc)
    }

    fn commit_of(&self, doc: DocId) -> CommitOrdinal {
        CommitOrdinal(first_value(&self.commit, doc) as u32)
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
                    path_field: fields.path,
                    lines: open_lines(segment)?,
                    paths: segment.inverted_index(fields.path)?,
                    hunks_of: segment.inverted_index(fields.hunks_of)?,
                    described: segment.inverted_index(fields.described)?,
                    commit: segment.fast_fields().u64(COMMIT)?,
                    number: segment.fast_fields().u64(NUMBER)?,
                    line_counts: open_line_counts(segment)?,
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
        self.described(commit)
    }

    /// A commit's subject; none where its object could not be read.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn commit_subject(&self, commit: CommitOrdinal) -> Result<Option<String>, IndexError> {
        Ok(self.described(commit)?.map(|CommitSubject { subject }| subject))
    }

    /// A commit's record, or a part of it.
    fn described<T: DeserializeOwned>(&self, commit: CommitOrdinal) -> Result<Option<T>, IndexError> {
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
                bytes.extend(segment.line_counts.get(doc).to_le_bytes());
                add(&bytes);
            }
        }
        for index in 0..graph.len() {
            let commit = CommitOrdinal(index as u32);
            let mut bytes = graph.id(commit).as_slice().to_vec();
            let parents = graph.parents(commit).map(|parent| graph.id(parent));
            bytes.extend(parents.flat_map(|parent| parent.as_slice().to_vec()));
            bytes.extend_from_slice(graph.first_release(commit).unwrap_or_default().as_bytes());
            bytes.extend(graph.patch(commit).map_or(0, |patch| patch.number()).to_le_bytes());
            add(&bytes);
        }
        let graph_error = |error| self.folder.graph_error(&self.generation, &error);
        for item in graph.unindexed().map_err(graph_error)? {
            add(format!("{item:?}").as_bytes());
        }
        for (commit, name) in graph.names().map_err(graph_error)? {
            let NamedCommit { relation, hex, subject } = name;
            let subject = subject.map(|subject| subject.0);
            let id = graph.id(commit);
            let name =
                format!("NamedCommit {{ relation: {relation:?}, hex: {hex:?}, subject: {subject:?} }}");
            add(format!("{id} {name}").as_bytes());
        }
        Ok(digest)
    }

    /// Calls `visit` with every term of lines, as a number and ascending, and with how many hunks have it.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn for_each_line_term(&self, mut visit: impl FnMut(u64, u32)) -> Result<(), IndexError> {
        let mut walk = || -> std::io::Result<()> {
            let mut parts: Vec<_> = self.segments.iter().map(|segment| segment.lines.iter()).collect();
            let mut heads = parts.iter_mut().map(|part| part.next_term()).collect::<Result<Vec<_>, _>>()?;
            while let Some(term) = heads.iter().flatten().map(|(term, _)| *term).min() {
                let mut hunks = 0;
                for (head, part) in heads.iter_mut().zip(&mut parts) {
                    if let Some((_, documents)) = head.filter(|(own, _)| *own == term) {
                        hunks += documents.count();
                        *head = part.next_term()?;
                    }
                }
                visit(term, hunks);
            }
            Ok(())
        };
        walk().map_err(|error| self.read_error(&error))
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
                    HunkView::decode(&bytes).map_err(|error| self.folder.damaged(&error))?;
                } else {
                    described[commit] = true;
                    serde_json::from_slice::<CommitRecord>(&bytes)
                        .map_err(|error| self.folder.damaged(&error))?;
                }
            }
        }
        for (index, (count, is_described)) in seen.into_iter().zip(described).enumerate() {
            let commit = CommitOrdinal(index as u32);
            if count > 0 && !is_described {
                let id = self.graph.id(commit);
                return Err(self
                    .folder
                    .damaged(&format!("commit {id} has {count} hunks but no description")));
            }
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
        let mut search = HunkSearch::new(query);
        let mut table = idle_tables(&self.tables).pop().unwrap_or_default();
        for (number, segment) in self.segments.iter().enumerate() {
            search.add_segment(number, segment, &mut table).map_err(|error| self.read_error(&error))?;
        }
        idle_tables(&self.tables).push(table);
        let mut best: Vec<(ScoredHunk, CommitOrdinal)> = search
            .into_best()
            .into_iter()
            .map(|hunk| (hunk, self.segments[hunk.segment].commit_of(hunk.doc)))
            .collect();
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
            best.iter().map(|(hunk, _)| self.found(hunk.segment, hunk.doc, hunk.agreement)).collect();
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

    fn has_path(&self, path: IndexTerm) -> Result<bool, IndexError> {
        let term = bytes_term(self.fields.path, &path);
        for segment in &self.segments {
            if segment.paths.doc_freq(&term).map_err(|error| self.read_error(&error))? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn visit(&self, hunks: &[HunkId], visit: &mut dyn FnMut(usize, &HunkView<'_>)) -> Result<(), IndexError> {
        for (place, id) in hunks.iter().enumerate() {
            let segment = self
                .segments
                .get((id.0 >> 32) as usize)
                .ok_or_else(|| self.folder.damaged(&"a hunk id belongs to another snapshot"))?;
            let bytes = self.record(segment, id.0 as DocId)?;
            visit(place, &HunkView::decode(&bytes).map_err(|error| self.folder.damaged(&error))?);
        }
        Ok(())
    }
}

fn idle_tables(tables: &Mutex<Vec<AgreementTable>>) -> MutexGuard<'_, Vec<AgreementTable>> {
    tables.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
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
