//! How similar two files are, as git measures it: content is cut into chunks (lines, at most 64 bytes), and what counts
//! is how many bytes of the old version's chunks are found in the new version, as a share of the larger version.

use bstr::ByteSlice;
use xxhash_rust::xxh3::xxh3_64;

use crate::git::line_diff::is_binary;

/// The share of the content that a renamed file must have kept, git's default.
pub const MIN_SIMILARITY: f64 = 0.5;

/// Chunks are at most this long; longer lines are cut.
const CHUNK_BYTES: usize = 64;

/// How many bytes of each chunk a file has.
#[derive(Clone, Debug)]
pub struct ChunkCounts {
    /// Sorted by hash, each hash once.
    chunks: Vec<Chunk>,
    /// Bytes of the file.
    total: u64,
}

/// A piece of content, as often as it occurs in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// What tells it from others.
    pub hash: u64,
    /// Bytes of all occurrences.
    pub bytes: u32,
}

impl ChunkCounts {
    /// Cuts a file's content into chunks.
    pub fn of(content: &[u8]) -> ChunkCounts {
        let is_text = !is_binary(content);
        let mut chunks = Vec::new();
        let mut rest = content;
        while !rest.is_empty() {
            let limit = rest.len().min(CHUNK_BYTES);
            let end = rest[..limit].find_byte(b'\n').map_or(limit, |newline| newline + 1);
            let (chunk, after) = rest.split_at(end);
            // As in git, a carriage return before the newline makes no difference in text.
            let stripped = chunk.strip_suffix(b"\r\n").filter(|_| is_text);
            let hash = stripped.map_or_else(|| xxh3_64(chunk), |line| xxh3_64(&[line, b"\n"].concat()));
            chunks.push(Chunk { hash, bytes: chunk.len() as u32 });
            rest = after;
        }
        chunks.sort_unstable_by_key(|chunk| chunk.hash);
        chunks.dedup_by(|next, kept| {
            let same = next.hash == kept.hash;
            if same {
                kept.bytes = kept.bytes.saturating_add(next.bytes);
            }
            same
        });
        ChunkCounts { chunks, total: content.len() as u64 }
    }

    /// The chunks, sorted by hash, each hash once.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Bytes of the file.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The bytes that both have, as a share of the larger one; 0 where the sizes alone rule similarity out.
    pub fn similarity(&self, other: &ChunkCounts) -> f64 {
        let (smaller, larger) = (self.total.min(other.total), self.total.max(other.total));
        if smaller == 0 || (smaller as f64) < MIN_SIMILARITY * larger as f64 {
            return 0.0;
        }
        let mut shared = 0u64;
        let mut others = other.chunks.iter().peekable();
        for chunk in &self.chunks {
            while others.next_if(|other| other.hash < chunk.hash).is_some() {}
            if let Some(other) = others.next_if(|other| other.hash == chunk.hash) {
                shared += u64::from(chunk.bytes.min(other.bytes));
            }
        }
        shared as f64 / larger as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(old: &str, new: &str) -> f64 {
        ChunkCounts::of(old.as_bytes()).similarity(&ChunkCounts::of(new.as_bytes()))
    }

    #[test]
    fn similarity_is_the_shared_part_of_the_larger_file() {
        assert_eq!(similarity("1\n2\n3\n4\n", "4\n3\n2\n1\n"), 1.0);
        assert_eq!(similarity("1\n2\n3\n4\n", "1\n2\n5\n6\n"), 0.5);
        assert_eq!(similarity("1\n2\n3\n", "1\n2\n3\n4\n"), 0.75);
        assert_eq!(similarity("1\n", "1\n2\n3\n"), 0.0, "the larger one is more than twice as long");
        assert_eq!(
            similarity("1\n1\n1\n2\n", "1\n3\n4\n5\n"),
            0.25,
            "each line counts as often as both have it"
        );
    }

    #[test]
    fn lines_are_the_same_with_carriage_returns_in_text_alone() {
        assert_eq!(similarity("one\ntwo\n", "one\r\ntwo\r\n"), 0.8, "8 of 10 bytes");
        assert_eq!(similarity("one\ntwo\n\0", "one\r\ntwo\r\n\0"), 1.0 / 11.0);
    }
}
