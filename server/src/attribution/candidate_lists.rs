//! The candidates of all lines of one side of a file, one behind the other.
//!
//! Of a release there are millions of lines, and most have one candidate or none, so a list for each would take more
//! memory than what is in it.

use std::ops::Index;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::CommitOrdinal;

use crate::hunks::comparison::MatchKind;

use super::line_owner::LineOwner;

/// For each line of one side of a file its candidates, one for each commit, the best first.
#[derive(Debug)]
pub struct CandidateLists {
    /// Where each line's candidates end; those of the next line begin there.
    ends: Vec<u32>,
    owners: Vec<LineOwner>,
}

impl CandidateLists {
    /// Orders candidates by their lines, of which there are `lines`. `places` are the lines of `owners`, which are told
    /// beforehand so that no list has to grow; of owners there are no more than of these. Where it is cancelled, no line
    /// has any.
    pub fn of(
        lines: usize,
        places: impl Iterator<Item = usize>,
        owners: impl Iterator<Item = (usize, LineOwner)>,
        cancellation: &Cancellation,
    ) -> CandidateLists {
        let mut ends = vec![0u32; lines];
        places.for_each(|at| ends[at] += 1);
        let mut end = 0;
        for count in &mut ends {
            // Where the line's first candidate goes, and when all are there, the end of its list.
            (*count, end) = (end, end + *count);
        }
        let nothing = || CandidateLists { ends: vec![0; lines], owners: Vec::new() };
        if cancellation.is_cancelled() {
            // Places may be missing of which there are owners.
            return nothing();
        }
        let mut placed: Vec<Option<LineOwner>> = vec![None; end as usize];
        for (at, owner) in owners {
            placed[ends[at] as usize] = Some(owner);
            ends[at] += 1;
        }
        if cancellation.is_cancelled() {
            // Owners may be missing.
            return nothing();
        }
        let mut lists = CandidateLists { ends, owners: placed.into_iter().flatten().collect() };
        lists.keep_best(cancellation);
        if cancellation.is_cancelled() { nothing() } else { lists }
    }

    /// Leaves each line one candidate for each commit, the best first.
    fn keep_best(&mut self, cancellation: &Cancellation) {
        let (mut start, mut kept) = (0, 0);
        for end in cancellation.while_wanted(&mut self.ends) {
            let best = keep_best_of_each_commit(&mut self.owners[start..*end as usize]);
            self.owners.copy_within(start..start + best, kept);
            start = *end as usize;
            kept += best;
            *end = kept as u32;
        }
        self.owners.truncate(kept);
        self.owners.shrink_to_fit();
    }
}

impl Index<usize> for CandidateLists {
    type Output = [LineOwner];

    fn index(&self, line: usize) -> &[LineOwner] {
        let start = line.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.owners[start as usize..self.ends[line] as usize]
    }
}

/// Puts the best candidate of each commit to the front, the best first, and returns how many there are. Adapted lines give
/// way to equal ones.
fn keep_best_of_each_commit(candidates: &mut [LineOwner]) -> usize {
    let is_equal = |owner: &LineOwner| owner.kind != MatchKind::Fuzzy;
    let has_equal = candidates.iter().any(is_equal);
    let is_beaten = |owner: &LineOwner| has_equal && !is_equal(owner);
    candidates.sort_by(|a, b| {
        is_beaten(a).cmp(&is_beaten(b)).then(b.score.total_cmp(&a.score)).then(a.commit.cmp(&b.commit))
    });
    let mut best: Vec<CommitOrdinal> = Vec::new();
    for place in 0..candidates.len() {
        let candidate = candidates[place];
        if is_beaten(&candidate) {
            break;
        }
        if !best.contains(&candidate.commit) {
            candidates[best.len()] = candidate;
            best.push(candidate.commit);
        }
    }
    best.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::UNDOUBTED;

    fn owner(commit: u32, score: f32, kind: MatchKind) -> LineOwner {
        LineOwner { commit: CommitOrdinal(commit), score, kind, ..UNDOUBTED }
    }

    /// The commits of each of three lines.
    fn commits(owners: &[(usize, LineOwner)]) -> [Vec<u32>; 3] {
        let places = owners.iter().map(|(at, _)| *at);
        let lists = CandidateLists::of(3, places, owners.iter().copied(), &Cancellation::default());
        [0, 1, 2].map(|line| lists[line].iter().map(|owner| owner.commit.0).collect())
    }

    #[test]
    fn each_line_has_the_best_candidate_of_each_commit_the_best_first() {
        let owners = [
            (2, owner(1, 0.5, MatchKind::Changes)),
            (0, owner(3, 1.0, MatchKind::Changes)),
            (2, owner(2, 0.7, MatchKind::Partial)),
            (2, owner(1, 0.9, MatchKind::Changes)),
            (0, owner(2, 1.0, MatchKind::Changes)),
        ];
        assert_eq!(commits(&owners), [vec![2, 3], vec![], vec![1, 2]]);
    }

    #[test]
    fn lines_have_no_candidates_where_nobody_wants_them() {
        let owners = [(0, owner(1, 1.0, MatchKind::Changes)), (2, owner(2, 1.0, MatchKind::Changes))];
        let cancellation = Cancellation::default();
        let places = owners.iter().map(|(at, _)| *at).inspect(|_| cancellation.cancel());
        let lists = CandidateLists::of(3, places, owners.iter().copied(), &cancellation);
        assert!((0..3).all(|line| lists[line].is_empty()));
    }

    #[test]
    fn adapted_lines_give_way_to_equal_ones_alone() {
        let owners = [
            (0, owner(1, 2.0, MatchKind::Fuzzy)),
            (1, owner(1, 2.0, MatchKind::Fuzzy)),
            (1, owner(2, 0.5, MatchKind::Partial)),
            (1, owner(3, 3.0, MatchKind::Fuzzy)),
        ];
        assert_eq!(commits(&owners), [vec![1], vec![2], vec![]]);
    }
}
