//! The file of a segment's blocks: how it is written, and how its parts are found again.

use std::io::{self, Write};
use std::sync::Arc;

use tantivy::DocId;
use tantivy::directory::OwnedBytes;

use super::block::damaged;
use crate::mapped_column::{FixedWidth, MappedColumn, column_bytes, partition_point};

/// Writes the blocks of a segment.
pub struct BlocksWriter<W: Write> {
    out: W,
    written: u64,
    first_documents: Vec<DocId>,
    ends: Vec<u64>,
    dictionaries: Vec<DictionaryUse<Arc<[u8]>>>,
}

/// A dictionary, and the first of the blocks that it is for.
struct DictionaryUse<B> {
    first_block: u32,
    dictionary: B,
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
        if self.dictionaries.last().is_none_or(|last| last.dictionary != dictionary) {
            self.dictionaries.push(DictionaryUse { first_block: self.ends.len() as u32, dictionary });
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
        for used in &self.dictionaries {
            self.out.write_all(&used.dictionary)?;
        }
        let counts = Counts {
            documents: u64::from(documents),
            blocks: self.ends.len() as u64,
            dictionaries: self.dictionaries.len() as u64,
        };
        let entries = self
            .dictionaries
            .iter()
            .map(|used| DictionaryEntry { first_block: used.first_block, len: used.dictionary.len() as u32 });
        let entries = column_bytes(entries);
        self.out.write_all(&column_bytes(self.first_documents))?;
        self.out.write_all(&column_bytes(self.ends))?;
        self.out.write_all(&entries)?;
        self.out.write_all(&counts.encode())?;
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
    documents: u64,
    blocks: u64,
    dictionaries: u64,
}

impl Counts {
    const BYTES: usize = 24;

    fn encode(&self) -> Vec<u8> {
        column_bytes([self.documents, self.blocks, self.dictionaries])
    }

    /// Reads the counts, which are the bytes from `at` on.
    fn decode(file: &OwnedBytes, at: usize) -> Counts {
        let counts = MappedColumn::<u64>::new(file.slice(at..at + Counts::BYTES));
        Counts { documents: counts.get(0), blocks: counts.get(1), dictionaries: counts.get(2) }
    }
}

/// The parts of a file of blocks that is mapped into memory.
pub struct BlocksFile {
    blocks: OwnedBytes,
    documents: DocId,
    first_documents: MappedColumn<DocId>,
    ends: MappedColumn<u64>,
    dictionaries: Vec<DictionaryUse<OwnedBytes>>,
}

impl BlocksFile {
    /// Finds the parts; nothing but the end of the file is read.
    ///
    /// # Errors
    /// Where the file is damaged.
    pub fn decode(file: &OwnedBytes) -> io::Result<BlocksFile> {
        let mut end = file.len().checked_sub(Counts::BYTES).ok_or_else(damaged)?;
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
        let ends = MappedColumn::new(part(counts.blocks, 8)?);
        let first_documents = MappedColumn::new(part(counts.blocks, 4)?);
        let mut dictionaries = Vec::new();
        for place in (0..entries.len()).rev() {
            let DictionaryEntry { first_block, len } = entries.get(place);
            dictionaries.push(DictionaryUse { first_block, dictionary: part(u64::from(len), 1)? });
        }
        dictionaries.reverse();
        Ok(BlocksFile {
            blocks: file.slice(0..end),
            documents: DocId::try_from(counts.documents).map_err(|_| damaged())?,
            first_documents,
            ends,
            dictionaries,
        })
    }

    /// How many records there are.
    pub fn documents(&self) -> DocId {
        self.documents
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The dictionaries, in the order of the blocks that they are for.
    pub fn dictionaries(&self) -> impl ExactSizeIterator<Item = &OwnedBytes> {
        self.dictionaries.iter().map(|used| &used.dictionary)
    }

    /// The number of the block that has a document's record.
    ///
    /// # Errors
    /// Where there is none.
    pub fn block_of(&self, document: DocId) -> io::Result<usize> {
        let blocks = self.first_documents.len();
        let after = partition_point(0..blocks, |block| self.first_documents.get(block) <= document);
        after.checked_sub(1).ok_or_else(damaged)
    }

    /// The document whose record is the first of a block.
    pub fn first_document(&self, block: usize) -> DocId {
        self.first_documents.get(block)
    }

    /// How many records a block has.
    ///
    /// # Errors
    /// Where the file is damaged.
    pub fn records_of(&self, block: usize) -> io::Result<u32> {
        let next = block + 1;
        let after = if next < self.len() { self.first_document(next) } else { self.documents };
        after.checked_sub(self.first_document(block)).ok_or_else(damaged)
    }

    /// A block as it is stored.
    ///
    /// # Errors
    /// Where the file is damaged.
    pub fn stored(&self, block: usize) -> io::Result<&[u8]> {
        let start = block.checked_sub(1).map_or(0, |before| self.ends.get(before) as usize);
        self.blocks.get(start..self.ends.get(block) as usize).ok_or_else(damaged)
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
