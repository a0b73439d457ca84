//! Where a candidate hunk's changed lines stand in a file of the release.
//!
//! The removed and the added lines are aligned apart, because a squash orders them differently. The lines that say
//! something vote for the place; around it the longest common sequence is taken.

use std::collections::HashMap;

use hunktrace_indexer::fingerprint::LineHash;
use imara_diff::{Algorithm, Diff, InternedInput};
use rustc_hash::FxBuildHasher;

use super::release::{SideLine, SideLines};

/// Lines that stand in more places than this in one file do not vote for a place.
const MAX_VOTING_PLACES: usize = 12;

/// Votes whose places differ by up to this many lines are for the same place.
const PLACE_TOLERANCE: i64 = 24;

/// Besides its own length, how many lines a candidate may be spread out further in the release.
const WINDOW_SLACK: usize = 60;

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

    /// Pairs (place in `candidate`, place in the file's side) of equal lines, in order on both sides.
    pub fn align(&self, candidate: &[SideLine]) -> Vec<(u32, u32)> {
        let Some(start) = self.voted_place(candidate) else { return Vec::new() };
        let len = self.side.lines.len() as i64;
        let slack = (WINDOW_SLACK + candidate.len() / 2) as i64;
        let from = (start - slack).clamp(0, len) as usize;
        let to = (start + candidate.len() as i64 + slack).clamp(0, len) as usize;
        let window = &self.side.lines[from..to];
        let pairs = common_sequence(candidate, window, from as u32);
        self.without_strays(candidate, pairs)
    }

    /// The place in the file where the candidate's first line would stand, by the weight of the lines that agree.
    fn voted_place(&self, candidate: &[SideLine]) -> Option<i64> {
        let mut votes: Vec<(i64, f32)> = Vec::new();
        for (place, line) in candidate.iter().enumerate() {
            let Some(found) = self.places.get(&line.hash).filter(|found| found.len() <= MAX_VOTING_PLACES)
            else {
                continue;
            };
            for at in found {
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

fn common_sequence(candidate: &[SideLine], window: &[SideLine], offset: u32) -> Vec<(u32, u32)> {
    let mut input: InternedInput<u64> = InternedInput::default();
    input.update_before(candidate.iter().map(|line| line.hash.0));
    input.update_after(window.iter().map(|line| line.hash.0));
    let diff = Diff::compute(Algorithm::Myers, &input);
    let mut pairs = Vec::new();
    let (mut before, mut after) = (0u32, 0u32);
    let mut take_common = |before: &mut u32, after: &mut u32, until: u32| {
        while *before < until {
            pairs.push((*before, *after + offset));
            *before += 1;
            *after += 1;
        }
    };
    for hunk in diff.hunks() {
        take_common(&mut before, &mut after, hunk.before.start);
        (before, after) = (hunk.before.end, hunk.after.end);
    }
    take_common(&mut before, &mut after, candidate.len() as u32);
    pairs
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

    #[test]
    fn lines_are_found_around_what_was_inserted() {
        let release = added(&["other line", "first line", "inserted line", "second line", "}"]);
        let candidate = added(&["first line", "second line", "}"]);
        assert_eq!(LinePlaces::new(&release).align(&candidate.lines), [(0, 1), (1, 3), (2, 4)]);
    }

    #[test]
    fn of_equal_blocks_the_one_with_the_right_neighbours_is_taken() {
        let release = added(&["alpha = 1;", "return result;", "beta = 2;", "return result;"]);
        let candidate = added(&["beta = 2;", "return result;"]);
        assert_eq!(LinePlaces::new(&release).align(&candidate.lines), [(0, 2), (1, 3)]);
    }

    #[test]
    fn braces_alone_are_no_match() {
        let release = added(&["x = 1;", "}", "y = 2;"]);
        let candidate = added(&["z = 3;", "}"]);
        assert!(LinePlaces::new(&release).align(&candidate.lines).is_empty());
    }
}
