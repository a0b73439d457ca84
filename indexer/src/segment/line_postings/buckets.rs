//! Which terms share a bucket, and what stands at the end of the file to find the buckets by.

use std::io::{self, Write};

use tantivy::directory::OwnedBytes;

use super::input::damaged;
use crate::fingerprint::TermNumber;
use crate::mapped_column::{MappedColumn, column_bytes};
use crate::segment::block_checksum::BlockChecksum;

/// Terms that a bucket has on average, at most: a look-up scans half of one.
const TERMS_PER_BUCKET: u64 = 48;

/// Leading bits of a term that number its bucket, at most.
const MAX_BUCKET_BITS: u32 = TermNumber::BITS - 8;

/// How terms are divided into buckets: by their leading bits.
#[derive(Clone, Copy)]
pub struct Buckets {
    bits: u32,
}

impl Buckets {
    /// Buckets for about `terms` terms.
    pub fn for_terms(terms: u64) -> Buckets {
        Buckets { bits: (terms / TERMS_PER_BUCKET).max(1).ilog2().min(MAX_BUCKET_BITS) }
    }

    /// How many buckets there are.
    pub fn count(self) -> usize {
        1 << self.bits
    }

    /// The bucket of a term.
    pub fn of(self, term: TermNumber) -> usize {
        (term.0 >> self.bits_within()) as usize
    }

    /// The least term that a bucket may have.
    pub fn least_term(self, bucket: usize) -> TermNumber {
        TermNumber((bucket as u64) << self.bits_within())
    }

    /// How many bits of a term tell it from the others of its bucket.
    fn bits_within(self) -> u32 {
        TermNumber::BITS - self.bits
    }
}

/// What stands at the end of a file of postings: the bucket table and the numbers that everything else is read by.
pub struct Footer<Ends, Checksums> {
    /// The offset of each bucket's end.
    pub bucket_ends: Ends,
    /// The checksum of each bucket.
    pub checksums: Checksums,
    /// How many terms there are.
    pub terms: u64,
    /// How the terms are divided.
    pub buckets: Buckets,
    /// The width of a first document in bytes, from 1 to 5.
    pub document_bytes: usize,
}

/// Bytes behind the tables.
const NUMBERS_BYTES: usize = 16;

/// What a file with checksums ends with. A file of format 5 has none, and ends with the width of a first document.
const MARK: [u8; 4] = *b"LIN\x06";

/// Bytes of the checksum of the numbers, and of the mark.
const SEAL_BYTES: usize = 8;

impl Footer<Vec<u64>, Vec<u32>> {
    /// Writes the footer.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn encode(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&column_bytes(self.bucket_ends.iter().copied()))?;
        out.write_all(&column_bytes(self.checksums.iter().copied()))?;
        let mut numbers = self.terms.to_le_bytes().to_vec();
        numbers.extend(self.buckets.bits.to_le_bytes());
        numbers.extend((self.document_bytes as u32).to_le_bytes());
        out.write_all(&numbers)?;
        out.write_all(&BlockChecksum::of(&numbers).0.to_le_bytes())?;
        out.write_all(&MARK)
    }
}

/// The footer of a file that is mapped into memory; files of format 5 have no checksums.
pub type MappedFooter = Footer<MappedColumn<u64>, Option<MappedColumn<u32>>>;

impl MappedFooter {
    /// How many bytes it takes.
    pub fn len(&self) -> usize {
        let (width, seal) = if self.checksums.is_some() { (12, SEAL_BYTES) } else { (8, 0) };
        width * self.buckets.count() + NUMBERS_BYTES + seal
    }

    /// Reads the footer at the end of a file.
    ///
    /// # Errors
    /// Where it makes no sense.
    pub fn decode(file: &OwnedBytes) -> io::Result<MappedFooter> {
        let has_checksums = file.ends_with(&MARK);
        let seal = if has_checksums { SEAL_BYTES } else { 0 };
        let numbers = file.len().checked_sub(NUMBERS_BYTES + seal).ok_or_else(damaged)?;
        let number = |at: usize| u32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]);
        let terms = u64::from(number(numbers)) | u64::from(number(numbers + 4)) << 32;
        let buckets = Buckets { bits: number(numbers + 8) };
        let document_bytes = number(numbers + 12) as usize;
        if buckets.bits > MAX_BUCKET_BITS || !(1..=5).contains(&document_bytes) {
            return Err(damaged());
        }
        if has_checksums
            && BlockChecksum::of(&file[numbers..][..NUMBERS_BYTES]).0 != number(numbers + NUMBERS_BYTES)
        {
            return Err(damaged());
        }
        let mut tables_end = numbers;
        let mut table = |width: usize| -> io::Result<OwnedBytes> {
            let start = tables_end.checked_sub(width * buckets.count()).ok_or_else(damaged)?;
            let bytes = file.slice(start..tables_end);
            tables_end = start;
            Ok(bytes)
        };
        let checksums = if has_checksums { Some(MappedColumn::new(table(4)?)) } else { None };
        let bucket_ends = MappedColumn::new(table(8)?);
        Ok(Footer { bucket_ends, checksums, terms, buckets, document_bytes })
    }
}
