//! Writes the postings of a segment.

use std::io::{self, Write};

use tantivy::DocId;

use super::buckets::{Buckets, Footer};
use super::document_list::encode_further;
use super::term_head::TermHead;
use crate::fingerprint::TermNumber;
use crate::segment::block_checksum::BlockChecksum;

/// Writes postings; terms come in ascending order.
pub struct PostingsWriter<W: Write> {
    out: W,
    written: u64,
    buckets: Buckets,
    document_bytes: usize,
    bucket_ends: Vec<u64>,
    checksums: Vec<u32>,
    terms: u64,
    /// The term before, or the least one of the bucket.
    last: TermNumber,
    /// The bucket that is being filled.
    bucket: Vec<u8>,
    /// The further documents of a term; kept to be used again.
    further: Vec<u8>,
}

impl<W: Write> PostingsWriter<W> {
    /// A writer for about `terms` terms of documents below `documents`.
    pub fn new(out: W, terms: u64, documents: DocId) -> PostingsWriter<W> {
        let buckets = Buckets::for_terms(terms);
        let document_bits = DocId::BITS - documents.leading_zeros() + 2;
        PostingsWriter {
            out,
            written: 0,
            buckets,
            document_bytes: document_bits.div_ceil(8) as usize,
            bucket_ends: Vec::with_capacity(buckets.count()),
            checksums: Vec::with_capacity(buckets.count()),
            terms: 0,
            last: TermNumber(0),
            bucket: Vec::new(),
            further: Vec::new(),
        }
    }

    /// Adds the documents of a term, ascending, at least one.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn add(&mut self, term: TermNumber, documents: &[DocId]) -> io::Result<()> {
        let Some((first, further)) = documents.split_first() else { return Ok(()) };
        let bucket = self.buckets.of(term);
        if bucket > self.bucket_ends.len() {
            self.end_buckets(bucket)?;
            self.last = self.buckets.least_term(bucket);
        }
        let head = TermHead { distance: term.0 - self.last.0, first: *first, further: further.len() as u32 };
        (self.last, self.terms) = (term, self.terms + 1);
        self.further.clear();
        head.encode(self.document_bytes, &mut self.bucket);
        encode_further(*first, further, &mut self.bucket, &mut self.further);
        self.bucket.extend_from_slice(&self.further);
        Ok(())
    }

    /// Ends the bucket that is being filled, and leaves those before bucket `next` empty.
    fn end_buckets(&mut self, next: usize) -> io::Result<()> {
        while self.bucket_ends.len() < next {
            self.out.write_all(&self.bucket)?;
            self.written += self.bucket.len() as u64;
            self.bucket_ends.push(self.written);
            self.checksums.push(BlockChecksum::of(&self.bucket).0);
            self.bucket.clear();
        }
        Ok(())
    }

    /// Writes what is left, and returns where it was written to.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.end_buckets(self.buckets.count())?;
        let footer = Footer {
            bucket_ends: self.bucket_ends,
            checksums: self.checksums,
            terms: self.terms,
            buckets: self.buckets,
            document_bytes: self.document_bytes,
        };
        footer.encode(&mut self.out)?;
        Ok(self.out)
    }
}
