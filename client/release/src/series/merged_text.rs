//! Both versions of a text in one: every line of the base and of the vendor tree in one order.
//!
//! Kept lines stand in both. Each changed line has one owner, and takes effect when its owner's turn comes: a
//! removed line goes, an added line appears. So the text after any number of owners is this sequence without the
//! removed lines of those owners and without the added lines of the others, and nothing has to be diffed or
//! merged to know it.

use super::line_table::LineTable;
use super::ownership::{Rank, RankedRun};
use crate::answer::Side;

/// What becomes of the lines of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// They stay.
    Kept,
    /// They go when this owner's turn comes.
    Removed(Rank),
    /// They appear when this owner's turn comes.
    Added(Rank),
}

impl Fate {
    /// Whose turn changes the lines.
    pub fn rank(self) -> Option<Rank> {
        match self {
            Fate::Kept => None,
            Fate::Removed(rank) | Fate::Added(rank) => Some(rank),
        }
    }

    /// The tree that the lines are taken from.
    pub fn side(self) -> Side {
        match self {
            Fate::Kept | Fate::Removed(_) => Side::Old,
            Fate::Added(_) => Side::New,
        }
    }
}

/// A run of lines with one fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub fate: Fate,
    /// The first line in the tree that the lines are taken from, counted from 0.
    pub first: usize,
    /// How many lines; at least one.
    pub lines: usize,
}

/// A line, counted from 1, that makes the runs wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RunsProblem {
    pub side: Side,
    pub line: usize,
    pub problem: &'static str,
}

/// Puts two versions together by the runs that tell them apart.
pub(super) fn merge(
    old: &LineTable<'_>,
    new: &LineTable<'_>,
    runs: &[RankedRun],
) -> Result<Vec<Segment>, RunsProblem> {
    let removed = changed_segments(Side::Old, old.len(), runs)?;
    let added = changed_segments(Side::New, new.len(), runs)?;
    let (mut removed, mut added) = (removed.as_slice(), added.as_slice());
    let (mut old_at, mut new_at) = (0, 0);
    let mut merged = Vec::with_capacity(2 * runs.len() + 1);
    loop {
        let removed_here = take_adjacent(&mut removed, &mut old_at);
        let added_here = take_adjacent(&mut added, &mut new_at);
        push_group(removed_here, added_here, old, new, &mut merged);

        let old_gap = removed.first().map_or(old.len(), |next| next.first) - old_at;
        let new_gap = added.first().map_or(new.len(), |next| next.first) - new_at;
        let kept = old_gap.min(new_gap);
        if kept == 0 {
            return match (old_gap, new_gap) {
                (0, 0) => Ok(merged),
                (0, _) => Err(not_covered(Side::New, new_at)),
                _ => Err(not_covered(Side::Old, old_at)),
            };
        }
        if old.bytes(old_at..old_at + kept) != new.bytes(new_at..new_at + kept) {
            let old_lines = old.lines(old_at..old_at + kept);
            let equal = old_lines.zip(new.lines(new_at..new_at + kept)).take_while(|(a, b)| a == b).count();
            return Err(not_covered(Side::Old, old_at + equal));
        }
        merged.push(Segment { fate: Fate::Kept, first: old_at, lines: kept });
        old_at += kept;
        new_at += kept;
    }
}

fn not_covered(side: Side, line: usize) -> RunsProblem {
    RunsProblem { side, line: line + 1, problem: "differs, but is in no run" }
}

/// The changed lines of one side in order.
fn changed_segments(side: Side, len: usize, runs: &[RankedRun]) -> Result<Vec<Segment>, RunsProblem> {
    let mut segments = Vec::new();
    for run in runs.iter().filter(|run| run.side == side && run.lines > 0) {
        let problem = |problem| RunsProblem { side, line: run.start as usize, problem };
        let first = (run.start as usize).checked_sub(1).ok_or_else(|| problem("is not counted from 1"))?;
        let lines = run.lines as usize;
        if first.checked_add(lines).is_none_or(|end| end > len) {
            return Err(problem("begins a run that goes beyond the file's end"));
        }
        let fate = if side == Side::Old { Fate::Removed(run.rank) } else { Fate::Added(run.rank) };
        segments.push(Segment { fate, first, lines });
    }
    segments.sort_by_key(|segment| segment.first);
    match segments.windows(2).find(|pair| pair[0].first + pair[0].lines > pair[1].first) {
        Some(pair) => Err(RunsProblem { side, line: pair[1].first + 1, problem: "is in two runs" }),
        None => Ok(segments),
    }
}

/// Splits off the segments that follow one another from line `at` on, and goes behind them.
fn take_adjacent<'a>(segments: &mut &'a [Segment], at: &mut usize) -> &'a [Segment] {
    let mut count = 0;
    while let Some(segment) = segments.get(count).filter(|segment| segment.first == *at) {
        *at += segment.lines;
        count += 1;
    }
    let (here, rest) = segments.split_at(count);
    *segments = rest;
    here
}

/// Adds what stands between two runs of kept lines.
fn push_group(
    removed: &[Segment],
    added: &[Segment],
    old: &LineTable<'_>,
    new: &LineTable<'_>,
    merged: &mut Vec<Segment>,
) {
    let has_open_end = |segments: &[Segment], table: &LineTable<'_>| {
        table.is_open_ended() && segments.last().is_some_and(|last| last.first + last.lines == table.len())
    };
    if has_open_end(removed, old) {
        push_open_ended(removed, added, merged);
    } else if has_open_end(added, new) {
        merged.extend(removed.iter().chain(added));
    } else {
        interleave(removed, added, merged);
    }
}

/// Adds the group whose last removed line has no newline.
///
/// Nothing can follow that line, so it has to be gone as soon as the first of the added lines appears: its owner
/// is the earliest of theirs, unless its own is earlier.
fn push_open_ended(removed: &[Segment], added: &[Segment], merged: &mut Vec<Segment>) {
    merged.extend(removed);
    let Some(last) = merged.pop() else { return };
    let earliest = added.iter().chain([&last]).filter_map(|segment| segment.fate.rank()).min();
    if last.lines > 1 {
        merged.push(Segment { lines: last.lines - 1, ..last });
    }
    let fate = earliest.map_or(last.fate, Fate::Removed);
    merged.push(Segment { fate, first: last.first + last.lines - 1, lines: 1 });
    merged.extend(added);
}

/// Beyond this many pairs of runs in one group they are not paired up; it is for the reader's sake only.
const MOST_PAIRS: usize = 1 << 16;

/// Adds removed and added segments, each in order, such that what an owner puts in the place of what it takes
/// out stands next to it: along a longest common subsequence of the owners.
fn interleave(removed: &[Segment], added: &[Segment], merged: &mut Vec<Segment>) {
    let (mut next_removed, mut next_added) = (0, 0);
    if removed.len().saturating_mul(added.len()) <= MOST_PAIRS {
        for (removed_at, added_at) in pair_owners(removed, added) {
            merged.extend(&removed[next_removed..removed_at]);
            merged.extend(&added[next_added..added_at]);
            merged.extend([removed[removed_at], added[added_at]]);
            (next_removed, next_added) = (removed_at + 1, added_at + 1);
        }
    }
    merged.extend(&removed[next_removed..]);
    merged.extend(&added[next_added..]);
}

/// A longest common subsequence of the owners of two lists, as pairs of indices.
fn pair_owners(removed: &[Segment], added: &[Segment]) -> Vec<(usize, usize)> {
    let is_pair = |i: usize, j: usize| removed[i].fate.rank() == added[j].fate.rank();
    let width = added.len() + 1;
    // The length of the longest one from each pair of indices on.
    let mut longest = vec![0u32; (removed.len() + 1) * width];
    for i in (0..removed.len()).rev() {
        for j in (0..added.len()).rev() {
            longest[i * width + j] = match is_pair(i, j) {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < removed.len() && j < added.len() {
        if is_pair(i, j) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(side: Side, start: u32, lines: u32, rank: u32) -> RankedRun {
        RankedRun { side, start, lines, rank: Rank(rank) }
    }

    /// The merged lines, each behind what becomes of it.
    fn merged(old: &str, new: &str, runs: &[RankedRun]) -> Result<Vec<String>, RunsProblem> {
        let (old, new) = (LineTable::new(old.as_bytes()), LineTable::new(new.as_bytes()));
        let mut lines = Vec::new();
        for segment in merge(&old, &new, runs)? {
            let table = if segment.fate.side() == Side::Old { &old } else { &new };
            let owner = segment.fate.rank().map(|rank| rank.0.to_string());
            let sign = match segment.fate {
                Fate::Kept => " ",
                Fate::Removed(_) => "-",
                Fate::Added(_) => "+",
            };
            for line in table.lines(segment.first..segment.first + segment.lines) {
                let text = String::from_utf8_lossy(line).trim_end().to_owned();
                lines.push(format!("{sign}{}{text}", owner.as_deref().unwrap_or_default()));
            }
        }
        Ok(lines)
    }

    #[test]
    fn what_replaces_lines_stands_next_to_them() {
        let runs = [
            run(Side::Old, 2, 1, 1),
            run(Side::Old, 3, 1, 2),
            run(Side::New, 2, 1, 0),
            run(Side::New, 3, 1, 1),
            run(Side::New, 4, 1, 2),
        ];
        let lines = merged("x\na\nb\ny\n", "x\nn\nA\nB\ny\n", &runs).unwrap();
        assert_eq!(lines, [" x", "+0n", "-1a", "+1A", "-2b", "+2B", " y"]);
    }

    #[test]
    fn open_last_line_goes_when_the_first_line_comes_after_it() {
        let runs = [run(Side::Old, 1, 2, 5), run(Side::New, 1, 1, 7), run(Side::New, 2, 1, 3)];
        assert_eq!(merged("a\nb", "A\nB\n", &runs).unwrap(), ["-5a", "-3b", "+7A", "+3B"]);
        let runs = [run(Side::Old, 1, 2, 1), run(Side::New, 1, 1, 7)];
        assert_eq!(merged("a\nb", "A\n", &runs).unwrap(), ["-1a", "-1b", "+7A"]);
    }

    #[test]
    fn open_new_last_line_stays_last() {
        let runs = [run(Side::Old, 1, 1, 1), run(Side::Old, 2, 1, 2), run(Side::New, 1, 1, 1)];
        assert_eq!(merged("a\nb\n", "A", &runs).unwrap(), ["-1a", "-2b", "+1A"]);
    }

    #[test]
    fn wrong_runs_are_refused_at_their_line() {
        let cases = [
            ("a\n", "b\n", vec![], Side::Old, 1),
            ("a\nb\n", "a\nc\n", vec![run(Side::Old, 2, 1, 0)], Side::New, 2),
            ("a\nb\n", "a\n", vec![], Side::Old, 2),
            ("a\n", "", vec![run(Side::Old, 0, 1, 0)], Side::Old, 0),
            ("a\n", "", vec![run(Side::Old, 1, 2, 0)], Side::Old, 1),
            ("a\n", "", vec![run(Side::Old, u32::MAX, u32::MAX, 0)], Side::Old, u32::MAX as usize),
            ("a\nb\n", "", vec![run(Side::Old, 1, 2, 0), run(Side::Old, 2, 1, 0)], Side::Old, 2),
        ];
        for (old, new, runs, side, line) in cases {
            let problem = merged(old, new, &runs).unwrap_err();
            assert_eq!((problem.side, problem.line), (side, line), "{}", problem.problem);
        }
    }
}
