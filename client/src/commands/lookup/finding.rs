//! What was found for a patch or a hunk, so that two findings can be held against each other.

use hunktrace_proto::v1::{Candidate, HunkAnswer, InBase, Patch};

use crate::commands::lookup::confidence_text::LIKELY;

/// The one thing that is said first of a patch or a hunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding<'a> {
    /// The base has it already, from this commit.
    InBase(&'a Candidate),
    /// It undoes this commit.
    Reverts(&'a Candidate),
    /// Its best candidate, however likely.
    Origin(&'a Candidate),
    /// Nothing resembles it.
    Nothing,
}

impl<'a> Finding<'a> {
    /// What was found for a patch as a whole.
    pub fn of_patch(patch: &'a Patch) -> Finding<'a> {
        Finding::of(patch.in_base.as_deref(), patch.reverts.as_deref(), &patch.candidates)
    }

    /// What was found for a hunk.
    pub fn of_hunk(hunk: &'a HunkAnswer) -> Finding<'a> {
        Finding::of(hunk.in_base.as_deref(), hunk.reverts.as_deref(), &hunk.candidates)
    }

    fn of(
        in_base: Option<&'a InBase>,
        reverts: Option<&'a Candidate>,
        candidates: &'a [Candidate],
    ) -> Finding<'a> {
        let held = in_base.and_then(|held| held.candidate.as_ref());
        match (held, reverts, candidates.first()) {
            (Some(held), _, _) => Finding::InBase(held),
            (None, Some(undone), _) => Finding::Reverts(undone),
            (None, None, Some(best)) => Finding::Origin(best),
            (None, None, None) => Finding::Nothing,
        }
    }

    /// The commit that was found.
    pub fn candidate(self) -> Option<&'a Candidate> {
        match self {
            Finding::InBase(candidate) | Finding::Reverts(candidate) | Finding::Origin(candidate) => {
                Some(candidate)
            }
            Finding::Nothing => None,
        }
    }

    /// Whether it is an answer, and not only the most similar commit.
    pub fn is_likely(self) -> bool {
        match self {
            Finding::InBase(_) | Finding::Reverts(_) => true,
            Finding::Origin(candidate) => candidate.confidence >= LIKELY,
            Finding::Nothing => false,
        }
    }

    /// Whether both say the same of the same commit, each with a confidence of its own.
    pub fn is_of_the_commit_of(self, other: Finding<'_>) -> bool {
        let own = self.candidate().map(|candidate| &candidate.commit);
        let others = other.candidate().map(|candidate| &candidate.commit);
        std::mem::discriminant(&self) == std::mem::discriminant(&other) && own == others
    }

    /// Whether one has nothing to say that the other does not say.
    pub fn agrees_with(self, other: Finding<'_>) -> bool {
        self.is_of_the_commit_of(other) && self.is_likely() == other.is_likely()
    }
}

/// Whether a commit was undone, and what undid it was not.
pub fn is_undone(candidate: &Candidate) -> bool {
    let is_in_force = |id: &String| {
        let revert = candidate.related.iter().find(|commit| commit.commit == *id);
        revert.is_none_or(|revert| revert.reverted_by.is_empty())
    };
    candidate.reverted_by.iter().any(is_in_force)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(commit: &str, confidence: f64) -> Candidate {
        Candidate { commit: commit.into(), confidence, ..Candidate::default() }
    }

    fn hunk(candidates: Vec<Candidate>) -> HunkAnswer {
        HunkAnswer { candidates, ..HunkAnswer::default() }
    }

    #[test]
    fn findings_agree_on_a_commit_and_on_whether_it_is_likely() {
        let (sure, less_sure) = (candidate("a", 0.9), candidate("a", 0.6));
        let (doubted, other) = (candidate("a", 0.4), candidate("b", 0.9));
        let origin = Finding::Origin(&sure);
        assert!(origin.agrees_with(Finding::Origin(&less_sure)));
        assert!(!origin.agrees_with(Finding::Origin(&doubted)));
        assert!(origin.is_of_the_commit_of(Finding::Origin(&doubted)));
        for differs in [Finding::Origin(&other), Finding::Reverts(&sure), Finding::Nothing] {
            assert!(!origin.is_of_the_commit_of(differs), "{differs:?}");
        }
        assert!(Finding::Nothing.agrees_with(Finding::Nothing));
    }

    #[test]
    fn what_the_base_has_comes_before_what_is_undone_and_before_candidates() {
        let held = InBase { candidate: Some(candidate("a", 0.9)), ..InBase::default() };
        let all = HunkAnswer {
            in_base: Some(Box::new(held)),
            reverts: Some(Box::new(candidate("b", 0.9))),
            ..hunk(vec![candidate("c", 0.9)])
        };
        assert_eq!(Finding::of_hunk(&all), Finding::InBase(&candidate("a", 0.9)));
        let undone = HunkAnswer { in_base: None, ..all };
        assert_eq!(Finding::of_hunk(&undone), Finding::Reverts(&candidate("b", 0.9)));
    }
}
