//! The file with the postings of lines.

use std::any::Any;

use tantivy::directory::TerminatingWrite;
use tantivy::indexer::doc_id_mapping::DocIdMapping;
use tantivy::plugin::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::schema::document::ErasedDocument;
use tantivy::schema::{Field, Schema};
use tantivy::{DocId, Segment, SegmentReader};

use super::own_file::{LINES_FILE, create_file, offsets, payload, read_file};
use crate::fingerprint::{TERM_BYTES, TermNumber};
use crate::segment::line_postings::{LinePostings, PostingsIter, PostingsWriter, TermDocuments};

/// Opens the postings of a segment's lines.
///
/// # Errors
/// Where the file is absent or damaged.
pub fn open_lines(segment: &SegmentReader) -> tantivy::Result<LinePostings> {
    Ok(LinePostings::open(read_file(segment, LINES_FILE)?)?)
}

/// A document that has a term, in one number: sorted they are the postings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Posting(u64);

impl Posting {
    /// Bits that a document's number takes beside a term.
    const DOCUMENT_BITS: u32 = u64::BITS - TermNumber::BITS;

    fn new(term: TermNumber, document: DocId) -> Posting {
        Posting(term.0 << Posting::DOCUMENT_BITS | u64::from(document))
    }

    fn term(self) -> TermNumber {
        TermNumber(self.0 >> Posting::DOCUMENT_BITS)
    }

    fn document(self) -> DocId {
        self.0 as DocId & ((1 << Posting::DOCUMENT_BITS) - 1)
    }
}

/// Writes and merges the postings of lines.
pub struct LinesPlugin {
    /// The field whose payload is a document's terms, one behind the other.
    pub terms: Field,
}

impl SegmentPlugin for LinesPlugin {
    fn extensions(&self) -> &[&str] {
        &[LINES_FILE]
    }

    fn create_writer(&self, _: &PluginWriterContext<'_>) -> tantivy::Result<Box<dyn PluginWriter>> {
        Ok(Box::new(LinesWriter { terms: self.terms, postings: Vec::new(), documents: 0 }))
    }

    fn merge(&self, context: PluginMergeContext<'_>) -> tantivy::Result<()> {
        let parts: Vec<LinePostings> = context.readers.iter().map(open_lines).collect::<Result<_, _>>()?;
        let terms = parts.iter().map(LinePostings::terms).sum();
        let documents: DocId = context.readers.iter().map(SegmentReader::max_doc).sum();
        let out = create_file(context.target_segment, LINES_FILE)?;
        let mut writer = PostingsWriter::new(out, terms, documents);
        let mut heads: Vec<Head<'_>> = Vec::with_capacity(parts.len());
        for (part, offset) in parts.iter().zip(offsets(&context)) {
            let mut iter = part.iter();
            let next = iter.next_term()?;
            heads.push(Head { iter, next, offset });
        }
        let mut merged = Vec::new();
        while let Some(term) = heads.iter().filter_map(Head::term).min() {
            merged.clear();
            for head in heads.iter_mut().filter(|head| head.term() == Some(term)) {
                let offset = head.offset;
                if let Some(next) = &head.next {
                    next.documents.for_each(|document| merged.push(document.wrapping_add(offset)))?;
                }
                head.next = head.iter.next_term()?;
            }
            writer.add(term, &merged)?;
        }
        Ok(writer.finish()?.terminate()?)
    }
}

/// Where merging is in one of the segments.
struct Head<'a> {
    iter: PostingsIter<'a>,
    next: Option<TermDocuments<'a>>,
    /// How many documents the segments before this one have.
    offset: DocId,
}

impl Head<'_> {
    fn term(&self) -> Option<TermNumber> {
        self.next.as_ref().map(|next| next.term)
    }
}

struct LinesWriter {
    terms: Field,
    postings: Vec<Posting>,
    documents: DocId,
}

impl PluginWriter for LinesWriter {
    fn add_document(&mut self, id: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        if id >> Posting::DOCUMENT_BITS != 0 {
            let message = "a segment has more than 16,777,216 documents: commit more often".to_owned();
            return Err(tantivy::TantivyError::InvalidArgument(message));
        }
        self.documents = id + 1;
        let terms = payload(document, self.terms).unwrap_or_default().chunks_exact(TERM_BYTES);
        self.postings.extend(terms.map(|term| Posting::new(TermNumber::from_bytes(term), id)));
        Ok(())
    }

    fn serialize(mut self: Box<Self>, segment: &Segment, _: Option<&DocIdMapping>) -> tantivy::Result<()> {
        self.postings.sort_unstable();
        let same_term = |a: &Posting, b: &Posting| a.term() == b.term();
        let terms = self.postings.chunk_by(same_term).count();
        let out = create_file(segment, LINES_FILE)?;
        let mut writer = PostingsWriter::new(out, terms as u64, self.documents);
        let mut documents = Vec::new();
        for postings in self.postings.chunk_by(same_term) {
            documents.clear();
            documents.extend(postings.iter().map(|posting| posting.document()));
            documents.dedup();
            writer.add(postings[0].term(), &documents)?;
        }
        Ok(writer.finish()?.terminate()?)
    }

    fn mem_usage(&self) -> usize {
        self.postings.capacity() * size_of::<Posting>()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
