//! How many answers are right, and how well their confidence is calibrated.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::accuracy::program::{Answer, Claim};
use crate::accuracy::query::QuerySet;

/// From this confidence on an answer counts as claimed.
const CLAIMED: f64 = 0.5;

/// In how many bins of confidence answers are sorted for the calibration error.
const BINS: usize = 10;

/// The figures of one set of queries. All but the counts are shares from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// Of the answers to patches.
    pub patches: LevelScore,
    /// Of the answers to hunks.
    pub hunks: LevelScore,
}

/// The figures of answers to hunks, or of those to patches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LevelScore {
    /// How many were asked.
    pub asked: usize,
    /// The first candidate is right, of those that have a right answer.
    pub right_first: f64,
    /// One of the first ten candidates is right, of the same.
    pub right_in_ten: f64,
    /// The mean distance, by bins of a tenth, between confidence and the share of first candidates that are right.
    pub calibration_error: f64,
    /// The first candidate has confidence 0.5 or more.
    pub claimed: f64,
}

/// Scores the answers to a set, which are in the order of its queries.
pub fn score(set: &QuerySet, answers: &[Answer]) -> Score {
    let (mut patches, mut hunks) = (Counts::default(), Counts::default());
    for (query, answer) in set.queries.iter().zip(answers) {
        patches.add(&query.right, &answer.patch);
        for (place, candidates) in answer.hunks.iter().enumerate() {
            hunks.add(query.right_for_hunk(place), candidates);
        }
    }
    Score { patches: patches.score(), hunks: hunks.score() }
}

/// Answers counted.
#[derive(Default)]
struct Counts {
    asked: usize,
    /// Those that have a right answer.
    answerable: usize,
    right_first: usize,
    right_in_ten: usize,
    claimed: usize,
    /// For each bin: right ones and the sum of the confidences.
    bins: [(usize, f64); BINS],
    answered: usize,
}

impl Counts {
    fn add(&mut self, right: &BTreeSet<String>, candidates: &[Claim]) {
        let is_right = |claim: &Claim| right.contains(&claim.commit);
        self.asked += 1;
        self.answerable += usize::from(!right.is_empty());
        self.right_in_ten += usize::from(candidates.iter().take(10).any(is_right));
        let Some(first) = candidates.first() else { return };
        self.answered += 1;
        self.right_first += usize::from(is_right(first));
        self.claimed += usize::from(first.confidence >= CLAIMED);
        let bin = &mut self.bins[((first.confidence * BINS as f64) as usize).min(BINS - 1)];
        bin.0 += usize::from(is_right(first));
        bin.1 += first.confidence;
    }

    fn score(&self) -> LevelScore {
        let share_of = |count: usize, all: usize| count as f64 / all.max(1) as f64;
        let error: f64 = self.bins.iter().map(|(right, sum)| (*right as f64 - sum).abs()).sum();
        LevelScore {
            asked: self.asked,
            right_first: share_of(self.right_first, self.answerable),
            right_in_ten: share_of(self.right_in_ten, self.answerable),
            calibration_error: error / self.answered.max(1) as f64,
            claimed: share_of(self.claimed, self.asked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accuracy::query::Query;

    fn claim(commit: &str, confidence: f64) -> Claim {
        Claim { commit: commit.to_owned(), confidence, evidence: Vec::new() }
    }

    fn scored(is_absent: bool, patches: Vec<Vec<Claim>>) -> LevelScore {
        let query = |number: usize| Query {
            name: number.to_string(),
            text: Vec::new(),
            subject: None,
            right: if is_absent { [].into() } else { ["a".to_owned(), "b".to_owned()].into() },
            right_by_hunk: Vec::new(),
        };
        let queries = (0..patches.len()).map(query).collect();
        let set = QuerySet { name: "set".to_owned(), queries, is_absent };
        let answers: Vec<Answer> =
            patches.into_iter().map(|patch| Answer { hunks: vec![patch.clone()], patch }).collect();
        let score = score(&set, &answers);
        assert_eq!(score.patches, score.hunks);
        score.patches
    }

    #[test]
    fn equivalents_are_right_and_no_answer_is_wrong() {
        let score =
            scored(false, vec![vec![claim("b", 0.9)], vec![claim("x", 0.2), claim("a", 0.1)], vec![]]);
        assert_eq!(score.asked, 3);
        assert!((score.right_first - 1.0 / 3.0).abs() < 1e-9);
        assert!((score.right_in_ten - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn calibration_compares_confidence_with_what_is_right() {
        let honest = scored(false, vec![vec![claim("a", 0.5)], vec![claim("x", 0.5)]]);
        assert!(honest.calibration_error < 1e-9);
        let boastful = scored(false, vec![vec![claim("a", 0.9)], vec![claim("x", 0.9)]]);
        assert!((boastful.calibration_error - 0.4).abs() < 1e-9);
    }

    #[test]
    fn hunks_of_several_commits_are_each_judged_by_their_own() {
        let right = |commit: &str| [commit.to_owned()].into();
        let query = Query {
            name: String::new(),
            text: Vec::new(),
            subject: None,
            right: ["a".to_owned(), "b".to_owned()].into(),
            right_by_hunk: vec![right("a"), right("b"), [].into()],
        };
        let set = QuerySet { name: "set".to_owned(), queries: vec![query], is_absent: false };
        let vendors_own = vec![claim("b", 0.1)];
        let hunks = vec![vec![claim("a", 0.9)], vec![claim("a", 0.9), claim("b", 0.1)], vendors_own];
        let score = score(&set, &[Answer { hunks, patch: vec![claim("b", 0.9)] }]);
        assert_eq!((score.patches.right_first, score.hunks.right_first), (1.0, 0.5));
        assert_eq!((score.hunks.asked, score.hunks.right_in_ten), (3, 1.0));
    }

    #[test]
    fn claims_count_from_a_half_on() {
        let score = scored(true, vec![vec![claim("x", 0.5)], vec![claim("x", 0.49)], vec![], vec![]]);
        assert_eq!(score.claimed, 0.25);
        assert_eq!(score.right_first, 0.0);
    }
}
