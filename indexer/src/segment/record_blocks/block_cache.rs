//! Decompresses blocks, and keeps those that were read last.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use zstd::bulk::Decompressor;

use super::block::Block;
use super::blocks_file::BlocksFile;
use crate::mapped_column::FixedWidth;

/// Decompressed blocks of one file.
pub struct BlockCache {
    /// Decompressors that are not in use, for each dictionary.
    idle: Vec<Mutex<Vec<Decompressor<'static>>>>,
    /// The last block that was decompressed of those whose number leaves the same remainder.
    slots: Vec<Mutex<Option<CachedBlock>>>,
    /// Bytes of the longest block that is kept.
    max_bytes: usize,
}

/// A decompressed block and its number.
#[derive(Clone)]
struct CachedBlock {
    number: usize,
    block: Arc<Block>,
}

impl BlockCache {
    /// An empty cache of a file with so many dictionaries, for `blocks` blocks of `max_bytes` at most.
    pub fn new(dictionaries: usize, blocks: usize, max_bytes: usize) -> BlockCache {
        BlockCache {
            idle: (0..dictionaries).map(|_| Mutex::default()).collect(),
            slots: (0..blocks).map(|_| Mutex::default()).collect(),
            max_bytes,
        }
    }

    /// The block with a number, which has this many records.
    ///
    /// # Errors
    /// Where the block is damaged.
    pub fn block<K: FixedWidth>(
        &self,
        file: &BlocksFile<K>,
        number: usize,
        records: u32,
    ) -> io::Result<Arc<Block>> {
        let slot = &self.slots[number % self.slots.len()];
        let other = {
            let mut kept = lock(slot);
            match &*kept {
                Some(cached) if cached.number == number => return Ok(Arc::clone(&cached.block)),
                _ => kept.take(),
            }
        };
        // What the new block replaces lends its memory, unless it is still being read.
        let memory = other.and_then(|other| Arc::into_inner(other.block)).unwrap_or_default();
        let block = Arc::new(self.read(file, number, records, memory)?);
        if block.content().len() <= self.max_bytes {
            *lock(slot) = Some(CachedBlock { number, block: Arc::clone(&block) });
        }
        Ok(block)
    }

    fn read<K: FixedWidth>(
        &self,
        file: &BlocksFile<K>,
        number: usize,
        records: u32,
        memory: Block,
    ) -> io::Result<Block> {
        let stored = file.stored(number)?;
        let place = file.dictionary_of(number)?;
        let idle = lock(&self.idle[place]).pop();
        let mut decompressor = match idle {
            Some(decompressor) => decompressor,
            None => Decompressor::with_dictionary(file.dictionary(place))?,
        };
        let block = Block::unpack(stored, records, &mut decompressor, memory)?;
        lock(&self.idle[place]).push(decompressor);
        Ok(block)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
