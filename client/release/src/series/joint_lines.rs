//! Lets lines that make no sense without one another go into one patch.
//!
//! Owners are found line by line, so the line that opens a brace may come from one commit and the line that closes it
//! from another. The text after the first of them would be none that anybody wrote, or could compile. Such lines go
//! together: into the patch for which the fewest lines with words have to leave their own, and rather into a later
//! patch than into an earlier one, where what they use may not be there yet. Every order and every cut is lossless.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bstr::BStr;

use super::brackets::{End, Kind, Pair, pairs};
use super::line_table::LineTable;
use super::ownership::{Rank, RankedRun};
use crate::answer::Side;

/// A line with words that goes earlier than its own patch counts for this many that go later.
const EARLIER: usize = 2;

/// The runs of a C file, with lines that belong together in one patch; of other files the runs as they are.
///
/// `stays` says of a patch whether it has to keep something in this file: patches do not disappear.
pub(super) fn join_lines(
    path: &BStr,
    old: &LineTable<'_>,
    new: &LineTable<'_>,
    runs: Vec<RankedRun>,
    stays: impl Fn(Rank) -> bool,
) -> Vec<RankedRun> {
    let is_c = path.ends_with(b".c") || path.ends_with(b".h");
    let has_one_patch = runs.windows(2).all(|pair| pair[0].rank == pair[1].rank);
    if !is_c || has_one_patch {
        return runs;
    }
    // Runs that make no sense are for the merger to refuse.
    let Some(mut lines) = Lines::new(old, new, &runs) else { return runs };
    let (old_pairs, new_pairs) = (pairs(old.bytes(0..old.len())), pairs(new.bytes(0..new.len())));
    lines.join_pairs(0, &old_pairs);
    lines.join_pairs(old.len(), &new_pairs);
    lines.join_chains(&old_pairs, &new_pairs);
    lines.settle(stays);
    lines.into_runs()
}

/// All lines of both texts: the old ones, then the new ones.
struct Lines<'a> {
    texts: Vec<&'a [u8]>,
    old_len: usize,
    /// The patch of each changed line.
    ranks: Vec<Option<Rank>>,
    /// For each line the one that it is joined to, itself where it is the first of its joint.
    joined_to: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(old: &LineTable<'a>, new: &LineTable<'a>, runs: &[RankedRun]) -> Option<Lines<'a>> {
        let texts: Vec<&[u8]> = old.lines(0..old.len()).chain(new.lines(0..new.len())).collect();
        let mut ranks = vec![None; texts.len()];
        for run in runs {
            let (offset, len) = if run.side == Side::Old { (0, old.len()) } else { (old.len(), new.len()) };
            let first = (run.start as usize).checked_sub(1)?;
            let end = first.checked_add(run.lines as usize).filter(|end| *end <= len)?;
            ranks[offset + first..offset + end].fill(Some(run.rank));
        }
        let joined_to = (0..texts.len()).collect();
        Some(Lines { texts, old_len: old.len(), ranks, joined_to })
    }

    /// Joins the changed lines that open and close the same thing. `offset` is where their text begins.
    fn join_pairs(&mut self, offset: usize, pairs: &[Pair]) {
        for Pair { kind, open, close } in pairs {
            let (open, close) = (offset + open.line, offset + close.line);
            let (Some(first), Some(second)) = (self.ranks[open], self.ranks[close]) else { continue };
            if first == second {
                continue;
            }
            self.join(open, close);
            // What stands between is an argument or the words of a comment, and nothing by itself.
            if matches!(kind, Kind::Parenthesis | Kind::Comment) {
                for line in open + 1..close {
                    if self.ranks[line].is_some_and(|rank| rank == first || rank == second) {
                        self.join(open, line);
                    }
                }
            }
        }
    }

    /// Joins lines that are the ends of one chain of pairs: what a kept line opens may be closed by another line in the
    /// new text than in the old one, and that one may have closed something else before.
    fn join_chains(&mut self, old_pairs: &[Pair], new_pairs: &[Pair]) {
        let is_kept = |line: &usize| self.ranks[*line].is_none();
        let old_kept: Vec<usize> = (0..self.old_len).filter(is_kept).collect();
        let new_kept: Vec<usize> = (self.old_len..self.texts.len()).filter(is_kept).collect();
        if old_kept.len() != new_kept.len() {
            return;
        }
        // A kept line is one line of both texts.
        let counterparts: HashMap<usize, usize> = new_kept.into_iter().zip(old_kept).collect();
        let in_old = |end: End| end;
        let in_new = |end: End| {
            let line = self.old_len + end.line;
            End { line: counterparts.get(&line).copied().unwrap_or(line), ..end }
        };
        let links = old_pairs.iter().map(|pair| (in_old(pair.open), in_old(pair.close)));
        let links = links.chain(new_pairs.iter().map(|pair| (in_new(pair.open), in_new(pair.close))));
        let links: Vec<(End, End)> = links.collect();
        let mut next: HashMap<End, Vec<End>> = HashMap::new();
        for (open, close) in &links {
            next.entry(*open).or_default().push(*close);
            next.entry(*close).or_default().push(*open);
        }
        let ends: BTreeSet<End> = next.keys().filter(|end| self.ranks[end.line].is_some()).copied().collect();
        for end in ends {
            if let Some(other) = self.other_end(end, &next) {
                self.join(end.line, other.line);
            }
        }
    }

    /// The changed line at the other end of the chain that begins at one.
    fn other_end(&self, start: End, next: &HashMap<End, Vec<End>>) -> Option<End> {
        let (mut before, mut end) = (start, *next.get(&start)?.first()?);
        while self.ranks[end.line].is_none() {
            // A kept end has one partner in each text; the chain goes on with the one that it did not come from.
            let [one, other] = next.get(&end)?[..] else { return None };
            let after = if one == before { other } else { one };
            if after == before {
                return None;
            }
            (before, end) = (end, after);
        }
        Some(end)
    }

    fn join(&mut self, line: usize, other: usize) {
        let (first, second) = (self.joint(line), self.joint(other));
        self.joined_to[first.max(second)] = first.min(second);
    }

    /// The first line of what a line is joined to.
    fn joint(&mut self, line: usize) -> usize {
        let mut line = line;
        while self.joined_to[line] != line {
            self.joined_to[line] = self.joined_to[self.joined_to[line]];
            line = self.joined_to[line];
        }
        line
    }

    /// Gives each joint to one patch.
    fn settle(&mut self, stays: impl Fn(Rank) -> bool) {
        let mut joints: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut left: HashMap<Rank, usize> = HashMap::new();
        for line in 0..self.texts.len() {
            let Some(rank) = self.ranks[line] else { continue };
            *left.entry(rank).or_default() += usize::from(has_own_word(self.texts[line]));
            let joint = self.joint(line);
            joints.entry(joint).or_default().push(line);
        }
        for lines in joints.values().filter(|lines| lines.len() > 1) {
            let mut words: BTreeMap<Rank, usize> = BTreeMap::new();
            for line in lines {
                let Some(rank) = self.ranks[*line] else { continue };
                *words.entry(rank).or_default() += usize::from(has_own_word(self.texts[*line]));
            }
            if words.len() < 2 {
                continue;
            }
            let is_left = |rank: &Rank, count: &usize| {
                let others = left.get(rank).copied().unwrap_or_default() - count;
                *count == 0 || others > 0 || !stays(*rank)
            };
            let cost = |target: &Rank| -> usize {
                let others = words.iter().filter(|(rank, _)| *rank != target);
                others.map(|(rank, count)| if rank > target { EARLIER * count } else { *count }).sum()
            };
            let keeps_all =
                |target: &Rank| words.iter().all(|(rank, count)| rank == target || is_left(rank, count));
            let targets = words.keys().copied().filter(|target| keeps_all(target));
            let Some(target) = targets.min_by_key(|target| (cost(target), std::cmp::Reverse(*target))) else {
                continue;
            };
            for (rank, count) in &words {
                if let Some(left) = left.get_mut(rank).filter(|_| *rank != target) {
                    *left -= count;
                }
            }
            *left.entry(target).or_default() += words.values().sum::<usize>() - words[&target];
            lines.iter().for_each(|line| self.ranks[*line] = Some(target));
        }
    }

    fn into_runs(self) -> Vec<RankedRun> {
        let mut runs: Vec<RankedRun> = Vec::new();
        for (line, rank) in self.ranks.iter().enumerate() {
            let Some(rank) = *rank else { continue };
            let (side, start) = match line.checked_sub(self.old_len) {
                None => (Side::Old, line as u32 + 1),
                Some(line) => (Side::New, line as u32 + 1),
            };
            match runs.last_mut() {
                Some(last) if last.rank == rank && last.side == side && last.start + last.lines == start => {
                    last.lines += 1;
                }
                _ => runs.push(RankedRun { side, start, lines: 1, rank }),
            }
        }
        runs
    }
}

/// Whether a line says something by itself. Brackets, and what only leads from one to the next, do not.
fn has_own_word(line: &[u8]) -> bool {
    const LEADING: [&[u8]; 5] = [b"else", b"do", b"endif", b"break", b"return"];
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let mut words = line.split(|byte| !is_word(byte)).filter(|word| !word.is_empty());
    words.any(|word| !LEADING.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Joins lines, each given with its sign and patch (`+3`, `-1`, or a blank), and gives them back.
    fn joined(lines: &[(&str, &str)]) -> Vec<String> {
        let text = |sign: &str| -> String {
            let lines = lines.iter().filter(|(patch, _)| patch.starts_with(sign) || *patch == " ");
            lines.map(|(_, line)| format!("{line}\n")).collect()
        };
        let (old, new) = (text("-"), text("+"));
        let (old, new) = (LineTable::new(old.as_bytes()), LineTable::new(new.as_bytes()));
        let mut runs = Vec::new();
        let mut at = [1, 1];
        for (patch, _) in lines {
            let sides: &[(Side, usize)] = match &patch[..1] {
                "-" => &[(Side::Old, 0)],
                "+" => &[(Side::New, 1)],
                _ => &[],
            };
            for (side, place) in sides {
                let rank = Rank(patch[1..].parse().unwrap());
                runs.push(RankedRun { side: *side, start: at[*place], lines: 1, rank });
            }
            at[0] += u32::from(!patch.starts_with('+'));
            at[1] += u32::from(!patch.starts_with('-'));
        }
        let joined = join_lines("x.c".into(), &old, &new, runs, |_| true);
        let patch = |side, line| {
            let run = joined
                .iter()
                .find(|run| run.side == side && (run.start..run.start + run.lines).contains(&line));
            run.map(|run| run.rank.0)
        };
        let mut at = [1, 1];
        let mut found = Vec::new();
        for (sign, _) in lines {
            found.push(match &sign[..1] {
                "-" => format!("-{}", patch(Side::Old, at[0]).unwrap()),
                "+" => format!("+{}", patch(Side::New, at[1]).unwrap()),
                _ => " ".into(),
            });
            at[0] += u32::from(!sign.starts_with('+'));
            at[1] += u32::from(!sign.starts_with('-'));
        }
        found
    }

    #[test]
    fn brace_goes_with_the_line_that_it_closes() {
        let lines = [("+2", "if (a) {"), ("+1", "b();"), ("+1", "}"), ("+3", "c();")];
        assert_eq!(joined(&lines), ["+2", "+1", "+2", "+3"]);
    }

    #[test]
    fn removed_and_added_line_that_end_in_the_same_kept_line_go_together() {
        let lines = [("-1", "f(a,"), ("+2", "f(b,"), (" ", "c);"), ("-1", "g();"), ("+2", "h();")];
        assert_eq!(joined(&lines), ["-2", "+2", " ", "-1", "+2"]);
    }

    #[test]
    fn function_that_is_put_between_two_braces_is_put_there_as_a_whole() {
        let lines =
            [(" ", "{"), (" ", "a();"), ("+1", "}"), ("+2", "f()"), ("+2", "{"), (" ", "b();"), (" ", "}")];
        assert_eq!(joined(&lines), [" ", " ", "+2", "+2", "+2", " ", " "]);
    }

    #[test]
    fn arguments_between_two_lines_that_go_together_go_with_them() {
        let lines = [("+2", "f(a,"), ("+1", "b,"), ("+3", "c,"), ("+1", "d);"), ("+1", "g();")];
        assert_eq!(joined(&lines), ["+2", "+2", "+3", "+2", "+1"]);
    }

    #[test]
    fn no_patch_loses_the_last_that_it_says() {
        let lines = [("+2", "f(a,"), ("+1", "b);")];
        assert_eq!(joined(&lines), ["+2", "+1"]);
        let lines = [("+2", "f(a,"), ("+1", "b);"), ("+2", "g();")];
        assert_eq!(joined(&lines), ["+1", "+1", "+2"]);
    }

    #[test]
    fn what_belongs_to_one_patch_stays_as_it_is() {
        let lines = [("+1", "if (a) {"), ("+2", "f(b);"), ("+1", "}"), ("-3", "g();")];
        assert_eq!(joined(&lines), ["+1", "+2", "+1", "-3"]);
    }
}
