//! Documents on their way to tantivy, with their records compressed together.

use std::io;

use tantivy::TantivyDocument;
use tantivy::schema::Field;

use crate::segment::record_blocks::BlockPacker;

/// Collects documents until their records fill a block. Each batch has to be added as a whole and in its order.
pub struct DocumentBatcher {
    block: Field,
    packer: BlockPacker,
    documents: Vec<TantivyDocument>,
}

impl DocumentBatcher {
    /// A batcher that compresses with `dictionary` and puts blocks into the field `block`.
    ///
    /// # Errors
    /// Where zstd does not take the dictionary.
    pub fn new(block: Field, dictionary: &[u8]) -> io::Result<DocumentBatcher> {
        Ok(DocumentBatcher { block, packer: BlockPacker::new(dictionary)?, documents: Vec::new() })
    }

    /// Adds a document with its record; returns a batch if that fills one.
    ///
    /// # Errors
    /// Where the records cannot be compressed.
    pub fn add(
        &mut self,
        document: TantivyDocument,
        record: &[u8],
    ) -> io::Result<Option<Vec<TantivyDocument>>> {
        self.documents.push(document);
        if self.packer.add(record) { self.finish() } else { Ok(None) }
    }

    /// The last batch, if anything is left.
    ///
    /// # Errors
    /// Where the records cannot be compressed.
    pub fn finish(&mut self) -> io::Result<Option<Vec<TantivyDocument>>> {
        let Some(first) = self.documents.first_mut() else { return Ok(None) };
        first.add_custom(self.block, &self.packer.pack()?);
        Ok(Some(std::mem::take(&mut self.documents)))
    }
}
