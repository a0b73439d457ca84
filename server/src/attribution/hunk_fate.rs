//! What became of one hunk of a commit: there, rewritten by other commits that are there, or left out.

use super::aligned_hunk::AlignedHunk;
use super::presence::HunkExplained;

/// A hunk counts as present, or as superseded, from this share on: more of it is there than not.
const PRESENT_HUNK_SHARE: f32 = 0.5;

/// What became of a hunk in a file that the release changes; of several the last one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HunkFate {
    /// The release changes the file in another way.
    LeftOut,
    /// Present commits have rewritten it.
    Superseded,
    /// More of it is there than not.
    Present,
}

impl HunkFate {
    /// What became of a hunk, of which other commits explain some lines.
    pub fn of(hunk: &AlignedHunk, explained: &HunkExplained) -> HunkFate {
        if hunk.share() >= PRESENT_HUNK_SHARE {
            HunkFate::Present
        } else if hunk.explained_share(explained.weight) >= PRESENT_HUNK_SHARE {
            HunkFate::Superseded
        } else {
            HunkFate::LeftOut
        }
    }
}
