//! Which part of a patch a commit has to answer for.
//!
//! A patch may be made of several commits, each in hunks of its own. So a commit is judged by the hunks that it
//! explains: a hunk that another commit explains better says nothing against it.

/// A commit does not answer for a hunk that it explains to less than this share of what the best one does. What is
/// nearly as good may be the same change in other surroundings. Tuned: see `docs/constants.md`, `NEARLY_BEST`.
const NEARLY_BEST: f32 = 0.9;

/// Other hunks that say less than this share of the patch say nothing of it, and rounding would be all that is seen.
const LEAST_REST: f32 = 1e-3;

/// What is known of a patch's hunks before a commit is judged.
#[derive(Clone, Debug, Default)]
pub struct PatchParts {
    /// For each hunk what it says, as a share of the patch.
    shares: Vec<f32>,
    /// For each hunk how well the commit explains it that explains it best.
    best: Vec<f32>,
    /// The mean of that, weighted by what the hunks say.
    mean_best: f32,
    /// Below this score a hunk does not count as found in a commit.
    found_score: f32,
}

/// What becomes of a patch's other hunks where a commit is the origin of one; shares from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Others {
    /// How well the commit explains them.
    pub explained: f32,
    /// How much better other commits explain them.
    pub elsewhere: f32,
}

/// The part of a patch that a commit answers for.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// For each hunk of the patch whether it belongs to the part.
    pub has_hunk: Vec<bool>,
    /// What the part says, as a share of the patch, from 0 to 1.
    pub share: f32,
}

impl Part {
    /// Whether it is the whole patch.
    pub fn is_whole(&self) -> bool {
        !self.has_hunk.contains(&false)
    }

    /// The places in the patch of the hunks that belong to it, ascending.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.has_hunk.iter().enumerate().filter(|(_, has_hunk)| **has_hunk).map(|(place, _)| place)
    }
}

impl PatchParts {
    /// The parts of a patch, of whose hunks each has a weight and the score of the commit that explains it best; below
    /// `found_score` a hunk does not count as found in a commit.
    pub fn new(hunks: impl Iterator<Item = (f32, f32)>, found_score: f32) -> PatchParts {
        let (weights, best): (Vec<f32>, Vec<f32>) = hunks.unzip();
        let total = weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let shares: Vec<f32> = weights.into_iter().map(|weight| weight / total).collect();
        let mean_best = shares.iter().zip(&best).map(|(share, best)| share * best).sum();
        PatchParts { shares, best, mean_best, found_score }
    }

    /// The part of a commit that explains the hunks with these scores: what it explains nearly as well as the best; if
    /// there is nothing such, the hunk of which it explains most.
    pub fn of(&self, scores: &[f32]) -> Part {
        let is_own = |(score, best): (&f32, &f32)| *score >= self.found_score.max(NEARLY_BEST * best);
        let mut has_hunk: Vec<bool> = scores.iter().zip(&self.best).map(is_own).collect();
        if !has_hunk.contains(&true) {
            let explained = scores.iter().zip(&self.shares).map(|(score, share)| score * share);
            let most = explained.enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            most.into_iter().for_each(|(place, _)| has_hunk[place] = true);
        }
        let own = self.shares.iter().zip(&has_hunk).filter(|(_, has_hunk)| **has_hunk);
        let share = own.map(|(share, _)| share).sum::<f32>().min(1.0);
        Part { has_hunk, share }
    }

    /// What becomes of the other hunks for a commit that explains the one in a place with `score` and the whole patch with
    /// `patch_score`; none if there are no others, or if they say nothing.
    pub fn others(&self, place: usize, score: f32, patch_score: f32) -> Option<Others> {
        let share = *self.shares.get(place)?;
        if 1.0 - share < LEAST_REST {
            return None;
        }
        let of_others = |mean: f32, here: f32| ((mean - share * here) / (1.0 - share)).clamp(0.0, 1.0);
        let explained = of_others(patch_score, score);
        let best = of_others(self.mean_best, self.best[place]);
        Some(Others { explained, elsewhere: (best - explained).clamp(0.0, 1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND: f32 = 0.4;

    /// A patch of three hunks, of which the last says as much as the others together.
    fn parts(best: [f32; 3]) -> PatchParts {
        PatchParts::new([1.0, 1.0, 2.0].into_iter().zip(best), FOUND)
    }

    #[test]
    fn commit_answers_for_the_hunks_that_nobody_explains_better() {
        let part = parts([1.0, 1.0, 0.9]).of(&[1.0, 0.95, 0.5]);
        assert_eq!(part, Part { has_hunk: vec![true, true, false], share: 0.5 });
        let other = parts([1.0, 1.0, 0.9]).of(&[0.2, 0.0, 0.9]);
        assert_eq!(other, Part { has_hunk: vec![false, false, true], share: 0.5 });
    }

    #[test]
    fn what_nobody_explains_is_nobodys() {
        let part = parts([1.0, 0.3, 1.0]).of(&[1.0, 0.3, 1.0]);
        assert_eq!(part, Part { has_hunk: vec![true, false, true], share: 0.75 });
    }

    #[test]
    fn commit_that_is_best_nowhere_answers_for_what_it_explains_most_of() {
        let part = parts([1.0, 1.0, 1.0]).of(&[0.3, 0.4, 0.3]);
        assert_eq!(part, Part { has_hunk: vec![false, false, true], share: 0.5 });
        assert!(PatchParts::default().of(&[]).is_whole());
    }

    #[test]
    fn rest_is_what_becomes_of_the_other_hunks() {
        // Scores 1.0, 0.0 and 0.5: the patch is explained to a half, the others of the first to a third.
        let others = parts([1.0, 0.9, 0.9]).others(0, 1.0, 0.5);
        let Some(Others { explained, elsewhere }) = others else { panic!("no others") };
        assert!((explained - 1.0 / 3.0).abs() < 1e-6 && (elsewhere - (0.9 - 1.0 / 3.0)).abs() < 1e-6);
        let trivial = PatchParts::new([(300_000.0, 1.0), (0.1, 1.0)].into_iter(), FOUND);
        assert_eq!(trivial.others(0, 1.0, 1.0), None);
        let alone = PatchParts::new([(3.0, 1.0)].into_iter(), FOUND);
        assert_eq!(alone.others(0, 1.0, 1.0), None);
    }
}
