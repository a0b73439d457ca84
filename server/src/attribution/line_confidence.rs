//! How sure it is that lines come from the commit that owns them.
//!
//! A logistic model: all of a kind of evidence adds its coefficient to the logarithm of the odds. The coefficients are
//! fitted to releases of which a part of the origins is not in the index, as it is with real vendors.

use super::claim_coefficients::{CLAIM_COEFFICIENTS, PRIOR};
use super::claim_evidence::ClaimEvidence;
use crate::confidence::Confidence;

/// A file of coefficients that contradicts the table of evidence does not compile.
const _: () = assert!(fit_the_evidence());

/// Whether kinds come in their order, and none speaks against a claim.
const fn fit_the_evidence() -> bool {
    let (mut fits, mut place) = (true, 0);
    while place < CLAIM_COEFFICIENTS.len() {
        let (kind, coefficient) = CLAIM_COEFFICIENTS[place];
        fits = fits && kind as usize == place && coefficient >= 0.0;
        place += 1;
    }
    fits
}

/// A claim that is less sure than this is not made: it would more likely be wrong than right.
pub const LEAST_CLAIMED: f32 = 0.5;

/// Claims are told in these parts of one: more would only show the noise of the last bits, and would differ between any
/// two releases of a row.
const TOLD_PARTS: f32 = 10_000.0;

/// The probability that lines come from the claimed commit.
pub fn confidence(evidence: &ClaimEvidence) -> Confidence {
    let weights = CLAIM_COEFFICIENTS.iter().map(|(kind, coefficient)| coefficient * evidence.value(*kind));
    let log_odds = PRIOR + weights.sum::<f32>();
    let probability = 1.0 / (1.0 + (-log_odds).exp());
    Confidence((probability * TOLD_PARTS).round() / TOLD_PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::claim_evidence::{ClaimEvidenceKind, KINDS};

    fn sure(evidence: &ClaimEvidence) -> f32 {
        confidence(evidence).0
    }

    #[test]
    fn claim_with_everything_to_speak_for_it_is_nearly_certain() {
        let sure = sure(&ClaimEvidence([1.0; KINDS]));
        assert!(sure > 0.99 && sure < 1.0, "{sure}");
    }

    #[test]
    fn claim_with_nothing_to_speak_for_it_is_most_likely_wrong() {
        assert!(sure(&ClaimEvidence::default()) < 0.05);
    }

    #[test]
    fn less_evidence_never_makes_a_claim_surer() {
        let all = ClaimEvidence([1.0; KINDS]);
        let mut less_sure = 0;
        for kind in ClaimEvidenceKind::ALL {
            let mut less = all;
            less.set(kind, 0.5);
            assert!(sure(&less) <= sure(&all), "{}", kind.name());
            less_sure += usize::from(sure(&less) < sure(&all));
        }
        assert!(less_sure >= 5, "only {less_sure} kinds count");
    }
}
