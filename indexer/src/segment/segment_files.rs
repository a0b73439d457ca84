//! The files that hunktrace adds to tantivy's segments: postings of lines, counts of lines, and stored records.
//!
//! tantivy carries them through the life of a segment: they are written, merged, checked and removed with it. Lines
//! have files of their own because their terms are hashes, for which a dictionary of texts is twice as large and slow;
//! their counts because a search asks for hundreds, and reading one off a packed column takes longer than the rest of
//! scoring a hunk; records because they are compressed by many threads, with a dictionary.

use std::any::Any;
use std::io::Write;
use std::sync::{Arc, OnceLock};

use tantivy::directory::{OwnedBytes, TerminatingWrite, WritePtr};
use tantivy::index::SegmentComponent;
use tantivy::indexer::doc_id_mapping::DocIdMapping;
use tantivy::plugin::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::schema::document::ErasedDocument;
use tantivy::schema::{Field, Schema, Value};
use tantivy::{DocId, Index, Segment, SegmentReader, TantivyDocument};

use crate::fingerprint::{TERM_BYTES, TermNumber};
use crate::segment::line_counts::{LineCounts, line_count};
use crate::segment::line_postings::{LinePostings, PostingsIter, PostingsWriter, TermDocuments};
use crate::segment::record_blocks::{BlocksWriter, RecordBlocks};

/// Extension of the file with the postings of lines.
const LINES_FILE: &str = "lines";
/// Extension of the file with the counts of lines.
const COUNTS_FILE: &str = "counts";
/// Extension of the file with the stored records.
const RECORDS_FILE: &str = "records";

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

/// The dictionary that new records are compressed with: set once, before the first document.
pub type SharedDictionary = Arc<OnceLock<Arc<[u8]>>>;

/// Opens the postings of a segment's lines.
///
/// # Errors
/// Where the file is absent or damaged.
pub fn open_lines(segment: &SegmentReader) -> tantivy::Result<LinePostings> {
    Ok(LinePostings::open(read_file(segment, LINES_FILE)?)?)
}

/// Opens the counts of a segment's lines.
///
/// # Errors
/// Where the file is absent or not for this many documents.
pub fn open_line_counts(segment: &SegmentReader) -> tantivy::Result<LineCounts> {
    Ok(LineCounts::open(read_file(segment, COUNTS_FILE)?, segment.max_doc())?)
}

/// Opens a segment's stored records.
///
/// # Errors
/// Where the file is absent or damaged.
pub fn open_records(segment: &SegmentReader) -> tantivy::Result<RecordBlocks> {
    Ok(RecordBlocks::open(&read_file(segment, RECORDS_FILE)?)?)
}

/// The dictionary of an index's largest segment; none if there is no segment.
///
/// # Errors
/// Where the segment's file is absent or damaged.
pub fn dictionary_of(index: &Index) -> tantivy::Result<Option<Arc<[u8]>>> {
    let segments = index.searchable_segments()?;
    let Some(largest) = segments.into_iter().max_by_key(|segment| segment.meta().num_docs()) else {
        return Ok(None);
    };
    let file = largest.open_read(SegmentComponent::Custom(RECORDS_FILE.to_owned()))?.read_bytes()?;
    let dictionary = RecordBlocks::open(&file)?.dictionary().to_vec();
    Ok((!dictionary.is_empty()).then(|| dictionary.into()))
}

fn read_file(segment: &SegmentReader, extension: &str) -> tantivy::Result<OwnedBytes> {
    Ok(segment.open_read(SegmentComponent::Custom(extension.to_owned()))?.read_bytes()?)
}

fn create_file(segment: &Segment, extension: &str) -> tantivy::Result<WritePtr> {
    Ok(segment.open_write(SegmentComponent::Custom(extension.to_owned()))?)
}

/// What a document says in one of the fields below.
fn payload(document: &dyn ErasedDocument, field: Field) -> Option<&[u8]> {
    let document = document.as_any().downcast_ref::<TantivyDocument>()?;
    document.get_first(field)?.as_custom()
}

/// Merging without deletions and without another order puts documents behind each other.
fn offsets(context: &PluginMergeContext<'_>) -> impl Iterator<Item = DocId> {
    let lengths = context.readers.iter().map(SegmentReader::max_doc);
    lengths.scan(0, |offset, len| {
        let this = *offset;
        *offset += len;
        Some(this)
    })
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

/// Writes and merges the counts of lines.
pub struct LineCountsPlugin {
    /// The field whose payload is a document's count; those without one have no lines.
    pub count: Field,
}

impl SegmentPlugin for LineCountsPlugin {
    fn extensions(&self) -> &[&str] {
        &[COUNTS_FILE]
    }

    fn create_writer(&self, _: &PluginWriterContext<'_>) -> tantivy::Result<Box<dyn PluginWriter>> {
        Ok(Box::new(LineCountsWriter { count: self.count, counts: Vec::new() }))
    }

    fn merge(&self, context: PluginMergeContext<'_>) -> tantivy::Result<()> {
        let mut out = create_file(context.target_segment, COUNTS_FILE)?;
        for reader in context.readers {
            out.write_all(open_line_counts(reader)?.as_bytes())?;
        }
        Ok(out.terminate()?)
    }
}

struct LineCountsWriter {
    count: Field,
    /// As in the file.
    counts: Vec<u8>,
}

impl PluginWriter for LineCountsWriter {
    fn add_document(&mut self, _: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        self.counts.extend_from_slice(payload(document, self.count).unwrap_or(&line_count(0)));
        Ok(())
    }

    fn serialize(self: Box<Self>, segment: &Segment, _: Option<&DocIdMapping>) -> tantivy::Result<()> {
        let mut out = create_file(segment, COUNTS_FILE)?;
        out.write_all(&self.counts)?;
        Ok(out.terminate()?)
    }

    fn mem_usage(&self) -> usize {
        self.counts.capacity()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Writes and merges the stored records.
pub struct RecordsPlugin {
    /// The field whose payload is a block of records: this document's and those of the next documents without one.
    pub block: Field,
    /// What the blocks are compressed with.
    pub dictionary: SharedDictionary,
}

impl SegmentPlugin for RecordsPlugin {
    fn extensions(&self) -> &[&str] {
        &[RECORDS_FILE]
    }

    fn create_writer(&self, context: &PluginWriterContext<'_>) -> tantivy::Result<Box<dyn PluginWriter>> {
        let mut blocks = BlocksWriter::new(create_file(context.segment, RECORDS_FILE)?);
        blocks.use_dictionary(self.dictionary.get().cloned().unwrap_or_default());
        Ok(Box::new(RecordsWriter { block: self.block, blocks, documents: 0 }))
    }

    fn merge(&self, context: PluginMergeContext<'_>) -> tantivy::Result<()> {
        let mut writer = BlocksWriter::new(create_file(context.target_segment, RECORDS_FILE)?);
        let mut documents = 0;
        for (reader, offset) in context.readers.iter().zip(offsets(&context)) {
            let part = open_records(reader)?;
            part.for_each_block(|first_document, block, dictionary| {
                writer.use_dictionary(dictionary.into());
                writer.add(first_document + offset, block)
            })?;
            documents += part.documents();
        }
        Ok(writer.finish(documents)?.terminate()?)
    }
}

struct RecordsWriter {
    block: Field,
    blocks: BlocksWriter<WritePtr>,
    documents: DocId,
}

impl PluginWriter for RecordsWriter {
    fn add_document(&mut self, id: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        self.documents = id + 1;
        match payload(document, self.block) {
            Some(block) => Ok(self.blocks.add(id, block)?),
            None => Ok(()),
        }
    }

    fn serialize(self: Box<Self>, _: &Segment, _: Option<&DocIdMapping>) -> tantivy::Result<()> {
        Ok(self.blocks.finish(self.documents)?.terminate()?)
    }

    fn mem_usage(&self) -> usize {
        self.blocks.memory()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
