//! Where a candidate hunk's changed lines stand in a file of the release.
//!
//! The removed and the added lines are aligned apart, because a squash orders them differently. The lines that say
//! something vote for the place; there the candidate stands line for line, or around it the longest common sequence is taken.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::LineHash;
use hunktrace_indexer::git::repetitive_text::compute_diff_unless;
use imara_diff::InternedInput;
use rustc_hash::FxBuildHasher;

use super::side_lines::SideLine;

/// Lines that stand in more places than this in one file do not vote for a place. Tuned: see `docs/constants.md`.
const MAX_VOTING_PLACES: usize = 12;

/// Where a hunk has no other lines, those vote that stand in at most this many places. Tuned: see `docs/constants.md`.
const MAX_LONE_VOTING_PLACES: usize = 256;

/// What each neighbour that agrees adds to a line's vote, as a multiple of the line's own: as much as the line itself.
/// Tuned: see `docs/constants.md`.
const NEIGHBOUR_VOTE: f32 = 1.0;

/// Votes whose places differ by up to this many lines are for the same place. Tuned: see `docs/constants.md`.
const PLACE_TOLERANCE: i64 = 24;

/// A place has to be ahead of an earlier one by more than this, so that equal votes are equal although their sums are
/// rounded: eight times the precision of an `f32` at 1.
const VOTE_MARGIN: f32 = 1e-6;

/// A candidate may be spread out over this many lines more in the release than it has, before and behind. Tuned: see
/// `docs/constants.md`.
const WINDOW_SLACK: usize = 120;

/// A long candidate may be spread out further: by one line for each group of this many of its own lines. Tuned: see `docs/constants.md`.
const LINES_PER_SLACK_LINE: usize = 2;

/// A hunk is looked for in at most this many places that are far from each other. Tuned: see `docs/constants.md`.
const MAX_ALIGNED_PLACES: usize = 16;

/// The least weight of the lines of a hunk that a further place has to hold, as
/// [`super::length_weight::length_weight`] counts. Tuned: see `docs/constants.md`.
const MIN_FURTHER_PLACE_WEIGHT: f32 = 0.5;

/// A line of a candidate hunk and the line of the release that is the same; both on the same side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinePair {
    /// Place among the candidate's lines of the side, from 0.
    pub candidate: u32,
    /// Place among the file's lines of the side, from 0.
    pub release: u32,
}

/// Lines of one side of a file that the hunks of one commit have been paired with.
pub struct TakenLines {
    is_taken: Vec<bool>,
    taken: Vec<usize>,
}

impl TakenLines {
    /// Frees all lines.
    pub fn clear(&mut self) {
        self.taken.drain(..).for_each(|at| self.is_taken[at] = false);
    }

    /// Frees a line.
    pub fn free(&mut self, at: usize) {
        self.is_taken[at] = false;
    }

    /// Whether a line is taken.
    pub fn contains(&self, at: usize) -> bool {
        self.is_taken[at]
    }

    /// Takes a line.
    pub fn take(&mut self, at: usize) {
        self.is_taken[at] = true;
        self.taken.push(at);
    }
}

/// What a line says of where the candidate's first line would stand.
struct Vote {
    start: i64,
    weight: f32,
}

/// The places of each line in one side of a file.
pub struct LinePlaces<'a> {
    lines: &'a [SideLine],
    /// Where it is cancelled, nothing more is paired.
    cancellation: Cancellation,
    /// Made when it is first asked: most files of a new driver have no candidates at all.
    places: OnceCell<PlacesByHash>,
}

/// The places of the lines with each hash: neighbours in one list, so that no hash has a list of its own.
struct PlacesByHash {
    places: Vec<u32>,
    ranges: HashMap<LineHash, Range<u32>, FxBuildHasher>,
}

impl PlacesByHash {
    fn of(lines: &[SideLine], cancellation: &Cancellation) -> PlacesByHash {
        let hash_at = |place: &u32| lines[*place as usize].hash;
        let mut places: Vec<u32> = (0..lines.len() as u32).collect();
        cancellation.sort_while_wanted(&mut places, |place| (hash_at(place), *place));
        let mut ranges: HashMap<LineHash, Range<u32>, FxBuildHasher> = HashMap::default();
        let mut end = 0;
        for equal in cancellation.while_wanted(places.chunk_by(|a, b| hash_at(a) == hash_at(b))) {
            let start = end;
            end += equal.len() as u32;
            ranges.insert(hash_at(&equal[0]), start..end);
        }
        PlacesByHash { places, ranges }
    }

    fn get(&self, hash: LineHash) -> &[u32] {
        self.ranges.get(&hash).map_or(&[], |range| &self.places[range.start as usize..range.end as usize])
    }
}

impl<'a> LinePlaces<'a> {
    /// Indexes one side of a file.
    pub fn new(lines: &'a [SideLine]) -> LinePlaces<'a> {
        LinePlaces::unless(lines, &Cancellation::default())
    }

    /// The same; where it is cancelled later, nothing more is paired, and what was paired means nothing.
    pub fn unless(lines: &'a [SideLine], cancellation: &Cancellation) -> LinePlaces<'a> {
        LinePlaces { lines, cancellation: cancellation.clone(), places: OnceCell::new() }
    }

    /// The lines of the side that is indexed.
    pub fn lines(&self) -> &'a [SideLine] {
        self.lines
    }

    /// The state in which no line is taken yet.
    pub fn nothing_taken(&self) -> TakenLines {
        TakenLines { is_taken: vec![false; self.lines.len()], taken: Vec::new() }
    }

    /// Pairs the lines of a candidate with the file's lines that are equal, sorted.
    ///
    /// Lines in `taken` are passed over, and what is paired is added there. What the best place leaves over may stand
    /// elsewhere, because later commits have moved it, so the rest is aligned again.
    pub fn align(&self, candidate: &[SideLine], taken: &mut TakenLines) -> Vec<LinePair> {
        self.align_open(candidate, vec![true; candidate.len()], taken)
    }

    /// The same for those lines of a candidate that are open.
    pub fn align_open(
        &self,
        candidate: &[SideLine],
        mut is_open: Vec<bool>,
        taken: &mut TakenLines,
    ) -> Vec<LinePair> {
        let mut pairs: Vec<LinePair> = Vec::new();
        for _ in 0..MAX_ALIGNED_PLACES {
            if self.cancellation.is_cancelled() {
                break;
            }
            let voted = self
                .voted_place(candidate, &is_open, taken, MAX_VOTING_PLACES)
                .or_else(|| self.voted_place(candidate, &is_open, taken, MAX_LONE_VOTING_PLACES));
            let Some(start) = voted else { break };
            let window = self.window(start, candidate.len());
            let mut common = self.in_step(candidate, &is_open, start, taken);
            // Where all of it stands there line for line, the longest common sequence could only take equal lines elsewhere.
            if common.len() < is_open.iter().filter(|open| **open).count() {
                let longest = self.common_sequence(candidate, &is_open, window.clone(), taken);
                if !longest.is_empty() {
                    common = longest;
                }
                self.settle(candidate, &mut common, &window, taken);
            }
            let found = self.without_strays(candidate, &common);
            let weight: f32 = found.iter().map(|pair| candidate[pair.candidate as usize].weight).sum();
            if found.is_empty() || !pairs.is_empty() && weight < MIN_FURTHER_PLACE_WEIGHT {
                break;
            }
            for pair in &found {
                is_open[pair.candidate as usize] = false;
                taken.take(pair.release as usize);
            }
            pairs.extend(found);
        }
        pairs.sort_unstable();
        pairs
    }

    fn by_hash(&self) -> &PlacesByHash {
        self.places.get_or_init(|| PlacesByHash::of(self.lines, &self.cancellation))
    }

    /// The place in the file where the candidate's first line would stand, by the weight of the open lines that agree.
    fn voted_place(
        &self,
        candidate: &[SideLine],
        is_open: &[bool],
        taken: &TakenLines,
        max_places: usize,
    ) -> Option<i64> {
        let places = self.by_hash();
        let mut votes: Vec<Vote> = Vec::new();
        let open = candidate.iter().enumerate().filter(|(place, _)| is_open[*place]);
        for (place, line) in self.cancellation.while_wanted(open) {
            let found = places.get(line.hash);
            if found.len() > max_places {
                continue;
            }
            for at in found.iter().filter(|at| !taken.is_taken[**at as usize]) {
                let other = &self.lines[*at as usize];
                let neighbours =
                    usize::from(line.before == other.before) + usize::from(line.after == other.after);
                let weight = line.weight * (1.0 + NEIGHBOUR_VOTE * neighbours as f32) / found.len() as f32;
                votes.push(Vote { start: i64::from(*at) - place as i64, weight });
            }
        }
        votes.sort_by_key(|vote| vote.start);
        let mut best: Option<Vote> = None;
        let (mut first, mut sum) = (0, 0.0);
        for last in 0..votes.len() {
            sum += votes[last].weight;
            while votes[last].start - votes[first].start > PLACE_TOLERANCE {
                sum -= votes[first].weight;
                first += 1;
            }
            if best.as_ref().is_none_or(|best| sum > best.weight + VOTE_MARGIN) {
                best = Some(Vote { start: votes[first].start, weight: sum });
            }
        }
        best.map(|best| most_voted(&votes, best.start))
    }

    /// The lines of the file among which a candidate of `len` lines is looked for, if its first would stand at `start`.
    fn window(&self, start: i64, len: usize) -> Range<usize> {
        let all = self.lines.len() as i64;
        let slack = (WINDOW_SLACK + len / LINES_PER_SLACK_LINE) as i64;
        let from = (start - slack).clamp(0, all) as usize;
        let to = (start + len as i64 + slack).clamp(0, all) as usize;
        from..to
    }

    /// The open lines that stand in the file as far from `start` as from the candidate's first line.
    ///
    /// Many equal lines one below the other are passed over by the longest common sequence, which takes lines that stand
    /// everywhere for noise.
    fn in_step(
        &self,
        candidate: &[SideLine],
        is_open: &[bool],
        start: i64,
        taken: &TakenLines,
    ) -> Vec<LinePair> {
        let place = |own: usize| usize::try_from(start + own as i64).ok();
        let open = (0..candidate.len()).filter(|own| is_open[*own]);
        let placed = open.filter_map(|own| Some((own, place(own).filter(|at| *at < self.lines.len())?)));
        let equal =
            placed.filter(|(own, at)| self.lines[*at].hash == candidate[*own].hash && !taken.contains(*at));
        equal.map(|(own, at)| LinePair { candidate: own as u32, release: at as u32 }).collect()
    }

    /// The longest common sequence of the open lines and those of a window that are not taken.
    fn common_sequence(
        &self,
        candidate: &[SideLine],
        is_open: &[bool],
        window: Range<usize>,
        taken: &TakenLines,
    ) -> Vec<LinePair> {
        let open: Vec<u32> = (0..candidate.len() as u32).filter(|own| is_open[*own as usize]).collect();
        let free: Vec<u32> = window.filter(|at| !taken.is_taken[*at]).map(|at| at as u32).collect();
        let mut input: InternedInput<u64> = InternedInput::default();
        let wanted = &self.cancellation;
        input.update_before(wanted.while_wanted(&open).map(|own| candidate[*own as usize].hash.0));
        input.update_after(wanted.while_wanted(&free).map(|at| self.lines[*at as usize].hash.0));
        let different = input.interner.num_tokens();
        let diff = compute_diff_unless(&input.before, &input.after, different, &self.cancellation);
        let Ok(diff) = diff else { return Vec::new() };
        let mut pairs = Vec::new();
        let (mut before, mut after) = (0, 0);
        let mut take_common = |before: &mut usize, after: &mut usize, until: usize| {
            while *before < until {
                pairs.push(LinePair { candidate: open[*before], release: free[*after] });
                *before += 1;
                *after += 1;
            }
        };
        for hunk in diff.hunks() {
            take_common(&mut before, &mut after, hunk.before.start as usize);
            (before, after) = (hunk.before.end as usize, hunk.after.end as usize);
        }
        take_common(&mut before, &mut after, open.len());
        pairs
    }

    /// Moves pairs whose line stands several times between the pairs around them to where more of its neighbours agree, and of
    /// equals to where it is as far from the pair beside it as in the hunk: the longest common sequence takes any of them.
    fn settle(
        &self,
        candidate: &[SideLine],
        pairs: &mut [LinePair],
        window: &Range<usize>,
        taken: &TakenLines,
    ) {
        let last = pairs.len();
        for place in (0..last).chain((0..last).rev()) {
            if self.cancellation.is_cancelled() {
                return;
            }
            let before = place.checked_sub(1).map(|before| pairs[before]);
            let after = pairs.get(place + 1).copied();
            let from = before.map_or(window.start as u32, |before| before.release + 1);
            let to = after.map_or(window.end as u32, |after| after.release);
            pairs[place] = self.best_between(candidate, pairs[place], from..to, [before, after], taken);
        }
    }

    /// Where in a range most of a paired line's neighbours agree; of equals as far from the nearest of the pairs beside it as in
    /// the hunk, and of those where it is.
    fn best_between(
        &self,
        candidate: &[SideLine],
        pair: LinePair,
        range: Range<u32>,
        beside: [Option<LinePair>; 2],
        taken: &TakenLines,
    ) -> LinePair {
        if range.len() < 2 {
            return pair;
        }
        let line = &candidate[pair.candidate as usize];
        let nearest = beside
            .into_iter()
            .flatten()
            .min_by_key(|other| line.place.line.abs_diff(candidate[other.candidate as usize].place.line));
        let agreeing = |at: u32| line.neighbours_shared_with(&self.lines[at as usize]);
        let strayed =
            |at: u32| nearest.map(|other| self.strayed(candidate, LinePair { release: at, ..pair }, other));
        let is_better = |at: u32, than: u32| {
            let order = agreeing(at).total_cmp(&agreeing(than));
            order.then_with(|| strayed(than).cmp(&strayed(at))) == Ordering::Greater
        };
        let equal = self.by_hash().get(line.hash);
        let first = equal.partition_point(|at| *at < range.start);
        let mut best = pair.release;
        for at in equal[first..].iter().copied().take_while(|at| *at < range.end) {
            if at != pair.release && !taken.contains(at as usize) && is_better(at, best) {
                best = at;
            }
        }
        LinePair { release: best, ..pair }
    }

    /// By how many lines two pairs are farther from each other in the release than in the hunk, or nearer.
    fn strayed(&self, candidate: &[SideLine], pair: LinePair, other: LinePair) -> u32 {
        let in_hunk = |pair: LinePair| candidate[pair.candidate as usize].place.line;
        let in_release = |pair: LinePair| self.lines[pair.release as usize].place;
        let (at, other_at) = (in_release(pair), in_release(other));
        if at.hunk != other_at.hunk {
            return u32::MAX;
        }
        at.line.abs_diff(other_at.line).abs_diff(in_hunk(pair).abs_diff(in_hunk(other)))
    }

    /// Leaves out lines that say nothing unless a neighbour is paired beside them.
    fn without_strays(&self, candidate: &[SideLine], pairs: &[LinePair]) -> Vec<LinePair> {
        let keeps = |place: usize| {
            let pair = pairs[place];
            let (line, found) = (&candidate[pair.candidate as usize], &self.lines[pair.release as usize]);
            let is_beside = |other: Option<&LinePair>| {
                other.is_some_and(|other| {
                    other.candidate.abs_diff(pair.candidate) == 1
                        && other.release.abs_diff(pair.release) == 1
                        && candidate[other.candidate as usize].has_word()
                })
            };
            line.has_word()
                || (line.before.is_some() && line.before == found.before)
                || (line.after.is_some() && line.after == found.after)
                || is_beside(place.checked_sub(1).and_then(|before| pairs.get(before)))
                || is_beside(pairs.get(place + 1))
        };
        (0..pairs.len()).filter(|place| keeps(*place)).map(|place| pairs[place]).collect()
    }
}

/// The place for which most of the votes are that are for about the place `from`; `votes` are sorted by their place.
fn most_voted(votes: &[Vote], from: i64) -> i64 {
    let first = votes.partition_point(|vote| vote.start < from);
    let last = votes.partition_point(|vote| vote.start <= from + PLACE_TOLERANCE);
    let mut most = Vote { start: from, weight: 0.0 };
    for agreeing in votes[first..last].chunk_by(|a, b| a.start == b.start) {
        let weight: f32 = agreeing.iter().map(|vote| vote.weight).sum();
        if weight > most.weight + VOTE_MARGIN {
            most = Vote { start: agreeing[0].start, weight };
        }
    }
    most.start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::side_lines::side_lines;
    use crate::attribution::test_release::hunk;
    use hunktrace_indexer::fingerprint::LineHasher;
    use hunktrace_indexer::hunk::{Hunk, Sign};

    /// The added lines of a hunk that has nothing else.
    fn added(lines: &[&str]) -> Vec<SideLine> {
        let mut hunk = Hunk::default();
        lines.iter().for_each(|line| hunk.push_line(Sign::Added, line.as_bytes(), true));
        side_lines([&hunk], &mut LineHasher::default()).added
    }

    /// The added lines of a hunk that is given as in a unified diff.
    fn added_in(lines: &[&str]) -> Vec<SideLine> {
        side_lines([&hunk(lines)], &mut LineHasher::default()).added
    }

    /// Lines with others between them, as many as put them in places that are far from each other.
    fn far_apart<'a>(before: &[&'a str], after: &[&'a str], between: &'a [String]) -> Vec<&'a str> {
        [before, &between.iter().map(String::as_str).collect::<Vec<_>>(), after].concat()
    }

    fn unrelated_lines() -> Vec<String> {
        (0..200).map(|number| format!("+unrelated line {number}")).collect()
    }

    fn pair(candidate: u32, release: u32) -> LinePair {
        LinePair { candidate, release }
    }

    fn pairs(release: &[SideLine], candidate: &[SideLine]) -> Vec<LinePair> {
        let places = LinePlaces::new(release);
        places.align(candidate, &mut places.nothing_taken())
    }

    #[test]
    fn lines_are_found_around_what_was_inserted() {
        let release = added(&["other line", "first line", "inserted line", "second line", "}"]);
        let candidate = added(&["first line", "second line", "}"]);
        assert_eq!(pairs(&release, &candidate), [pair(0, 1), pair(1, 3), pair(2, 4)]);
    }

    #[test]
    fn of_equal_blocks_the_one_with_the_right_neighbours_is_taken() {
        let release = added(&["alpha = 1;", "return result;", "beta = 2;", "return result;"]);
        let candidate = added(&["beta = 2;", "return result;"]);
        assert_eq!(pairs(&release, &candidate), [pair(0, 2), pair(1, 3)]);
    }

    #[test]
    fn many_equal_lines_one_below_the_other_are_found() {
        let (first, last) = (["pairs = {"], ["{NULL, 0}", "};"]);
        let many = ["{\"unknown gate\", 2},"; 31];
        let release = added(&[&first[..], &many[..], &last[..]].concat());
        let found = pairs(&release, &added(&many));
        assert_eq!(found, (0..31).map(|own| pair(own, own + 1)).collect::<Vec<_>>());
    }

    #[test]
    fn braces_alone_are_no_match() {
        let release = added(&["x = 1;", "}", "y = 2;"]);
        let candidate = added(&["z = 3;", "}"]);
        assert!(pairs(&release, &candidate).is_empty());
    }

    #[test]
    fn equal_hunks_of_one_commit_take_places_of_their_own() {
        let release = added(&["rc = -EOPNOTSUPP;", "other line", "rc = -EOPNOTSUPP;"]);
        let candidate = added(&["rc = -EOPNOTSUPP;"]);
        let places = LinePlaces::new(&release);
        let mut taken = places.nothing_taken();
        let mut align = || places.align(&candidate, &mut taken);
        assert_eq!([align(), align(), align()], [vec![pair(0, 0)], vec![pair(0, 2)], vec![]]);
    }

    #[test]
    fn what_was_moved_away_is_found_at_its_own_place() {
        let far: Vec<String> = (0..200).map(|number| format!("unrelated line {number}")).collect();
        let mut lines = vec!["alpha = first_value;", "beta = second_value;"];
        lines.extend(far.iter().map(String::as_str));
        lines.extend(["gamma = third_value;"]);
        let candidate = added(&["alpha = first_value;", "beta = second_value;", "gamma = third_value;"]);
        assert_eq!(pairs(&added(&lines), &candidate), [pair(0, 0), pair(1, 1), pair(2, 202)]);
    }

    #[test]
    fn line_that_stands_in_two_places_is_taken_where_its_neighbours_agree() {
        let between = unrelated_lines();
        let release =
            far_apart(&[" alpha();", "+return result;"], &[" beta();", "+return result;"], &between);
        let candidate = added_in(&[" beta();", "+return result;"]);
        assert_eq!(pairs(&added_in(&release), &candidate), [pair(0, 201)]);
    }

    #[test]
    fn hunk_that_stands_in_a_place_line_for_line_has_no_line_elsewhere() {
        let candidate = added_in(&[" lock();", "+return result;", "+open_the_gate();"]);
        let release = added_in(&[
            " lock();",
            "+return result;",
            " open_the_gate();",
            " between();",
            "+return result;",
            "+open_the_gate();",
        ]);
        assert_eq!(pairs(&release, &candidate), [pair(0, 1), pair(1, 2)]);
    }

    #[test]
    fn pair_settles_where_most_neighbours_agree_among_the_pairs_around_it() {
        let check = |condition| ["+if (", "+return 0;", "+"].map(|line| line.replace('(', condition));
        let lines = [check("(first)"), check("(second)"), check("(first)")].concat();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let candidate = added_in(&[&lines[..3], &[" if (second)"]].concat());
        let release = added_in(&lines);
        let places = LinePlaces::new(&release);
        let settled = |mut pairs: Vec<LinePair>, taken: &[usize]| {
            let mut all_taken = places.nothing_taken();
            taken.iter().for_each(|at| all_taken.take(*at));
            places.settle(&candidate, &mut pairs, &(0..9), &all_taken);
            pairs
        };
        let spread = || vec![pair(0, 0), pair(1, 4), pair(2, 5)];
        assert_eq!(settled(spread(), &[]), [pair(0, 0), pair(1, 1), pair(2, 2)]);
        // What another hunk of the commit has taken is not to be had, and pairs keep their order.
        assert_eq!(settled(spread(), &[1]), spread());
        assert_eq!(settled(vec![pair(1, 1), pair(2, 2)], &[]), [pair(1, 1), pair(2, 2)]);
    }

    #[test]
    fn of_places_where_its_neighbours_agree_a_pair_settles_as_far_from_the_next_pair_as_in_the_hunk() {
        let check: &[&str] = &[" if (failed)", "+return 0;", " out:"];
        let candidate = added_in(&[check, &["+open_the_gate();"]].concat());
        let release = added_in(&[check, &[" between();"], check, &["+open_the_gate();"], check].concat());
        let places = LinePlaces::new(&release);
        for at in [0, 1] {
            let mut pairs = [pair(0, at), pair(1, 2)];
            places.settle(&candidate, &mut pairs, &(0..4), &places.nothing_taken());
            assert_eq!(pairs, [pair(0, 1), pair(1, 2)]);
        }
        // Nothing says where a line alone would stand.
        let mut alone = [pair(0, 3)];
        places.settle(&candidate, &mut alone, &(0..4), &places.nothing_taken());
        assert_eq!(alone, [pair(0, 3)]);
    }

    #[test]
    fn hunk_that_has_common_lines_alone_is_found_by_them() {
        let release = vec!["return result;"; MAX_VOTING_PLACES + 1];
        assert_eq!(pairs(&added(&release), &added(&["return result;"])).len(), 1);
        let release = vec!["return result;"; MAX_LONE_VOTING_PLACES + 1];
        assert_eq!(pairs(&added(&release), &added(&["return result;"])), []);
    }

    #[test]
    fn short_line_alone_is_not_taken_from_a_further_place() {
        let between = unrelated_lines();
        let release = far_apart(&["+alpha = first_value;"], &["+i++;"], &between);
        let candidate = added(&["alpha = first_value;", "i++;"]);
        assert_eq!(pairs(&added_in(&release), &candidate), [pair(0, 0)]);
    }

    #[test]
    fn brace_matches_below_the_same_line_of_any_sign() {
        let candidate = added_in(&[" alpha = 1;", "+}"]);
        assert_eq!(pairs(&added_in(&["-alpha = 1;", "+}"]), &candidate), [pair(0, 0)]);
        assert_eq!(pairs(&added_in(&[" beta = 2;", "+}"]), &candidate), []);
    }

    #[test]
    fn brace_matches_beside_an_added_line_that_matches_though_other_lines_stand_between() {
        let candidate = added_in(&["+alpha = 1;", "-beta = 2;", "+}", " end();"]);
        let release = added_in(&["+alpha = 1;", "-gamma = 3;", "+}", " other_end();"]);
        assert_eq!(pairs(&release, &candidate), [pair(0, 0), pair(1, 1)]);
    }
}
