//! How sure it is that lines come from the commit that owns them.
//!
//! A logistic model: all of a kind of evidence adds its coefficient to the logarithm of the odds. The coefficients are
//! fitted to releases of which a part of the origins is not in the index, as it is with real vendors.

use rayon::prelude::*;

use super::assignment::FileOwners;
use super::attributed_release::RunOwner;
use super::candidates::FileCandidates;
use super::claim_coefficients::{CLAIM_COEFFICIENTS, PRIOR};
use super::claim_evidence::ClaimEvidence;
use super::claims::{Claim, claims};
use super::side::BySide;
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

/// Where each of a file's lines comes from; nobody's lines have none.
pub type FileOrigins = BySide<Vec<Option<RunOwner>>>;

/// Where each line of each file comes from, by its owner; lines whose owner is doubted more than believed have none.
pub fn line_origins(files: &[FileCandidates], owners: &[FileOwners]) -> Vec<FileOrigins> {
    let claims = claims(files, owners);
    owners.par_iter().zip(&claims).map(|(owners, claims)| origins_in(owners, claims)).collect()
}

fn origins_in(owners: &FileOwners, claims: &[Claim]) -> FileOrigins {
    let mut origins = BySide::from_fn(|side| vec![None; owners[side].len()]);
    for claim in claims {
        let confidence = confidence(&claim.evidence);
        if confidence.0 < LEAST_CLAIMED {
            continue;
        }
        for at in claim.start..claim.start + claim.lines {
            let owner = owners[claim.side][at];
            origins[claim.side][at] =
                owner.map(|owner| RunOwner { commit: owner.commit, confidence, kind: owner.kind });
        }
    }
    origins
}

/// The probability that lines come from the claimed commit.
pub fn confidence(evidence: &ClaimEvidence) -> Confidence {
    let weights = CLAIM_COEFFICIENTS.iter().map(|(kind, coefficient)| coefficient * evidence.value(*kind));
    let log_odds = PRIOR + weights.sum::<f32>();
    Confidence(1.0 / (1.0 + (-log_odds).exp()))
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
