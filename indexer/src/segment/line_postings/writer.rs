//! Writes the postings of a segment.

use std::io::{self, Write};

use tantivy::DocId;

use super::buckets::{Buckets, Footer};
use super::document_list::encode_further;
use super::term_head::TermHead;
use crate::fingerprint::TermNumber;

/// Writes postings; terms come in ascending order.
pub struct PostingsWriter<W: Write> {
    out: W,
    written: u64,
    buckets: Buckets,
    document_bytes: usize,
    bucket_ends: Vec<u64>,
    terms: u64,
    /// The term before, or the least one of the bucket.
    last: TermNumber,
    /// The head and the table of a term, and its further documents; kept to be used again.
    buffer: Vec<u8>,
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
            terms: 0,
            last: TermNumber(0),
            buffer: Vec::new(),
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
            self.bucket_ends.resize(bucket, self.written);
            self.last = self.buckets.least_term(bucket);
        }
        let head = TermHead { distance: term.0 - self.last.0, first: *first, further: further.len() as u32 };
        (self.last, self.terms) = (term, self.terms + 1);
        self.buffer.clear();
        self.further.clear();
        head.encode(self.document_bytes, &mut self.buffer);
        encode_further(*first, further, &mut self.buffer, &mut self.further);
        self.out.write_all(&self.buffer)?;
        self.out.write_all(&self.further)?;
        self.written += (self.buffer.len() + self.further.len()) as u64;
        Ok(())
    }

    /// Writes what is left, and returns where it was written to.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.bucket_ends.resize(self.buckets.count(), self.written);
        let footer = Footer {
            bucket_ends: self.bucket_ends,
            terms: self.terms,
            buckets: self.buckets,
            document_bytes: self.document_bytes,
        };
        footer.encode(&mut self.out)?;
        Ok(self.out)
    }
}
