//! Lines of a hunk that the vendor has adapted: not the same in the release, but alike and at the same place.
//!
//! Lines are compared by sketches: a bit for each word, so that no text has to be kept.

use hunktrace_indexer::normalize::is_word_byte;
use rustc_hash::FxHashSet;

use super::release::{SideLine, SideLines};

/// A line with fewer different words is like too many others.
const MIN_WORDS: u32 = 3;

/// Lines are alike from this share of common words on.
const MIN_SIMILARITY: f32 = 0.6;

/// How far from where it would stand an adapted line is looked for, in lines of the hunk.
const REACH: u32 = 6;

/// A bit for each word of a line: two lines with the same words have the same sketch.
pub fn sketch(text: &[u8]) -> u64 {
    let words = text.split(|byte| !is_word_byte(*byte)).filter(|word| !word.is_empty());
    words.fold(0, |bits, word| {
        let hash = word.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        // The last word's bits have reached only the low half; spread them before the top ones are taken.
        bits | 1 << ((hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 58)
    })
}

/// Share of the words of both lines that they have in common, from 0 to 1; 0 for lines of few words.
pub fn similarity(a: u64, b: u64) -> f32 {
    let common = (a & b).count_ones();
    if common < MIN_WORDS { 0.0 } else { common as f32 / (a | b).count_ones() as f32 }
}

/// A line of a hunk and the line of the release that it has become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptedPair {
    /// Place among the hunk's lines of that side.
    pub own: u32,
    /// Place in the file's side.
    pub at: u32,
    /// Share of common words, from 0 to 1.
    pub similarity: f32,
}

/// Pairs lines that are left over with release lines that are alike and stand where they would stand.
///
/// `pairs` are the equal lines of both sides; they say where the hunk is in the release.
pub fn adapted_pairs(
    candidate: &[Vec<SideLine>; 2],
    pairs: &[Vec<(u32, u32)>; 2],
    release: [&SideLines; 2],
    side: usize,
) -> Vec<AdaptedPair> {
    // Where equal lines stand: in the candidate's body, and in which hunk of the release and where there.
    let mut anchors: Vec<(u32, u32, u32)> = Vec::new();
    for side in [0, 1] {
        let lines = pairs[side]
            .iter()
            .map(|(own, at)| (&candidate[side][*own as usize], &release[side].lines[*at as usize]));
        anchors.extend(lines.map(|(own, other)| (own.place, other.hunk, other.place)));
    }
    if anchors.is_empty() {
        return Vec::new();
    }
    anchors.sort_unstable();
    let lines = &release[side].lines;
    let mut found: Vec<AdaptedPair> = Vec::new();
    let mut paired = pairs[side].iter().map(|(own, _)| *own).peekable();
    let exact: FxHashSet<u32> = pairs[side].iter().map(|(_, at)| *at).collect();
    for (line, own) in candidate[side].iter().zip(0u32..) {
        if paired.next_if_eq(&own).is_some() || line.sketch.count_ones() < MIN_WORDS {
            continue;
        }
        let Some((place, hunk, at)) = nearest(&anchors, line.place) else { continue };
        let expected = at.saturating_add(line.place).saturating_sub(place);
        let (from, to) = (expected.saturating_sub(REACH), expected.saturating_add(REACH));
        let first = lines.partition_point(|other| (other.hunk, other.place) < (hunk, from));
        let best = lines[first..]
            .iter()
            .zip(first as u32..)
            .take_while(|(other, _)| (other.hunk, other.place) <= (hunk, to))
            .filter(|(_, at)| !exact.contains(at) && found.iter().all(|pair| pair.at != *at))
            .map(|(other, at)| (similarity(line.sketch, other.sketch), at))
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        if let Some((similarity, at)) = best.filter(|(similarity, _)| *similarity >= MIN_SIMILARITY) {
            found.push(AdaptedPair { own, at, similarity });
        }
    }
    found
}

/// The anchor whose line is nearest to a place in the candidate's body.
fn nearest(anchors: &[(u32, u32, u32)], place: u32) -> Option<(u32, u32, u32)> {
    let after = anchors.partition_point(|(own, ..)| *own < place);
    let candidates = [after.checked_sub(1), Some(after)].into_iter().flatten();
    candidates.filter_map(|at| anchors.get(at)).min_by_key(|(own, ..)| own.abs_diff(place)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::release::sides;
    use hunktrace_indexer::fingerprint::LineHasher;
    use hunktrace_indexer::hunk::{Hunk, Sign};

    fn hunk(lines: &[(Sign, &str)]) -> [SideLines; 2] {
        let mut hunk = Hunk::default();
        lines.iter().for_each(|(sign, line)| hunk.push_line(*sign, line.as_bytes(), true));
        sides([&hunk], &mut LineHasher::default())
    }

    fn pairs_of_added(candidate: &[SideLines; 2], release: &[SideLines; 2]) -> Vec<AdaptedPair> {
        let lines = [candidate[0].lines.clone(), candidate[1].lines.clone()];
        let equal = [0, 1].map(|side| {
            let own = lines[side].iter().zip(0u32..);
            own.flat_map(|(line, own)| {
                let others = release[side].lines.iter().zip(0u32..);
                others
                    .filter(|(other, _)| other.hash == line.hash)
                    .map(move |(_, at)| (own, at))
                    .collect::<Vec<_>>()
            })
            .collect()
        });
        adapted_pairs(&lines, &equal, [&release[0], &release[1]], 1)
    }

    #[test]
    fn line_beside_an_equal_one_is_found_though_a_word_differs() {
        let candidate = hunk(&[(Sign::Removed, "foo(a);"), (Sign::Added, "clamp(dev, level, MAX, flags);")]);
        let release = hunk(&[(Sign::Removed, "foo(a);"), (Sign::Added, "clamp(dev, level, LIMIT, flags);")]);
        let pairs = pairs_of_added(&candidate, &release);
        assert_eq!(pairs.iter().map(|pair| (pair.own, pair.at)).collect::<Vec<_>>(), [(0, 0)]);
        assert!(pairs[0].similarity < 1.0);
    }

    #[test]
    fn nothing_is_adapted_where_no_line_is_equal() {
        let candidate = hunk(&[(Sign::Removed, "foo(a);"), (Sign::Added, "clamp(dev, level, MAX, flags);")]);
        let release = hunk(&[(Sign::Removed, "bar(b);"), (Sign::Added, "clamp(dev, level, LIMIT, flags);")]);
        assert_eq!(pairs_of_added(&candidate, &release), []);
    }

    #[test]
    fn short_lines_are_like_nothing() {
        assert_eq!(similarity(sketch(b"goto out;"), sketch(b"goto out;")), 0.0);
        assert_eq!(similarity(sketch(b"a = b + c;"), sketch(b"a = b + c;")), 1.0);
    }
}
