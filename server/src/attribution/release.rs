//! The release under question: every file that differs from the base, with its changed lines.

use bstr::{BString, ByteSlice};
use hunktrace_indexer::fingerprint::{LineHash, LineHasher};
use hunktrace_indexer::hunk::{Hunk, Sign};
use hunktrace_indexer::normalize::is_informative;

use super::adapted_lines::sketch;

/// A file that differs between base and vendor.
#[derive(Clone, Debug)]
pub struct ReleaseFile {
    /// Path in the vendor's tree; none where the file is deleted.
    pub new_path: Option<BString>,
    /// Path in the base; none where the file is new.
    pub old_path: Option<BString>,
    /// The changes, in order.
    pub hunks: Vec<Hunk>,
}

impl ReleaseFile {
    /// The path by which the file is known: the vendor's where there is one.
    pub fn path(&self) -> &BString {
        static NONE: BString = BString::new(Vec::new());
        self.new_path.as_ref().or(self.old_path.as_ref()).unwrap_or(&NONE)
    }
}

/// One side's changed lines of a file or of a candidate hunk, in order.
#[derive(Clone, Debug, Default)]
pub struct SideLines {
    /// The lines.
    pub lines: Vec<SideLine>,
}

/// A changed line with what is needed to recognise it.
#[derive(Clone, Copy, Debug)]
pub struct SideLine {
    /// Hash of sign and normalised text.
    pub hash: LineHash,
    /// Hash of the text alone: what one commit adds and another removes is the same line.
    pub bare: u64,
    /// Hash of the line before it in the hunk, whatever its sign; 0 at the hunk's start.
    pub before: u64,
    /// Hash of the line after it in the hunk, whatever its sign; 0 at the hunk's end.
    pub after: u64,
    /// Its words, as [`super::adapted_lines::sketch`] gives them.
    pub sketch: u64,
    /// How much it says: see [`line_weight`].
    pub weight: f32,
    /// The hunk that it belongs to.
    pub hunk: u32,
    /// Its place among all lines of the hunk's body.
    pub place: u32,
}

/// A line without any letter or digit counts as good as nothing; it follows its neighbours.
pub const TRIVIAL_WEIGHT: f32 = 0.02;

/// How much a line says by itself, from its length alone: looking up the frequency of millions of lines would take
/// longer than everything else, and short lines are the common ones.
pub fn line_weight(text: &[u8]) -> f32 {
    if !is_informative(text) {
        return TRIVIAL_WEIGHT;
    }
    let length = text.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
    (length as f32 / 20.0).clamp(0.15, 1.5)
}

/// The removed and the added lines of some hunks.
pub fn sides<'a>(hunks: impl IntoIterator<Item = &'a Hunk>, hasher: &mut LineHasher) -> [SideLines; 2] {
    let mut sides = [SideLines::default(), SideLines::default()];
    for (number, hunk) in hunks.into_iter().enumerate() {
        let lines: Vec<_> = hunk.lines().collect();
        // Neighbours are compared without their sign: what one commit adds is context for another.
        let bare: Vec<u64> = lines.iter().map(|line| hasher.hash(Sign::Context, line.text).0).collect();
        for (place, line) in lines.iter().enumerate() {
            let Some(side) = side_of(line.sign) else { continue };
            sides[side].lines.push(SideLine {
                hash: hasher.hash(line.sign, line.text),
                bare: bare[place],
                before: place.checked_sub(1).map_or(0, |before| bare[before]),
                after: bare.get(place + 1).copied().unwrap_or(0),
                sketch: sketch(line.text.as_bytes()),
                weight: line_weight(line.text.as_bytes()),
                hunk: number as u32,
                place: place as u32,
            });
        }
    }
    sides
}

/// 0 for removed lines, 1 for added ones.
pub fn side_of(sign: Sign) -> Option<usize> {
    match sign {
        Sign::Context => None,
        Sign::Removed => Some(0),
        Sign::Added => Some(1),
    }
}
