//! Stored records in compressed blocks: what one segment holds of its hunks and commits.
//!
//! Neighbouring records are compressed together, because a commit's hunks resemble each other; blocks are small,
//! because every look at a candidate decompresses one. A dictionary of typical content makes up for what small blocks
//! lose.
//!
//! Layout of a file, all numbers little-endian: the blocks one after another; the dictionaries; for each block its
//! first document (u32); for each block the offset of its end (u64); for each dictionary the first block that it is
//! for (u32) and its length (u32); then the numbers of documents, blocks and dictionaries (u64 each).
//!
//! A block is the length of its content (u32) and a zstd frame of the content: the lengths of its records (LEB128
//! varints), then the records.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tantivy::DocId;
use tantivy::directory::OwnedBytes;
use zstd::bulk::{Compressor, Decompressor};

use crate::mapped_column::{MappedColumn, partition_point};
use crate::segment::varint::{take_small, write_varint};

/// Bytes of records that are compressed together; a longer record is alone.
///
/// Of kernel history blocks of 8 KiB take 444 MB, of 12 KiB 433 and of 16 KiB 425; lookups take as long with 12 KiB as
/// with 8 (`docs/measurements.md`).
pub const BLOCK_BYTES: usize = 12 << 10;

/// zstd's level: with a dictionary of 256 KiB level 3 takes 0.260 of the records' size, 5 0.240, 6 0.232 and 9 0.230, in
/// 14, 17, 23 and 44 seconds for 1.7 GB.
const COMPRESSION_LEVEL: i32 = 6;

/// Decompressed blocks that are kept, for each segment: usually 26 MiB.
const CACHED_BLOCKS: usize = 2048;

/// Blocks of longer records are not kept, so that the cache stays below 48 MiB of content whatever is stored.
const MAX_CACHED_BYTES: usize = 24 << 10;

/// zstd's best: 128 KiB of one byte in a block of four bytes. More than that is damage, not content.
const MAX_RATIO: usize = 1 << 15;

const FOOTER_BYTES: usize = 24;
const DICTIONARY_ENTRY_BYTES: usize = 8;

/// Collects records and compresses them to blocks.
pub struct BlockPacker {
    compressor: Compressor<'static>,
    lengths: Vec<u8>,
    records: Vec<u8>,
    content: Vec<u8>,
}

impl BlockPacker {
    /// A packer that compresses with a dictionary, which may be empty.
    ///
    /// # Errors
    /// Where zstd does not take the dictionary.
    pub fn new(dictionary: &[u8]) -> io::Result<BlockPacker> {
        let mut compressor = Compressor::with_dictionary(COMPRESSION_LEVEL, dictionary)?;
        compressor.include_contentsize(false)?;
        compressor.include_dictid(false)?;
        Ok(BlockPacker { compressor, lengths: Vec::new(), records: Vec::new(), content: Vec::new() })
    }

    /// Adds a record; true if the block is full then.
    pub fn add(&mut self, record: &[u8]) -> bool {
        write_varint(&mut self.lengths, record.len() as u64);
        self.records.extend_from_slice(record);
        self.records.len() >= BLOCK_BYTES
    }

    /// The block of all records since the last one.
    ///
    /// # Errors
    /// Where zstd fails, or the block is larger than 4 GiB.
    pub fn pack(&mut self) -> io::Result<Vec<u8>> {
        self.content.clear();
        self.content.append(&mut self.lengths);
        self.content.append(&mut self.records);
        let len = u32::try_from(self.content.len())
            .map_err(|_| io::Error::other("a hunk is larger than 4 GiB: it cannot be stored"))?;
        let compressed = self.compressor.compress(&self.content)?;
        Ok([&len.to_le_bytes()[..], &compressed].concat())
    }
}

/// Writes the blocks of a segment.
pub struct BlocksWriter<W: Write> {
    out: W,
    written: u64,
    first_documents: Vec<u32>,
    ends: Vec<u64>,
    /// With the first block that each is for.
    dictionaries: Vec<(u32, Arc<[u8]>)>,
}

impl<W: Write> BlocksWriter<W> {
    /// A writer without any block.
    pub fn new(out: W) -> BlocksWriter<W> {
        BlocksWriter {
            out,
            written: 0,
            first_documents: Vec::new(),
            ends: Vec::new(),
            dictionaries: Vec::new(),
        }
    }

    /// Says which dictionary the next blocks are compressed with.
    pub fn use_dictionary(&mut self, dictionary: Arc<[u8]>) {
        if self.dictionaries.last().is_none_or(|(_, last)| *last != dictionary) {
            self.dictionaries.push((self.ends.len() as u32, dictionary));
        }
    }

    /// Adds a block whose first record is that of `first_document`.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn add(&mut self, first_document: DocId, block: &[u8]) -> io::Result<()> {
        self.out.write_all(block)?;
        self.written += block.len() as u64;
        self.first_documents.push(first_document);
        self.ends.push(self.written);
        Ok(())
    }

    /// Bytes that are held in memory.
    pub fn memory(&self) -> usize {
        self.first_documents.capacity() * 4 + self.ends.capacity() * 8
    }

    /// Writes what is left, and returns where it was written to.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn finish(mut self, documents: DocId) -> io::Result<W> {
        for (_, dictionary) in &self.dictionaries {
            self.out.write_all(dictionary)?;
        }
        for document in &self.first_documents {
            self.out.write_all(&document.to_le_bytes())?;
        }
        for end in &self.ends {
            self.out.write_all(&end.to_le_bytes())?;
        }
        for (first_block, dictionary) in &self.dictionaries {
            self.out.write_all(&first_block.to_le_bytes())?;
            self.out.write_all(&(dictionary.len() as u32).to_le_bytes())?;
        }
        for count in [u64::from(documents), self.ends.len() as u64, self.dictionaries.len() as u64] {
            self.out.write_all(&count.to_le_bytes())?;
        }
        Ok(self.out)
    }
}

/// The blocks of a segment, as they are read.
pub struct RecordBlocks {
    blocks: OwnedBytes,
    documents: DocId,
    first_documents: MappedColumn<u32>,
    ends: MappedColumn<u64>,
    dictionaries: Vec<(u32, OwnedBytes)>,
    /// Decompressors that nobody uses just now, for each dictionary.
    idle: Vec<Mutex<Vec<Decompressor<'static>>>>,
    /// The last block that was decompressed of those whose number leaves the same remainder.
    cache: Vec<Mutex<Option<Arc<Block>>>>,
}

/// A decompressed block.
#[derive(Default)]
struct Block {
    number: usize,
    content: Vec<u8>,
    /// Where each record ends in the content; they begin where the last one ends.
    ends: Vec<u32>,
    start: u32,
}

/// A record, in its block.
pub struct Record {
    block: Arc<Block>,
    range: std::ops::Range<usize>,
}

impl std::ops::Deref for Record {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.block.content[self.range.clone()]
    }
}

impl RecordBlocks {
    /// Opens the blocks of a segment; nothing but the end of the file is read.
    ///
    /// # Errors
    /// Where they are damaged.
    pub fn open(file: &OwnedBytes) -> io::Result<RecordBlocks> {
        let number = |at: usize| -> io::Result<usize> {
            let bytes = file.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).ok_or_else(damaged)?;
            usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| damaged())
        };
        let mut end = file.len().checked_sub(FOOTER_BYTES).ok_or_else(damaged)?;
        let (documents, blocks, dictionaries) = (number(end)?, number(end + 8)?, number(end + 16)?);
        let mut section = |count: usize, width: usize| -> io::Result<OwnedBytes> {
            let len = count.checked_mul(width).ok_or_else(damaged)?;
            let start = end.checked_sub(len).ok_or_else(damaged)?;
            let bytes = file.slice(start..end);
            end = start;
            Ok(bytes)
        };
        let table = section(dictionaries, DICTIONARY_ENTRY_BYTES)?;
        let ends = MappedColumn::<u64>::new(section(blocks, 8)?);
        let first_documents = MappedColumn::<u32>::new(section(blocks, 4)?);
        let table = MappedColumn::<u32>::new(table);
        let mut found = Vec::new();
        for place in (0..dictionaries).rev() {
            found.push((table.get(2 * place), section(table.get(2 * place + 1) as usize, 1)?));
        }
        found.reverse();
        Ok(RecordBlocks {
            blocks: file.slice(0..end),
            documents: u32::try_from(documents).map_err(|_| damaged())?,
            first_documents,
            ends,
            idle: found.iter().map(|_| Mutex::default()).collect(),
            dictionaries: found,
            cache: (0..CACHED_BLOCKS).map(|_| Mutex::default()).collect(),
        })
    }

    /// How many records there are.
    pub fn documents(&self) -> DocId {
        self.documents
    }

    /// The dictionary of the first blocks; empty where there is none.
    pub fn dictionary(&self) -> &[u8] {
        self.dictionaries.first().map_or(&[], |(_, dictionary)| dictionary)
    }

    /// A document's record.
    ///
    /// # Errors
    /// Where there is none, or the blocks are damaged.
    pub fn record(&self, document: DocId) -> io::Result<Record> {
        let number = self.block_of(document)?;
        let slot = &self.cache[number % CACHED_BLOCKS];
        let (cached, other) = {
            let mut kept = lock(slot);
            match kept.as_ref().is_some_and(|block| block.number == number) {
                true => (kept.clone(), None),
                false => (None, kept.take()),
            }
        };
        let block = match cached {
            Some(block) => block,
            None => {
                // What the new block replaces lends its memory, unless somebody still reads it.
                let memory = other.and_then(Arc::into_inner).unwrap_or_default();
                let block = Arc::new(self.read(number, memory)?);
                if block.content.len() <= MAX_CACHED_BYTES {
                    *lock(slot) = Some(Arc::clone(&block));
                }
                block
            }
        };
        let place = (document - self.first_documents.get(number)) as usize;
        let end = *block.ends.get(place).ok_or_else(damaged)?;
        let start = place.checked_sub(1).map_or(block.start, |before| block.ends[before]);
        Ok(Record { range: start as usize..end as usize, block })
    }

    /// Calls `add` with each block as it is stored, its first document and its dictionary.
    ///
    /// # Errors
    /// Where the blocks are damaged, and those of `add`.
    pub fn for_each_block(
        &self,
        mut add: impl FnMut(DocId, &[u8], &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for number in 0..self.ends.len() {
            let (_, dictionary) = &self.dictionaries[self.dictionary_of(number)?];
            add(self.first_documents.get(number), self.stored(number)?, dictionary)?;
        }
        Ok(())
    }

    fn block_of(&self, document: DocId) -> io::Result<usize> {
        let blocks = self.first_documents.len();
        let after = partition_point(0..blocks, |block| self.first_documents.get(block) <= document);
        after.checked_sub(1).ok_or_else(damaged)
    }

    fn stored(&self, number: usize) -> io::Result<&[u8]> {
        let start = number.checked_sub(1).map_or(0, |before| self.ends.get(before) as usize);
        self.blocks.get(start..self.ends.get(number) as usize).ok_or_else(damaged)
    }

    fn dictionary_of(&self, number: usize) -> io::Result<usize> {
        let later = self.dictionaries.iter().position(|(first, _)| *first as usize > number);
        later.unwrap_or(self.dictionaries.len()).checked_sub(1).ok_or_else(damaged)
    }

    fn read(&self, number: usize, memory: Block) -> io::Result<Block> {
        let (len, frame) = self.stored(number)?.split_first_chunk::<4>().ok_or_else(damaged)?;
        let len = u32::from_le_bytes(*len) as usize;
        if len > MAX_RATIO * (frame.len() + 1) {
            return Err(damaged());
        }
        let place = self.dictionary_of(number)?;
        let idle = lock(&self.idle[place]).pop();
        let mut decompressor = match idle {
            Some(decompressor) => decompressor,
            None => Decompressor::with_dictionary(&self.dictionaries[place].1)?,
        };
        let Block { mut content, mut ends, .. } = memory;
        content.clear();
        content.reserve_exact(len);
        decompressor.decompress_to_buffer(frame, &mut content)?;
        lock(&self.idle[place]).push(decompressor);

        let next = number + 1;
        let after = if next < self.ends.len() { self.first_documents.get(next) } else { self.documents };
        let records = after.checked_sub(self.first_documents.get(number)).ok_or_else(damaged)?;
        let mut rest = &content[..];
        ends.clear();
        for _ in 0..records {
            ends.push(take_small(&mut rest).ok_or_else(damaged)?);
        }
        let start = (content.len() - rest.len()) as u32;
        let mut end = start;
        for len in &mut ends {
            end = end.checked_add(*len).filter(|end| *end as usize <= content.len()).ok_or_else(damaged)?;
            *len = end;
        }
        Ok(Block { number, content, ends, start })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the stored records are damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A file with the records, a block after each that fills it; the second half has another dictionary.
    fn file(records: &[Vec<u8>], dictionaries: [&[u8]; 2]) -> Vec<u8> {
        let mut writer = BlocksWriter::new(Vec::new());
        let half = records.len() / 2;
        let mut first = 0;
        for (part, dictionary) in [&records[..half], &records[half..]].into_iter().zip(dictionaries) {
            writer.use_dictionary(dictionary.into());
            let mut packer = BlockPacker::new(dictionary).unwrap();
            for (place, record) in part.iter().enumerate() {
                if packer.add(record) || place + 1 == part.len() {
                    let next =
                        place as u32 + 1 + if std::ptr::eq(part, &records[..half]) { 0 } else { half as u32 };
                    writer.add(first, &packer.pack().unwrap()).unwrap();
                    first = next;
                }
            }
        }
        writer.finish(records.len() as u32).unwrap()
    }

    proptest! {
        #[test]
        fn records_come_back(records in prop::collection::vec(prop::collection::vec(b'a'..b'e', 0..5000), 0..60)) {
            let blocks = RecordBlocks::open(&OwnedBytes::new(file(&records, [b"", b"abcdabcddcba"]))).unwrap();
            prop_assert_eq!(blocks.documents() as usize, records.len());
            for (document, record) in records.iter().enumerate() {
                prop_assert_eq!(&blocks.record(document as u32).unwrap()[..], &record[..]);
            }
            prop_assert!(blocks.record(records.len() as u32).is_err());
        }

        #[test]
        fn damaged_files_are_read_without_panic(at in any::<prop::sample::Index>(), flip in 1u8..) {
            let records: Vec<Vec<u8>> = (0..40).map(|i| vec![b'a' + i % 7; 900]).collect();
            let mut bytes = file(&records, [b"", b"aaabbb"]);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            if let Ok(blocks) = RecordBlocks::open(&OwnedBytes::new(bytes)) {
                for document in 0..40 {
                    drop(blocks.record(document));
                }
            }
        }
    }
}
