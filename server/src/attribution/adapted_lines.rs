//! Lines of a hunk that the vendor has adapted: not the same in the release, but alike and at the same place.

use rustc_hash::FxHashSet;

use super::alignment::LinePair;
use super::side::{BySide, Side};
use super::side_lines::{BodyPlace, SideLine};

/// Lines are alike from this share of common words on. Tuned: see `docs/constants.md`.
const MIN_ADAPTED_SIMILARITY: f32 = 0.6;

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

/// A line that the candidate and the release both have. Sorted by where it stands in the candidate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct CommonLine {
    /// Its place in the candidate's body.
    candidate: u32,
    /// Its place in the release.
    release: BodyPlace,
}

/// Pairs lines that are left over with release lines of the same side that are alike and stand where they would stand.
///
/// `pairs` are the equal lines of both sides; they say where the hunk is in the release.
pub fn adapted_pairs(
    candidate: &BySide<Vec<SideLine>>,
    pairs: &BySide<Vec<LinePair>>,
    release: BySide<&[SideLine]>,
) -> BySide<Vec<AdaptedPair>> {
    let common = common_lines(candidate, pairs, release);
    if common.is_empty() {
        // Nothing says where the hunk would be: so it is with most hunks of a file's history.
        return BySide::default();
    }
    BySide::from_fn(|side| {
        let mut taken: FxHashSet<u32> = pairs[side].iter().map(|pair| pair.release).collect();
        let mut found: Vec<AdaptedPair> = Vec::new();
        let mut paired = pairs[side].iter().map(|pair| pair.candidate).peekable();
        for (line, own) in candidate[side].iter().zip(0u32..) {
            if paired.next_if_eq(&own).is_some() || !line.sketch.is_telling() {
                continue;
            }
            let Some(expected) = expected_place(&common, line.place.line) else { continue };
            let best = most_similar(line, own, expected, release[side], &taken);
            if let Some(best) = best.filter(|best| best.similarity >= MIN_ADAPTED_SIMILARITY) {
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
        similarity: line.sketch.similarity(other.sketch),
    });
    similar.max_by(|a, b| a.similarity.total_cmp(&b.similarity).then(b.pair.release.cmp(&a.pair.release)))
}

fn common_lines(
    candidate: &BySide<Vec<SideLine>>,
    pairs: &BySide<Vec<LinePair>>,
    release: BySide<&[SideLine]>,
) -> Vec<CommonLine> {
    let mut common = Vec::new();
    for side in Side::BOTH {
        common.extend(pairs[side].iter().map(|pair| CommonLine {
            candidate: candidate[side][pair.candidate as usize].place.line,
            release: release[side][pair.release as usize].place,
        }));
    }
    common.sort_unstable();
    common
}

/// Where a line of the candidate's body would stand in the release: as far from the nearest common line as in the
/// candidate. None where no line is common.
fn expected_place(common: &[CommonLine], line: u32) -> Option<BodyPlace> {
    let after = common.partition_point(|common| common.candidate < line);
    let beside = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|at| common.get(at));
    let nearest = beside.min_by_key(|common| common.candidate.abs_diff(line))?;
    let expected = nearest.release.line.saturating_add(line).saturating_sub(nearest.candidate);
    Some(BodyPlace { line: expected, ..nearest.release })
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
