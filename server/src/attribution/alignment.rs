//! Where a candidate hunk's changed lines stand in a file of the release.
//!
//! The removed and the added lines are aligned apart, because a squash orders them differently. The lines that say
//! something vote for the place; around it the longest common sequence is taken.

use std::collections::HashMap;
use std::ops::Range;

use hunktrace_indexer::fingerprint::LineHash;
use imara_diff::{Algorithm, Diff, InternedInput};
use rustc_hash::FxBuildHasher;

use super::release::{SideLine, SideLines};

/// Lines that stand in more places than this in one file do not vote for a place.
const MAX_VOTING_PLACES: usize = 12;

/// ... or, where a hunk has no other lines, in more places than this.
const MAX_LONE_VOTING_PLACES: usize = 256;

/// Votes whose places differ by up to this many lines are for the same place.
const PLACE_TOLERANCE: i64 = 24;

/// Besides its own length, how many lines a candidate may be spread out further in the release.
const WINDOW_SLACK: usize = 60;

/// A hunk stands in at most so many places that are far from each other.
const MAX_PLACES: usize = 4;

/// What a further place has to hold, as [`super::release::line_weight`] counts.
const MIN_PLACE_WEIGHT: f32 = 0.5;

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

    fn take(&mut self, at: usize) {
        self.is_taken[at] = true;
        self.taken.push(at);
    }
}

/// The places of each line in one side of a file.
pub struct LinePlaces<'a> {
    side: &'a SideLines,
    places: HashMap<LineHash, Vec<u32>, FxBuildHasher>,
}

impl<'a> LinePlaces<'a> {
    /// Indexes one side of a file.
    pub fn new(side: &'a SideLines) -> LinePlaces<'a> {
        let mut places: HashMap<LineHash, Vec<u32>, FxBuildHasher> = HashMap::default();
        for (place, line) in side.lines.iter().enumerate() {
            places.entry(line.hash).or_default().push(place as u32);
        }
        LinePlaces { side, places }
    }

    /// The side that is indexed.
    pub fn side(&self) -> &'a SideLines {
        self.side
    }

    /// That no line is taken yet.
    pub fn nothing_taken(&self) -> TakenLines {
        TakenLines { is_taken: vec![false; self.side.lines.len()], taken: Vec::new() }
    }

    /// Pairs (place in `candidate`, place in the file's side) of equal lines.
    ///
    /// Lines in `taken` are passed over, and what is paired is added there. What the best place leaves over may stand
    /// elsewhere, because later commits have moved it, so the rest is aligned again.
    pub fn align(&self, candidate: &[SideLine], taken: &mut TakenLines) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        let mut is_open = vec![true; candidate.len()];
        for _ in 0..MAX_PLACES {
            let voted = self
                .voted_place(candidate, &is_open, taken, MAX_VOTING_PLACES)
                .or_else(|| self.voted_place(candidate, &is_open, taken, MAX_LONE_VOTING_PLACES));
            let Some(start) = voted else { break };
            let len = self.side.lines.len() as i64;
            let slack = (WINDOW_SLACK + candidate.len() / 2) as i64;
            let from = (start - slack).clamp(0, len) as usize;
            let to = (start + candidate.len() as i64 + slack).clamp(0, len) as usize;
            let common = self.common_sequence(candidate, &is_open, from..to, taken);
            let found = self.without_strays(candidate, common);
            let weight: f32 = found.iter().map(|(own, _)| candidate[*own as usize].weight).sum();
            if found.is_empty() || !pairs.is_empty() && weight < MIN_PLACE_WEIGHT {
                break;
            }
            for (own, at) in &found {
                is_open[*own as usize] = false;
                taken.take(*at as usize);
            }
            pairs.extend(found);
        }
        pairs.sort_unstable();
        pairs
    }

    /// The place in the file where the candidate's first line would stand, by the weight of the open lines that agree.
    fn voted_place(
        &self,
        candidate: &[SideLine],
        is_open: &[bool],
        taken: &TakenLines,
        max_places: usize,
    ) -> Option<i64> {
        let mut votes: Vec<(i64, f32)> = Vec::new();
        for (place, line) in candidate.iter().enumerate().filter(|(place, _)| is_open[*place]) {
            let Some(found) = self.places.get(&line.hash).filter(|found| found.len() <= max_places) else {
                continue;
            };
            for at in found.iter().filter(|at| !taken.is_taken[**at as usize]) {
                let other = &self.side.lines[*at as usize];
                let neighbours =
                    usize::from(line.before == other.before) + usize::from(line.after == other.after);
                let weight = line.weight * (1.0 + neighbours as f32) / found.len() as f32;
                votes.push((i64::from(*at) - place as i64, weight));
            }
        }
        votes.sort_by_key(|(place, _)| *place);
        let mut best: Option<(f32, i64)> = None;
        let (mut first, mut sum) = (0, 0.0);
        for last in 0..votes.len() {
            sum += votes[last].1;
            while votes[last].0 - votes[first].0 > PLACE_TOLERANCE {
                sum -= votes[first].1;
                first += 1;
            }
            if best.is_none_or(|(weight, _)| sum > weight + 1e-6) {
                best = Some((sum, votes[first].0));
            }
        }
        best.map(|(_, place)| place)
    }

    /// The longest common sequence of the open lines and those of a window that are not taken.
    fn common_sequence(
        &self,
        candidate: &[SideLine],
        is_open: &[bool],
        window: Range<usize>,
        taken: &TakenLines,
    ) -> Vec<(u32, u32)> {
        let open: Vec<u32> = (0..candidate.len() as u32).filter(|own| is_open[*own as usize]).collect();
        let free: Vec<u32> = window.filter(|at| !taken.is_taken[*at]).map(|at| at as u32).collect();
        let mut input: InternedInput<u64> = InternedInput::default();
        input.update_before(open.iter().map(|own| candidate[*own as usize].hash.0));
        input.update_after(free.iter().map(|at| self.side.lines[*at as usize].hash.0));
        let diff = Diff::compute(Algorithm::Myers, &input);
        let mut pairs = Vec::new();
        let (mut before, mut after) = (0, 0);
        let mut take_common = |before: &mut usize, after: &mut usize, until: usize| {
            while *before < until {
                pairs.push((open[*before], free[*after]));
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

    /// Leaves out lines that say nothing unless a neighbour is paired beside them.
    fn without_strays(&self, candidate: &[SideLine], pairs: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
        let keeps = |place: usize| {
            let (own, other) = pairs[place];
            let (line, found) = (&candidate[own as usize], &self.side.lines[other as usize]);
            let is_beside = |other_pair: Option<&(u32, u32)>| {
                other_pair.is_some_and(|pair| {
                    pair.0.abs_diff(own) == 1
                        && pair.1.abs_diff(other) == 1
                        && candidate[pair.0 as usize].weight > super::release::TRIVIAL_WEIGHT
                })
            };
            line.weight > super::release::TRIVIAL_WEIGHT
                || (line.before == found.before && line.before != 0)
                || (line.after == found.after && line.after != 0)
                || is_beside(place.checked_sub(1).and_then(|before| pairs.get(before)))
                || is_beside(pairs.get(place + 1))
        };
        (0..pairs.len()).filter(|place| keeps(*place)).map(|place| pairs[place]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::release::sides;
    use hunktrace_indexer::fingerprint::LineHasher;
    use hunktrace_indexer::hunk::{Hunk, Sign};

    fn added(lines: &[&str]) -> SideLines {
        let mut hunk = Hunk::default();
        lines.iter().for_each(|line| hunk.push_line(Sign::Added, line.as_bytes(), true));
        let [_, added] = sides([&hunk], &mut LineHasher::default());
        added
    }

    fn pairs(release: &SideLines, candidate: &SideLines) -> Vec<(u32, u32)> {
        let places = LinePlaces::new(release);
        places.align(&candidate.lines, &mut places.nothing_taken())
    }

    #[test]
    fn lines_are_found_around_what_was_inserted() {
        let release = added(&["other line", "first line", "inserted line", "second line", "}"]);
        let candidate = added(&["first line", "second line", "}"]);
        assert_eq!(pairs(&release, &candidate), [(0, 1), (1, 3), (2, 4)]);
    }

    #[test]
    fn of_equal_blocks_the_one_with_the_right_neighbours_is_taken() {
        let release = added(&["alpha = 1;", "return result;", "beta = 2;", "return result;"]);
        let candidate = added(&["beta = 2;", "return result;"]);
        assert_eq!(pairs(&release, &candidate), [(0, 2), (1, 3)]);
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
        let mut align = || places.align(&candidate.lines, &mut taken);
        assert_eq!([align(), align(), align()], [vec![(0, 0)], vec![(0, 2)], vec![]]);
    }

    #[test]
    fn what_was_moved_away_is_found_at_its_own_place() {
        let far: Vec<String> = (0..200).map(|number| format!("unrelated line {number}")).collect();
        let mut lines = vec!["alpha = first_value;", "beta = second_value;"];
        lines.extend(far.iter().map(String::as_str));
        lines.extend(["gamma = third_value;"]);
        let candidate = added(&["alpha = first_value;", "beta = second_value;", "gamma = third_value;"]);
        assert_eq!(pairs(&added(&lines), &candidate), [(0, 0), (1, 1), (2, 202)]);
    }
}
