//! The line diff of long texts that repeat themselves.
//!
//! `imara-diff` leaves out common lines among others that have no counterpart, and looks for that over the whole text: in a
//! text of few different lines the time grows with the square of its length. git looks at 100 lines. So where it would take
//! long, lines are matched here, with the limits of git: common lines are judged by their neighbourhood, and the search for
//! a short edit script is cut off where it gets expensive. It is the algorithm of E. Myers, "An O(ND) difference algorithm
//! and its variations" (1986), in linear space.

use std::ops::{Range, RangeInclusive};

use imara_diff::{Algorithm, Diff, Token};

use crate::cancellation::{Cancellation, Cancelled};

/// Steps of imara-diff's search from which on lines are matched here; it takes a tenth of a second for them.
const MANY_STEPS: usize = 1 << 26;

/// Texts of fewer lines never take that many steps.
const SHORT_LINES: usize = 8192;

/// Texts of more lines take imara-diff longer than whoever has asked should wait for work to stop.
const LONG_LINES: usize = 1 << 16;

/// A line is common from this many counterparts on, or the square root of the number of lines.
const COMMON_LINE: usize = 1024;

/// How many lines around a common one say whether it is left out.
const NEIGHBOURHOOD: usize = 100;

/// The least cost from which on a search is cut off; in longer texts it is the square root of their diagonals.
const MIN_CUT_OFF_COST: i64 = 256;

/// From this cost on a good way is taken for the best one.
const GOOD_WAY_COST: i64 = 256;

/// A way is good if it gets on by more than so many lines for each edit.
const GOOD_WAY_LINES: i64 = 4;

/// Equal lines in a row that a good way ends or begins with.
const SNAKE_LINES: i64 = 20;

/// The diff of two lists of lines, as imara-diff gives it, in a time that grows little faster than their length.
pub fn compute_diff(old: &[Token], new: &[Token], different: u32) -> Diff {
    if old.len().max(new.len()) < SHORT_LINES || pruning_steps(old, new) < MANY_STEPS {
        return plain_diff(old, new, different);
    }
    // Nobody stops it.
    let pairs = matched_lines(old, new, &Cancellation::default()).unwrap_or_default();
    diff_of_pairs(old, new, &pairs)
}

/// The same for a program that others ask: it stops soon when nobody wants it any more.
///
/// # Errors
/// Where it is cancelled.
pub fn compute_diff_unless(
    old: &[Token],
    new: &[Token],
    different: u32,
    cancellation: &Cancellation,
) -> Result<Diff, Cancelled> {
    cancellation.check()?;
    let is_short = old.len().max(new.len()) < SHORT_LINES;
    let is_quick = || old.len().min(new.len()) < LONG_LINES && pruning_steps(old, new) < MANY_STEPS;
    if is_short || is_quick() {
        return Ok(plain_diff(old, new, different));
    }
    let pairs = matched_lines(old, new, cancellation)?;
    Ok(diff_of_pairs(old, new, &pairs))
}

fn plain_diff(old: &[Token], new: &[Token], different: u32) -> Diff {
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Myers, old, new, different);
    diff
}

/// The diff in which these lines, and no others, are matched.
fn diff_of_pairs(old: &[Token], new: &[Token], pairs: &[(usize, usize)]) -> Diff {
    // Matched lines get numbers of their own, so that nothing else can be matched.
    let mut next = 0..;
    let mut number = || Token(next.next().unwrap_or(u32::MAX));
    let matched: Vec<Token> = pairs.iter().map(|_| number()).collect();
    let mut numbers = [vec![None; old.len()], vec![None; new.len()]];
    for (pair, token) in pairs.iter().zip(matched) {
        numbers[0][pair.0] = Some(token);
        numbers[1][pair.1] = Some(token);
    }
    let [old, new] = numbers.map(|side| -> Vec<Token> {
        side.into_iter().map(|token| token.unwrap_or_else(&mut number)).collect()
    });
    let all = (old.len() + new.len()) as u32;
    plain_diff(&old, &new, all)
}

/// What is known of a line from how often it stands in the other text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counterparts {
    None,
    Few,
    Many,
}

/// The counterparts of the lines of both texts.
fn counterparts(old: &[Token], new: &[Token]) -> [Vec<Counterparts>; 2] {
    let len = old.iter().chain(new).map(|token| token.0 as usize + 1).max().unwrap_or(0);
    let counted = |tokens: &[Token]| {
        let mut counts = vec![0usize; len];
        tokens.iter().for_each(|token| counts[token.0 as usize] += 1);
        counts
    };
    let judged = |tokens: &[Token], counts: &[usize]| {
        let many = root(tokens.len()).min(COMMON_LINE);
        let judge = |token: &Token| match counts[token.0 as usize] {
            0 => Counterparts::None,
            count if count < many => Counterparts::Few,
            _ => Counterparts::Many,
        };
        tokens.iter().map(judge).collect()
    };
    let (in_old, in_new) = (counted(old), counted(new));
    [judged(old, &in_new), judged(new, &in_old)]
}

/// About the square root: the power of two with half as many binary digits.
fn root(number: usize) -> usize {
    1 << ((usize::BITS - number.leading_zeros()) / 2)
}

/// How many lines imara-diff looks at to tell which common lines are left out.
fn pruning_steps(old: &[Token], new: &[Token]) -> usize {
    let steps = |lines: &[Counterparts]| {
        let (mut run, mut steps) = (0usize, 0usize);
        for line in lines {
            steps = steps.saturating_add(if *line == Counterparts::Many { run } else { 0 });
            run = if *line == Counterparts::Few { 0 } else { run + 1 };
        }
        steps
    };
    counterparts(old, new).iter().map(|lines| steps(lines)).sum()
}

/// Whether a line takes part in the search: it has few counterparts, or many and does not stand among lines without any.
fn takes_part(lines: &[Counterparts], at: usize) -> bool {
    match lines[at] {
        Counterparts::None => return false,
        Counterparts::Few => return true,
        Counterparts::Many => {}
    }
    let tally = |around: &mut dyn Iterator<Item = &Counterparts>| {
        let (mut none, mut many) = (0usize, 0usize);
        for line in around.take(NEIGHBOURHOOD) {
            match line {
                Counterparts::None => none += 1,
                Counterparts::Many => many += 1,
                Counterparts::Few => break,
            }
        }
        (none, many)
    };
    let before = tally(&mut lines[..at].iter().rev());
    let after = tally(&mut lines[at + 1..].iter());
    let (none, many) = (before.0 + after.0, before.1 + after.1 + 1);
    before.0 == 0 || after.0 == 0 || none <= 3 * many
}

/// The pairs of equal lines of a short edit script, ascending.
fn matched_lines(
    old: &[Token],
    new: &[Token],
    cancellation: &Cancellation,
) -> Result<Vec<(usize, usize)>, Cancelled> {
    let equal = |pair: &(&Token, &Token)| pair.0 == pair.1;
    let head = old.iter().zip(new).take_while(equal).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(equal).count();
    let middle = [&old[head..old.len() - tail], &new[head..new.len() - tail]];
    let lines = counterparts(middle[0], middle[1]);
    let places = [0, 1].map(|side| -> Vec<usize> {
        (0..middle[side].len()).filter(|at| takes_part(&lines[side], *at)).collect()
    });
    let kept = [0, 1].map(|side| places[side].iter().map(|at| middle[side][*at]).collect::<Vec<Token>>());
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
    let found = Search::new(&kept[0], &kept[1], cancellation).pairs()?;
    pairs.extend(found.into_iter().map(|(old, new)| (head + places[0][old], head + places[1][new])));
    pairs.extend((0..tail).rev().map(|back| (old.len() - 1 - back, new.len() - 1 - back)));
    Ok(pairs)
}

/// A part of both texts.
#[derive(Clone)]
struct Area {
    old: Range<i64>,
    new: Range<i64>,
    /// Whether no way but the shortest will do.
    is_exact: bool,
}

/// Where an area is divided, and which of the parts has to be searched for the shortest way.
struct Split {
    old: i64,
    new: i64,
    is_exact: [bool; 2],
}

/// The search for a short way through the grid of both texts, from both ends.
struct Search<'a> {
    old: &'a [Token],
    new: &'a [Token],
    /// How far into the old text each diagonal has got from the beginning, and from the end.
    forward: Vec<i64>,
    backward: Vec<i64>,
    cut_off_cost: i64,
    cancellation: &'a Cancellation,
}

impl<'a> Search<'a> {
    fn new(old: &'a [Token], new: &'a [Token], cancellation: &'a Cancellation) -> Search<'a> {
        let diagonals = old.len() + new.len() + 3;
        let cut_off_cost = (root(diagonals) as i64).max(MIN_CUT_OFF_COST);
        let [forward, backward] = [(); 2].map(|()| vec![0; diagonals]);
        Search { old, new, forward, backward, cut_off_cost, cancellation }
    }

    /// Diagonal `d` has the places where the old line's number less the new one's is `d`.
    fn slot(&self, diagonal: i64) -> usize {
        (diagonal + self.new.len() as i64 + 1) as usize
    }

    fn is_equal(&self, old: i64, new: i64) -> bool {
        self.old[old as usize] == self.new[new as usize]
    }

    /// The pairs of the whole grid, ascending.
    fn pairs(mut self) -> Result<Vec<(usize, usize)>, Cancelled> {
        let mut pairs = Vec::new();
        let whole = Area { old: 0..self.old.len() as i64, new: 0..self.new.len() as i64, is_exact: false };
        let mut areas = vec![whole];
        while let Some(Area { mut old, mut new, is_exact }) = areas.pop() {
            while !old.is_empty() && !new.is_empty() && self.is_equal(old.start, new.start) {
                pairs.push((old.start as usize, new.start as usize));
                (old.start, new.start) = (old.start + 1, new.start + 1);
            }
            while !old.is_empty() && !new.is_empty() && self.is_equal(old.end - 1, new.end - 1) {
                (old.end, new.end) = (old.end - 1, new.end - 1);
                pairs.push((old.end as usize, new.end as usize));
            }
            if old.is_empty() || new.is_empty() {
                continue;
            }
            let split = self.split(&Area { old: old.clone(), new: new.clone(), is_exact })?;
            areas.push(Area {
                old: split.old..old.end,
                new: split.new..new.end,
                is_exact: split.is_exact[1],
            });
            areas.push(Area {
                old: old.start..split.old,
                new: new.start..split.new,
                is_exact: split.is_exact[0],
            });
        }
        pairs.sort_unstable();
        Ok(pairs)
    }

    /// A place that a short way goes through.
    fn split(&mut self, area: &Area) -> Result<Split, Cancelled> {
        let least = area.old.start - area.new.end;
        let greatest = area.old.end - area.new.start;
        let (first, last) = (area.old.start - area.new.start, area.old.end - area.new.end);
        let is_odd = (first - last) & 1 != 0;
        let (mut ahead, mut back) = (first..=first, last..=last);
        let (first_slot, last_slot) = (self.slot(first), self.slot(last));
        self.forward[first_slot] = area.old.start;
        self.backward[last_slot] = area.old.end;
        let mut cost = 0;
        loop {
            self.cancellation.check()?;
            cost += 1;
            ahead = self.widened(&ahead, least, greatest, true);
            let (met, snake_ahead) = self.advance(area, &ahead, is_odd.then_some(&back));
            if let Some(split) = met {
                return Ok(split);
            }
            back = self.widened(&back, least, greatest, false);
            let (met, snake_back) = self.retreat(area, &back, (!is_odd).then_some(&ahead));
            if let Some(split) = met {
                return Ok(split);
            }
            if area.is_exact {
                continue;
            }
            if (snake_ahead || snake_back) && cost > GOOD_WAY_COST {
                let good =
                    self.good_way_ahead(area, &ahead, cost).or_else(|| self.good_way_back(area, &back, cost));
                if let Some(split) = good {
                    return Ok(split);
                }
            }
            if cost >= self.cut_off_cost {
                return Ok(self.furthest(area, &ahead, &back));
            }
        }
    }

    /// The diagonals that one more edit reaches, within the area; beyond them nothing was reached.
    fn widened(
        &mut self,
        diagonals: &RangeInclusive<i64>,
        least: i64,
        greatest: i64,
        is_forward: bool,
    ) -> RangeInclusive<i64> {
        let (mut low, mut high) = (*diagonals.start(), *diagonals.end());
        let unreached = if is_forward { -1 } else { i64::MAX };
        let mut limits = [None, None];
        if low > least {
            low -= 1;
            limits[0] = Some(low - 1);
        } else {
            low += 1;
        }
        if high < greatest {
            high += 1;
            limits[1] = Some(high + 1);
        } else {
            high -= 1;
        }
        for diagonal in limits.into_iter().flatten() {
            let slot = self.slot(diagonal);
            let reached = if is_forward { &mut self.forward } else { &mut self.backward };
            reached[slot] = unreached;
        }
        low..=high
    }

    /// Goes on from the beginning by one edit; the place where it meets what came from the end, and whether there was a long row of
    /// equal lines.
    fn advance(
        &mut self,
        area: &Area,
        diagonals: &RangeInclusive<i64>,
        opposite: Option<&RangeInclusive<i64>>,
    ) -> (Option<Split>, bool) {
        let mut has_snake = false;
        for diagonal in diagonals_down(diagonals) {
            let slot = self.slot(diagonal);
            let (below, above) = (self.forward[slot - 1], self.forward[slot + 1]);
            let start = if below >= above { below + 1 } else { above };
            let (mut old, mut new) = (start, start - diagonal);
            while old < area.old.end && new < area.new.end && self.is_equal(old, new) {
                (old, new) = (old + 1, new + 1);
            }
            has_snake |= old - start > SNAKE_LINES;
            self.forward[slot] = old;
            if opposite.is_some_and(|opposite| opposite.contains(&diagonal)) && self.backward[slot] <= old {
                return (Some(Split { old, new, is_exact: [true; 2] }), has_snake);
            }
        }
        (None, has_snake)
    }

    /// The same from the end.
    fn retreat(
        &mut self,
        area: &Area,
        diagonals: &RangeInclusive<i64>,
        opposite: Option<&RangeInclusive<i64>>,
    ) -> (Option<Split>, bool) {
        let mut has_snake = false;
        for diagonal in diagonals_down(diagonals) {
            let slot = self.slot(diagonal);
            let (below, above) = (self.backward[slot - 1], self.backward[slot + 1]);
            let start = if below < above { below } else { above - 1 };
            let (mut old, mut new) = (start, start - diagonal);
            while old > area.old.start && new > area.new.start && self.is_equal(old - 1, new - 1) {
                (old, new) = (old - 1, new - 1);
            }
            has_snake |= start - old > SNAKE_LINES;
            self.backward[slot] = old;
            if opposite.is_some_and(|opposite| opposite.contains(&diagonal)) && old <= self.forward[slot] {
                return (Some(Split { old, new, is_exact: [true; 2] }), has_snake);
            }
        }
        (None, has_snake)
    }

    /// The end of the way from the beginning that got on best for its cost, if one is good.
    fn good_way_ahead(&self, area: &Area, diagonals: &RangeInclusive<i64>, cost: i64) -> Option<Split> {
        let middle = area.old.start - area.new.start;
        let (mut best, mut found) = (GOOD_WAY_LINES * cost, None);
        for diagonal in diagonals_down(diagonals) {
            let old = self.forward[self.slot(diagonal)];
            let new = old - diagonal;
            let gain = (old - area.old.start) + (new - area.new.start) - (diagonal - middle).abs();
            let is_inside = (area.old.start + SNAKE_LINES..area.old.end).contains(&old)
                && (area.new.start + SNAKE_LINES..area.new.end).contains(&new);
            if gain > best && is_inside && (1..=SNAKE_LINES).all(|by| self.is_equal(old - by, new - by)) {
                (best, found) = (gain, Some(Split { old, new, is_exact: [true, false] }));
            }
        }
        found
    }

    /// The same from the end.
    fn good_way_back(&self, area: &Area, diagonals: &RangeInclusive<i64>, cost: i64) -> Option<Split> {
        let middle = area.old.end - area.new.end;
        let (mut best, mut found) = (GOOD_WAY_LINES * cost, None);
        for diagonal in diagonals_down(diagonals) {
            let old = self.backward[self.slot(diagonal)];
            let new = old - diagonal;
            let gain = (area.old.end - old) + (area.new.end - new) - (diagonal - middle).abs();
            let is_inside = (area.old.start + 1..=area.old.end - SNAKE_LINES).contains(&old)
                && (area.new.start + 1..=area.new.end - SNAKE_LINES).contains(&new);
            if gain > best && is_inside && (0..SNAKE_LINES).all(|by| self.is_equal(old + by, new + by)) {
                (best, found) = (gain, Some(Split { old, new, is_exact: [false, true] }));
            }
        }
        found
    }

    /// The end of the way that got furthest, from whichever side.
    fn furthest(&self, area: &Area, ahead: &RangeInclusive<i64>, back: &RangeInclusive<i64>) -> Split {
        let place_ahead = |diagonal: i64| {
            let old = self.forward[self.slot(diagonal)].min(area.old.end).min(area.new.end + diagonal);
            (old, old - diagonal)
        };
        let place_back = |diagonal: i64| {
            let old = self.backward[self.slot(diagonal)].max(area.old.start).max(area.new.start + diagonal);
            (old, old - diagonal)
        };
        let sum = |place: &(i64, i64)| place.0 + place.1;
        // Of equals the first one, on the greatest diagonal, as git takes it.
        let first = diagonals_down(ahead).map(place_ahead).rev().max_by_key(sum);
        let last = diagonals_down(back).map(place_back).min_by_key(sum);
        let (first, last) =
            (first.unwrap_or((area.old.start, area.new.start)), last.unwrap_or((area.old.end, area.new.end)));
        let gained = sum(&first) - area.old.start - area.new.start;
        let left = area.old.end + area.new.end - sum(&last);
        let ((old, new), is_exact) =
            if left < gained { (first, [true, false]) } else { (last, [false, true]) };
        Split { old, new, is_exact }
    }
}

/// Every second diagonal, from the greatest on.
fn diagonals_down(diagonals: &RangeInclusive<i64>) -> impl DoubleEndedIterator<Item = i64> + use<> {
    let (low, high) = (*diagonals.start(), *diagonals.end());
    (0..=(high - low) / 2).map(move |step| high - 2 * step).filter(move |_| low <= high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &[u8]) -> Vec<Token> {
        text.iter().map(|byte| Token(u32::from(*byte))).collect()
    }

    fn assert_is_alignment(old: &[Token], new: &[Token], pairs: &[(usize, usize)]) {
        assert!(pairs.iter().all(|(a, b)| old[*a] == new[*b]));
        assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
    }

    /// The length of the longest common subsequence.
    fn longest(old: &[Token], new: &[Token]) -> usize {
        let mut row = vec![0; new.len() + 1];
        for a in old {
            let mut diagonal = 0;
            for (at, b) in new.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if a == b { diagonal + 1 } else { above.max(row[at]) };
                diagonal = above;
            }
        }
        row[new.len()]
    }

    proptest! {
        #[test]
        fn most_lines_of_short_texts_are_matched(
            old in prop::collection::vec(prop::sample::select(b"aab".to_vec()), 0..120),
            new in prop::collection::vec(prop::sample::select(b"abb".to_vec()), 0..120),
        ) {
            let (old, new) = (tokens(&old), tokens(&new));
            let nobody = Cancellation::default();
            let pairs = Search::new(&old, &new, &nobody).pairs().expect("nobody stops it");
            assert_is_alignment(&old, &new, &pairs);
            prop_assert_eq!(pairs.len(), longest(&old, &new));
            assert_is_alignment(&old, &new, &matched_lines(&old, &new, &nobody).expect("nobody stops it"));
        }
    }

    /// Blocks of equal lines with a line of their own here and there, so that no way is short.
    fn long_text(seed: u64, lines: usize) -> Vec<Token> {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32
        };
        (0..lines).map(|_| Token(next() % 3)).collect()
    }

    #[test]
    fn long_repetitive_texts_are_matched_in_good_part() {
        let (old, new) = (long_text(1, 40_000), long_text(2, 30_000));
        assert!(pruning_steps(&old, &new) > MANY_STEPS);
        let pairs = matched_lines(&old, &new, &Cancellation::default()).expect("nobody stops it");
        assert_is_alignment(&old, &new, &pairs);
        assert!(pairs.len() > 15_000, "{} pairs", pairs.len());
        let diff = compute_diff(&old, &new, 3);
        assert_eq!(diff.count_removals() as usize, old.len() - pairs.len());
        assert_eq!(diff.count_additions() as usize, new.len() - pairs.len());
    }

    #[test]
    fn long_texts_without_repetition_are_matched_and_stopped() {
        let old: Vec<Token> = (0..80_000).map(Token).collect();
        let new: Vec<Token> = (0..80_000).filter(|line| line % 7 != 0).map(Token).collect();
        let nobody = Cancellation::default();
        let diff = compute_diff_unless(&old, &new, 80_000, &nobody).expect("nobody stops it");
        assert_eq!((diff.count_removals() as usize, diff.count_additions()), (old.len() - new.len(), 0));
        nobody.cancel();
        assert_eq!(compute_diff_unless(&old, &new, 80_000, &nobody).err(), Some(Cancelled::Requested));
        assert_eq!(
            matched_lines(&long_text(1, 9_000), &long_text(2, 9_000), &nobody),
            Err(Cancelled::Requested)
        );
    }

    #[test]
    fn common_lines_among_lines_without_counterpart_take_no_part() {
        let (none, many) = (Counterparts::None, Counterparts::Many);
        let lines = [none, none, many, none, none];
        assert!(!takes_part(&lines, 2));
        assert!(takes_part(&[none, many, many, none], 1), "common lines stand together");
        assert!(takes_part(&[many, none, none, none, none], 0), "nothing stands before it");
        assert!(takes_part(&[Counterparts::Few; 3], 1));
        assert!(!takes_part(&lines, 0));
    }
}
