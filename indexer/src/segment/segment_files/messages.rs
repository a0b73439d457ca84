//! The file with the commit messages.

use std::any::Any;

use tantivy::directory::{TerminatingWrite, WritePtr};
use tantivy::indexer::doc_id_mapping::DocIdMapping;
use tantivy::plugin::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::schema::document::ErasedDocument;
use tantivy::schema::{Field, Schema};
use tantivy::{DocId, Segment, SegmentReader};

use super::dictionaries::SharedDictionaries;
use super::own_file::{MESSAGES_FILE, create_file, payload, read_file};
use crate::segment::message_blocks::{CarriedBlock, MessageBlocks, OrdinalRange};
use crate::segment::record_blocks::BlocksWriter;

/// Opens a segment's commit messages.
///
/// # Errors
/// Where the file is absent or damaged.
pub fn open_messages(segment: &SegmentReader) -> tantivy::Result<MessageBlocks> {
    Ok(MessageBlocks::open(&read_file(segment, MESSAGES_FILE)?)?)
}

/// Writes and merges the commit messages.
pub struct MessagesPlugin {
    /// The field whose payload is a block of messages, whichever commits they are of.
    pub message_block: Field,
    /// What the blocks are compressed with.
    pub dictionaries: SharedDictionaries,
}

impl SegmentPlugin for MessagesPlugin {
    fn extensions(&self) -> &[&str] {
        &[MESSAGES_FILE]
    }

    fn create_writer(&self, context: &PluginWriterContext<'_>) -> tantivy::Result<Box<dyn PluginWriter>> {
        let mut blocks = BlocksWriter::new(create_file(context.segment, MESSAGES_FILE)?);
        let dictionaries = self.dictionaries.get().cloned().unwrap_or_default();
        blocks.use_dictionary(dictionaries.messages);
        Ok(Box::new(MessagesWriter { message_block: self.message_block, blocks, messages: 0 }))
    }

    fn merge(&self, context: PluginMergeContext<'_>) -> tantivy::Result<()> {
        let mut writer = BlocksWriter::new(create_file(context.target_segment, MESSAGES_FILE)?);
        let mut messages = 0;
        for reader in context.readers {
            let part = open_messages(reader)?;
            writer.append(part.file(), |range| range)?;
            messages += part.file().records();
        }
        Ok(writer.finish(messages)?.terminate()?)
    }
}

struct MessagesWriter {
    message_block: Field,
    blocks: BlocksWriter<WritePtr, OrdinalRange>,
    messages: u32,
}

impl PluginWriter for MessagesWriter {
    fn add_document(&mut self, _: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        if let Some(payload) = payload(document, self.message_block) {
            let (range, block) = CarriedBlock::decode(payload)?;
            self.blocks.add(range, block)?;
            self.messages += range.commits();
        }
        Ok(())
    }

    fn serialize(self: Box<Self>, _: &Segment, _: Option<&DocIdMapping>) -> tantivy::Result<()> {
        Ok(self.blocks.finish(self.messages)?.terminate()?)
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
