//! Documents on their way to tantivy, with their records compressed together, and so their messages.

use std::io;

use tantivy::TantivyDocument;

use crate::graph::CommitOrdinal;
use crate::segment::message_blocks::MessagePacker;
use crate::segment::record_blocks::{BlockPacker, RECORD_BLOCK_BYTES};
use crate::segment::schema::Fields;
use crate::segment::segment_files::Dictionaries;

/// A document that is to be added.
pub struct NewDocument {
    /// What tantivy gets.
    pub document: TantivyDocument,
    /// Its record.
    pub record: Vec<u8>,
    /// Of a commit's document the record of its message.
    pub message: Option<Vec<u8>>,
}

/// Collects documents until their records fill a block. Each batch has to be added as a whole and in its order.
///
/// Messages fill blocks of their own, which any document can carry: the last one of those with a message in it does.
pub struct DocumentBatcher<'a> {
    fields: &'a Fields,
    packer: BlockPacker,
    messages: MessagePacker,
    documents: Vec<TantivyDocument>,
}

impl<'a> DocumentBatcher<'a> {
    /// A batcher that compresses with these dictionaries.
    ///
    /// # Errors
    /// Where zstd does not take a dictionary.
    pub fn new(fields: &'a Fields, dictionaries: &Dictionaries) -> io::Result<DocumentBatcher<'a>> {
        Ok(DocumentBatcher {
            fields,
            packer: BlockPacker::new(RECORD_BLOCK_BYTES, &dictionaries.records)?,
            messages: MessagePacker::new(&dictionaries.messages)?,
            documents: Vec::new(),
        })
    }

    /// Adds a document of a commit, which comes behind those of earlier commits; returns the documents before it if
    /// they are a batch.
    ///
    /// # Errors
    /// Where records or messages cannot be compressed.
    pub fn add(
        &mut self,
        commit: CommitOrdinal,
        new: NewDocument,
    ) -> io::Result<Option<Vec<TantivyDocument>>> {
        if self.messages.is_full() {
            self.carry_messages()?;
        }
        let batch = if self.packer.is_full() { self.batch()? } else { None };
        if let Some(message) = new.message {
            self.messages.add(commit, &message);
        }
        self.packer.add(&new.record);
        self.documents.push(new.document);
        Ok(batch)
    }

    /// The last batch, if anything is left: it carries all messages that are left as well.
    ///
    /// # Errors
    /// Where records or messages cannot be compressed.
    pub fn finish(&mut self) -> io::Result<Option<Vec<TantivyDocument>>> {
        self.carry_messages()?;
        self.batch()
    }

    fn batch(&mut self) -> io::Result<Option<Vec<TantivyDocument>>> {
        let Some(first) = self.documents.first_mut() else { return Ok(None) };
        first.add_custom(self.fields.block, &self.packer.pack()?);
        Ok(Some(std::mem::take(&mut self.documents)))
    }

    /// Lets the last document carry the messages since the last block. It carries none yet: it was added behind the
    /// document that carries that block. And it is here, because messages come with documents, and a batch is only handed
    /// over when the next document comes.
    fn carry_messages(&mut self) -> io::Result<()> {
        if let Some(last) = self.documents.last_mut()
            && let Some(block) = self.messages.pack()?
        {
            last.add_custom(self.fields.message_block, &block);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::schema::schema;

    /// Adds documents whose records and messages have these lengths; of each batch how many documents it has, and how many
    /// of them carry messages.
    fn batches(lengths: &[(usize, Option<usize>)]) -> Vec<(usize, usize)> {
        let (_, fields) = schema();
        let mut batcher = DocumentBatcher::new(&fields, &Dictionaries::default()).expect("no dictionary");
        let mut batches = Vec::new();
        for (commit, (record, message)) in lengths.iter().enumerate() {
            let new = NewDocument {
                document: TantivyDocument::new(),
                record: vec![b'r'; *record],
                message: message.map(|len| vec![b'm'; len]),
            };
            batches.extend(batcher.add(CommitOrdinal(commit as u32), new).expect("memory"));
        }
        batches.extend(batcher.finish().expect("memory"));
        assert!(batcher.finish().expect("nothing to do").is_none());
        let carrying = |batch: &Vec<TantivyDocument>| {
            let carried = |document: &TantivyDocument| document.get_all(fields.message_block).count();
            assert!(batch.iter().all(|document| carried(document) <= 1), "a document carries one block");
            batch.iter().map(carried).sum()
        };
        batches.iter().map(|batch| (batch.len(), carrying(batch))).collect()
    }

    #[test]
    fn a_batch_ends_with_the_document_whose_record_fills_a_block() {
        assert_eq!(batches(&[]), []);
        let half = RECORD_BLOCK_BYTES / 2;
        assert_eq!(batches(&[(half, None); 5]), [(2, 0), (2, 0), (1, 0)]);
        assert_eq!(batches(&[(half, None); 4]), [(2, 0), (2, 0)]);
    }

    #[test]
    fn messages_travel_when_they_fill_a_block_and_at_the_end() {
        let large = 40 << 10;
        assert_eq!(batches(&[(1, Some(10)), (1, None)]), [(2, 1)]);
        assert_eq!(batches(&[(1, Some(large)); 3]), [(3, 2)]);
        // The document that fills a batch is the last one of all: it carries what is left.
        assert_eq!(batches(&[(1, Some(10)), (RECORD_BLOCK_BYTES, Some(10))]), [(2, 1)]);
        assert_eq!(batches(&[(1, Some(2 * large)), (1, Some(10))]), [(2, 2)]);
    }
}
