//! A file of named, checksummed sections.
//!
//! Layout, all numbers little-endian: the magic `HUNKTRC\x01`; the number of sections (u64); for each section its
//! name (16 bytes, zero-padded), offset, length and xxh3-64 checksum (u64 each); the xxh3-64 checksum of all that
//! (u64); then the sections, each at a multiple of 8 bytes.

use std::collections::BTreeMap;

use tantivy::directory::OwnedBytes;
use xxhash_rust::xxh3::xxh3_64;

use crate::mapped_column::{FixedWidth, MappedColumn, column_bytes};

const MAGIC: &[u8; 8] = b"HUNKTRC\x01";
const NAME_BYTES: usize = 16;

/// Bytes before the table's entries: the magic and the number of sections.
const HEAD_BYTES: usize = MAGIC.len() + 8;

/// Sections begin at multiples of this many bytes.
const ALIGNMENT: usize = 8;

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

    /// Adds a section that is a column of values.
    pub fn add_column<T: FixedWidth>(&mut self, name: &'static str, values: impl IntoIterator<Item = T>) {
        self.add(name, column_bytes(values));
    }

    /// The whole file.
    pub fn finish(self) -> Vec<u8> {
        let table_len = HEAD_BYTES + self.sections.len() * TableEntry::BYTES + 8;
        let mut file = MAGIC.to_vec();
        file.extend((self.sections.len() as u64).to_le_bytes());
        let mut offset = table_len;
        for (name, content) in &self.sections {
            let entry = TableEntry {
                name: (*name).to_owned(),
                offset: offset as u64,
                len: content.len() as u64,
                checksum: xxh3_64(content),
            };
            entry.encode(&mut file);
            offset = (offset + content.len()).next_multiple_of(ALIGNMENT);
        }
        file.extend(xxh3_64(&file).to_le_bytes());
        file.reserve(offset - table_len);
        for content in self.sections.values() {
            file.extend_from_slice(content);
            file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        }
        file
    }
}

/// What the table says of a section.
struct TableEntry {
    name: String,
    /// Where the section begins in the file.
    offset: u64,
    /// Bytes of the section.
    len: u64,
    checksum: u64,
}

impl TableEntry {
    /// Bytes of an entry.
    const BYTES: usize = NAME_BYTES + 3 * 8;

    fn encode(&self, out: &mut Vec<u8>) {
        let mut padded = [0; NAME_BYTES];
        padded[..self.name.len()].copy_from_slice(self.name.as_bytes());
        out.extend(padded);
        for number in [self.offset, self.len, self.checksum] {
            out.extend(number.to_le_bytes());
        }
    }

    /// Reads the entry that begins at `at`.
    fn decode(file: &[u8], at: usize) -> Result<TableEntry, SectionError> {
        let padded = file.get(at..at + NAME_BYTES).ok_or(SectionError::Table)?;
        let name: Vec<u8> = padded.iter().copied().take_while(|byte| *byte != 0).collect();
        let numbers = at + NAME_BYTES;
        Ok(TableEntry {
            name: String::from_utf8(name).map_err(|_| SectionError::Table)?,
            offset: number_at(file, numbers)?,
            len: number_at(file, numbers + 8)?,
            checksum: number_at(file, numbers + 16)?,
        })
    }
}

fn number_at(file: &[u8], at: usize) -> Result<u64, SectionError> {
    let bytes = file.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u64::from_le_bytes).ok_or(SectionError::Table)
}

/// An opened file of sections.
pub struct SectionReader {
    sections: BTreeMap<String, Section>,
}

/// A section and the checksum that it should have.
struct Section {
    content: OwnedBytes,
    checksum: u64,
}

impl SectionReader {
    /// Reads the table; the sections' content is not touched yet.
    ///
    /// # Errors
    /// Where the table is damaged or the file is shorter than the table says.
    pub fn open(file: &OwnedBytes) -> Result<SectionReader, SectionError> {
        if !file.starts_with(MAGIC) {
            return Err(SectionError::Table);
        }
        let count = number_at(file, MAGIC.len())? as usize;
        let entries_len = count.checked_mul(TableEntry::BYTES).ok_or(SectionError::Table)?;
        let table_end = entries_len.checked_add(HEAD_BYTES).ok_or(SectionError::Table)?;
        if file.len() < table_end.saturating_add(8)
            || number_at(file, table_end)? != xxh3_64(&file[..table_end])
        {
            return Err(SectionError::Table);
        }
        let mut sections = BTreeMap::new();
        for at in (HEAD_BYTES..table_end).step_by(TableEntry::BYTES) {
            let TableEntry { name, offset, len, checksum } = TableEntry::decode(file, at)?;
            let (offset, len) = (offset as usize, len as usize);
            let end = offset.checked_add(len).filter(|end| *end <= file.len()).ok_or(SectionError::Table)?;
            sections.insert(name, Section { content: file.slice(offset..end), checksum });
        }
        Ok(SectionReader { sections })
    }

    /// A section's content.
    ///
    /// # Errors
    /// Where there is no such section.
    pub fn section(&self, name: &'static str) -> Result<OwnedBytes, SectionError> {
        self.sections.get(name).map(|section| section.content.clone()).ok_or(SectionError::Missing(name))
    }

    /// A section that is a column of values.
    ///
    /// # Errors
    /// Where there is no such section.
    pub fn column<T: FixedWidth>(&self, name: &'static str) -> Result<MappedColumn<T>, SectionError> {
        self.section(name).map(MappedColumn::new)
    }

    /// Compares every section with its checksum.
    ///
    /// # Errors
    /// The first section that does not agree.
    pub fn verify(&self) -> Result<(), SectionError> {
        match self.sections.iter().find(|(_, section)| xxh3_64(&section.content) != section.checksum) {
            Some((name, _)) => Err(SectionError::Checksum(name.clone())),
            None => Ok(()),
        }
    }
}

/// A file of sections without some of them, as an older program would have written it.
#[cfg(test)]
pub fn without_sections(file: &[u8], left_out: &[&str]) -> Vec<u8> {
    let reader = SectionReader::open(&OwnedBytes::new(file.to_vec())).expect("a file of sections");
    let mut writer = SectionWriter::default();
    for (name, section) in reader.sections {
        if !left_out.contains(&name.as_str()) {
            writer.add(String::leak(name), section.content.to_vec());
        }
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut writer = SectionWriter::default();
        writer.add("text", b"abc".to_vec());
        writer.add_column("numbers", [1u32, 2, 3]);
        writer.finish()
    }

    #[test]
    fn sections_come_back() {
        let reader = SectionReader::open(&OwnedBytes::new(sample())).unwrap();
        assert_eq!(reader.section("text").unwrap().as_slice(), b"abc");
        let numbers = reader.column::<u32>("numbers").unwrap();
        assert_eq!(numbers.iter().collect::<Vec<_>>(), [1, 2, 3]);
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
