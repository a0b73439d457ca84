//! Lines of a hunk that stand in the release where its other lines say that they would stand.
//!
//! Alignment goes by each side alone, and by what says most. A short line that stands in many places, or in another order
//! than in the hunk, is told by the lines around it, removed ones as well as added ones.

use super::alignment::{LinePair, TakenLines};
use super::expected_place::CommonLines;
use super::side::{BySide, Side};
use super::side_lines::{BodyPlace, SideLine};

/// How far from where it would stand a line with a word is looked for, in lines of the hunk. Tuned: see
/// `docs/constants.md`.
const IN_PLACE_REACH: u32 = 12;

/// The same for a line without a word. Tuned: see `docs/constants.md`.
const WORDLESS_REACH: u32 = 3;

/// Pairs lines that are left over with equal lines of the release that stand where they would stand by the pairs.
///
/// Lines in `taken` are passed over, and what is paired is added there.
pub fn pair_lines_in_place(
    candidate: &BySide<Vec<SideLine>>,
    pairs: &mut BySide<Vec<LinePair>>,
    release: &BySide<&[SideLine]>,
    taken: &mut BySide<TakenLines>,
) {
    let common = CommonLines::new(candidate, pairs, release);
    if common.is_empty() {
        return;
    }
    for side in Side::BOTH {
        let mut found = Vec::new();
        let mut paired = pairs[side].iter().map(|pair| pair.candidate).peekable();
        for (own, line) in (0u32..).zip(&candidate[side]) {
            if paired.next_if_eq(&own).is_some() {
                continue;
            }
            let Some(expected) = common.expected_place(line.place.line) else { continue };
            if let Some(at) = nearest_equal(line, expected, release[side], &taken[side]) {
                taken[side].take(at);
                found.push(LinePair { candidate: own, release: at as u32 });
            }
        }
        pairs[side].extend(found);
        pairs[side].sort_unstable();
    }
}

/// The line of the release that is equal to `line`, not taken, and nearest to where it is expected.
fn nearest_equal(
    line: &SideLine,
    expected: BodyPlace,
    release: &[SideLine],
    taken: &TakenLines,
) -> Option<usize> {
    let reach = if line.has_word() { IN_PLACE_REACH } else { WORDLESS_REACH };
    let from = BodyPlace { line: expected.line.saturating_sub(reach), ..expected };
    let to = BodyPlace { line: expected.line.saturating_add(reach), ..expected };
    let first = release.partition_point(|other| other.place < from);
    let near = (first..release.len()).take_while(|at| release[*at].place <= to);
    near.filter(|at| release[*at].hash == line.hash && !taken.contains(*at))
        .min_by_key(|at| release[*at].place.line.abs_diff(expected.line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::alignment::LinePlaces;
    use crate::attribution::side_lines::side_lines;
    use crate::attribution::test_release::hunk;
    use hunktrace_indexer::fingerprint::LineHasher;

    /// The pairs of added lines of a hunk of which `paired` are paired already.
    fn in_place(candidate: &[&str], release: &[&str], paired: BySide<Vec<LinePair>>) -> Vec<LinePair> {
        let lines = |lines: &[&str]| side_lines([&hunk(lines)], &mut LineHasher::default());
        let (candidate, release) = (lines(candidate), lines(release));
        let release = BySide::from_fn(|side| &release[side][..]);
        let mut taken = BySide::from_fn(|side| LinePlaces::new(release[side]).nothing_taken());
        let mut pairs = paired;
        for side in Side::BOTH {
            pairs[side].iter().for_each(|pair| taken[side].take(pair.release as usize));
        }
        pair_lines_in_place(&candidate, &mut pairs, &release, &mut taken);
        pairs.added
    }

    fn pair(candidate: u32, release: u32) -> LinePair {
        LinePair { candidate, release }
    }

    fn removed_first() -> BySide<Vec<LinePair>> {
        BySide { removed: vec![pair(0, 0)], added: Vec::new() }
    }

    #[test]
    fn short_line_is_taken_beside_the_removed_line_that_it_replaces() {
        let candidate = ["-return length;", "+return 0;"];
        let release = ["+return 0;", " a", " b", " c", "-return length;", "+return 0;", " d", "+return 0;"];
        assert_eq!(in_place(&candidate, &release, removed_first()), [pair(0, 1)]);
    }

    #[test]
    fn line_beyond_the_reach_is_of_something_else() {
        let candidate = ["-return length;", "+return 0;", "+}"];
        let between: Vec<String> = (0..IN_PLACE_REACH + 2).map(|number| format!(" line {number}")).collect();
        let between: Vec<&str> = between.iter().map(String::as_str).collect();
        let far = [&["-return length;"], &between[..], &["+return 0;", "+}"]].concat();
        assert_eq!(in_place(&candidate, &far, removed_first()), []);
        let middling = [&["-return length;"], &between[..6], &["+return 0;", "+}"]].concat();
        assert_eq!(in_place(&candidate, &middling, removed_first()), [pair(0, 0)]);
    }

    #[test]
    fn without_a_pair_nothing_says_where_a_line_would_stand() {
        assert_eq!(in_place(&["+return 0;"], &["+return 0;"], BySide::default()), []);
    }
}
