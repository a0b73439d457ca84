//! Reads the records of documents.

use std::io;
use std::ops::{Deref, Range};
use std::sync::Arc;

use tantivy::DocId;
use tantivy::directory::OwnedBytes;

use super::block::{Block, damaged};
use super::block_cache::BlockCache;
use super::blocks_file::BlocksFile;
use crate::mapped_column::partition_point;

/// Bytes of records that are compressed together; a longer record is alone.
///
/// Of kernel history blocks of 8 KiB take 444 MB, of 12 KiB 433 and of 16 KiB 425; lookups take as long with 12 KiB as
/// with 8 (`docs/tuning.md`).
pub const RECORD_BLOCK_BYTES: usize = 12 << 10;

/// Decompressed blocks that are kept, for each segment: usually 26 MiB.
const CACHED_BLOCKS: usize = 2048;

/// Blocks of longer records are not kept, so that the cache always stays below 48 MiB of content.
const MAX_CACHED_BYTES: usize = 24 << 10;

/// The blocks of a segment, as they are read.
pub struct RecordBlocks {
    /// The key of a block is the document whose record is the block's first.
    file: BlocksFile<DocId>,
    cache: BlockCache,
}

/// A record, in its block.
pub struct Record {
    block: Arc<Block>,
    range: Range<usize>,
}

impl Record {
    /// The record at a place of a block; none if the block has no such record.
    pub(in crate::segment) fn of(block: Arc<Block>, place: usize) -> Option<Record> {
        let range = block.record(place)?;
        Some(Record { range, block })
    }
}

impl Deref for Record {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.block.content()[self.range.clone()]
    }
}

impl RecordBlocks {
    /// Opens the blocks of a segment; nothing but the end of the file is read.
    ///
    /// # Errors
    /// Where they are damaged.
    pub fn open(file: &OwnedBytes) -> io::Result<RecordBlocks> {
        let file = BlocksFile::decode(file)?;
        Ok(RecordBlocks {
            cache: BlockCache::new(file.dictionaries(), CACHED_BLOCKS, MAX_CACHED_BYTES),
            file,
        })
    }

    /// The file, as it is copied when segments are merged.
    pub fn file(&self) -> &BlocksFile<DocId> {
        &self.file
    }

    /// A document's record.
    ///
    /// # Errors
    /// Where there is none, or the blocks are damaged.
    pub fn record(&self, document: DocId) -> io::Result<Record> {
        let first_documents = self.file.keys();
        let after = partition_point(0..self.file.len(), |block| first_documents.get(block) <= document);
        let number = after.checked_sub(1).ok_or_else(damaged)?;
        let first = first_documents.get(number);
        let next = if after < self.file.len() { first_documents.get(after) } else { self.file.records() };
        let records = next.checked_sub(first).ok_or_else(damaged)?;
        let block = self.cache.block(&self.file, number, records)?;
        Record::of(block, (document - first) as usize).ok_or_else(damaged)
    }
}
