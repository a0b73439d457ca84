//! Commit messages in compressed blocks: what one segment holds of them; the file `.messages`.
//!
//! Most answers need no message, so messages are not in the records of their commits, and their blocks are larger: 64 KiB
//! of text, with a dictionary of their own. The file has the layout of [`crate::segment::record_blocks`]. A block has the
//! messages of a range of neighbouring commits, and its key is that range: the ordinals of the first and the last one (u32
//! each). Of each commit in the range there is a record, empty where its object cannot be parsed; else it is a
//! [`crate::segment::commit_message::CommitMessage`].
//!
//! The blocks are in no order, and no two blocks of an index have a commit in common. A block may be in another segment
//! than the documents of its commits.

use std::io;

use tantivy::directory::OwnedBytes;

use crate::graph::CommitOrdinal;
use crate::mapped_column::FixedWidth;
use crate::segment::record_blocks::{BlockCache, BlockPacker, BlocksFile, Record, damaged};

/// Bytes of messages that are compressed together.
///
/// Of the 118 MB of messages in kernel history, with a dictionary of 128 KiB, blocks of 16 KiB leave 32.2 MB, of 64 KiB
/// 31.1 MB and of 128 KiB 30.8 MB; one of 64 KiB is read in 0.1 ms.
const BLOCK_BYTES: usize = 64 << 10;

/// Decompressed blocks that are kept, for each segment: usually 1 MiB. Whoever wants many messages asks in the order of the
/// index.
const CACHED_BLOCKS: usize = 16;

/// Longer blocks are not kept.
const MAX_CACHED_BYTES: usize = 256 << 10;

/// The commits of a block, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrdinalRange {
    first: u32,
    last: u32,
}

impl OrdinalRange {
    /// How many commits it has.
    pub fn commits(self) -> u32 {
        (self.last - self.first).saturating_add(1)
    }
}

impl FixedWidth for OrdinalRange {
    type Bytes = [u8; 8];

    fn to_bytes(self) -> [u8; 8] {
        (u64::from(self.last) << 32 | u64::from(self.first)).to_le_bytes()
    }

    fn from_bytes(bytes: [u8; 8]) -> OrdinalRange {
        let number = u64::from_le_bytes(bytes);
        OrdinalRange { first: number as u32, last: (number >> 32) as u32 }
    }
}

/// A block on its way to a segment: its key and its bytes, as a document carries them.
pub struct CarriedBlock;

impl CarriedBlock {
    /// Takes a document's payload apart.
    ///
    /// # Errors
    /// Where it is too short.
    pub fn decode(payload: &[u8]) -> io::Result<(OrdinalRange, &[u8])> {
        let (key, block) = payload.split_first_chunk().ok_or_else(damaged)?;
        Ok((OrdinalRange::from_bytes(*key), block))
    }
}

/// Collects the messages of neighbouring commits and compresses them to blocks.
pub struct MessagePacker {
    packer: BlockPacker,
    range: Option<OrdinalRange>,
}

impl MessagePacker {
    /// A packer that compresses with a dictionary, which may be empty.
    ///
    /// # Errors
    /// Where zstd does not take the dictionary.
    pub fn new(dictionary: &[u8]) -> io::Result<MessagePacker> {
        Ok(MessagePacker { packer: BlockPacker::new(BLOCK_BYTES, dictionary)?, range: None })
    }

    /// Adds the record of a commit that comes behind all others since the last block.
    pub fn add(&mut self, commit: CommitOrdinal, record: &[u8]) {
        let first = self.range.map_or(commit.0, |range| range.first);
        let skipped = self.range.map_or(0, |range| commit.0.saturating_sub(range.last + 1));
        (0..skipped).for_each(|_| self.packer.add(&[]));
        self.packer.add(record);
        self.range = Some(OrdinalRange { first, last: commit.0 });
    }

    /// Whether the messages since the last block fill one.
    pub fn is_full(&self) -> bool {
        self.packer.is_full()
    }

    /// The messages since the last block, as a document carries them; none if there are none.
    ///
    /// # Errors
    /// Where they cannot be compressed.
    pub fn pack(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(range) = self.range.take() else { return Ok(None) };
        Ok(Some([&range.to_bytes()[..], &self.packer.pack()?].concat()))
    }
}

/// The messages of a segment, as they are read.
pub struct MessageBlocks {
    file: BlocksFile<OrdinalRange>,
    /// The blocks' keys and numbers, by key.
    sorted: Vec<(OrdinalRange, usize)>,
    cache: BlockCache,
}

impl MessageBlocks {
    /// Opens the messages of a segment; nothing but the end of the file is read.
    ///
    /// # Errors
    /// Where they are damaged.
    pub fn open(file: &OwnedBytes) -> io::Result<MessageBlocks> {
        let file = BlocksFile::<OrdinalRange>::decode(file)?;
        let mut sorted: Vec<(OrdinalRange, usize)> =
            (0..file.len()).map(|number| (file.keys().get(number), number)).collect();
        sorted.sort_unstable_by_key(|(range, _)| range.first);
        let is_backwards = |range: &OrdinalRange| range.last < range.first;
        let is_overlapping = |pair: &[(OrdinalRange, usize)]| pair[1].0.first <= pair[0].0.last;
        if sorted.iter().any(|(range, _)| is_backwards(range)) || sorted.windows(2).any(is_overlapping) {
            return Err(damaged());
        }
        let cache = BlockCache::new(file.dictionaries(), CACHED_BLOCKS, MAX_CACHED_BYTES);
        Ok(MessageBlocks { file, sorted, cache })
    }

    /// The file, as it is copied when segments are merged.
    pub fn file(&self) -> &BlocksFile<OrdinalRange> {
        &self.file
    }

    /// The commits that blocks of this segment are for, in their order.
    pub fn commits(&self) -> impl Iterator<Item = CommitOrdinal> {
        self.sorted.iter().flat_map(|(range, _)| (range.first..=range.last).map(CommitOrdinal))
    }

    /// The record of a commit's message; none if there is none in this segment.
    ///
    /// # Errors
    /// Where the blocks are damaged.
    pub fn record(&self, commit: CommitOrdinal) -> io::Result<Option<Record>> {
        let after = self.sorted.partition_point(|(range, _)| range.first <= commit.0);
        let Some((range, number)) = after.checked_sub(1).map(|place| self.sorted[place]) else {
            return Ok(None);
        };
        if commit.0 > range.last {
            return Ok(None);
        }
        let block = self.cache.block(&self.file, number, range.commits())?;
        let record = Record::of(block, (commit.0 - range.first) as usize).ok_or_else(damaged)?;
        Ok((!record.is_empty()).then_some(record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::record_blocks::BlocksWriter;

    /// A file with a block for each group of commits; a commit's record is its number and enough to fill a block.
    fn file(groups: &[&[u32]], dictionary: &[u8]) -> Vec<u8> {
        let mut writer = BlocksWriter::new(Vec::new());
        writer.use_dictionary(dictionary.into());
        let mut packer = MessagePacker::new(dictionary).expect("a dictionary");
        let mut commits = 0;
        for group in groups {
            for commit in *group {
                packer.add(CommitOrdinal(*commit), &message(*commit));
                commits += 1;
            }
            let block = packer.pack().expect("a block").expect("messages");
            let (key, block) = CarriedBlock::decode(&block).expect("a block");
            writer.add(key, block).expect("memory");
        }
        writer.finish(commits).expect("memory")
    }

    fn message(commit: u32) -> Vec<u8> {
        format!("commit {commit}\n").repeat(3000).into_bytes()
    }

    fn open(bytes: Vec<u8>) -> io::Result<MessageBlocks> {
        MessageBlocks::open(&OwnedBytes::new(bytes))
    }

    #[test]
    fn messages_come_back_in_whatever_order_the_blocks_are() {
        let blocks = open(file(&[&[7, 8, 11], &[0, 1], &[30]], b"commit")).expect("a file");
        for commit in 0..40 {
            let expected = [0, 1, 7, 8, 11, 30].contains(&commit).then(|| message(commit));
            let record = blocks.record(CommitOrdinal(commit)).expect("a record");
            assert_eq!(record.map(|record| record.to_vec()), expected, "commit {commit}");
        }
        let commits: Vec<u32> = blocks.commits().map(|commit| commit.0).collect();
        assert_eq!(commits, [0, 1, 7, 8, 9, 10, 11, 30]);
    }

    #[test]
    fn a_packer_is_full_when_its_messages_fill_a_block_and_empty_behind_one() {
        let mut packer = MessagePacker::new(b"").expect("no dictionary");
        packer.add(CommitOrdinal(3), &vec![b'a'; BLOCK_BYTES - 1]);
        assert!(!packer.is_full());
        packer.add(CommitOrdinal(4), b"b");
        assert!(packer.is_full());
        assert!(packer.pack().expect("a block").is_some());
        assert!(!packer.is_full());
        assert!(packer.pack().expect("nothing to do").is_none());
    }

    #[test]
    fn blocks_that_have_commits_in_common_are_refused() {
        assert!(open(file(&[&[1, 2], &[3, 4]], b"")).is_ok());
        assert!(open(file(&[&[1, 3], &[2, 4]], b"")).is_err());
    }

    #[test]
    fn damaged_files_are_read_without_panic() {
        let bytes = file(&[&[1, 2], &[5, 6]], b"commit");
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x55;
            if let Ok(blocks) = open(bytes) {
                (0..8).for_each(|commit| drop(blocks.record(CommitOrdinal(commit))));
            }
        }
    }
}
