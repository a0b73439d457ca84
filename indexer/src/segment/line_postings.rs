//! Which hunks have which line: the postings of one segment, sorted by term; the file `.lines`.
//!
//! Terms are hashes, so they are spread evenly: their leading bits number a bucket of a few dozen terms, and a look-up
//! reads one entry of the bucket table and scans one bucket. Three of four terms stand in a single hunk; such a term
//! takes about six bytes in all.
//!
//! Layout, all numbers little-endian: the buckets one after another; for each bucket the offset of its end (u64); for
//! each bucket the lower half of its xxh3-64 (u32); the number of terms (u64), the number of leading bits that number the
//! buckets (u32), and the width of a first document in bytes (u32); the lower half of the xxh3-64 of these three (u32); then
//! `LIN\x06`. Files of format 5 have no checksums, and end with the width.
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

mod buckets;
mod document_list;
mod found_terms;
mod input;
mod reader;
mod term_head;
mod writer;

pub use document_list::DocumentList;
pub use reader::{LinePostings, PostingsIter, TermDocuments};
pub use writer::PostingsWriter;

#[cfg(test)]
mod tests;
