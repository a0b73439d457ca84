//! Which terms share a bucket, and what stands at the end of the file to find the buckets by.

use std::io::{self, Write};

use tantivy::directory::OwnedBytes;

use super::input::damaged;
use crate::fingerprint::TermNumber;
use crate::mapped_column::{MappedColumn, column_bytes};

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
pub struct Footer<Ends> {
    /// The offset of each bucket's end.
    pub bucket_ends: Ends,
    /// How many terms there are.
    pub terms: u64,
    /// How the terms are divided.
    pub buckets: Buckets,
    /// The width of a first document in bytes, from 1 to 5.
    pub document_bytes: usize,
}

/// Bytes behind the bucket table.
const NUMBERS_BYTES: usize = 16;

impl<Ends> Footer<Ends> {
    /// How many bytes it takes.
    pub fn len(&self) -> usize {
        8 * self.buckets.count() + NUMBERS_BYTES
    }
}

impl Footer<Vec<u64>> {
    /// Writes the footer.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn encode(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&column_bytes(self.bucket_ends.iter().copied()))?;
        out.write_all(&self.terms.to_le_bytes())?;
        out.write_all(&self.buckets.bits.to_le_bytes())?;
        out.write_all(&(self.document_bytes as u32).to_le_bytes())
    }
}

impl Footer<MappedColumn<u64>> {
    /// Reads the footer at the end of a file.
    ///
    /// # Errors
    /// Where it makes no sense.
    pub fn decode(file: &OwnedBytes) -> io::Result<Footer<MappedColumn<u64>>> {
        let numbers = file.len().checked_sub(NUMBERS_BYTES).ok_or_else(damaged)?;
        let number = |at: usize| u32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]);
        let terms = u64::from(number(numbers)) | u64::from(number(numbers + 4)) << 32;
        let buckets = Buckets { bits: number(numbers + 8) };
        let document_bytes = number(numbers + 12) as usize;
        if buckets.bits > MAX_BUCKET_BITS || !(1..=5).contains(&document_bytes) {
            return Err(damaged());
        }
        let start = numbers.checked_sub(8 * buckets.count()).ok_or_else(damaged)?;
        let bucket_ends = MappedColumn::new(file.slice(start..numbers));
        Ok(Footer { bucket_ends, terms, buckets, document_bytes })
    }
}
