//! Which part of a patch a commit has to answer for.
//!
//! A patch may be made of several commits, each in hunks of its own. So a commit is judged by the hunks that it
//! explains: a hunk that another commit explains better says nothing against it.

/// A commit does not answer for a hunk that it explains to less than this share of what the best one does. What is
/// nearly as good may be the same change in other surroundings.
const NEARLY_BEST: f32 = 0.9;

/// What is known of a patch's hunks whichever commit is judged.
#[derive(Clone, Debug, Default)]
pub struct PatchParts {
    /// For each hunk what it says, as a share of the patch.
    shares: Vec<f32>,
    /// For each hunk how well a commit has to explain it to answer for it.
    least_scores: Vec<f32>,
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
}

/// What becomes of a patch's other hunks where a commit is the origin of one. Shares are from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// How well the commit explains them.
    pub explained: f32,
    /// Share of the commit's hunks that are found in the patch.
    pub hunks_present: f32,
}

impl PatchParts {
    /// The parts of a patch, of whose hunks each has a weight and the score of the commit that explains it best; below
    /// `found_score` a hunk does not count as found in a commit.
    pub fn new(hunks: impl Iterator<Item = (f32, f32)>, found_score: f32) -> PatchParts {
        let (weights, best): (Vec<f32>, Vec<f32>) = hunks.unzip();
        let total = weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        PatchParts {
            shares: weights.into_iter().map(|weight| weight / total).collect(),
            least_scores: best.into_iter().map(|best| found_score.max(NEARLY_BEST * best)).collect(),
        }
    }

    /// The part of a commit that explains the hunks with these scores: what it explains nearly as well as the best; if
    /// there is nothing such, the hunk of which it explains most.
    pub fn of(&self, scores: &[f32]) -> Part {
        let mut has_hunk: Vec<bool> =
            scores.iter().zip(&self.least_scores).map(|(score, least)| score >= least).collect();
        if !has_hunk.contains(&true) {
            let explained = scores.iter().zip(&self.shares).map(|(score, share)| score * share);
            let most = explained.enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            most.into_iter().for_each(|(place, _)| has_hunk[place] = true);
        }
        let own = self.shares.iter().zip(&has_hunk).filter(|(_, has_hunk)| **has_hunk);
        let share = own.map(|(share, _)| share).sum::<f32>().min(1.0);
        Part { has_hunk, share }
    }

    /// How well a commit explains the other hunks that explains the one in a place with `score` and the whole patch with
    /// `patch_score`; none where there are no others.
    pub fn explained_beside(&self, place: usize, score: f32, patch_score: f32) -> Option<f32> {
        let share = *self.shares.get(place)?;
        let has_others = self.shares.len() > 1 && share < 1.0;
        has_others.then(|| (patch_score - share * score) / (1.0 - share))
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
    fn rest_is_what_is_explained_of_the_other_hunks() {
        let parts = parts([1.0; 3]);
        // Scores 1.0, 0.0 and 0.5: the patch is explained to a half, the others of the first to a third.
        let beside = parts.explained_beside(0, 1.0, 0.5);
        assert!(beside.is_some_and(|rest| (rest - 1.0 / 3.0).abs() < 1e-6), "{beside:?}");
        let alone = PatchParts::new([(3.0, 1.0)].into_iter(), FOUND);
        assert_eq!(alone.explained_beside(0, 1.0, 1.0), None);
    }
}
