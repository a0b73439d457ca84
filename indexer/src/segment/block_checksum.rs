//! The checksum of a block of a file, which is compared whenever the block is read.

use std::io;

use xxhash_rust::xxh3::xxh3_64;

/// A checksum of 32 bits: one damaged block of 4 billion passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockChecksum(pub u32);

impl BlockChecksum {
    /// The lower half of the block's xxh3-64.
    pub fn of(block: &[u8]) -> BlockChecksum {
        BlockChecksum(xxh3_64(block) as u32)
    }

    /// Compares a block with its checksum.
    ///
    /// # Errors
    /// `InvalidData` where they do not agree, with the block's number.
    pub fn check(self, number: usize, block: &[u8]) -> io::Result<()> {
        if BlockChecksum::of(block) == self {
            return Ok(());
        }
        let message = format!("the checksum of block {number} does not agree");
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }
}
