//! Reads records, and keeps the blocks that were read last.

use std::io;
use std::ops::{Deref, Range};
use std::sync::{Arc, Mutex, MutexGuard};

use tantivy::DocId;
use tantivy::directory::OwnedBytes;
use zstd::bulk::Decompressor;

use super::block::{Block, damaged};
use super::blocks_file::BlocksFile;

/// Decompressed blocks that are kept, for each segment: usually 26 MiB.
const CACHED_BLOCKS: usize = 2048;

/// Blocks of longer records are not kept, so that the cache always stays below 48 MiB of content.
const MAX_CACHED_BYTES: usize = 24 << 10;

/// The blocks of a segment, as they are read.
pub struct RecordBlocks {
    file: BlocksFile,
    /// Decompressors that are not in use, for each dictionary.
    idle: Vec<Mutex<Vec<Decompressor<'static>>>>,
    /// The last block that was decompressed of those whose number leaves the same remainder.
    cache: Vec<Mutex<Option<CachedBlock>>>,
}

/// A decompressed block and its number.
#[derive(Clone)]
struct CachedBlock {
    number: usize,
    block: Arc<Block>,
}

/// A record, in its block.
pub struct Record {
    block: Arc<Block>,
    range: Range<usize>,
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
            idle: file.dictionaries().map(|_| Mutex::default()).collect(),
            cache: (0..CACHED_BLOCKS).map(|_| Mutex::default()).collect(),
            file,
        })
    }

    /// How many records there are.
    pub fn documents(&self) -> DocId {
        self.file.documents()
    }

    /// The dictionary of the first blocks; empty where there is none.
    pub fn dictionary(&self) -> &[u8] {
        self.file.dictionaries().next().map_or(&[], |dictionary| dictionary)
    }

    /// A document's record.
    ///
    /// # Errors
    /// Where there is none, or the blocks are damaged.
    pub fn record(&self, document: DocId) -> io::Result<Record> {
        let number = self.file.block_of(document)?;
        let slot = &self.cache[number % CACHED_BLOCKS];
        let (cached, other) = {
            let mut kept = lock(slot);
            match kept.as_ref().is_some_and(|cached| cached.number == number) {
                true => (kept.clone(), None),
                false => (None, kept.take()),
            }
        };
        let block = match cached {
            Some(cached) => cached.block,
            None => {
                // What the new block replaces lends its memory, unless it is still being read.
                let memory = other.and_then(|other| Arc::into_inner(other.block)).unwrap_or_default();
                let block = Arc::new(self.read(number, memory)?);
                if block.content().len() <= MAX_CACHED_BYTES {
                    *lock(slot) = Some(CachedBlock { number, block: Arc::clone(&block) });
                }
                block
            }
        };
        let place = (document - self.file.first_document(number)) as usize;
        let range = block.record(place).ok_or_else(damaged)?;
        Ok(Record { range, block })
    }

    /// Calls `add` with each block as it is stored, its first document and its dictionary.
    ///
    /// # Errors
    /// Where the blocks are damaged, and those of `add`.
    pub fn for_each_block(
        &self,
        mut add: impl FnMut(DocId, &[u8], &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for number in 0..self.file.len() {
            let dictionary = self.file.dictionary(self.file.dictionary_of(number)?);
            add(self.file.first_document(number), self.file.stored(number)?, dictionary)?;
        }
        Ok(())
    }

    fn read(&self, number: usize, memory: Block) -> io::Result<Block> {
        let stored = self.file.stored(number)?;
        let records = self.file.records_of(number)?;
        let place = self.file.dictionary_of(number)?;
        let idle = lock(&self.idle[place]).pop();
        let mut decompressor = match idle {
            Some(decompressor) => decompressor,
            None => Decompressor::with_dictionary(self.file.dictionary(place))?,
        };
        let block = Block::unpack(stored, records, &mut decompressor, memory)?;
        lock(&self.idle[place]).push(decompressor);
        Ok(block)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
