//! Where a hunk of a commit stands in the vendor's file: which of its lines are there, which are missing, and which stand in
//! another order.
//!
//! All lines of the hunk, context and removed ones as well, vote for a place, and around it the longest common sequence of
//! the hunk and the file is taken. What an added line has elsewhere in the file proves nothing: it may be another change's.

use std::hash::BuildHasher;
use std::ops::Range;

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::hunk::{HunkLine, HunkLines, Sign};
use imara_diff::{Algorithm, Diff, InternedInput};
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::file_lines::{FileLines, text_hash};
use crate::attribution::length_weight::length_weight;
use crate::attribution::side_lines::TextHash;

/// A line that stands in more places of the file than this does not vote.
const MAX_VOTING_PLACES: usize = 32;

/// Where no line of the hunk is so rare, those vote that stand in at most this many places.
const MAX_COMMON_VOTING_PLACES: usize = 512;

/// Votes whose places differ by up to this many lines are for the same place.
const PLACE_TOLERANCE: i64 = 16;

/// How many lines of the file that the hunk does not have may stand before, behind or between its own.
const SLACK_LINES: usize = 24;

/// What became of a line of a hunk in the vendor's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    /// A context or added line stands where the hunk has it; the line of the file, from 1.
    There(u32),
    /// An added line stands near by, in another order than in the hunk; the line of the file, from 1.
    OtherOrder(u32),
    /// A context or added line does not stand there.
    Missing,
    /// A removed line is not there.
    Gone,
    /// A removed line still stands there; the line of the file, from 1.
    Still(u32),
}

/// A line of a hunk, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedLine {
    /// What the commit does with the line.
    pub sign: Sign,
    /// How much it says, as [`length_weight`] counts.
    pub weight: f32,
    /// What became of it.
    pub state: LineState,
}

/// A hunk beside the place of the vendor's file where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct HunkPlace {
    /// The lines of the file that it covers, from 0.
    pub range: Range<usize>,
    /// The hunk's lines, in their order.
    pub lines: Vec<PlacedLine>,
}

impl HunkPlace {
    /// Finds the place of a hunk; none where no line that says something votes for one.
    pub fn find(body: &BStr, file: &FileLines<'_>, hasher: &mut LineHasher) -> Option<HunkPlace> {
        let lines: Vec<AskedLine<'_>> =
            HunkLines::of(body).map(|line| AskedLine::new(line, hasher)).collect();
        let start = voted_place(&lines, file, MAX_VOTING_PLACES)
            .or_else(|| voted_place(&lines, file, MAX_COMMON_VOTING_PLACES))?;
        let from = (start - SLACK_LINES as i64).clamp(0, file.line_count() as i64) as usize;
        let to = (start + (lines.len() + SLACK_LINES) as i64).clamp(0, file.line_count() as i64) as usize;
        let common = common_sequence(&lines, file, from..to);
        let first = common.iter().flatten().min()?;
        let last = common.iter().flatten().max()?;
        let range = *first..*last + 1;
        let states = line_states(&lines, &common, file, from..to);
        let placed = lines.iter().zip(states);
        let lines = placed.map(|(line, state)| PlacedLine { sign: line.sign, weight: line.weight, state });
        Some(HunkPlace { range, lines: lines.collect() })
    }

    /// Share of the changed lines that are as the commit leaves them: added ones there in their order, removed ones gone.
    /// A hunk without changed lines that say something has all of them.
    pub fn done_share(&self) -> f32 {
        self.share(
            |line| line.sign.is_change(),
            |state| matches!(state, LineState::There(_) | LineState::Gone),
        )
    }

    /// Share of the removed lines that still stand there; 0 where none are removed.
    pub fn still_share(&self) -> f32 {
        let is_removed = |line: &PlacedLine| line.sign == Sign::Removed;
        match self.lines.iter().any(is_removed) {
            true => self.share(is_removed, |state| matches!(state, LineState::Still(_))),
            false => 0.0,
        }
    }

    /// Share of the added lines that are there, in their order or not.
    pub fn added_share(&self) -> f32 {
        let is_there = |state| matches!(state, LineState::There(_) | LineState::OtherOrder(_));
        self.share(|line| line.sign == Sign::Added, is_there)
    }

    /// Share of the context lines that are there; 1 where there are none.
    pub fn context_share(&self) -> f32 {
        self.share(|line| line.sign == Sign::Context, |state| matches!(state, LineState::There(_)))
    }

    /// Whether an added line that says something stands in another order.
    pub fn has_other_order(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.state, LineState::OtherOrder(_)))
    }

    /// How much the changed lines say.
    pub fn changed_weight(&self) -> f32 {
        self.lines.iter().filter(|line| line.sign.is_change()).map(|line| line.weight).sum()
    }

    /// How much the added lines say.
    pub fn added_weight(&self) -> f32 {
        self.lines.iter().filter(|line| line.sign == Sign::Added).map(|line| line.weight).sum()
    }

    fn share(&self, of: impl Fn(&PlacedLine) -> bool, has: impl Fn(LineState) -> bool) -> f32 {
        let asked = || self.lines.iter().filter(|line| of(line));
        let all: f32 = asked().map(|line| line.weight).sum();
        let had: f32 = asked().filter(|line| has(line.state)).map(|line| line.weight).sum();
        if all > 0.0 { had / all } else { 1.0 }
    }
}

/// A line of a hunk that is looked for.
struct AskedLine<'a> {
    sign: Sign,
    text: &'a BStr,
    hash: TextHash,
    weight: f32,
}

impl<'a> AskedLine<'a> {
    fn new(line: HunkLine<'a>, hasher: &mut LineHasher) -> AskedLine<'a> {
        let HunkLine { sign, text, .. } = line;
        AskedLine { sign, text, hash: text_hash(text, hasher), weight: length_weight(text) }
    }

    fn has_word(&self) -> bool {
        hunktrace_indexer::normalize::is_informative(self.text)
    }
}

/// The line of the file at which the hunk's first line would stand, by the weight of the lines that agree.
fn voted_place(lines: &[AskedLine<'_>], file: &FileLines<'_>, max_places: usize) -> Option<i64> {
    let mut votes: Vec<(i64, f32)> = Vec::new();
    for (own, line) in lines.iter().enumerate().filter(|(_, line)| line.has_word()) {
        let places = file.places(line.hash);
        if places.len() > max_places {
            continue;
        }
        let weight = line.weight / places.len() as f32;
        votes.extend(places.iter().map(|at| (i64::from(*at) - own as i64, weight)));
    }
    votes.sort_by_key(|(start, _)| *start);
    let (mut best, mut best_weight) = (None, 0.0);
    let (mut first, mut sum) = (0, 0.0);
    for last in 0..votes.len() {
        sum += votes[last].1;
        while votes[last].0 - votes[first].0 > PLACE_TOLERANCE {
            sum -= votes[first].1;
            first += 1;
        }
        if sum > best_weight + f32::EPSILON * 16.0 {
            (best, best_weight) = (Some(votes[first].0), sum);
        }
    }
    best
}

/// For each line of the hunk the line of the file that stands for it in the longest common sequence.
fn common_sequence(
    lines: &[AskedLine<'_>],
    file: &FileLines<'_>,
    window: Range<usize>,
) -> Vec<Option<usize>> {
    let mut input: InternedInput<u64> = InternedInput::default();
    let respaced = respaced_lines(lines);
    let token = |hash: TextHash, text: &BStr| match respaced.contains(&hash) {
        true => FxBuildHasher.hash_one((hash.number(), text.as_bytes())),
        false => hash.number(),
    };
    input.update_before(lines.iter().map(|line| token(line.hash, line.text)));
    input.update_after(window.clone().map(|at| token(file.hash(at), file.text(at))));
    let diff = Diff::compute(Algorithm::Myers, &input);
    let mut common = vec![None; lines.len()];
    let (mut own, mut other) = (0, window.start);
    let mut take = |own: &mut usize, other: &mut usize, until: usize| {
        while *own < until {
            common[*own] = Some(*other);
            (*own, *other) = (*own + 1, *other + 1);
        }
    };
    for hunk in diff.hunks() {
        take(&mut own, &mut other, hunk.before.start as usize);
        (own, other) = (hunk.before.end as usize, window.start + hunk.after.end as usize);
    }
    take(&mut own, &mut other, lines.len());
    common
}

/// The lines that a hunk both removes and adds, but for white space and comments: which of the two stands in a file only the
/// whole text tells.
fn respaced_lines(lines: &[AskedLine<'_>]) -> FxHashSet<TextHash> {
    let of = |sign: Sign| lines.iter().filter(move |line| line.sign == sign).map(|line| line.hash);
    let removed: FxHashSet<TextHash> = of(Sign::Removed).collect();
    of(Sign::Added).filter(|hash| removed.contains(hash)).collect()
}

/// What became of each line, where some stand in the file as `common` says.
fn line_states(
    lines: &[AskedLine<'_>],
    common: &[Option<usize>],
    file: &FileLines<'_>,
    window: Range<usize>,
) -> Vec<LineState> {
    let mut taken: FxHashSet<usize> = common.iter().flatten().copied().collect();
    let number = |at: usize| at as u32 + 1;
    let mut states = Vec::with_capacity(lines.len());
    for (line, common) in lines.iter().zip(common) {
        let near = || {
            let places = file.places(line.hash);
            let first = places.partition_point(|at| (*at as usize) < window.start);
            let mut near = places[first..].iter().map(|at| *at as usize).take_while(|at| *at < window.end);
            near.find(|at| !taken.contains(at))
        };
        let state = match (line.sign, common) {
            (Sign::Removed, Some(at)) => LineState::Still(number(*at)),
            (Sign::Removed, None) => LineState::Gone,
            (_, Some(at)) => LineState::There(number(*at)),
            (Sign::Added, None) if line.has_word() => match near() {
                Some(at) => {
                    taken.insert(at);
                    LineState::OtherOrder(number(at))
                }
                None => LineState::Missing,
            },
            _ => LineState::Missing,
        };
        states.push(state);
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What became of the lines of a hunk in a file, a letter for each: there, other order, missing, gone, still.
    fn states(body: &[&str], file: &[&str]) -> String {
        let mut hasher = LineHasher::default();
        let (body, text) = (body.join("\n") + "\n", file.join("\n") + "\n");
        let file = FileLines::of(text.as_bytes(), &mut hasher);
        let Some(place) = HunkPlace::find(body.as_str().into(), &file, &mut hasher) else {
            return "nowhere".to_owned();
        };
        let letter = |line: &PlacedLine| match line.state {
            LineState::There(_) => 't',
            LineState::OtherOrder(_) => 'o',
            LineState::Missing => 'm',
            LineState::Gone => 'g',
            LineState::Still(_) => 's',
        };
        place.lines.iter().map(letter).collect()
    }

    const FIX: [&str; 5] =
        [" port = find_port();", "-use(port);", "+if (!port)", "+\treturn -ENODEV;", " unlock(port);"];

    #[test]
    fn lines_of_a_fix_are_there_and_what_it_removes_is_gone() {
        let file =
            ["a();", "port = find_port();", "if (!port)", "\treturn -ENODEV;", "unlock(port);", "b();"];
        assert_eq!(states(&FIX, &file), "tgttt");
    }

    #[test]
    fn file_without_the_fix_has_what_it_removes() {
        let file = ["a();", "port = find_port();", "use(port);", "unlock(port);", "b();"];
        assert_eq!(states(&FIX, &file), "tsmmt");
    }

    #[test]
    fn added_lines_elsewhere_in_the_file_do_not_count() {
        let mut file = vec!["port = find_port();", "use(port);", "unlock(port);"];
        file.extend(["other();"; 60]);
        file.extend(["if (!port)", "\treturn -ENODEV;"]);
        assert_eq!(states(&FIX, &file), "tsmmt");
    }

    #[test]
    fn lines_in_another_order_are_told() {
        let body = [" start();", "+lock(&the_first_lock);", "+claim(&the_port);", " end();"];
        let file = ["start();", "claim(&the_port);", "lock(&the_first_lock);", "end();"];
        assert!(
            ["ottt", "tott", "toot"].contains(&states(&body, &file).as_str()),
            "{}",
            states(&body, &file)
        );
        assert!(states(&body, &file).contains('o'));
    }

    #[test]
    fn lines_of_which_only_the_white_space_changes_are_told_apart_by_their_whole_text() {
        let body = [" before_it();", "-\tint* first_of_all;", "+\tint *first_of_all;", " after_it();"];
        assert_eq!(states(&body, &["before_it();", "\tint *first_of_all;", "after_it();"]), "tgtt");
        assert_eq!(states(&body, &["before_it();", "\tint* first_of_all;", "after_it();"]), "tsmt");
    }

    #[test]
    fn hunk_of_which_the_file_has_nothing_is_nowhere() {
        assert_eq!(states(&FIX, &["one();", "two();"]), "nowhere");
        assert_eq!(states(&FIX, &[]), "nowhere");
    }
}
