//! The file with the counts of lines.

use std::any::Any;
use std::io::Write;

use tantivy::directory::TerminatingWrite;
use tantivy::indexer::doc_id_mapping::DocIdMapping;
use tantivy::plugin::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::schema::document::ErasedDocument;
use tantivy::schema::{Field, Schema};
use tantivy::{DocId, Segment, SegmentReader};

use super::own_file::{create_file, payload, read_file};
use crate::segment::line_counts::{LineCounts, line_count};

/// Extension of the file.
const COUNTS_FILE: &str = "counts";

/// Opens the counts of a segment's lines.
///
/// # Errors
/// Where the file is absent or not for this many documents.
pub fn open_line_counts(segment: &SegmentReader) -> tantivy::Result<LineCounts> {
    Ok(LineCounts::open(read_file(segment, COUNTS_FILE)?, segment.max_doc())?)
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
