//! The lines by which a hunk of the release is looked up that its file's own history does not know.

use std::ops::Range;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::LineHash;

use super::alignment::LinePlaces;
use super::side::{BySide, Side};
use super::side_lines::SideLine;

/// A hunk of the release is looked up by its lines if less than this share of them is known. Tuned: see
/// `docs/constants.md`.
const KNOWN_LINES_SHARE: f32 = 0.5;

/// A hunk of the release is looked up by its lines if they say at least this much, as
/// [`super::length_weight::length_weight`] counts. Tuned: see `docs/constants.md`.
const MIN_LOOKUP_WEIGHT: f32 = 1.0;

/// How many lines of a hunk of the release are looked up: as many as the index has of a hunk without sampling.
const MAX_FOREIGN_LOOKUP_TERMS: usize = 64;

/// The lines by which a hunk of the release is looked up; a hunk that is known or says too little has none. `known` says for
/// each line of the file how many hunks of its history it is covered by. Where it is cancelled, the lines mean nothing.
pub fn unknown_lines(
    places: &BySide<LinePlaces<'_>>,
    number: u32,
    known: &BySide<Vec<u32>>,
    cancellation: &Cancellation,
) -> Option<Vec<LineHash>> {
    let of_side = |side: Side| {
        let range = lines_of_hunk(places[side].lines(), number);
        places[side].lines()[range.clone()].iter().zip(&known[side][range])
    };
    let lines = || {
        let lines = cancellation.while_wanted(Side::BOTH.into_iter().flat_map(of_side));
        lines.filter(|(line, _)| line.has_word())
    };
    let weight: f32 = lines().map(|(line, _)| line.weight).sum();
    let known_weight: f32 = lines().filter(|(_, known)| **known > 0).map(|(line, _)| line.weight).sum();
    if weight < MIN_LOOKUP_WEIGHT || known_weight >= KNOWN_LINES_SHARE * weight {
        return None;
    }
    let mut hashes: Vec<LineHash> =
        lines().filter(|(_, known)| **known == 0).map(|(line, _)| line.hash).collect();
    // The index samples long hunks by the low bits of their lines' hashes; the same lines are asked for.
    cancellation.sort_while_wanted(&mut hashes, |hash| hash.0 as u32);
    hashes.dedup();
    hashes.truncate(MAX_FOREIGN_LOOKUP_TERMS);
    Some(hashes)
}

/// Which of a file's lines of one side, which are in the order of its hunks, are those of a hunk.
fn lines_of_hunk(lines: &[SideLine], number: u32) -> Range<usize> {
    let first = lines.partition_point(|line| line.place.hunk < number);
    let end = lines.partition_point(|line| line.place.hunk <= number);
    first..end
}
