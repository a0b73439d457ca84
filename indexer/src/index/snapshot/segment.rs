//! One segment of a snapshot: what is needed of it, opened once.

use std::io;
use std::sync::Arc;

use tantivy::columnar::Column;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, InvertedIndexReader, SegmentReader, Term};

use crate::fingerprint::{IndexTerm, TermNumber};
use crate::graph::CommitOrdinal;
use crate::index::hunk_search::SearchedSegment;
use crate::segment::line_counts::LineCounts;
use crate::segment::line_postings::{DocumentList, LinePostings, PostingsIter};
use crate::segment::message_blocks::MessageBlocks;
use crate::segment::record_blocks::{Record, RecordBlocks};
use crate::segment::schema::{COMMIT, Fields, NUMBER};
use crate::segment::segment_files::{
    LINES_FILE, MESSAGES_FILE, RECORDS_FILE, open_line_counts, open_lines, open_messages, open_records,
};

/// An opened segment.
pub struct OpenSegment {
    lines: LinePostings,
    paths: OrdinaryField,
    hunks_of: OrdinaryField,
    described: OrdinaryField,
    commit: Column<u64>,
    number: Column<u64>,
    line_counts: LineCounts,
    records: RecordBlocks,
    messages: MessageBlocks,
    max_doc: DocId,
    /// How the names of its files begin.
    id: String,
}

/// A field that tantivy itself has indexed.
struct OrdinaryField {
    field: Field,
    index: Arc<InvertedIndexReader>,
}

impl OrdinaryField {
    fn open(segment: &SegmentReader, field: Field) -> tantivy::Result<OrdinaryField> {
        Ok(OrdinaryField { field, index: segment.inverted_index(field)? })
    }

    /// The documents that have a commit in the field, ascending.
    fn docs_of_commit(&self, commit: CommitOrdinal) -> io::Result<Vec<DocId>> {
        self.docs_with(&Term::from_field_u64(self.field, u64::from(commit.0)))
    }

    /// The documents that have a term in the field, ascending.
    fn docs_with(&self, term: &Term) -> io::Result<Vec<DocId>> {
        // Block by block: what goes through documents one by one is a kilobyte more to make, for lists that are mostly short.
        let Some(mut postings) = self.index.read_block_postings(term, IndexRecordOption::Basic)? else {
            return Ok(Vec::new());
        };
        let mut docs = Vec::with_capacity(postings.doc_freq() as usize);
        while !postings.docs().is_empty() {
            docs.extend_from_slice(postings.docs());
            postings.advance();
        }
        Ok(docs)
    }
}

impl OpenSegment {
    /// Opens a segment.
    ///
    /// # Errors
    /// Where a file of it is absent or damaged.
    pub fn open(segment: &SegmentReader, fields: &Fields) -> tantivy::Result<OpenSegment> {
        Ok(OpenSegment {
            lines: open_lines(segment)?,
            paths: OrdinaryField::open(segment, fields.path)?,
            hunks_of: OrdinaryField::open(segment, fields.hunks_of)?,
            described: OrdinaryField::open(segment, fields.described)?,
            commit: segment.fast_fields().u64(COMMIT)?,
            number: segment.fast_fields().u64(NUMBER)?,
            line_counts: open_line_counts(segment)?,
            records: open_records(segment)?,
            messages: open_messages(segment)?,
            max_doc: segment.max_doc(),
            id: segment.segment_id().uuid_string(),
        })
    }

    /// All documents, ascending.
    pub fn docs(&self) -> impl Iterator<Item = DocId> {
        0..self.max_doc
    }

    /// All terms of lines with their documents, ascending.
    pub fn line_terms(&self) -> PostingsIter<'_> {
        self.lines.iter()
    }

    /// How many documents have a term of lines.
    ///
    /// # Errors
    /// Where the segment cannot be read.
    pub fn line_frequency(&self, term: TermNumber) -> io::Result<u32> {
        let found = self.lines.find(term).map_err(|error| self.named(LINES_FILE, error))?;
        Ok(found.map_or(0, |documents| documents.count()))
    }

    /// The hunks of a commit.
    ///
    /// # Errors
    /// Where the segment cannot be read.
    pub fn hunks_of(&self, commit: CommitOrdinal) -> io::Result<Vec<DocId>> {
        self.hunks_of.docs_of_commit(commit)
    }

    /// The document that describes a commit.
    ///
    /// # Errors
    /// Where the segment cannot be read.
    pub fn description_of(&self, commit: CommitOrdinal) -> io::Result<Option<DocId>> {
        Ok(self.described.docs_of_commit(commit)?.first().copied())
    }

    /// Whether any hunk is of a file under this path.
    ///
    /// # Errors
    /// Where the segment cannot be read.
    pub fn has_path(&self, path: IndexTerm) -> io::Result<bool> {
        Ok(self.paths.index.doc_freq(&Term::from_field_bytes(self.paths.field, path.as_bytes()))? > 0)
    }

    /// A hunk's place in its commit; none for a document that describes a commit.
    pub fn number_of(&self, doc: DocId) -> Option<u64> {
        self.number.first(doc)
    }

    /// A document's record.
    ///
    /// # Errors
    /// Where the segment cannot be read.
    pub fn record(&self, doc: DocId) -> io::Result<Record> {
        self.records.record(doc).map_err(|error| self.named(RECORDS_FILE, error))
    }

    /// The commits that this segment has places for messages of, which need not be those of its documents.
    pub fn message_commits(&self) -> impl Iterator<Item = CommitOrdinal> {
        self.messages.commits()
    }

    /// The record of a commit's message; none if there is none in this segment.
    ///
    /// # Errors
    /// Where the segment cannot be read.
    pub fn message(&self, commit: CommitOrdinal) -> io::Result<Option<Record>> {
        self.messages.record(commit).map_err(|error| self.named(MESSAGES_FILE, error))
    }

    /// Says in which file an error is.
    fn named(&self, extension: &str, error: io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("segments/{}.{extension}: {error}", self.id))
    }
}

impl SearchedSegment for OpenSegment {
    fn list(&self, term: IndexTerm) -> io::Result<Option<DocumentList<'_>>> {
        self.lines.find(term.number()).map_err(|error| self.named(LINES_FILE, error))
    }

    fn docs_of_path(&self, path: IndexTerm) -> io::Result<Vec<DocId>> {
        self.paths.docs_with(&Term::from_field_bytes(self.paths.field, path.as_bytes()))
    }

    fn line_count(&self, doc: DocId) -> u32 {
        self.line_counts.get(doc)
    }

    fn commit_of(&self, doc: DocId) -> CommitOrdinal {
        CommitOrdinal(self.commit.first(doc).unwrap_or(u64::MAX) as u32)
    }
}
