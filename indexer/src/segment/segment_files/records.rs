//! The file with the stored records.

use std::any::Any;

use tantivy::directory::{TerminatingWrite, WritePtr};
use tantivy::indexer::doc_id_mapping::DocIdMapping;
use tantivy::plugin::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::schema::document::ErasedDocument;
use tantivy::schema::{Field, Schema};
use tantivy::{DocId, Segment, SegmentReader};

use super::dictionaries::SharedDictionaries;
use super::own_file::{RECORDS_FILE, create_file, offsets, payload, read_file};
use crate::segment::record_blocks::{BlocksWriter, RecordBlocks};

/// Opens a segment's stored records.
///
/// # Errors
/// Where the file is absent or damaged.
pub fn open_records(segment: &SegmentReader) -> tantivy::Result<RecordBlocks> {
    Ok(RecordBlocks::open(&read_file(segment, RECORDS_FILE)?)?)
}

/// Writes and merges the stored records.
pub struct RecordsPlugin {
    /// The field whose payload is a block of records: this document's and those of the next documents without one.
    pub block: Field,
    /// What the blocks are compressed with.
    pub dictionaries: SharedDictionaries,
}

impl SegmentPlugin for RecordsPlugin {
    fn extensions(&self) -> &[&str] {
        &[RECORDS_FILE]
    }

    fn create_writer(&self, context: &PluginWriterContext<'_>) -> tantivy::Result<Box<dyn PluginWriter>> {
        let mut blocks = BlocksWriter::new(create_file(context.segment, RECORDS_FILE)?);
        let dictionaries = self.dictionaries.get().cloned().unwrap_or_default();
        blocks.use_dictionary(dictionaries.records);
        Ok(Box::new(RecordsWriter { block: self.block, blocks, documents: 0 }))
    }

    fn merge(&self, context: PluginMergeContext<'_>) -> tantivy::Result<()> {
        let mut writer = BlocksWriter::new(create_file(context.target_segment, RECORDS_FILE)?);
        let mut documents = 0;
        for (reader, offset) in context.readers.iter().zip(offsets(&context)) {
            let part = open_records(reader)?;
            writer.append(part.file(), |first_document| first_document + offset)?;
            documents += part.file().records();
        }
        Ok(writer.finish(documents)?.terminate()?)
    }
}

struct RecordsWriter {
    block: Field,
    blocks: BlocksWriter<WritePtr, DocId>,
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
