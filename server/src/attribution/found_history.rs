//! How the candidates of a file were found, for the next release of a row, which has the file with other lines.
//!
//! What history has for a path does not change between two releases, nor what is found by the same lines. Hunks that have a
//! line in common with the file are kept as they were read, because most of them have one in common with the next release's
//! file as well.

use std::sync::Arc;

use bstr::BString;
use hunktrace_indexer::fingerprint::LineHash;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId};
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::Xxh3;

use super::aligned_hunk::AlignedHunk;
use super::laid_hunk::ReadHunk;

/// What is known of a file from the release before, which had it with other lines.
#[derive(Clone)]
pub struct EarlierFile {
    /// Its candidates, by commit and number, as they lay beside the file.
    pub hunks: Arc<Vec<AlignedHunk>>,
    /// How they were found.
    pub found: Arc<FoundHistory>,
}

/// How the candidates of a file were found.
#[derive(Clone, Debug, Default)]
pub struct FoundHistory {
    /// The names under which the file was looked for, in this order.
    pub names: Vec<BString>,
    /// What was found by lines of the file.
    pub by_lines: FxHashMap<AskedLines, Vec<FoundHunk>>,
    /// Hunks that may have a line in common with the file, as they were read.
    pub read: FxHashMap<HunkId, Arc<ReadHunk>>,
}

/// Lines that were looked up; equal for equal lines in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AskedLines(u128);

impl AskedLines {
    /// Those with some hashes.
    pub fn of(hashes: &[LineHash]) -> AskedLines {
        let mut hasher = Xxh3::new();
        hashes.iter().for_each(|hash| hasher.update(&hash.0.to_le_bytes()));
        AskedLines(hasher.digest128())
    }
}
