//! Cuts the change of a text into the hunks of its owners.

use bstr::BString;
use hunktrace_indexer::hunk::{Hunk, Sign};

use super::line_table::LineTable;
use super::live_lines::LiveLines;
use super::merged_text::{Fate, Segment};
use super::ownership::Rank;
use crate::answer::Side;

/// Unchanged lines shown around a change, git's default.
const CONTEXT_LINES: usize = 3;

/// What one owner does to the lines of a file.
#[derive(Debug)]
pub(super) struct OwnedHunks {
    pub rank: Rank,
    /// The hunks as they stand in a patch that follows the patches of the owners before this one.
    pub text: BString,
    pub added: usize,
    pub removed: usize,
}

/// Goes from the old version to the new one, owner by owner in the order of the series.
pub(super) fn cut_by_owner(old: &LineTable<'_>, new: &LineTable<'_>, merged: &[Segment]) -> Vec<OwnedHunks> {
    let mut changes: Vec<(Rank, usize)> = merged
        .iter()
        .enumerate()
        .filter_map(|(index, segment)| Some((segment.fate.rank()?, index)))
        .collect();
    changes.sort_unstable();
    let live = LiveLines::new(merged.iter().map(|segment| match segment.fate {
        Fate::Kept | Fate::Removed(_) => segment.lines,
        Fate::Added(_) => 0,
    }));
    let mut text = Text { old, new, merged, live };
    changes.chunk_by(|(rank, _), (next, _)| rank == next).map(|turn| text.take_turn(turn)).collect()
}

/// A text at some point of the series.
struct Text<'a> {
    old: &'a LineTable<'a>,
    new: &'a LineTable<'a>,
    merged: &'a [Segment],
    live: LiveLines,
}

/// A hunk that may still grow.
struct OpenHunk {
    hunk: Hunk,
    /// The line of the text, before the owner's turn, that follows what is in the hunk.
    next: usize,
}

impl<'a> Text<'a> {
    /// Writes down the changes of one owner and lets them take effect. `turn` has them in the order of the text.
    fn take_turn(&mut self, turn: &[(Rank, usize)]) -> OwnedHunks {
        let mut done = OwnedHunks { rank: turn[0].0, text: BString::default(), added: 0, removed: 0 };
        let mut open: Option<OpenHunk> = None;
        for (_, index) in turn {
            let segment = self.merged[*index];
            let at = self.live.before(*index);
            let mut hunk = match open.take() {
                Some(mut hunk) if at - hunk.next <= 2 * CONTEXT_LINES => {
                    self.push_context(&mut hunk, at);
                    hunk
                }
                previous => {
                    self.close(previous, &mut done.text);
                    self.open(at, &done)
                }
            };
            let lines = segment.first..segment.first + segment.lines;
            match segment.fate {
                Fate::Kept => {}
                Fate::Removed(_) => {
                    push_lines(&mut hunk.hunk, Sign::Removed, self.old.lines(lines));
                    hunk.next += segment.lines;
                    done.removed += segment.lines;
                }
                Fate::Added(_) => {
                    push_lines(&mut hunk.hunk, Sign::Added, self.new.lines(lines));
                    done.added += segment.lines;
                }
            }
            open = Some(hunk);
        }
        self.close(open, &mut done.text);
        for (_, index) in turn {
            let segment = self.merged[*index];
            match segment.fate {
                Fate::Kept => {}
                Fate::Removed(_) => self.live.remove(*index, segment.lines),
                Fate::Added(_) => self.live.add(*index, segment.lines),
            }
        }
        done
    }

    /// Begins a hunk above the change at line `at`; `done` has what the owner changed before it.
    fn open(&self, at: usize, done: &OwnedHunks) -> OpenHunk {
        let start = at.saturating_sub(CONTEXT_LINES);
        let hunk = Hunk {
            old_start: start as u32,
            new_start: (start + done.added - done.removed) as u32,
            section: self.heading_above(start).into(),
            ..Hunk::default()
        };
        let mut open = OpenHunk { hunk, next: start };
        self.push_context(&mut open, at);
        open
    }

    /// Ends a hunk, if there is one, below its last change.
    fn close(&self, hunk: Option<OpenHunk>, out: &mut Vec<u8>) {
        let Some(mut open) = hunk else { return };
        let end = (open.next + CONTEXT_LINES).min(self.live.total());
        self.push_context(&mut open, end);
        let mut hunk = open.hunk;
        // A diff counts lines from 1, but an empty range starts at the line before it.
        hunk.old_start += u32::from(hunk.old_lines > 0);
        hunk.new_start += u32::from(hunk.new_lines > 0);
        out.extend_from_slice(&hunk.header());
        out.extend_from_slice(&hunk.body);
    }

    /// Adds the lines up to line `end` as context.
    fn push_context(&self, open: &mut OpenHunk, end: usize) {
        while open.next < end {
            let (index, skipped) = self.live.find(open.next);
            let segment = self.merged[index];
            let first = segment.first + skipped;
            let lines = (segment.lines - skipped).min(end - open.next);
            let context = self.table(segment.fate.side()).lines(first..first + lines);
            push_lines(&mut open.hunk, Sign::Context, context);
            open.next += lines;
        }
    }

    /// The heading above a line. It is looked for in the version that the line above comes from, where it may be
    /// a line that is not there yet or no longer: it is for the reader only.
    fn heading_above(&self, line: usize) -> &'a [u8] {
        let Some(above) = line.checked_sub(1) else { return b"" };
        let (index, place) = self.live.find(above);
        let segment = self.merged[index];
        self.table(segment.fate.side()).heading(segment.first + place)
    }

    fn table(&self, side: Side) -> &'a LineTable<'a> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }
}

/// Adds lines, which have their newlines with them, and counts them.
pub(super) fn push_lines<'a>(hunk: &mut Hunk, sign: Sign, lines: impl Iterator<Item = &'a [u8]>) {
    for line in lines {
        match line.strip_suffix(b"\n") {
            Some(text) => hunk.push_line(sign, text, true),
            None => hunk.push_line(sign, line, false),
        }
        hunk.old_lines += u32::from(sign != Sign::Added);
        hunk.new_lines += u32::from(sign != Sign::Removed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::merged_text::merge;
    use crate::series::ownership::RankedRun;

    fn cut(old: &str, new: &str, runs: &[(Side, u32, u32, u32)]) -> Vec<String> {
        let run = |(side, start, lines, rank): &(Side, u32, u32, u32)| RankedRun {
            side: *side,
            start: *start,
            lines: *lines,
            rank: Rank(*rank),
        };
        let runs: Vec<RankedRun> = runs.iter().map(run).collect();
        let (old, new) = (LineTable::new(old.as_bytes()), LineTable::new(new.as_bytes()));
        let merged = merge(&old, &new, &runs).unwrap();
        cut_by_owner(&old, &new, &merged).into_iter().map(|owned| owned.text.to_string()).collect()
    }

    #[test]
    fn shared_hunk_is_split_and_later_patches_see_the_earlier_ones() {
        let patches = cut(
            "1\n2\n3\n4\n5\n",
            "1\ntwo\n3\nfour\n5\n",
            &[(Side::Old, 2, 1, 9), (Side::New, 2, 1, 9), (Side::Old, 4, 1, 4), (Side::New, 4, 1, 4)],
        );
        assert_eq!(
            patches,
            [
                "@@ -1,5 +1,5 @@\n 1\n 2\n 3\n-4\n+four\n 5\n",
                "@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n four\n 5\n"
            ]
        );
    }

    #[test]
    fn changes_farther_apart_than_their_contexts_get_hunks_of_their_own() {
        let lines: Vec<String> = (1..=20).map(|n| format!("{n}\n")).collect();
        let old = lines.concat();
        let new = [&lines[..4], &["x\n".to_owned()], &lines[4..11], &lines[12..]].concat().concat();
        assert_eq!(
            cut(&old, &new, &[(Side::New, 5, 1, 0), (Side::Old, 12, 1, 0)]),
            [
                "@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n@@ -9,7 +10,6 @@\n 9\n 10\n 11\n-12\n 13\n 14\n 15\n"
            ]
        );
    }

    #[test]
    fn open_last_line_is_marked() {
        let runs = [(Side::Old, 2, 1, 1), (Side::New, 2, 1, 0), (Side::New, 3, 1, 1)];
        assert_eq!(
            cut("a\nb", "a\nB\nc", &runs),
            [
                "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n",
                "@@ -1,2 +1,3 @@\n a\n B\n+c\n\\ No newline at end of file\n"
            ]
        );
    }
}
