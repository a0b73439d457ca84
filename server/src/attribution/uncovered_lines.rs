//! Lines of a file that no hunk of its history was laid beside, though one has them.
//!
//! The same few lines often stand in several places of a file: a check that one commit added to one function and a later one
//! to another. Each hunk is laid beside the file alone, so both may be laid beside the same lines. When all are laid,
//! hunks that share lines with others are laid beside the lines that were left over, where these suit them as well.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::LineHash;
use rustc_hash::FxHashSet;

use super::alignment::{LinePair, LinePlaces, TakenLines};
use super::laid_hunk::{LaidHunk, shared_surroundings};
use super::side::{BySide, Side};

/// A hunk covers the lines that it is laid beside if the file has at least this share of it. Tuned: see
/// `docs/constants.md`.
const COVERING_SHARE: f32 = 0.5;

/// Lines are taken from a new place if at least this share of what stands around them is the same there, and no less than at
/// the old place. Tuned: see `docs/constants.md`.
const MIN_NEW_SURROUNDINGS: f32 = 0.5;

/// Lays hunks of the file's own history beside lines that none of them covers, the shortest hunks first; as far as it comes
/// before it is cancelled.
pub fn cover_lines(hunks: &mut [LaidHunk], places: &BySide<LinePlaces<'_>>, cancellation: &Cancellation) {
    let mut covered = Covered::by(hunks, places);
    let uncovered = covered.missing(places, cancellation);
    if uncovered.both().into_iter().all(FxHashSet::is_empty) {
        return;
    }
    let own = hunks.iter().enumerate().filter(|(_, hunk)| hunk.found_by.is_own());
    let mut order: Vec<_> = own.map(|(at, hunk)| (hunk.total(), hunk.commit, hunk.number, at)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (.., at) in order {
        if cancellation.is_cancelled() {
            return;
        }
        let hunk = &mut hunks[at];
        let open = covered.open_lines(hunk);
        let has = |side: Side| {
            let open = hunk.lines[side].iter().zip(&open[side]).filter(|(_, open)| **open);
            open.map(|(line, _)| line.hash).any(|hash| uncovered[side].contains(&hash))
        };
        if Side::BOTH.into_iter().any(has) {
            move_lines(hunk, open, places, &mut covered);
        }
    }
}

/// Lays those lines of a hunk that are open beside lines that are not covered, if they suit it.
fn move_lines(
    hunk: &mut LaidHunk,
    mut open: BySide<Vec<bool>>,
    places: &BySide<LinePlaces<'_>>,
    covered: &mut Covered,
) {
    let release = BySide::from_fn(|side| places[side].lines());
    let found = BySide::from_fn(|side| {
        let open = std::mem::take(&mut open[side]);
        places[side].align_open(&hunk.lines[side], open, &mut covered.lines[side])
    });
    let old = BySide::from_fn(|side| pairs_of(&hunk.pairs[side], &found[side]));
    let new_surroundings = shared_surroundings(&hunk.lines, &found, &release);
    let old_surroundings = shared_surroundings(&hunk.lines, &old, &release);
    if new_surroundings < MIN_NEW_SURROUNDINGS.max(old_surroundings) {
        for side in Side::BOTH {
            found[side].iter().for_each(|pair| covered.lines[side].free(pair.release as usize));
        }
        return;
    }
    covered.count(hunk, |hunks| hunks - 1);
    for side in Side::BOTH {
        hunk.pairs[side].retain(|pair| old[side].binary_search(pair).is_err());
        hunk.pairs[side].extend(&found[side]);
        hunk.pairs[side].sort_unstable();
    }
    covered.count(hunk, |hunks| hunks + 1);
}

/// Those pairs, which are sorted as `found` is, whose lines of the hunk have been found elsewhere.
fn pairs_of(pairs: &[LinePair], found: &[LinePair]) -> Vec<LinePair> {
    let is_found =
        |pair: &&LinePair| found.binary_search_by_key(&pair.candidate, |found| found.candidate).is_ok();
    pairs.iter().filter(is_found).copied().collect()
}

/// For each line of a file how many hunks cover it.
pub fn covering_hunks(hunks: &[LaidHunk], places: &BySide<LinePlaces<'_>>) -> BySide<Vec<u32>> {
    let mut covering = BySide::from_fn(|side| vec![0; places[side].lines().len()]);
    hunks.iter().for_each(|hunk| count(hunk, &mut covering, |hunks| hunks + 1));
    covering
}

/// Counts the lines that a hunk covers anew.
fn count(hunk: &LaidHunk, covering: &mut BySide<Vec<u32>>, counted: impl Fn(u32) -> u32) {
    if is_covering(hunk) {
        for side in Side::BOTH {
            for pair in &hunk.pairs[side] {
                let hunks = &mut covering[side][pair.release as usize];
                *hunks = counted(*hunks);
            }
        }
    }
}

fn is_covering(hunk: &LaidHunk) -> bool {
    hunk.equal_share() >= COVERING_SHARE
}

/// Which lines of a file hunks are laid beside.
struct Covered {
    lines: BySide<TakenLines>,
    /// How many hunks cover each line: what [`covering_hunks`] says of the hunks as they are laid now.
    hunks: BySide<Vec<u32>>,
}

impl Covered {
    fn by(hunks: &[LaidHunk], places: &BySide<LinePlaces<'_>>) -> Covered {
        let mut covered = Covered {
            lines: BySide::from_fn(|side| places[side].nothing_taken()),
            hunks: covering_hunks(hunks, places),
        };
        for side in Side::BOTH {
            let is_covered = (0..).zip(&covered.hunks[side]).filter(|(_, hunks)| **hunks > 0);
            is_covered.for_each(|(at, _)| covered.lines[side].take(at));
        }
        covered
    }

    /// Counts the lines that a hunk covers anew.
    fn count(&mut self, hunk: &LaidHunk, counted: impl Fn(u32) -> u32) {
        count(hunk, &mut self.hunks, counted);
    }

    /// The lines with a word that are not covered.
    fn missing(
        &self,
        places: &BySide<LinePlaces<'_>>,
        cancellation: &Cancellation,
    ) -> BySide<FxHashSet<LineHash>> {
        BySide::from_fn(|side| {
            let lines = cancellation.while_wanted(places[side].lines().iter().zip(&self.hunks[side]));
            lines.filter(|(line, hunks)| **hunks == 0 && line.has_word()).map(|(line, _)| line.hash).collect()
        })
    }

    /// For each line of a hunk whether it may be laid elsewhere: it is laid nowhere, or where another hunk is as well.
    fn open_lines(&self, hunk: &LaidHunk) -> BySide<Vec<bool>> {
        let own = u32::from(is_covering(hunk));
        BySide::from_fn(|side| {
            let mut open = vec![true; hunk.lines[side].len()];
            for pair in &hunk.pairs[side] {
                open[pair.candidate as usize] = self.hunks[side][pair.release as usize] > own;
            }
            open
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::attribution::test_release::TestHistory;

    const CHECK: [&str; 2] = ["+if (!gate->is_open)", "+return -EAGAIN;"];

    /// For each candidate hunk of the only file where its first added line is.
    fn places(history: &TestHistory, release: &[&str]) -> Vec<Option<u32>> {
        let files = history.candidates(&[("gate.c", release)]);
        files[0].hunks.iter().map(|hunk| hunk.pairs.added.first().map(|pair| pair.release)).collect()
    }

    #[test]
    fn check_that_stands_in_two_functions_is_given_to_both_commits_that_added_one() {
        let mut history = TestHistory::default();
        history.commit(&[(
            "gate.c",
            &[&["+start_of_the_first();"], &CHECK[..], &["+end_of_the_first();"]].concat(),
        )]);
        history
            .commit(&[("gate.c", &[&[" lock_the_gate();"], &CHECK[..], &[" unlock_the_gate();"]].concat())]);
        let first = [&["+start_of_the_first();"], &CHECK[..], &["+end_of_the_first();"]].concat();
        // A line stands between in the vendor's tree, so the second one suits the first place nearly as well.
        let second = [&[" lock_the_gate();"], &CHECK[..], &[" trace_the_gate();"]].concat();

        assert_eq!(places(&history, &[first, second].concat()), [Some(0), Some(4)]);
    }

    #[test]
    fn hunk_stays_where_more_of_what_stands_around_it_is_the_same() {
        let mut history = TestHistory::default();
        let own = [&[" lock_the_gate();"], &CHECK[..], &[" unlock_the_gate();"]].concat();
        history.commit(&[("gate.c", &own)]);
        history.commit(&[("gate.c", &own)]);
        let elsewhere = [&[" open_a_door();"], &CHECK[..], &[" close_the_door();"]].concat();

        assert_eq!(places(&history, &[own.clone(), elsewhere].concat()), [Some(0), Some(0)]);
    }

    #[test]
    fn hunk_that_covers_nothing_takes_no_lines_from_the_count_of_others() {
        let mut history = TestHistory::default();
        let (start, end) = (["+start_of_the_first();"], ["+end_of_the_first();"]);
        let head = [
            "+open_the_head_of_the_gate();",
            "+hang_a_lamp_over_the_gate();",
            "+sweep_behind_it();",
            "+oil_it();",
        ];
        let first = [&start[..], &CHECK[..], &end[..]].concat();
        let third = [&head[..], &[" hold_the_door();"], &CHECK[..], &[" release_the_door();"]].concat();
        history.commit(&[("gate.c", &first)]);
        // Most of the second is not there, so it covers nothing, whatever it is laid beside.
        let lost = ["+count_those_who_wait();", "+tell_them_when_it_opens();", "+let_them_in();"];
        let second = [&[" lock_the_gate();"], &CHECK[..], &[" unlock_the_gate();"], &lost[..]].concat();
        history.commit(&[("gate.c", &second)]);
        history.commit(&[("gate.c", &third)]);
        let seconds = [&[" lock_the_gate();"], &CHECK[..], &[" unlock_the_gate();"]].concat();
        let thirds = [&[" hold_the_door();"], &CHECK[..], &[" release_the_door();"]].concat();
        let release = [&head[..], &first, &seconds, &thirds].concat();

        let files = history.candidates(&[("gate.c", &release)]);
        let lasts = files[0].hunks.iter().map(|hunk| hunk.pairs.added.last().map(|pair| pair.release));

        assert_eq!(lasts.collect::<Vec<_>>(), [Some(7), Some(9), Some(11)]);
    }
}
