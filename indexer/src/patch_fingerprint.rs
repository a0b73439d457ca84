//! The fingerprint of a whole change, by which commits are recognised that make the very same one.
//!
//! It takes in, for each file sorted by path, both paths and modes, the blob ids of binary
//! content, and each line's sign and text without white space, but no positions: like `git patch-id`. Commits with equal
//! fingerprints are equivalents.

use std::num::NonZeroU64;

use xxhash_rust::xxh3::Xxh3;

use crate::git::commit_diff::FileDiff;
use crate::hunk::Hunk;

/// A hash of everything that a commit changes, blind to positions and white space, like `git patch-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PatchFingerprint(NonZeroU64);

impl PatchFingerprint {
    /// The fingerprint as a number, which is not 0.
    pub fn number(self) -> u64 {
        self.0.get()
    }

    /// The fingerprint with this number; none for 0.
    pub fn from_number(number: u64) -> Option<PatchFingerprint> {
        NonZeroU64::new(number).map(PatchFingerprint)
    }
}

/// Works out a patch's fingerprint.
#[derive(Default)]
pub struct PatchHasher {
    state: Xxh3,
    buffer: Vec<u8>,
}

impl PatchHasher {
    /// Takes in what a commit does to one file; files come sorted by path.
    pub fn add(&mut self, diff: &FileDiff) {
        for version in [&diff.change.old, &diff.change.new] {
            match version {
                Some(version) => {
                    self.state.update(&version.path);
                    self.state.update(&[0, 1]);
                    self.state.update(&version.mode.value().to_le_bytes());
                    if diff.is_binary {
                        self.state.update(version.id.as_slice());
                    }
                }
                None => self.state.update(&[0, 0]),
            }
        }
        for line in diff.hunks.iter().flat_map(Hunk::lines) {
            self.buffer.clear();
            self.buffer.push(line.sign.marker());
            self.buffer.extend(line.text.iter().filter(|byte| !byte.is_ascii_whitespace()));
            self.buffer.push(b'\n');
            self.state.update(&self.buffer);
        }
    }

    /// The fingerprint of what was taken in.
    pub fn finish(self) -> PatchFingerprint {
        PatchFingerprint(NonZeroU64::new(self.state.digest()).unwrap_or(NonZeroU64::MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::file_change::{FileChange, FileVersion};
    use crate::hunk::Sign;
    use gix::ObjectId;
    use gix::objs::tree::EntryKind;

    fn fingerprint(old_start: u32, added: &str, path: &str) -> PatchFingerprint {
        let id = ObjectId::null(gix::hash::Kind::Sha1);
        let version = FileVersion { path: path.into(), mode: EntryKind::Blob.into(), id };
        let mut hunk = Hunk { old_start, ..Hunk::default() };
        hunk.push_line(Sign::Removed, b"a = 1;", true);
        hunk.push_line(Sign::Added, added.as_bytes(), true);
        let change = FileChange { old: Some(version.clone()), new: Some(version) };
        let mut hasher = PatchHasher::default();
        hasher.add(&FileDiff { change, hunks: vec![hunk], is_binary: false });
        hasher.finish()
    }

    #[test]
    fn positions_and_white_space_make_no_difference() {
        assert_eq!(fingerprint(10, "a = 2;", "x.c"), fingerprint(300, "\ta  =2;", "x.c"));
    }

    #[test]
    fn text_and_path_make_a_difference() {
        assert_ne!(fingerprint(10, "a = 2;", "x.c"), fingerprint(10, "a = 3;", "x.c"));
        assert_ne!(fingerprint(10, "a = 2;", "x.c"), fingerprint(10, "a = 2;", "y.c"));
    }

    #[test]
    fn no_fingerprint_has_the_number_0() {
        assert_eq!(PatchFingerprint::from_number(0), None);
        assert_eq!(PatchFingerprint::from_number(7).map(PatchFingerprint::number), Some(7));
    }
}
