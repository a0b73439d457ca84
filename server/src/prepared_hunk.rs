//! A hunk made ready for comparison: its lines hashed, sorted and told apart.

use std::hash::Hasher;

use bstr::BString;
use hunktrace_indexer::fingerprint::{LineHash, LineHasher};
use hunktrace_indexer::hunk::{Hunk, Sign};
use hunktrace_indexer::normalize::is_informative;
use hunktrace_indexer::stored_hunk::StoredHunk;
use rustc_hash::FxHasher;

/// A changed line.
#[derive(Clone, Debug)]
pub struct ChangedLine {
    /// Hash of sign and normalised text.
    pub hash: LineHash,
    /// Removed or added.
    pub sign: Sign,
    /// Whether it has a letter or digit.
    pub is_informative: bool,
    /// The text as it stands.
    pub text: BString,
}

/// A hunk made ready for comparison.
#[derive(Clone, Debug)]
pub struct PreparedHunk {
    /// The changed lines, sorted by hash; a line that stands there twice is there twice.
    pub changed: Vec<ChangedLine>,
    /// The hashes of informative context lines, sorted.
    pub context: Vec<LineHash>,
    /// A hash of the changed lines, byte for byte and in order.
    pub exact_changes: u64,
    /// A hash of the context lines, byte for byte and in order.
    pub exact_context: u64,
    /// The path after the change, or before it for a deleted file.
    pub path: BString,
    /// The path before the change, where it differs.
    pub old_path: Option<BString>,
    /// The heading behind the second `@@`.
    pub section: BString,
    /// First line on the old side; 0 where there is none.
    pub old_start: u32,
    /// Whether the change has lines at all, rather than a mode, a name or binary content.
    pub has_lines: bool,
}

impl PreparedHunk {
    /// Prepares a hunk.
    pub fn new(stored: &StoredHunk, hasher: &mut LineHasher) -> PreparedHunk {
        let mut prepared = PreparedHunk {
            changed: Vec::new(),
            context: Vec::new(),
            exact_changes: 0,
            exact_context: 0,
            path: stored.path().to_owned(),
            old_path: stored.old.as_ref().map(|side| side.path.clone()).filter(|path| path != stored.path()),
            section: stored.hunk.as_ref().map(|hunk| hunk.section.clone()).unwrap_or_default(),
            old_start: stored.hunk.as_ref().map_or(0, |hunk| hunk.old_start),
            has_lines: stored.hunk.is_some(),
        };
        match &stored.hunk {
            Some(hunk) => prepared.take_lines(hunk, hasher),
            None => {
                for (sign, text) in stored.header_lines() {
                    let hash = hasher.hash(sign, &text);
                    prepared.changed.push(ChangedLine { hash, sign, is_informative: true, text });
                }
            }
        }
        prepared.changed.sort_by_key(|line| line.hash);
        prepared.context.sort_unstable();
        prepared
    }

    fn take_lines(&mut self, hunk: &Hunk, hasher: &mut LineHasher) {
        let (mut changes, mut context) = (FxHasher::default(), FxHasher::default());
        for line in hunk.lines() {
            let raw = if line.sign.is_change() { &mut changes } else { &mut context };
            raw.write_u8(line.sign.marker());
            raw.write(line.text);
            raw.write_u8(b'\n');
            if line.sign.is_change() {
                self.changed.push(ChangedLine {
                    hash: hasher.hash(line.sign, line.text),
                    sign: line.sign,
                    is_informative: is_informative(line.text),
                    text: line.text.to_owned(),
                });
            } else if is_informative(line.text) {
                self.context.push(hasher.hash(line.sign, line.text));
            }
        }
        (self.exact_changes, self.exact_context) = (changes.finish(), context.finish());
    }

    /// The informative changed lines' hashes, sorted, each once.
    pub fn informative(&self) -> impl Iterator<Item = LineHash> + '_ {
        let mut last = None;
        self.changed.iter().filter(|line| line.is_informative).map(|line| line.hash).filter(move |hash| {
            let is_new = last != Some(*hash);
            last = Some(*hash);
            is_new
        })
    }
}
