//! How sure it is that a line comes from its owner.

use crate::confidence::Confidence;

use super::line_candidates::LineOwner;

/// Leads beyond this say no more.
const MAX_LEAD: f32 = 1.0;

/// Of the constant, presence of the commit, share of the hunk, agreement of the neighbours, lead, and whether the
/// line itself was matched.
const COEFFICIENTS: [f32; 6] = [-3.0, 2.5, 1.5, 0.7, 2.0, 1.0];

/// The features of a line's owner, in the order of the coefficients.
pub fn features(owner: &LineOwner) -> [f32; 6] {
    let matched = if owner.hunk.is_some() { 1.0 } else { 0.0 };
    [1.0, owner.presence, owner.share, owner.neighbours, owner.lead.clamp(0.0, MAX_LEAD), matched]
}

/// The probability that the line comes from its owner.
pub fn line_confidence(owner: &LineOwner) -> Confidence {
    let log_odds: f32 = features(owner).iter().zip(COEFFICIENTS).map(|(value, weight)| value * weight).sum();
    Confidence(1.0 / (1.0 + (-log_odds).exp()))
}
