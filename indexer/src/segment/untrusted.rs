//! Reads everything in a segment's own files, whatever is in them: what the fuzz targets drive.

use std::io;

use tantivy::directory::OwnedBytes;

use crate::fingerprint::TermNumber;
use crate::graph::CommitOrdinal;
use crate::mapped_column::MappedColumn;
use crate::segment::line_postings::LinePostings;
use crate::segment::message_blocks::MessageBlocks;
use crate::segment::record_blocks::RecordBlocks;

/// So many documents or commits are asked for: those of a small file, and some that it does not have.
const ASKED: u32 = 64;

/// Reads a `.lines` file: all terms with their documents, and terms that are looked up.
///
/// # Errors
/// Where it is damaged.
pub fn read_lines(file: Vec<u8>) -> io::Result<u64> {
    let postings = LinePostings::open(OwnedBytes::new(file))?;
    let mut documents = 0;
    let mut iter = postings.iter();
    while let Some(found) = iter.next_term()? {
        documents += u64::from(found.documents.count());
        found.documents.for_each_of(&[0, 1, 40, 1000], |_| {})?;
    }
    for term in 0..u64::from(ASKED) {
        postings.find(TermNumber(term << (TermNumber::BITS - 6)))?;
    }
    Ok(documents)
}

/// Reads a `.records` file.
///
/// # Errors
/// Where it is damaged.
pub fn read_records(file: Vec<u8>) -> io::Result<u64> {
    let blocks = RecordBlocks::open(&OwnedBytes::new(file))?;
    (0..ASKED).map(|document| Ok(blocks.record(document)?.len() as u64)).sum()
}

/// Reads a `.messages` file.
///
/// # Errors
/// Where it is damaged.
pub fn read_messages(file: Vec<u8>) -> io::Result<u64> {
    let blocks = MessageBlocks::open(&OwnedBytes::new(file))?;
    let len = |commit: u32| Ok(blocks.record(CommitOrdinal(commit))?.map_or(0, |record| record.len() as u64));
    (0..ASKED).map(len).sum()
}

/// Takes the checksums out of a file that was written with them, so that damage to it gets past them: the form of format 5.
/// None where it has none.
pub fn without_checksums(extension: &str, file: &[u8]) -> Option<Vec<u8>> {
    let number = |bytes: &[u8]| MappedColumn::<u64>::new(OwnedBytes::new(bytes.to_vec())).get(0) as usize;
    match extension {
        "lines" => {
            let numbers = file.strip_suffix(b"LIN\x06")?.len() - 4 - 16;
            let bits = u32::from_le_bytes(*file[numbers + 8..].first_chunk()?);
            let checksums = numbers.checked_sub(4 << bits)?;
            Some([&file[..checksums], &file[numbers..numbers + 16]].concat())
        }
        "records" | "messages" => {
            let tail = file.strip_suffix(b"BLOCKS\0\x06")?.len() - 8;
            let counts = tail - 24;
            let blocks = number(&file[counts + 8..]);
            let dictionaries = number(&file[counts + 16..]);
            let entries = counts.checked_sub(8 * dictionaries)?;
            let checksums = entries.checked_sub(4 * blocks)?;
            Some([&file[..checksums], &file[entries..tail]].concat())
        }
        _ => None,
    }
}
