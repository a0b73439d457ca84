//! Runs of changed lines without context between them.

use std::ops::{Index, IndexMut};

use super::side::{BySide, Side};
use super::side_lines::{BodyPlace, FileLine};

/// A changed line of a file of the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseLine {
    /// The side that it stands on.
    pub side: Side,
    /// Its place among the file's lines of that side, from 0.
    pub at: usize,
}

impl<T> Index<ReleaseLine> for BySide<Vec<T>> {
    type Output = T;

    fn index(&self, line: ReleaseLine) -> &T {
        &self[line.side][line.at]
    }
}

impl<T> IndexMut<ReleaseLine> for BySide<Vec<T>> {
    fn index_mut(&mut self, line: ReleaseLine) -> &mut T {
        &mut self[line.side][line.at]
    }
}

/// Calls `each` with the runs of changed lines without context between, each in the order of the diff.
///
/// A release has millions of them, which are gone through again and again, so all of a file are made in one place.
pub fn for_each_change(lines: &BySide<Vec<FileLine>>, mut each: impl FnMut(&[ReleaseLine])) {
    let mut change: Vec<ReleaseLine> = Vec::new();
    let mut last: Option<BodyPlace> = None;
    for (place, line) in in_order(lines) {
        let follows = last.is_some_and(|last| last.hunk == place.hunk && last.line + 1 == place.line);
        if !follows && !change.is_empty() {
            each(&change);
            change.clear();
        }
        change.push(line);
        last = Some(place);
    }
    if !change.is_empty() {
        each(&change);
    }
}

/// The changed lines of both sides in the order of the diff, with their places.
pub fn in_order(lines: &BySide<Vec<FileLine>>) -> impl Iterator<Item = (BodyPlace, ReleaseLine)> {
    let mut next: BySide<usize> = BySide::default();
    std::iter::from_fn(move || next_line(lines, &mut next))
}

/// The line that comes next in the diff; `next` are the first lines of each side that are still to come.
fn next_line(lines: &BySide<Vec<FileLine>>, next: &mut BySide<usize>) -> Option<(BodyPlace, ReleaseLine)> {
    let first = |side: Side| {
        let place = lines[side].get(next[side])?.place;
        Some((place, ReleaseLine { side, at: next[side] }))
    };
    let line = [first(Side::Removed), first(Side::Added)].into_iter().flatten().min()?;
    next[line.1.side] += 1;
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::side_lines::{kept, side_lines};
    use crate::attribution::test_release::hunk;
    use hunktrace_indexer::fingerprint::LineHasher;
    use hunktrace_indexer::hunk::Hunk;

    fn changes(hunks: &[Hunk]) -> Vec<Vec<ReleaseLine>> {
        let mut changes = Vec::new();
        let lines = kept(&side_lines(hunks, &mut LineHasher::default()));
        for_each_change(&lines, |change| changes.push(change.to_vec()));
        changes
    }

    #[test]
    fn context_and_the_end_of_a_hunk_end_a_change() {
        let hunks = [hunk(&["-a", "+b", " c", "+d"]), hunk(&["+e"])];

        let changes = changes(&hunks);

        let removed = |at| ReleaseLine { side: Side::Removed, at };
        let added = |at| ReleaseLine { side: Side::Added, at };
        assert_eq!(changes, [vec![removed(0), added(0)], vec![added(1)], vec![added(2)]]);
    }

    #[test]
    fn lines_of_a_change_are_in_the_order_of_the_diff() {
        let hunks = [hunk(&["+a", "-b", "+c"])];

        let changes = changes(&hunks);

        let sides: Vec<Side> = changes.iter().flatten().map(|line| line.side).collect();
        assert_eq!(sides, [Side::Added, Side::Removed, Side::Added]);
    }
}
