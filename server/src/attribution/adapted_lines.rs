//! Lines of a hunk that the vendor has adapted: not the same in the release, but alike and at the same place.

use rustc_hash::FxHashSet;

use super::alignment::LinePair;
use super::expected_place::CommonLines;
use super::side::BySide;
use super::side_lines::{BodyPlace, SideLine};

/// Lines are alike from this share of common words on. Tuned: see `docs/constants.md`.
const MIN_ADAPTED_SIMILARITY: f32 = 0.6;

/// The same for a line that stands between two equal ones, as in the hunk. Tuned: see `docs/constants.md`.
const MIN_SIMILARITY_BETWEEN_EQUAL: f32 = 0.4;

/// How far from where it would stand an adapted line is looked for, in lines of the hunk. Tuned: see
/// `docs/constants.md`.
const ADAPTED_REACH: u32 = 6;

/// A line of a hunk and the line of the release that it has become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptedPair {
    /// The two lines.
    pub pair: LinePair,
    /// Share of common words, from 0 to 1.
    pub similarity: f32,
}

/// Pairs lines that are left over with release lines of the same side that are alike and stand where they would stand.
///
/// `pairs` are the equal lines of both sides; they say where the hunk is in the release.
pub fn adapted_pairs(
    candidate: &BySide<Vec<SideLine>>,
    pairs: &BySide<Vec<LinePair>>,
    release: BySide<&[SideLine]>,
) -> BySide<Vec<AdaptedPair>> {
    let common = CommonLines::new(candidate, pairs, &release);
    if common.is_empty() {
        // Nothing says where the hunk would be: so it is with most hunks of a file's history.
        return BySide::default();
    }
    BySide::from_fn(|side| {
        let mut taken: FxHashSet<u32> = pairs[side].iter().map(|pair| pair.release).collect();
        let mut found: Vec<AdaptedPair> = Vec::new();
        let mut paired = pairs[side].iter().map(|pair| pair.candidate).peekable();
        for (line, own) in candidate[side].iter().zip(0u32..) {
            if paired.next_if_eq(&own).is_some() || !line.has_word() {
                continue;
            }
            let Some(expected) = common.expected_place(line.place.line) else { continue };
            let best = most_similar(line, own, expected, release[side], &taken);
            let is_adapted = |best: &AdaptedPair| {
                let other = &release[side][best.pair.release as usize];
                let least = if is_between_equal(line, other) {
                    MIN_SIMILARITY_BETWEEN_EQUAL
                } else {
                    MIN_ADAPTED_SIMILARITY
                };
                best.similarity >= least
            };
            if let Some(best) = best.filter(is_adapted) {
                taken.insert(best.pair.release);
                found.push(best);
            }
        }
        found
    })
}

/// The release's line around a place that is most like one of a hunk; lines in `taken` are passed over.
fn most_similar(
    line: &SideLine,
    own: u32,
    expected: BodyPlace,
    release: &[SideLine],
    taken: &FxHashSet<u32>,
) -> Option<AdaptedPair> {
    let from = BodyPlace { line: expected.line.saturating_sub(ADAPTED_REACH), ..expected };
    let to = BodyPlace { line: expected.line.saturating_add(ADAPTED_REACH), ..expected };
    let first = release.partition_point(|other| other.place < from);
    let near = release[first..].iter().zip(first as u32..).take_while(|(other, _)| other.place <= to);
    let similar = near.filter(|(_, at)| !taken.contains(at)).map(|(other, at)| AdaptedPair {
        pair: LinePair { candidate: own, release: at },
        similarity: similarity(line, other),
    });
    similar.max_by(|a, b| a.similarity.total_cmp(&b.similarity).then(b.pair.release.cmp(&a.pair.release)))
}

/// How alike two lines are that are not equal, from 0 to below 1. Between two equal neighbours a single word in common
/// counts; elsewhere lines with few words are like too many others.
fn similarity(own: &SideLine, other: &SideLine) -> f32 {
    let words = if is_between_equal(own, other) {
        own.sketch.shared_words(other.sketch)
    } else {
        own.sketch.similarity(other.sketch)
    };
    // Lines of the same words differ in something that is no word: that counts as one.
    let own_words = own.sketch.words() as f32;
    words.min(own_words / (own_words + 1.0))
}

fn is_between_equal(own: &SideLine, other: &SideLine) -> bool {
    own.neighbours_shared_with(other) == 1.0 && other.has_word()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::alignment::LinePlaces;
    use crate::attribution::side_lines::side_lines;
    use crate::attribution::test_release;
    use hunktrace_indexer::fingerprint::LineHasher;

    fn hunk(lines: &[&str]) -> BySide<Vec<SideLine>> {
        side_lines([&test_release::hunk(lines)], &mut LineHasher::default())
    }

    /// The added lines of a candidate that the release has in an adapted form, each with its own form.
    fn adapted(candidate: &[&str], release: &[&str]) -> Vec<AdaptedPair> {
        let (candidate, release) = (hunk(candidate), hunk(release));
        let pairs = BySide::from_fn(|side| {
            let places = LinePlaces::new(&release[side]);
            places.align(&candidate[side], &mut places.nothing_taken())
        });
        let release = BySide::from_fn(|side| &release[side][..]);
        adapted_pairs(&candidate, &pairs, release).added
    }

    fn pairs(adapted: &[AdaptedPair]) -> Vec<LinePair> {
        adapted.iter().map(|adapted| adapted.pair).collect()
    }

    #[test]
    fn line_beside_an_equal_one_is_found_though_a_word_differs() {
        let found = adapted(
            &["-foo(first);", "+clamp(dev, level, MAX, flags);"],
            &["-foo(first);", "+clamp(dev, level, LIMIT, flags);"],
        );
        assert_eq!(pairs(&found), [LinePair { candidate: 0, release: 0 }]);
        assert_eq!(found[0].similarity, 4.0 / 6.0);
    }

    #[test]
    fn short_line_between_equal_ones_is_adapted_with_one_word_in_common_with_two() {
        let lock = |line| ["+open_the_first_gate();", line, "+shut_the_first_gate();"];
        let found = adapted(&lock("+raw_spin_lock(&gate->lock);"), &lock("+spin_lock(&gate->lock);"));
        assert_eq!(pairs(&found), [LinePair { candidate: 1, release: 1 }]);
        assert_eq!(found[0].similarity, 2.0 / 4.0);
        assert_eq!(adapted(&lock("+raw_spin_lock(&gate->lock);"), &lock("+sell_tickets(visitors);")), []);
    }

    #[test]
    fn line_of_the_same_words_is_no_equal_one() {
        let found = adapted(
            &["-foo(first);", "+struct gate *gate = open(level);"],
            &["-foo(first);", "+struct gate gate = *open(level);"],
        );
        assert_eq!(found[0].similarity, 4.0 / 5.0);
    }

    #[test]
    fn nothing_is_adapted_where_no_line_is_equal() {
        let found = adapted(
            &["-foo(first);", "+clamp(dev, level, MAX, flags);"],
            &["-bar(second);", "+clamp(dev, level, LIMIT, flags);"],
        );
        assert_eq!(found, []);
    }

    #[test]
    fn line_with_half_of_its_words_changed_is_another_one() {
        let found = adapted(
            &["-foo(first);", "+clamp(dev, level, MAX, flags);"],
            &["-foo(first);", "+clamp(dev, level, LIMIT, mode);"],
        );
        assert_eq!(found, []);
    }

    #[test]
    fn line_that_is_far_from_where_it_would_stand_is_another_one() {
        let candidate = ["-foo(first);", "+clamp(dev, level, MAX, flags);"];
        let with_lines_between = |count: usize| {
            let mut release = vec!["-foo(first);"];
            release.extend(std::iter::repeat_n(" between();", count));
            release.push("+clamp(dev, level, LIMIT, flags);");
            pairs(&adapted(&candidate, &release))
        };
        assert_eq!(with_lines_between(ADAPTED_REACH as usize).len(), 1);
        assert_eq!(with_lines_between(ADAPTED_REACH as usize + 1), []);
    }

    #[test]
    fn line_of_the_release_is_the_form_of_one_line_alone() {
        let found = adapted(
            &["-foo(first);", "+clamp(dev, level, MAX, flags);", "+clamp(dev, level, MIN, flags);"],
            &["-foo(first);", "+clamp(dev, level, LIMIT, flags);"],
        );
        assert_eq!(pairs(&found), [LinePair { candidate: 0, release: 0 }]);
    }

    #[test]
    fn line_that_is_equal_to_another_is_the_form_of_none() {
        let found = adapted(
            &["+clamp(dev, level, MAX, flags);", "+clamp(dev, level, MIN, flags);"],
            &["+clamp(dev, level, MIN, flags);"],
        );
        assert_eq!(found, []);
    }
}
