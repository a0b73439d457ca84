//! What a segment of the index stores, and in which form.

mod block_checksum;
pub(crate) mod line_counts;
pub(crate) mod line_postings;
pub(crate) mod message_blocks;
pub(crate) mod record_blocks;
pub(crate) mod schema;
pub(crate) mod segment_files;
pub(crate) mod segment_merge;
mod varint;

pub mod commit_message;
pub mod commit_record;
pub mod hunk_record;
pub mod stored_hunk;
pub mod untrusted;
