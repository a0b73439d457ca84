//! Which hunks have which line: the postings of one segment, sorted by term.
//!
//! Terms are hashes, so they are spread evenly: their leading bits number a bucket of a few dozen terms, and a look-up
//! reads one entry of the bucket table and scans one bucket. Three of four terms stand in a single hunk; such a term
//! takes about six bytes in all.
//!
//! Layout, all numbers little-endian: the buckets one after another; for each bucket the offset of its end (u64); then
//! the number of terms (u64), the number of leading bits that number the buckets (u32), and the width of a first
//! document in bytes (u32).
//!
//! A bucket has its terms in ascending order, each with its distance from the one before (the first one from the least
//! term of the bucket) and its documents:
//!
//! | part | form |
//! |---|---|
//! | distance | below 2¹⁵: 2 bytes, `distance << 1`; below 2²²: 3 bytes, `distance << 2 \| 1`; else 6 bytes, `distance << 2 \| 3` |
//! | first document | fixed width: `document << 2 \| min(documents - 1, 3)` |
//! | with 4 or more documents: their number | LEB128 varint of number - 4 |
//! | with 256 or more: a table | of each run of 128 further documents but the last: its last document and the offset of its end behind the table (u32 each) |
//! | further documents | LEB128 varints of the distances, each less 1 |

use std::io::{self, Write};

use tantivy::directory::OwnedBytes;

use crate::mapped_column::partition_point;
use crate::segment::varint::{take_small, write_varint};

/// Bits of a term.
const TERM_BITS: u32 = 40;

/// Terms that a bucket has on average, at most: a look-up scans half of one.
const TERMS_PER_BUCKET: u64 = 48;

/// Documents between two entries of a long list's table.
const RUN_DOCUMENTS: usize = 128;

/// Lists of at least this many documents have a table, so that most of a common line's list can be passed over.
const TABLED_DOCUMENTS: usize = 256;

const FOOTER_BYTES: usize = 16;

/// Writes postings; terms come in ascending order.
pub struct PostingsWriter<W: Write> {
    out: W,
    written: u64,
    bucket_bits: u32,
    document_bytes: usize,
    bucket_ends: Vec<u64>,
    terms: u64,
    /// The term before, or the least one of the bucket.
    last: u64,
    buffer: Vec<u8>,
    further: Vec<u8>,
}

impl<W: Write> PostingsWriter<W> {
    /// A writer for about `terms` terms of documents below `documents`.
    pub fn new(out: W, terms: u64, documents: u32) -> PostingsWriter<W> {
        let bucket_bits = (terms / TERMS_PER_BUCKET).max(1).ilog2().min(TERM_BITS - 8);
        let document_bits = u32::BITS - documents.leading_zeros() + 2;
        PostingsWriter {
            out,
            written: 0,
            bucket_bits,
            document_bytes: document_bits.div_ceil(8) as usize,
            bucket_ends: Vec::with_capacity(1 << bucket_bits),
            terms: 0,
            last: 0,
            buffer: Vec::new(),
            further: Vec::new(),
        }
    }

    /// Adds the documents of a term, ascending, at least one.
    ///
    /// # Errors
    /// Where writing fails.
    pub fn add(&mut self, term: u64, documents: &[u32]) -> io::Result<()> {
        let Some((first, further)) = documents.split_first() else { return Ok(()) };
        let rest_bits = TERM_BITS - self.bucket_bits;
        let bucket = (term >> rest_bits) as usize;
        if bucket > self.bucket_ends.len() {
            self.bucket_ends.resize(bucket, self.written);
            self.last = (bucket as u64) << rest_bits;
        }
        let distance = term - self.last;
        (self.last, self.terms) = (term, self.terms + 1);
        self.buffer.clear();
        match distance {
            0..0x8000 => self.buffer.extend_from_slice(&(distance << 1).to_le_bytes()[..2]),
            0x8000..0x40_0000 => self.buffer.extend_from_slice(&(distance << 2 | 1).to_le_bytes()[..3]),
            _ => self.buffer.extend_from_slice(&(distance << 2 | 3).to_le_bytes()[..6]),
        }
        let head = u64::from(*first) << 2 | further.len().min(3) as u64;
        self.buffer.extend_from_slice(&head.to_le_bytes()[..self.document_bytes]);
        if further.len() >= 3 {
            write_varint(&mut self.buffer, further.len() as u64 - 3);
        }
        self.further.clear();
        let has_table = documents.len() >= TABLED_DOCUMENTS;
        let mut last = *first;
        for run in further.chunks(RUN_DOCUMENTS) {
            for document in run {
                write_varint(&mut self.further, u64::from(document - last - 1));
                last = *document;
            }
            if has_table && run.len() == RUN_DOCUMENTS {
                self.buffer.extend_from_slice(&last.to_le_bytes());
                self.buffer.extend_from_slice(&(self.further.len() as u32).to_le_bytes());
            }
        }
        if has_table && further.len() % RUN_DOCUMENTS == 0 {
            self.buffer.truncate(self.buffer.len() - TABLE_ENTRY_BYTES);
        }
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
        self.bucket_ends.resize(1 << self.bucket_bits, self.written);
        for end in &self.bucket_ends {
            self.out.write_all(&end.to_le_bytes())?;
        }
        self.out.write_all(&self.terms.to_le_bytes())?;
        self.out.write_all(&self.bucket_bits.to_le_bytes())?;
        self.out.write_all(&(self.document_bytes as u32).to_le_bytes())?;
        Ok(self.out)
    }
}

const TABLE_ENTRY_BYTES: usize = 8;

/// The postings of one segment, as they are read.
pub struct LinePostings {
    bytes: OwnedBytes,
    /// Where the bucket table begins.
    buckets_end: usize,
    bucket_bits: u32,
    document_bytes: usize,
    terms: u64,
}

impl LinePostings {
    /// Opens postings; nothing but the end of them is read.
    ///
    /// # Errors
    /// Where they are damaged.
    pub fn open(bytes: OwnedBytes) -> io::Result<LinePostings> {
        let footer = bytes.len().checked_sub(FOOTER_BYTES).ok_or_else(damaged)?;
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let terms = u64::from(number(footer)) | u64::from(number(footer + 4)) << 32;
        let (bucket_bits, document_bytes) = (number(footer + 8), number(footer + 12) as usize);
        if bucket_bits > TERM_BITS - 8 || !(1..=5).contains(&document_bytes) {
            return Err(damaged());
        }
        let table_bytes = 8usize << bucket_bits;
        let buckets_end = footer.checked_sub(table_bytes).ok_or_else(damaged)?;
        Ok(LinePostings { bytes, buckets_end, bucket_bits, document_bytes, terms })
    }

    /// How many different terms there are.
    pub fn terms(&self) -> u64 {
        self.terms
    }

    /// The documents that have a term; none where no document has it.
    ///
    /// # Errors
    /// Where the postings are damaged.
    pub fn find(&self, term: u64) -> io::Result<Option<DocumentList<'_>>> {
        let bucket = (term >> (TERM_BITS - self.bucket_bits)) as usize;
        let mut terms = self.bucket(bucket)?;
        while let Some((found, documents)) = terms.next()? {
            if found >= term {
                return Ok((found == term).then_some(documents));
            }
        }
        Ok(None)
    }

    /// All terms with their documents, in ascending order.
    pub fn iter(&self) -> PostingsIter<'_> {
        PostingsIter { postings: self, next_bucket: 0, current: None }
    }

    fn bucket(&self, bucket: usize) -> io::Result<BucketTerms<'_>> {
        let end_of = |bucket: usize| -> io::Result<usize> {
            let at = self.buckets_end + 8 * bucket;
            let bytes = self.bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
            let end = u64::from_le_bytes(bytes.ok_or_else(damaged)?);
            usize::try_from(end).map_err(|_| damaged())
        };
        let start = bucket.checked_sub(1).map_or(Ok(0), end_of)?;
        let end = end_of(bucket)?;
        if start > end || end > self.buckets_end {
            return Err(damaged());
        }
        Ok(BucketTerms {
            rest: &self.bytes[start..end],
            document_bytes: self.document_bytes,
            last: (bucket as u64) << (TERM_BITS - self.bucket_bits),
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
    pub fn next_term(&mut self) -> io::Result<Option<(u64, DocumentList<'a>)>> {
        loop {
            if let Some(terms) = &mut self.current
                && let Some(found) = terms.next()?
            {
                return Ok(Some(found));
            }
            if self.next_bucket >> self.postings.bucket_bits != 0 {
                return Ok(None);
            }
            self.current = Some(self.postings.bucket(self.next_bucket)?);
            self.next_bucket += 1;
        }
    }
}

struct BucketTerms<'a> {
    rest: &'a [u8],
    document_bytes: usize,
    last: u64,
}

impl<'a> BucketTerms<'a> {
    fn next(&mut self) -> io::Result<Option<(u64, DocumentList<'a>)>> {
        let Some(tag) = self.rest.first() else { return Ok(None) };
        let (width, shift) = match tag & 3 {
            0 | 2 => (2, 1),
            1 => (3, 2),
            _ => (6, 2),
        };
        self.last += take_number(&mut self.rest, width)? >> shift;
        let head = take_number(&mut self.rest, self.document_bytes)?;
        let further = match (head & 3) as u32 {
            3 => 3u32.checked_add(take_small(&mut self.rest).ok_or_else(damaged)?).ok_or_else(damaged)?,
            few => few,
        };
        let runs =
            if further as usize + 1 >= TABLED_DOCUMENTS { (further as usize - 1) / RUN_DOCUMENTS } else { 0 };
        let table = take(&mut self.rest, runs * TABLE_ENTRY_BYTES)?;
        let mut list = DocumentList { first: (head >> 2) as u32, further, table, rest: self.rest };
        list.rest = take(&mut self.rest, list.further_bytes()?)?;
        Ok(Some((self.last, list)))
    }
}

/// The documents that have a term.
#[derive(Clone, Copy)]
pub struct DocumentList<'a> {
    first: u32,
    /// How many there are besides the first.
    further: u32,
    table: &'a [u8],
    rest: &'a [u8],
}

impl<'a> DocumentList<'a> {
    /// How many documents have the term.
    pub fn count(&self) -> u32 {
        self.further + 1
    }

    /// How many bytes of `rest` belong to the list.
    fn further_bytes(&self) -> io::Result<usize> {
        let runs = self.table.len() / TABLE_ENTRY_BYTES;
        let mut at = runs.checked_sub(1).map_or(0, |last| self.table_entry(last).1);
        for _ in runs * RUN_DOCUMENTS..self.further as usize {
            let rest = self.rest.get(at..).ok_or_else(damaged)?;
            at += 1 + rest.iter().position(|byte| byte & 0x80 == 0).ok_or_else(damaged)?;
        }
        Ok(at)
    }

    /// The last document of a run, and the offset of the run's end.
    fn table_entry(&self, run: usize) -> (u32, usize) {
        let at = run * TABLE_ENTRY_BYTES;
        let number = |at: usize| {
            let bytes = [self.table[at], self.table[at + 1], self.table[at + 2], self.table[at + 3]];
            u32::from_le_bytes(bytes)
        };
        (number(at), number(at + 4) as usize)
    }

    /// Calls `found` with every document, ascending.
    ///
    /// # Errors
    /// Where the postings are damaged.
    pub fn for_each(&self, mut found: impl FnMut(u32)) -> io::Result<()> {
        let (mut document, mut rest) = (self.first, self.rest);
        found(document);
        for _ in 0..self.further {
            document = next_document(document, &mut rest)?;
            found(document);
        }
        Ok(())
    }

    /// Calls `found` with the place of each of `wanted`, ascending documents, that is in the list.
    ///
    /// # Errors
    /// Where the postings are damaged.
    pub fn for_each_of(&self, wanted: &[u32], mut found: impl FnMut(usize)) -> io::Result<()> {
        let (mut document, mut rest, mut left) = (self.first, self.rest, self.further);
        let runs = self.table.len() / TABLE_ENTRY_BYTES;
        let mut run = 0;
        for (place, target) in wanted.iter().enumerate() {
            // Whole runs that end before the target are passed over.
            if run < runs && self.table_entry(run).0 < *target {
                run = partition_point(run + 1..runs, |run| self.table_entry(run).0 < *target);
                let (last, end) = self.table_entry(run - 1);
                (document, rest) = (last, self.rest.get(end..).ok_or_else(damaged)?);
                left = (self.further as usize).checked_sub(run * RUN_DOCUMENTS).ok_or_else(damaged)? as u32;
            }
            while document < *target {
                if left == 0 {
                    return Ok(());
                }
                document = next_document(document, &mut rest)?;
                left -= 1;
            }
            if document == *target {
                found(place);
            }
        }
        Ok(())
    }
}

fn next_document(document: u32, rest: &mut &[u8]) -> io::Result<u32> {
    let distance = take_small(rest).ok_or_else(damaged)?;
    document.checked_add(1).and_then(|next| next.checked_add(distance)).ok_or_else(damaged)
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> io::Result<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(len).ok_or_else(damaged)?;
    *rest = after;
    Ok(taken)
}

fn take_number(rest: &mut &[u8], width: usize) -> io::Result<u64> {
    Ok(take(rest, width)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the postings of lines are damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Lists = BTreeMap<u64, Vec<u32>>;

    fn written(lists: &Lists, documents: u32) -> LinePostings {
        let mut writer = PostingsWriter::new(Vec::new(), lists.len() as u64, documents);
        lists.iter().for_each(|(term, documents)| writer.add(*term, documents).unwrap());
        LinePostings::open(OwnedBytes::new(writer.finish().unwrap())).unwrap()
    }

    fn documents_of(list: &DocumentList<'_>) -> Vec<u32> {
        let mut documents = Vec::new();
        list.for_each(|document| documents.push(document)).unwrap();
        documents
    }

    fn any_lists() -> impl Strategy<Value = Lists> {
        let documents = prop::collection::btree_set(0u32..3000, 1..1500);
        let few = prop::collection::btree_set(0u32..3000, 1..6);
        let list = prop_oneof![9 => few, 1 => documents].prop_map(|set| set.into_iter().collect());
        prop::collection::btree_map(0u64..1 << TERM_BITS, list, 0..200)
    }

    proptest! {
        #[test]
        fn every_term_is_found_with_its_documents(lists in any_lists(), other in 0u64..1 << TERM_BITS) {
            let postings = written(&lists, 3000);
            for (term, documents) in &lists {
                let list = postings.find(*term).unwrap().unwrap();
                prop_assert_eq!(&documents_of(&list), documents);
                prop_assert_eq!(list.count() as usize, documents.len());
            }
            prop_assert_eq!(postings.find(other).unwrap().is_some(), lists.contains_key(&other));
            let mut all = Lists::new();
            let mut iter = postings.iter();
            while let Some((term, list)) = iter.next_term().unwrap() {
                all.insert(term, documents_of(&list));
            }
            prop_assert_eq!(all, lists);
        }

        #[test]
        fn wanted_documents_are_told_from_others(
            list in prop::collection::btree_set(0u32..3000, 1..2000),
            wanted in prop::collection::btree_set(0u32..3000, 0..300),
        ) {
            let wanted: Vec<u32> = wanted.into_iter().collect();
            let postings = written(&Lists::from([(7, list.iter().copied().collect())]), 3000);
            let mut found = Vec::new();
            let documents = postings.find(7).unwrap().unwrap();
            documents.for_each_of(&wanted, |place| found.push(wanted[place])).unwrap();
            let expected: Vec<u32> = wanted.iter().copied().filter(|doc| list.contains(doc)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn damaged_postings_are_read_without_panic(lists in any_lists(), flips in prop::collection::vec(any::<(u16, u8)>(), 1..8)) {
            let mut writer = PostingsWriter::new(Vec::new(), lists.len() as u64, 3000);
            lists.iter().for_each(|(term, documents)| writer.add(*term, documents).unwrap());
            let mut bytes = writer.finish().unwrap();
            for (at, flip) in flips {
                let at = usize::from(at) % bytes.len();
                bytes[at] ^= flip;
            }
            if let Ok(postings) = LinePostings::open(OwnedBytes::new(bytes)) {
                for term in lists.keys() {
                    if let Ok(Some(list)) = postings.find(*term) {
                        drop(list.for_each_of(&[5, 100, 2000], |_| {}));
                    }
                }
            }
        }
    }
}
