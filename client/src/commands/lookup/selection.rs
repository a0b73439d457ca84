//! Which answers are to be seen: those that are sure enough, and if so asked only what nobody knows the origin of.

use hunktrace_proto::v1::{Candidate, HunkAnswer, InBase, Patch};

use crate::commands::lookup::finding::Finding;

/// Which answers are to be seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection {
    /// The confidence that a finding has at least.
    pub least: Option<f64>,
    /// Whether patches with a likely origin are passed over.
    pub only_unknown: bool,
}

impl Selection {
    /// Takes out of a patch's answer what is not sure enough.
    pub fn keep_sure(self, patch: &mut Patch) {
        let Some(least) = self.least else { return };
        keep(least, &mut patch.in_base, &mut patch.reverts, &mut patch.candidates);
        for HunkAnswer { in_base, reverts, candidates, .. } in &mut patch.hunks {
            keep(least, in_base, reverts, candidates);
        }
    }

    /// Whether a patch is to be seen, of which it is known whether it has a likely origin.
    pub fn shows(self, has_likely_origin: bool) -> bool {
        !(self.only_unknown && has_likely_origin)
    }
}

fn keep(
    least: f64,
    in_base: &mut Option<Box<InBase>>,
    reverts: &mut Option<Box<Candidate>>,
    candidates: &mut Vec<Candidate>,
) {
    let is_sure = |candidate: &Candidate| candidate.confidence >= least;
    in_base.take_if(|held| !held.candidate.as_ref().is_some_and(is_sure));
    reverts.take_if(|undone| !is_sure(undone));
    candidates.retain(is_sure);
}

/// Whether something is known of where the patch comes from: a likely origin of the whole or one of each of its hunks, or
/// that the base has it, or which commit it undoes. A patch without hunks has nothing to look for.
pub fn has_likely_origin(patch: &Patch) -> bool {
    Finding::of_patch(patch).is_likely()
        || patch.candidates.iter().any(|candidate| Finding::Origin(candidate).is_likely())
        || patch.hunks.iter().all(|hunk| Finding::of_hunk(hunk).is_likely())
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

    fn patch(whole: f64, hunks: &[f64]) -> Patch {
        let hunks = hunks.iter().map(|confidence| hunk(vec![candidate("b", *confidence)])).collect();
        Patch { candidates: vec![candidate("a", whole)], hunks, ..Patch::default() }
    }

    #[test]
    fn patch_is_known_by_its_origin_or_those_of_all_its_hunks() {
        assert!(has_likely_origin(&patch(0.5, &[0.1])));
        assert!(has_likely_origin(&patch(0.1, &[0.9, 0.5])));
        assert!(!has_likely_origin(&patch(0.49, &[0.9, 0.49])));
        let undone = Patch { reverts: Some(Box::new(candidate("c", 0.6))), ..patch(0.1, &[0.1]) };
        assert!(has_likely_origin(&undone));
        assert!(!has_likely_origin(&Patch { hunks: vec![hunk(vec![])], ..Patch::default() }));
    }

    #[test]
    fn what_is_not_sure_enough_is_taken_out_everywhere() {
        let held = |confidence| InBase { candidate: Some(candidate("c", confidence)), ..InBase::default() };
        let kept = |confidence| {
            let seen = (Some(Box::new(held(confidence))), Some(Box::new(candidate("d", confidence))));
            let hunk = HunkAnswer {
                in_base: seen.0.clone(),
                reverts: seen.1.clone(),
                ..hunk(vec![candidate("b", confidence)])
            };
            let mut patch =
                Patch { in_base: seen.0, reverts: seen.1, hunks: vec![hunk], ..patch(confidence, &[]) };
            Selection { least: Some(0.8), only_unknown: false }.keep_sure(&mut patch);
            patch
        };
        let sure = kept(0.8);
        assert!(sure.in_base.is_some() && sure.reverts.is_some() && sure.candidates.len() == 1);
        assert!(has_likely_origin(&sure));
        let unsure = kept(0.79);
        let expected = Patch { hunks: vec![hunk(vec![])], ..Patch::default() };
        assert_eq!(unsure, expected);
        assert!(!has_likely_origin(&unsure));
    }

    #[test]
    fn known_patches_are_passed_over_on_request() {
        let shown = |only_unknown| {
            let selection = Selection { least: None, only_unknown };
            [true, false].map(|is_known| selection.shows(is_known))
        };
        assert_eq!(shown(false), [true, true]);
        assert_eq!(shown(true), [false, true]);
    }
}
