//! What a search asks of a segment.

use std::io;

use tantivy::DocId;

use crate::fingerprint::IndexTerm;
use crate::graph::CommitOrdinal;
use crate::segment::line_postings::DocumentList;

/// What a search asks of a segment.
pub trait SearchedSegment {
    /// The documents that have a term.
    fn list(&self, term: IndexTerm) -> io::Result<Option<DocumentList<'_>>>;
    /// The documents of a file, ascending.
    fn docs_of_path(&self, path: IndexTerm) -> io::Result<Vec<DocId>>;
    /// How many terms a document's lines give.
    fn line_count(&self, doc: DocId) -> u32;
    /// The commit of a document.
    fn commit_of(&self, doc: DocId) -> CommitOrdinal;
}
