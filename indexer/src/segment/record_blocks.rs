//! Stored records in compressed blocks: what one segment holds of its hunks and commits; the file `.records`.
//!
//! Neighbouring records are compressed together, because a commit's hunks resemble each other; blocks are small,
//! because every look at a candidate decompresses one. A dictionary of typical content makes up for what small blocks
//! lose.
//!
//! Layout of a file, all numbers little-endian: the blocks one after another; the dictionaries; for each block its key,
//! here its first document (u32); for each block the offset of its end (u64); for each block the lower half of its xxh3-64
//! (u32); for each dictionary the first block that it is for (u32) and its length (u32); the numbers of records, blocks
//! and dictionaries (u64 each); the xxh3-64 of everything behind the blocks (u64); then `BLOCKS\0\x06`. Files of format 5 have
//! no checksums, and end with the numbers.
//!
//! A block is the length of its content (u32) and a zstd frame of the content: the lengths of its records (LEB128
//! varints), then the records. The dictionary is made from a sample of the first 4,096 or more commits that are indexed at
//! once, and kept for what follows.
//!
//! Commit messages are in a file of the same layout with other keys: `message_blocks`.

mod block;
mod block_cache;
mod blocks_file;
mod reader;

pub use block::{BlockPacker, damaged};
pub use block_cache::BlockCache;
pub use blocks_file::{BlocksFile, BlocksWriter};
pub use reader::{RECORD_BLOCK_BYTES, Record, RecordBlocks};

#[cfg(test)]
mod tests;
