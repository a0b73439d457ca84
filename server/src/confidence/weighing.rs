//! What a kind of evidence counts.

use super::evidence::EvidenceKind;

/// What a kind of evidence counts.
pub(super) struct Weighing {
    /// The evidence.
    pub(super) kind: EvidenceKind,
    /// The log-odds for each unit beyond the neutral value.
    pub(super) coefficient: f32,
    /// The value that says nothing: midway between the means of right and wrong candidates, or 0 for what can only speak
    /// one way.
    pub(super) neutral: f32,
}

/// A row of the fitted coefficients.
pub(super) const fn weighing(kind: EvidenceKind, coefficient: f32, neutral: f32) -> Weighing {
    Weighing { kind, coefficient, neutral }
}
