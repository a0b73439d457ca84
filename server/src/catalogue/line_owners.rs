//! Whose the changed lines of a release's file are, and whose each line is that differs between two releases.

use std::collections::HashMap;

use hunktrace_indexer::git::line_diff::{diff_lines, is_binary};
use hunktrace_indexer::hunk::{Hunk, Sign};
use rusqlite::Connection;

use super::error::CatalogueError;

/// Whose a changed line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A commit's, by its row.
    Commit(i64),
    /// A commit's of which the release before has this, and which is taken back here, by its row.
    TakenBack(i64),
    /// The vendor's own, or a commit's that is not indexed.
    Vendor,
}

/// Whose the lines of a release's file are.
#[derive(Debug, Default)]
pub(super) struct Origins {
    added: OwnedLines,
    removed: OwnedLines,
}

/// Lines of one side that have owners.
#[derive(Debug, Default)]
struct OwnedLines {
    /// Neighbouring lines of one owner each, in their order.
    runs: Vec<OwnedRun>,
}

#[derive(Clone, Copy, Debug)]
struct OwnedRun {
    start: u32,
    lines: u32,
    /// How many lines the runs before it have.
    before: u32,
    owner: Owner,
}

impl OwnedLines {
    fn of(mut runs: Vec<(u32, u32, Owner)>) -> OwnedLines {
        runs.sort_unstable_by_key(|(start, ..)| *start);
        let mut before = 0;
        let run = |(start, lines, owner)| {
            let run = OwnedRun { start, lines, before, owner };
            before += lines;
            run
        };
        OwnedLines { runs: runs.into_iter().map(run).collect() }
    }

    /// Whose a line is; nobody's where it is not among these.
    fn owner(&self, line: u32) -> Option<Owner> {
        let run = self.runs[..self.runs.partition_point(|run| run.start <= line)].last()?;
        (line < run.start + run.lines).then_some(run.owner)
    }

    /// How many of these lines stand before a line.
    fn before(&self, line: u32) -> u32 {
        let run = self.runs[..self.runs.partition_point(|run| run.start < line)].last();
        run.map_or(0, |run| run.before + run.lines.min(line - run.start))
    }

    /// How many of these lines stand before the other line of this number, from 1.
    fn before_other(&self, number: u32) -> u32 {
        // `start - before` is the number of the next other line, and grows with the runs.
        let passed = self.runs.partition_point(|run| run.start - run.before <= number);
        self.runs[..passed].last().map_or(0, |run| run.before + run.lines)
    }
}

impl Origins {
    /// Those of a difference from the base; none where a file is as in the base.
    pub fn of(connection: &Connection, difference: Option<i64>) -> Result<Origins, CatalogueError> {
        let Some(difference) = difference else { return Ok(Origins::default()) };
        let mut statement = connection.prepare_cached(
            "SELECT side, start, lines, \"commit\" FROM run WHERE difference = ?1 ORDER BY side, start",
        )?;
        let mut rows = statement.query([difference])?;
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let owner = row.get::<_, Option<i64>>(3)?.map_or(Owner::Vendor, Owner::Commit);
            let side = if row.get(0)? { &mut added } else { &mut removed };
            side.push((row.get(1)?, row.get(2)?, owner));
        }
        Ok(Origins { added: OwnedLines::of(added), removed: OwnedLines::of(removed) })
    }

    /// The base's line that a line of the release is; none where the release has added it.
    fn base_line(&self, line: u32) -> Option<u32> {
        if self.added.owner(line).is_some() {
            return None;
        }
        let kept = line - self.added.before(line);
        Some(kept + self.removed.before_other(kept))
    }
}

/// What differs between two texts of a file, and whose each changed line is, given whose the lines are that each has of its own.
pub(super) fn owned_hunks(
    before: &[u8],
    after: &[u8],
    old: &Origins,
    new: &Origins,
) -> (Vec<Hunk>, Vec<Vec<Owner>>) {
    let hunks = match is_binary(before) || is_binary(after) {
        true => Vec::new(),
        false => diff_lines(before, after),
    };
    let owners = hunks.iter().map(|hunk| hunk_owners(hunk, old, new)).collect();
    (hunks, owners)
}

/// Whose the changed lines of a hunk between two releases are.
///
/// A line that the later release has added belongs to its origin there. A line of the base that it has removed belongs to
/// who removed it. Where a line that the earlier release had added is gone, or one that it had removed is back, the lines
/// around tell who did that, and where they do not, the commit that had done it is taken back.
fn hunk_owners(hunk: &Hunk, old: &Origins, new: &Origins) -> Vec<Owner> {
    let mut known: Vec<Option<Owner>> = Vec::new();
    let mut taken_back: Vec<Option<Owner>> = Vec::new();
    let mut groups: Vec<usize> = Vec::new();
    let (mut group, mut is_in_group) = (0, false);
    let (mut old_line, mut new_line) = (hunk.old_start.max(1), hunk.new_start.max(1));
    for line in hunk.lines() {
        match line.sign {
            Sign::Context => {
                (old_line, new_line) = (old_line + 1, new_line + 1);
                if is_in_group {
                    (group, is_in_group) = (group + 1, false);
                }
                continue;
            }
            Sign::Added => {
                known.push(new.added.owner(new_line));
                let base = new.base_line(new_line);
                taken_back.push(base.and_then(|base| old.removed.owner(base)));
                new_line += 1;
            }
            Sign::Removed => {
                let base = old.base_line(old_line);
                known.push(base.and_then(|base| new.removed.owner(base)));
                taken_back.push(old.added.owner(old_line));
                old_line += 1;
            }
        }
        is_in_group = true;
        groups.push(group);
    }
    let mut of_group: HashMap<usize, HashMap<Owner, usize>> = HashMap::new();
    for (owner, group) in known.iter().zip(&groups) {
        if let Some(owner) = owner {
            *of_group.entry(*group).or_default().entry(*owner).or_default() += 1;
        }
    }
    let neighbour = |group: usize| {
        let owners = of_group.get(&group)?;
        owners
            .iter()
            .max_by_key(|(owner, lines)| (**lines, std::cmp::Reverse(**owner)))
            .map(|(owner, _)| *owner)
    };
    let gone = |owner: Option<Owner>| match owner {
        Some(Owner::Commit(commit)) => Owner::TakenBack(commit),
        _ => Owner::Vendor,
    };
    let owners = known.iter().zip(&groups).zip(&taken_back);
    owners
        .map(|((owner, group), back)| owner.or_else(|| neighbour(*group)).unwrap_or_else(|| gone(*back)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_release_are_found_in_the_base() {
        // Base a b c d; b was removed, x and y were added before c.
        let origins = Origins {
            added: OwnedLines::of(vec![(2, 2, Owner::Vendor)]),
            removed: OwnedLines::of(vec![(2, 1, Owner::Vendor)]),
        };
        let found: Vec<Option<u32>> = (1..=5).map(|line| origins.base_line(line)).collect();
        assert_eq!(found, [Some(1), None, None, Some(3), Some(4)]);
    }
}
