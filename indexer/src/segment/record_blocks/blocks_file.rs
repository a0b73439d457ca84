//! The file of a segment's blocks: how it is written, and how its parts are found again.

use std::io::{self, Write};
use std::sync::Arc;

use tantivy::directory::OwnedBytes;
use xxhash_rust::xxh3::xxh3_64;

use super::block::damaged;
use crate::mapped_column::{FixedWidth, MappedColumn, column_bytes};
use crate::segment::block_checksum::BlockChecksum;

/// What a file with checksums ends with. A file of format 5 has none, and ends with the number of its dictionaries.
const MARK: [u8; 8] = *b"BLOCKS\0\x06";

/// Bytes of the checksum of what is behind the blocks, and of the mark.
const SEAL_BYTES: usize = 16;

/// Writes the blocks of a segment, each with a key that says whose records it has.
pub struct BlocksWriter<W: Write, K> {
    out: W,
    written: u64,
    keys: Vec<K>,
    ends: Vec<u64>,
    checksums: Vec<u32>,
    dictionaries: Vec<DictionaryUse<Arc<[u8]>>>,
}

/// A dictionary, and the first of the blocks that it is for.
struct DictionaryUse<B> {
    first_block: u32,
    dictionary: B,
}

impl<W: Write, K: FixedWidth> BlocksWriter<W, K> {
    /// A writer without any block.
    pub fn new(out: W) -> BlocksWriter<W, K> {
        BlocksWriter {
            out,
            written: 0,
            keys: Vec::new(),
            ends: Vec::new(),
            checksums: Vec::new(),
            dictionaries: Vec::new(),
        }
    }

    /// Says which dictionary the next blocks are compressed with.
    pub fn use_dictionary(&mut self, dictionary: Arc<[u8]>) {
        if self.dictionaries.last().is_none_or(|last| last.dictionary != dictionary) {
            self.dictionaries.push(DictionaryUse { first_block: self.ends.len() as u32, dictionary });
        }
    }

    /// Adds a block.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn add(&mut self, key: K, block: &[u8]) -> io::Result<()> {
        self.out.write_all(block)?;
        self.written += block.len() as u64;
        self.keys.push(key);
        self.ends.push(self.written);
        self.checksums.push(BlockChecksum::of(block).0);
        Ok(())
    }

    /// Adds the blocks of another file as they are stored, with their dictionaries; `moved` is the key of each in this one.
    ///
    /// # Errors
    /// Where the file is damaged, or writing fails.
    pub fn append(&mut self, file: &BlocksFile<K>, moved: impl Fn(K) -> K) -> io::Result<()> {
        let mut last = None;
        for block in 0..file.len() {
            let dictionary = file.dictionary_of(block)?;
            if last.replace(dictionary) != Some(dictionary) {
                self.use_dictionary(file.dictionary(dictionary).into());
            }
            self.add(moved(file.keys().get(block)), file.stored(block)?)?;
        }
        Ok(())
    }

    /// Bytes that are held in memory.
    pub fn memory(&self) -> usize {
        self.keys.capacity() * size_of::<K>() + self.ends.capacity() * 8 + self.checksums.capacity() * 4
    }

    /// Writes what is left, and returns where it was written to; `records` is how many there are in all blocks.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn finish(mut self, records: u32) -> io::Result<W> {
        let mut tail = Vec::new();
        for used in &self.dictionaries {
            tail.extend_from_slice(&used.dictionary);
        }
        let counts = Counts {
            records: u64::from(records),
            blocks: self.ends.len() as u64,
            dictionaries: self.dictionaries.len() as u64,
        };
        let entries = self
            .dictionaries
            .iter()
            .map(|used| DictionaryEntry { first_block: used.first_block, len: used.dictionary.len() as u32 });
        tail.extend(column_bytes(self.keys));
        tail.extend(column_bytes(self.ends));
        tail.extend(column_bytes(self.checksums));
        tail.extend(column_bytes(entries));
        tail.extend(counts.encode());
        self.out.write_all(&tail)?;
        self.out.write_all(&xxh3_64(&tail).to_le_bytes())?;
        self.out.write_all(&MARK)?;
        Ok(self.out)
    }
}

/// What the file says of a dictionary.
#[derive(Clone, Copy)]
struct DictionaryEntry {
    first_block: u32,
    len: u32,
}

impl FixedWidth for DictionaryEntry {
    type Bytes = [u8; 8];

    fn to_bytes(self) -> [u8; 8] {
        (u64::from(self.len) << 32 | u64::from(self.first_block)).to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 8]) -> DictionaryEntry {
        let number = u64::from_le_bytes(bytes);
        DictionaryEntry { first_block: number as u32, len: (number >> 32) as u32 }
    }
}

/// What stands at the end of the file.
struct Counts {
    records: u64,
    blocks: u64,
    dictionaries: u64,
}

impl Counts {
    const BYTES: usize = 24;

    fn encode(&self) -> Vec<u8> {
        column_bytes([self.records, self.blocks, self.dictionaries])
    }

    /// Reads the counts, which are the bytes from `at` on.
    fn decode(file: &OwnedBytes, at: usize) -> Counts {
        let counts = MappedColumn::<u64>::new(file.slice(at..at + Counts::BYTES));
        Counts { records: counts.get(0), blocks: counts.get(1), dictionaries: counts.get(2) }
    }
}

/// The parts of a file of blocks that is mapped into memory.
pub struct BlocksFile<K> {
    blocks: OwnedBytes,
    records: u32,
    keys: MappedColumn<K>,
    ends: MappedColumn<u64>,
    /// None in a file of format 5.
    checksums: Option<MappedColumn<u32>>,
    dictionaries: Vec<DictionaryUse<OwnedBytes>>,
}

impl<K: FixedWidth> BlocksFile<K> {
    /// Finds the parts, and checks what is behind the blocks; these are checked when they are read.
    ///
    /// # Errors
    /// Where the file is damaged.
    pub fn decode(file: &OwnedBytes) -> io::Result<BlocksFile<K>> {
        let has_checksums = file.ends_with(&MARK);
        let seal = if has_checksums { SEAL_BYTES } else { 0 };
        let tail_end = file.len().checked_sub(seal).ok_or_else(damaged)?;
        let mut end = tail_end.checked_sub(Counts::BYTES).ok_or_else(damaged)?;
        let counts = Counts::decode(file, end);
        // The parts are found from the last one to the first.
        let mut part = |count: u64, width: usize| -> io::Result<OwnedBytes> {
            let count = usize::try_from(count).map_err(|_| damaged())?;
            let len = count.checked_mul(width).ok_or_else(damaged)?;
            let start = end.checked_sub(len).ok_or_else(damaged)?;
            let bytes = file.slice(start..end);
            end = start;
            Ok(bytes)
        };
        let entries = MappedColumn::<DictionaryEntry>::new(part(counts.dictionaries, 8)?);
        let checksums = match has_checksums {
            true => Some(MappedColumn::new(part(counts.blocks, 4)?)),
            false => None,
        };
        let ends = MappedColumn::new(part(counts.blocks, 8)?);
        let keys = MappedColumn::new(part(counts.blocks, size_of::<K::Bytes>())?);
        let mut dictionaries = Vec::new();
        for place in (0..entries.len()).rev() {
            let DictionaryEntry { first_block, len } = entries.get(place);
            dictionaries.push(DictionaryUse { first_block, dictionary: part(u64::from(len), 1)? });
        }
        dictionaries.reverse();
        if has_checksums && file[tail_end..tail_end + 8] != xxh3_64(&file[end..tail_end]).to_le_bytes() {
            let message = "the checksum of its table of blocks does not agree";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(BlocksFile {
            blocks: file.slice(0..end),
            records: u32::try_from(counts.records).map_err(|_| damaged())?,
            keys,
            ends,
            checksums,
            dictionaries,
        })
    }

    /// How many records there are.
    pub fn records(&self) -> u32 {
        self.records
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many dictionaries there are.
    pub fn dictionaries(&self) -> usize {
        self.dictionaries.len()
    }

    /// The dictionary of the first blocks; empty where there is none.
    pub fn first_dictionary(&self) -> &[u8] {
        self.dictionaries.first().map_or(&[], |used| &used.dictionary)
    }

    /// The keys of the blocks, in their order in the file.
    pub fn keys(&self) -> &MappedColumn<K> {
        &self.keys
    }

    /// A block as it is stored, compared with its checksum.
    ///
    /// # Errors
    /// Where the file is damaged.
    pub fn stored(&self, block: usize) -> io::Result<&[u8]> {
        let start = block.checked_sub(1).map_or(0, |before| self.ends.get(before) as usize);
        let stored = self.blocks.get(start..self.ends.get(block) as usize).ok_or_else(damaged)?;
        if let Some(checksums) = &self.checksums {
            BlockChecksum(checksums.get(block)).check(block, stored)?;
        }
        Ok(stored)
    }

    /// The place of the dictionary that a block is compressed with.
    ///
    /// # Errors
    /// Where there is none.
    pub fn dictionary_of(&self, block: usize) -> io::Result<usize> {
        let later = self.dictionaries.iter().position(|used| used.first_block as usize > block);
        later.unwrap_or(self.dictionaries.len()).checked_sub(1).ok_or_else(damaged)
    }

    /// The dictionary at a place that [`BlocksFile::dictionary_of`] gave.
    pub fn dictionary(&self, place: usize) -> &[u8] {
        &self.dictionaries[place].dictionary
    }
}
