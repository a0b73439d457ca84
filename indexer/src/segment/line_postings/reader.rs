//! Reads the postings of a segment.

use std::io;

use tantivy::directory::OwnedBytes;

use super::buckets::MappedFooter;
use super::document_list::DocumentList;
use super::found_terms::{FoundTerms, TermPlace};
use super::input::damaged;
use super::term_head::TermHead;
use crate::fingerprint::TermNumber;
use crate::segment::block_checksum::BlockChecksum;

/// The postings of one segment, as they are read.
pub struct LinePostings {
    buckets: OwnedBytes,
    footer: MappedFooter,
    found: FoundTerms,
}

/// A term and the documents that have it.
#[derive(Clone, Copy)]
pub struct TermDocuments<'a> {
    /// The term.
    pub term: TermNumber,
    /// The documents.
    pub documents: DocumentList<'a>,
}

impl LinePostings {
    /// Opens postings; nothing but the end of them is read.
    ///
    /// # Errors
    /// Where they are damaged.
    pub fn open(bytes: OwnedBytes) -> io::Result<LinePostings> {
        let footer = MappedFooter::decode(&bytes)?;
        let buckets = bytes.slice(0..bytes.len() - footer.len());
        Ok(LinePostings { buckets, footer, found: FoundTerms::default() })
    }

    /// How many different terms there are.
    pub fn terms(&self) -> u64 {
        self.footer.terms
    }

    /// The documents that have a term; none if no document has it.
    ///
    /// # Errors
    /// Where the postings are damaged.
    pub fn find(&self, term: TermNumber) -> io::Result<Option<DocumentList<'_>>> {
        let bucket = self.footer.buckets.of(term);
        match self.found.get(term) {
            Some(TermPlace::Absent) => return Ok(None),
            // The bucket was compared with its checksum when the term was found.
            Some(TermPlace::At(offset)) => {
                let mut rest = self.content(bucket)?.get(offset..).ok_or_else(damaged)?;
                let head = TermHead::decode(&mut rest, self.footer.document_bytes)?;
                return DocumentList::decode(&head, &mut rest).map(Some);
            }
            None => {}
        }
        let mut terms = self.bucket(bucket)?;
        let bucket_len = terms.rest.len();
        loop {
            let offset = bucket_len - terms.rest.len();
            let found = terms.next()?.filter(|found| found.term <= term);
            let Some(found) = found else {
                self.found.insert(term, TermPlace::Absent);
                return Ok(None);
            };
            if found.term == term {
                self.found.insert(term, TermPlace::At(offset));
                return Ok(Some(found.documents));
            }
        }
    }

    /// All terms with their documents, in ascending order.
    pub fn iter(&self) -> PostingsIter<'_> {
        PostingsIter { postings: self, next_bucket: 0, current: None }
    }

    /// The bytes of a bucket.
    fn content(&self, bucket: usize) -> io::Result<&[u8]> {
        let ends = &self.footer.bucket_ends;
        if bucket >= ends.len() {
            return Err(damaged());
        }
        let offset = |end: u64| usize::try_from(end).map_err(|_| damaged());
        let start = bucket.checked_sub(1).map_or(Ok(0), |before| offset(ends.get(before)))?;
        let end = offset(ends.get(bucket))?;
        self.buckets.get(start..end).ok_or_else(damaged)
    }

    /// The terms of a bucket, compared with its checksum.
    fn bucket(&self, bucket: usize) -> io::Result<BucketTerms<'_>> {
        let content = self.content(bucket)?;
        if let Some(checksums) = &self.footer.checksums {
            BlockChecksum(checksums.get(bucket)).check(bucket, content)?;
        }
        Ok(BucketTerms {
            rest: content,
            document_bytes: self.footer.document_bytes,
            last: self.footer.buckets.least_term(bucket),
        })
    }
}

/// Goes through all terms of a segment.
pub struct PostingsIter<'a> {
    postings: &'a LinePostings,
    next_bucket: usize,
    current: Option<BucketTerms<'a>>,
}

impl<'a> PostingsIter<'a> {
    /// The next term and its documents.
    ///
    /// # Errors
    /// Where the postings are damaged.
    pub fn next_term(&mut self) -> io::Result<Option<TermDocuments<'a>>> {
        loop {
            if let Some(terms) = &mut self.current
                && let Some(found) = terms.next()?
            {
                return Ok(Some(found));
            }
            if self.next_bucket >= self.postings.footer.buckets.count() {
                return Ok(None);
            }
            self.current = Some(self.postings.bucket(self.next_bucket)?);
            self.next_bucket += 1;
        }
    }
}

/// Goes through the terms of a bucket.
struct BucketTerms<'a> {
    rest: &'a [u8],
    document_bytes: usize,
    last: TermNumber,
}

impl<'a> BucketTerms<'a> {
    fn next(&mut self) -> io::Result<Option<TermDocuments<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let head = TermHead::decode(&mut self.rest, self.document_bytes)?;
        self.last.0 += head.distance;
        let documents = DocumentList::decode(&head, &mut self.rest)?;
        Ok(Some(TermDocuments { term: self.last, documents }))
    }
}
