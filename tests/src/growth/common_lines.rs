//! The lines that a growing history keeps using: those that already stand in many hunks.

use std::path::Path;

use hunktrace_indexer::fingerprint::{IndexTerm, LineHasher, TermNumber};
use hunktrace_indexer::hunk::Sign;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::snapshot::Snapshot;
use rustc_hash::FxHashSet;

/// Lines that stand in at least this many hunks, added or removed, are common.
pub const COMMON_FROM: u32 = 32;

/// The common lines of an index.
pub struct CommonLines(FxHashSet<TermNumber>);

impl CommonLines {
    /// Reads them from the index in the folder `index`.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of_index(index: &Path) -> Result<CommonLines, IndexError> {
        let mut terms = FxHashSet::default();
        Snapshot::open(index)?.for_each_line_term(|term, hunks| {
            if hunks >= COMMON_FROM {
                terms.insert(term);
            }
        })?;
        Ok(CommonLines(terms))
    }

    /// How many terms they give.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no line is common.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a line is common under any sign: a line that is added now is removed later.
    pub fn contains(&self, hasher: &mut LineHasher, text: &[u8]) -> bool {
        [Sign::Added, Sign::Removed]
            .into_iter()
            .any(|sign| self.0.contains(&IndexTerm::from(hasher.hash(sign, text)).number()))
    }

    #[cfg(test)]
    pub(super) fn of_lines(lines: &[&str]) -> CommonLines {
        let mut hasher = LineHasher::default();
        let term = |line: &&str| IndexTerm::from(hasher.hash(Sign::Added, line.as_bytes())).number();
        CommonLines(lines.iter().map(term).collect())
    }
}
