//! From evidence to log-odds to a probability.
//!
//! Each piece of evidence is measured from a neutral value, so that its weight is positive where it speaks for the
//! candidate; the log-odds that the candidate is the origin are the sum of the weights. No coefficient may contradict
//! what its evidence means: more agreement never speaks against a candidate.

use super::Confidence;
use super::coefficients::{HUNK_COEFFICIENTS, PATCH_COEFFICIENTS};
use super::evidence::{Evidence, EvidenceKind, Meaning};
use super::weighing::Weighing;

/// A file of coefficients that contradicts the table of evidence does not compile.
const _: () = assert!(fit_the_evidence(&HUNK_COEFFICIENTS) && fit_the_evidence(&PATCH_COEFFICIENTS));

/// Whether kinds begin with the prior, come in their order, and count as they mean.
const fn fit_the_evidence(weighings: &[Weighing]) -> bool {
    let mut fits = matches!(weighings[0].kind, EvidenceKind::Prior);
    let mut place = 1;
    while place < weighings.len() {
        let Weighing { kind, coefficient, neutral } = weighings[place];
        fits = fits
            && kind as u8 > weighings[place - 1].kind as u8
            && match kind.row().meaning {
                Meaning::Graded => coefficient >= 0.0 && neutral >= 0.0,
                Meaning::SpeaksFor => coefficient >= 0.0 && neutral == 0.0,
                Meaning::SpeaksAgainst => coefficient <= 0.0 && neutral == 0.0,
            };
        place += 1;
    }
    fits
}

/// The evidence for a single hunk, weighed; the values come in the order of the coefficients behind the prior.
pub(super) fn weighed_for_hunk(values: impl Iterator<Item = (EvidenceKind, f32)>) -> Vec<Evidence> {
    weighed(values, &HUNK_COEFFICIENTS)
}

/// The evidence for a whole patch, weighed; the values come in the order of the coefficients behind the prior.
pub(super) fn weighed_for_patch(values: impl Iterator<Item = (EvidenceKind, f32)>) -> Vec<Evidence> {
    weighed(values, &PATCH_COEFFICIENTS)
}

fn weighed(values: impl Iterator<Item = (EvidenceKind, f32)>, weighings: &[Weighing]) -> Vec<Evidence> {
    let prior = (EvidenceKind::Prior, 1.0);
    let weigh = |((kind, value), weighing): ((EvidenceKind, f32), &Weighing)| Evidence {
        kind,
        value,
        weight: weighing.coefficient * (value - weighing.neutral),
        lost: (weighing.coefficient * (perfect_value(kind, value) - value)).max(0.0),
    };
    std::iter::once(prior).chain(values).zip(weighings).map(weigh).collect()
}

/// The value of a kind of evidence where a candidate agrees with what was asked in everything.
fn perfect_value(kind: EvidenceKind, value: f32) -> f32 {
    match kind.row().meaning {
        // Everybody begins with the prior.
        _ if kind == EvidenceKind::Prior => value,
        Meaning::Graded => 1.0,
        // What can only be added is not missed.
        Meaning::SpeaksFor => value.max(0.0),
        Meaning::SpeaksAgainst => 0.0,
    }
}

/// The probability that goes with evidence.
pub fn confidence(evidence: &[Evidence]) -> Confidence {
    let log_odds: f32 = evidence.iter().map(|evidence| evidence.weight).sum();
    Confidence(1.0 / (1.0 + (-log_odds).exp()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::confidence::weighing::weighing;

    #[test]
    fn no_two_kinds_have_one_name() {
        for coefficients in [&HUNK_COEFFICIENTS[..], &PATCH_COEFFICIENTS] {
            let names: BTreeSet<&str> =
                coefficients.iter().map(|weighing| weighing.kind.row().name).collect();
            assert_eq!(names.len(), coefficients.len());
        }
    }

    #[test]
    fn coefficients_that_contradict_their_evidence_are_told() {
        let fits = |kind, coefficient, neutral| {
            fit_the_evidence(&[
                weighing(EvidenceKind::Prior, -1.0, 0.0),
                weighing(kind, coefficient, neutral),
            ])
        };
        assert!(fits(EvidenceKind::Path, 1.0, 0.9));
        assert!(!fits(EvidenceKind::Path, -1.0, 0.9), "agreement cannot speak against");
        assert!(fits(EvidenceKind::Names, -1.0, 0.0));
        assert!(!fits(EvidenceKind::Names, 1.0, 0.0) && !fits(EvidenceKind::Names, -1.0, 0.1));
        assert!(!fits(EvidenceKind::Prior, 1.0, 0.0), "nothing is weighed twice");
    }

    #[test]
    fn neutral_evidence_leaves_the_prior_alone() {
        let neutral = HUNK_COEFFICIENTS[1..].iter().map(|weighing| (weighing.kind, weighing.neutral));
        let evidence = weighed_for_hunk(neutral);
        assert_eq!(evidence.len(), HUNK_COEFFICIENTS.len());
        let prior = HUNK_COEFFICIENTS[0].coefficient;
        assert_eq!(evidence.iter().map(|evidence| evidence.weight).sum::<f32>(), prior);
        assert_eq!(confidence(&evidence).0, 1.0 / (1.0 + (-prior).exp()));
    }

    #[test]
    fn evidence_says_how_far_it_is_from_that_of_a_perfect_match() {
        let value = |kind| match kind {
            EvidenceKind::Behind => -1.0,
            EvidenceKind::Claimed => 1.0,
            _ => 0.0,
        };
        let values = HUNK_COEFFICIENTS[1..].iter().map(|weighing| (weighing.kind, value(weighing.kind)));
        for (evidence, weighing) in weighed_for_hunk(values).iter().zip(&HUNK_COEFFICIENTS) {
            let lost = match (weighing.kind, weighing.kind.row().meaning) {
                (EvidenceKind::Prior | EvidenceKind::Claimed, _) => 0.0,
                (EvidenceKind::Behind, _) | (_, Meaning::Graded) => weighing.coefficient,
                _ => 0.0,
            };
            assert_eq!(evidence.lost, lost, "{:?}", weighing.kind);
        }
    }

    #[test]
    fn confidence_of_even_odds_is_a_half() {
        assert_eq!(confidence(&[]), Confidence(0.5));
    }
}
