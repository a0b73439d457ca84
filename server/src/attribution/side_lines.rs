//! The changed lines of hunks, side by side, with what is needed to recognise each without its text.
//!
//! Of a release and its candidates there are tens of millions of lines at a time, so what only the alignment asks for is
//! not kept behind it: a [`SideLine`] becomes a [`HistoryLine`] or a [`FileLine`].

use std::hash::Hasher;
use std::num::NonZeroU64;

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::{LineHash, LineHasher};
use hunktrace_indexer::hunk::{Hunk, HunkLine, HunkLines};
use rustc_hash::FxHasher;

use super::length_weight::{WORDLESS_LINE_WEIGHT, length_weight};
use super::side::{BySide, Side};
use super::word_sketch::WordSketch;

/// Hash of a line's normalised text without its sign: what one commit adds and another removes is the same text.
///
/// It is never 0, so a neighbour that is missing takes no room of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextHash(NonZeroU64);

impl TextHash {
    /// The hash as a number.
    pub fn number(self) -> u64 {
        self.0.get()
    }
}

impl From<LineHash> for TextHash {
    fn from(context: LineHash) -> TextHash {
        TextHash(NonZeroU64::new(context.0).unwrap_or(NonZeroU64::MIN))
    }
}

/// Where a changed line stands among the hunks that it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BodyPlace {
    /// Which of the hunks, from 0.
    pub hunk: u32,
    /// Its place among all lines of the hunk's body, context included, from 0.
    pub line: u32,
}

/// What one of a line's neighbours is of both: each counts alike.
const NEIGHBOUR_SHARE: f32 = 0.5;

/// A changed line.
#[derive(Clone, Copy, Debug)]
pub struct SideLine {
    /// Hash of sign and normalised text.
    pub hash: LineHash,
    /// Hash of the text alone.
    pub text: TextHash,
    /// The line before it in the hunk, of any sign; none at the hunk's start.
    pub before: Option<TextHash>,
    /// The line after it in the hunk, of any sign; none at the hunk's end.
    pub after: Option<TextHash>,
    /// Its words.
    pub sketch: WordSketch,
    /// How much it says, as [`length_weight`] counts.
    pub weight: f32,
    /// Where it stands.
    pub place: BodyPlace,
    /// What tells it from equal lines.
    pub details: LineDetails,
}

/// How many lines before and after a line tell it from equal ones: git's lines of context.
const DETAILED_LINES: usize = 3;

/// What tells a line from others of the same normalised text: its bytes, and the lines around it, the nearest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineDetails {
    /// Hash of the line as it stands.
    bytes: u32,
    /// Hashes of the lines before and after it, by distance; 0 where the hunk ends.
    around: [u32; 2 * DETAILED_LINES],
}

impl LineDetails {
    fn of(texts: &[TextHash], place: usize, bytes: &[u8]) -> LineDetails {
        let short = |place: Option<usize>| {
            place.and_then(|place| texts.get(place)).map_or(0, |text| (text.number() >> 32) as u32 | 1)
        };
        let mut around = [0; 2 * DETAILED_LINES];
        for distance in 1..=DETAILED_LINES {
            around[2 * distance - 2] = short(place.checked_sub(distance));
            around[2 * distance - 1] = short(Some(place + distance));
        }
        LineDetails { bytes: short_hash(bytes), around }
    }

    /// How many of these the other has as well, and how many there are.
    pub fn shared_with(&self, other: &LineDetails) -> (u32, u32) {
        let (mut shared, mut all) = (u32::from(self.bytes == other.bytes), 1);
        for (own, other) in self.around.iter().zip(other.around).filter(|(own, _)| **own != 0) {
            all += 1;
            shared += u32::from(*own == other);
        }
        (shared, all)
    }
}

fn short_hash(bytes: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    (hasher.finish() >> 16) as u32
}

impl SideLine {
    /// Share of its neighbours in the hunk that are the same as those of another line, from 0 to 1.
    pub fn neighbours_shared_with(&self, other: &SideLine) -> f32 {
        let agrees = |is_same: bool| if is_same { NEIGHBOUR_SHARE } else { 0.0 };
        agrees(self.before.is_some() && self.before == other.before)
            + agrees(self.after.is_some() && self.after == other.after)
    }

    /// Whether it has a word.
    pub fn has_word(&self) -> bool {
        self.weight > WORDLESS_LINE_WEIGHT
    }
}

/// What is kept of a changed line of history when its hunk has been aligned.
///
/// It is packed because it would take a third more otherwise.
#[derive(Clone, Copy, Debug)]
#[repr(Rust, packed(4))]
pub struct HistoryLine {
    /// Hash of the text.
    pub text: TextHash,
    /// How much it says, as [`length_weight`] counts.
    pub weight: f32,
}

impl From<&SideLine> for HistoryLine {
    fn from(line: &SideLine) -> HistoryLine {
        HistoryLine { text: line.text, weight: line.weight }
    }
}

/// What is kept of a changed line of the release when the candidates of its file have been aligned.
///
/// It is packed because it would take a fifth more otherwise.
#[derive(Clone, Copy, Debug)]
#[repr(Rust, packed(4))]
pub struct FileLine {
    /// Hash of the text.
    pub text: TextHash,
    /// How much it says, as [`length_weight`] counts.
    pub weight: f32,
    /// Where it stands.
    pub place: BodyPlace,
}

impl FileLine {
    /// Whether it has a word.
    pub fn has_word(&self) -> bool {
        self.weight > WORDLESS_LINE_WEIGHT
    }
}

impl From<&SideLine> for FileLine {
    fn from(line: &SideLine) -> FileLine {
        FileLine { text: line.text, weight: line.weight, place: line.place }
    }
}

/// What is kept of lines when they have been aligned.
pub fn kept<L: for<'a> From<&'a SideLine>>(lines: &BySide<Vec<SideLine>>) -> BySide<Vec<L>> {
    BySide::from_fn(|side| lines[side].iter().map(L::from).collect())
}

/// The removed and the added lines of some hunks, in their order; as far as they are read before that is cancelled.
pub fn side_lines_unless<'a>(
    hunks: impl IntoIterator<Item = &'a Hunk>,
    hasher: &mut LineHasher,
    cancellation: &Cancellation,
) -> BySide<Vec<SideLine>> {
    let mut sides: BySide<Vec<SideLine>> = BySide::default();
    for (number, hunk) in (0u32..).zip(hunks) {
        if cancellation.is_cancelled() {
            break;
        }
        add_side_lines(&mut sides, number, hunk.body.as_bstr(), hasher, cancellation);
    }
    sides
}

/// The same of hunks that are given by their bodies, which are not long enough to be stopped at.
pub fn side_lines_of<'a>(
    bodies: impl IntoIterator<Item = &'a BStr>,
    hasher: &mut LineHasher,
) -> BySide<Vec<SideLine>> {
    let mut sides: BySide<Vec<SideLine>> = BySide::default();
    for (number, body) in (0u32..).zip(bodies) {
        add_side_lines(&mut sides, number, body, hasher, &Cancellation::default());
    }
    sides
}

/// Adds the lines of a hunk's body.
fn add_side_lines(
    sides: &mut BySide<Vec<SideLine>>,
    number: u32,
    body: &BStr,
    hasher: &mut LineHasher,
    cancellation: &Cancellation,
) {
    // Neighbours are compared without their sign: what one commit adds is context for another.
    let lines: Vec<HunkLine<'_>> = cancellation.while_wanted(HunkLines::of(body)).collect();
    let (hashes, texts): (Vec<LineHash>, Vec<TextHash>) = cancellation
        .while_wanted(&lines)
        .map(|line| {
            let (hash, context) = hasher.hashes(line.sign, line.text);
            (hash, TextHash::from(context))
        })
        .unzip();
    for (place, (line, hash)) in cancellation.while_wanted(lines.iter().zip(hashes).enumerate()) {
        let Some(side) = Side::of(line.sign) else { continue };
        sides[side].push(SideLine {
            hash,
            text: texts[place],
            before: place.checked_sub(1).map(|before| texts[before]),
            after: texts.get(place + 1).copied(),
            sketch: WordSketch::of(line.text.as_bytes()),
            weight: length_weight(line.text.as_bytes()),
            place: BodyPlace { hunk: number, line: place as u32 },
            details: LineDetails::of(&texts, place, line.text.as_bytes()),
        });
    }
}

/// The removed and the added lines of some hunks, in their order.
#[cfg(test)]
pub(crate) fn side_lines<'a>(
    hunks: impl IntoIterator<Item = &'a Hunk>,
    hasher: &mut LineHasher,
) -> BySide<Vec<SideLine>> {
    side_lines_unless(hunks, hasher, &Cancellation::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::hunk;

    #[test]
    fn text_is_the_same_on_both_sides_and_the_hash_is_not() {
        let lines = side_lines([&hunk(&["-same text", "+same  text"])], &mut LineHasher::default());
        let (removed, added) = (&lines.removed[0], &lines.added[0]);
        assert_eq!(removed.text, added.text);
        assert_ne!(removed.hash, added.hash);
    }

    #[test]
    fn neighbours_are_lines_of_any_sign_within_the_hunk() {
        let hunks = [hunk(&[" first", "-second", "+third"]), hunk(&["+fourth"])];
        let lines = side_lines(&hunks, &mut LineHasher::default());
        let (second, third, fourth) = (&lines.removed[0], &lines.added[0], &lines.added[1]);
        assert!(second.before.is_some());
        assert_eq!(second.after, Some(third.text));
        assert_eq!(third.before, Some(second.text));
        assert_eq!((third.after, fourth.before, fourth.after), (None, None, None));
    }

    #[test]
    fn place_counts_context_lines_too() {
        let hunks = [hunk(&["+first"]), hunk(&[" second", " third", "+fourth"])];
        let lines = side_lines(&hunks, &mut LineHasher::default());
        let places: Vec<BodyPlace> = lines.added.iter().map(|line| line.place).collect();
        assert_eq!(places, [BodyPlace { hunk: 0, line: 0 }, BodyPlace { hunk: 1, line: 2 }]);
    }
}
