//! A file of named, checksummed sections: how the index keeps what is no document.
//!
//! Layout, all numbers little-endian: the magic `HUNKTRC\x01`; the number of sections (u64); for each section its
//! name (16 bytes, zero-padded), offset, length and xxh3-64 checksum (u64 each); the xxh3-64 checksum of all that
//! (u64); then the sections, each at a multiple of 8 bytes.

use std::collections::BTreeMap;

use tantivy::directory::OwnedBytes;
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: &[u8; 8] = b"HUNKTRC\x01";
const NAME_BYTES: usize = 16;
const ENTRY_BYTES: usize = NAME_BYTES + 24;

/// What is wrong with a section file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SectionError {
    /// The leading table is damaged or the file is cut off.
    #[error("the table of sections is damaged or cut off")]
    Table,
    /// A section that has to be there is absent.
    #[error("section '{0}' is missing")]
    Missing(&'static str),
    /// A section's checksum does not agree with its content.
    #[error("section '{0}' is damaged: its checksum does not agree")]
    Checksum(String),
    /// A section's content makes no sense.
    #[error("section '{0}' is damaged: {1}")]
    Content(&'static str, String),
}

/// Collects sections and lays them out.
#[derive(Default)]
pub struct SectionWriter {
    sections: BTreeMap<&'static str, Vec<u8>>,
}

impl SectionWriter {
    /// Adds a section; names are unique and at most 16 bytes.
    pub fn add(&mut self, name: &'static str, content: Vec<u8>) {
        debug_assert!(name.len() <= NAME_BYTES);
        self.sections.insert(name, content);
    }

    /// Adds a section of numbers.
    pub fn add_u32s(&mut self, name: &'static str, numbers: &[u32]) {
        self.add(name, numbers.iter().flat_map(|number| number.to_le_bytes()).collect());
    }

    /// Adds a section of numbers.
    pub fn add_u64s(&mut self, name: &'static str, numbers: &[u64]) {
        self.add(name, numbers.iter().flat_map(|number| number.to_le_bytes()).collect());
    }

    /// The whole file.
    pub fn finish(self) -> Vec<u8> {
        let table_len = 16 + self.sections.len() * ENTRY_BYTES + 8;
        let mut table = MAGIC.to_vec();
        table.extend((self.sections.len() as u64).to_le_bytes());
        let mut offset = table_len;
        for (name, content) in &self.sections {
            let mut padded = [0; NAME_BYTES];
            padded[..name.len()].copy_from_slice(name.as_bytes());
            table.extend(padded);
            table.extend((offset as u64).to_le_bytes());
            table.extend((content.len() as u64).to_le_bytes());
            table.extend(xxh3_64(content).to_le_bytes());
            offset = (offset + content.len()).next_multiple_of(8);
        }
        table.extend(xxh3_64(&table).to_le_bytes());
        let mut file = table;
        file.reserve(offset - table_len);
        for content in self.sections.values() {
            file.extend_from_slice(content);
            file.resize(file.len().next_multiple_of(8), 0);
        }
        file
    }
}

/// An opened file of sections.
pub struct SectionReader {
    sections: BTreeMap<String, (OwnedBytes, u64)>,
}

impl SectionReader {
    /// Reads the table; the sections' content is not touched yet.
    ///
    /// # Errors
    /// Where the table is damaged or the file is shorter than the table says.
    pub fn open(file: &OwnedBytes) -> Result<SectionReader, SectionError> {
        let number = |at: usize| -> Result<u64, SectionError> {
            let bytes = file.get(at..at + 8).ok_or(SectionError::Table)?;
            Ok(u64::from_le_bytes(bytes.try_into().map_err(|_| SectionError::Table)?))
        };
        if file.get(..8) != Some(MAGIC) {
            return Err(SectionError::Table);
        }
        let count = number(8)? as usize;
        let table_end =
            count.checked_mul(ENTRY_BYTES).and_then(|len| len.checked_add(16)).ok_or(SectionError::Table)?;
        if file.len() < table_end.saturating_add(8) || number(table_end)? != xxh3_64(&file[..table_end]) {
            return Err(SectionError::Table);
        }
        let mut sections = BTreeMap::new();
        for at in (16..table_end).step_by(ENTRY_BYTES) {
            let name: Vec<u8> =
                file[at..at + NAME_BYTES].iter().copied().take_while(|byte| *byte != 0).collect();
            let name = String::from_utf8(name).map_err(|_| SectionError::Table)?;
            let (offset, len) = (number(at + NAME_BYTES)? as usize, number(at + NAME_BYTES + 8)? as usize);
            let end = offset.checked_add(len).filter(|end| *end <= file.len()).ok_or(SectionError::Table)?;
            sections.insert(name, (file.slice(offset..end), number(at + NAME_BYTES + 16)?));
        }
        Ok(SectionReader { sections })
    }

    /// A section's content.
    ///
    /// # Errors
    /// Where there is no such section.
    pub fn section(&self, name: &'static str) -> Result<OwnedBytes, SectionError> {
        self.sections.get(name).map(|(content, _)| content.clone()).ok_or(SectionError::Missing(name))
    }

    /// Compares every section with its checksum.
    ///
    /// # Errors
    /// The first section that does not agree.
    pub fn verify(&self) -> Result<(), SectionError> {
        match self.sections.iter().find(|(_, (content, checksum))| xxh3_64(content) != *checksum) {
            Some((name, _)) => Err(SectionError::Checksum(name.clone())),
            None => Ok(()),
        }
    }
}

/// The first of `range` for which `is_before` does not hold; it must hold for all before that one, as in a sorted list.
pub fn partition_point(range: std::ops::Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// A section of little-endian numbers of a fixed width.
#[derive(Clone)]
pub struct Numbers<const WIDTH: usize> {
    bytes: OwnedBytes,
}

impl<const WIDTH: usize> Numbers<WIDTH> {
    /// Takes a section as numbers.
    pub fn new(bytes: OwnedBytes) -> Numbers<WIDTH> {
        Numbers { bytes }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.bytes.len() / WIDTH
    }

    /// The section as it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn raw(&self, index: usize) -> [u8; WIDTH] {
        let mut raw = [0; WIDTH];
        raw.copy_from_slice(&self.bytes[index * WIDTH..][..WIDTH]);
        raw
    }
}

impl Numbers<2> {
    /// The number at `index`, which is below [`Numbers::len`].
    pub fn get(&self, index: usize) -> u16 {
        u16::from_le_bytes(self.raw(index))
    }
}

impl Numbers<4> {
    /// The number at `index`, which is below [`Numbers::len`].
    pub fn get(&self, index: usize) -> u32 {
        u32::from_le_bytes(self.raw(index))
    }
}

impl Numbers<8> {
    /// The number at `index`, which is below [`Numbers::len`].
    pub fn get(&self, index: usize) -> u64 {
        u64::from_le_bytes(self.raw(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut writer = SectionWriter::default();
        writer.add("text", b"abc".to_vec());
        writer.add_u32s("numbers", &[1, 2, 3]);
        writer.finish()
    }

    #[test]
    fn sections_come_back() {
        let reader = SectionReader::open(&OwnedBytes::new(sample())).unwrap();
        assert_eq!(reader.section("text").unwrap().as_slice(), b"abc");
        let numbers = Numbers::<4>::new(reader.section("numbers").unwrap());
        assert_eq!((0..numbers.len()).map(|i| numbers.get(i)).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(reader.verify(), Ok(()));
        assert_eq!(reader.section("none").err(), Some(SectionError::Missing("none")));
    }

    #[test]
    fn every_flipped_bit_of_table_and_content_is_noticed() {
        let file = sample();
        let padding_free = file.len() - 5;
        for at in 0..padding_free {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            let noticed = match SectionReader::open(&OwnedBytes::new(damaged)) {
                Ok(reader) => reader.verify().is_err(),
                Err(_) => true,
            };
            let in_padding = (file.len() - 8 - 4..file.len() - 8).contains(&at);
            assert!(noticed || in_padding, "byte {at}");
        }
    }

    #[test]
    fn cut_off_files_are_refused() {
        let file = sample();
        for len in 0..file.len() - 8 {
            assert!(SectionReader::open(&OwnedBytes::new(file[..len].to_vec())).is_err(), "{len} bytes");
        }
    }
}
