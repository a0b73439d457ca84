//! The documents that have a term, in the form in which they stand behind the term's head.

use std::io;

use tantivy::DocId;

use super::input::{damaged, take};
use super::term_head::TermHead;
use crate::mapped_column::partition_point;
use crate::segment::varint::{take_small, write_varint};

/// Documents between two entries of a long list's table.
const RUN_DOCUMENTS: usize = 128;

/// Lists of at least this many documents have a table, so that most of a common line's list can be passed over.
const TABLED_DOCUMENTS: usize = 256;

/// Where a run of a long list ends.
#[derive(Clone, Copy)]
struct RunEnd {
    /// The run's last document.
    document: DocId,
    /// The offset of its end behind the table.
    offset: u32,
}

impl RunEnd {
    const BYTES: usize = 8;

    fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.document.to_le_bytes());
        out.extend_from_slice(&self.offset.to_le_bytes());
    }

    /// The entry of a run in a table that has one for it.
    fn decode(table: &[u8], run: usize) -> RunEnd {
        let mut entry = [0; RunEnd::BYTES];
        entry.copy_from_slice(&table[run * RunEnd::BYTES..][..RunEnd::BYTES]);
        let entry = u64::from_le_bytes(entry);
        RunEnd { document: entry as u32, offset: (entry >> 32) as u32 }
    }
}

/// How many runs of a list have an entry in its table; `further` is the number of its documents less 1.
fn tabled_runs(further: usize) -> usize {
    if further + 1 >= TABLED_DOCUMENTS { (further - 1) / RUN_DOCUMENTS } else { 0 }
}

/// The documents that have a term.
#[derive(Clone, Copy)]
pub struct DocumentList<'a> {
    first: DocId,
    /// How many there are besides the first.
    further: u32,
    table: &'a [u8],
    rest: &'a [u8],
}

/// Appends what stands behind the head of a term: the table to `table`, which may have something in it already, and the
/// further documents to `rest`, which is empty.
pub fn encode_further(first: DocId, further: &[DocId], table: &mut Vec<u8>, rest: &mut Vec<u8>) {
    let tabled = tabled_runs(further.len());
    let mut last = first;
    for (place, run) in further.chunks(RUN_DOCUMENTS).enumerate() {
        for document in run {
            write_varint(rest, u64::from(document - last - 1));
            last = *document;
        }
        if place < tabled {
            RunEnd { document: last, offset: rest.len() as u32 }.encode(table);
        }
    }
}

impl<'a> DocumentList<'a> {
    /// Takes the list behind a head off the front.
    ///
    /// # Errors
    /// Where there is none.
    pub fn decode(head: &TermHead, rest: &mut &'a [u8]) -> io::Result<DocumentList<'a>> {
        let table = take(rest, tabled_runs(head.further as usize) * RunEnd::BYTES)?;
        let mut list = DocumentList { first: head.first, further: head.further, table, rest };
        list.rest = take(rest, list.further_bytes()?)?;
        Ok(list)
    }

    /// How many documents have the term.
    pub fn count(&self) -> u32 {
        self.further + 1
    }

    fn runs(&self) -> usize {
        self.table.len() / RunEnd::BYTES
    }

    /// How many bytes of `rest` belong to the list.
    fn further_bytes(&self) -> io::Result<usize> {
        let last_run = self.runs().checked_sub(1);
        let mut at = last_run.map_or(0, |run| RunEnd::decode(self.table, run).offset as usize);
        for _ in self.runs() * RUN_DOCUMENTS..self.further as usize {
            let rest = self.rest.get(at..).ok_or_else(damaged)?;
            at += 1 + rest.iter().position(|byte| byte & 0x80 == 0).ok_or_else(damaged)?;
        }
        Ok(at)
    }

    /// Calls `found` with every document, ascending.
    ///
    /// # Errors
    /// Where the postings are damaged.
    pub fn for_each(&self, mut found: impl FnMut(DocId)) -> io::Result<()> {
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
    pub fn for_each_of(&self, wanted: &[DocId], mut found: impl FnMut(usize)) -> io::Result<()> {
        let (mut document, mut rest, mut left) = (self.first, self.rest, self.further);
        let last_of = |run: usize| RunEnd::decode(self.table, run).document;
        let runs = self.runs();
        let mut run = 0;
        for (place, target) in wanted.iter().enumerate() {
            // Whole runs that end before the target are passed over.
            if run < runs && last_of(run) < *target {
                run = partition_point(run + 1..runs, |run| last_of(run) < *target);
                let passed = RunEnd::decode(self.table, run - 1);
                (document, rest) =
                    (passed.document, self.rest.get(passed.offset as usize..).ok_or_else(damaged)?);
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

fn next_document(document: DocId, rest: &mut &[u8]) -> io::Result<DocId> {
    let distance = take_small(rest).ok_or_else(damaged)?;
    document.checked_add(1).and_then(|next| next.checked_add(distance)).ok_or_else(damaged)
}
