//! How sure it is that a line comes from its owner.

use crate::confidence::Confidence;

use super::line_candidates::LineOwner;

/// Leads beyond this say no more. Tuned: see `docs/constants.md`.
const MAX_COUNTED_LEAD: f32 = 1.0;

/// What each thing that speaks for a line's owner counts in the logarithm of the odds, in nats.
struct LineCoefficients {
    /// What is there before anything speaks for the owner.
    prior: f32,
    /// For the share of its commit that is present, from 0 to 1.
    presence: f32,
    /// For the share of its hunk that is present, from 0 to 1.
    share: f32,
    /// For the share of the line's neighbours that agree, from 0 to 1.
    neighbours: f32,
    /// For its lead ahead of the candidates of other commits, from 0 to [`MAX_COUNTED_LEAD`].
    lead: f32,
    /// For a line that was matched itself, not given to the owner for its neighbours' sake.
    matched: f32,
}

/// Tuned: see `docs/constants.md`.
const LINE_COEFFICIENTS: LineCoefficients =
    LineCoefficients { prior: -3.0, presence: 2.5, share: 1.5, neighbours: 0.7, lead: 2.0, matched: 1.0 };

/// The probability that the line comes from its owner.
pub fn line_confidence(owner: &LineOwner) -> Confidence {
    let of = LINE_COEFFICIENTS;
    let matched = if owner.hunk.is_some() { of.matched } else { 0.0 };
    let log_odds = of.prior
        + of.presence * owner.presence
        + of.share * owner.share
        + of.neighbours * owner.neighbours
        + of.lead * owner.lead.clamp(0.0, MAX_COUNTED_LEAD)
        + matched;
    Confidence(1.0 / (1.0 + (-log_odds).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::UNDOUBTED;

    fn confidence(owner: &LineOwner) -> f32 {
        line_confidence(owner).0
    }

    #[test]
    fn line_of_a_whole_commit_without_a_rival_is_nearly_certain() {
        let sure = confidence(&UNDOUBTED);
        assert!(sure > 0.99 && sure < 1.0, "{sure}");
    }

    #[test]
    fn line_with_nothing_to_speak_for_its_owner_is_most_likely_not_from_it() {
        let unlikely =
            LineOwner { hunk: None, presence: 0.0, share: 0.0, neighbours: 0.0, lead: 0.0, ..UNDOUBTED };
        assert!(confidence(&unlikely) < 0.05);
    }

    #[test]
    fn everything_that_speaks_less_for_the_owner_makes_it_less_sure() {
        let less = [
            LineOwner { presence: 0.5, ..UNDOUBTED },
            LineOwner { share: 0.5, ..UNDOUBTED },
            LineOwner { neighbours: 0.5, ..UNDOUBTED },
            LineOwner { lead: 0.0, ..UNDOUBTED },
            LineOwner { hunk: None, ..UNDOUBTED },
        ];
        for owner in less {
            assert!(confidence(&owner) < confidence(&UNDOUBTED), "{owner:?}");
        }
    }

    #[test]
    fn lead_beyond_what_counts_says_no_more_and_a_rival_ahead_no_less_than_none() {
        let with_lead = |lead| confidence(&LineOwner { lead, ..UNDOUBTED });
        assert_eq!(with_lead(MAX_COUNTED_LEAD), with_lead(MAX_COUNTED_LEAD + 1.0));
        assert_eq!(with_lead(0.0), with_lead(-0.3));
    }
}
