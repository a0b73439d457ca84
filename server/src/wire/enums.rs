//! The enums of the wire contract and those of the engine, translated in both directions.
//!
//! Clients in this workspace translate what they receive once and work with the engine's types from there on.

use hunktrace_proto::v1;

use crate::attribution::attributed_release::{CommitStatus, MissingReason};
use crate::attribution::progress::AttributionPhase;
use crate::attribution::side::Side;
use crate::audit::evidence::{CveState, Evidence};
use crate::audit::missing_fixes::FixState;
use crate::check::commit_state::StateKind;
use crate::check::hunk_state::HunkState;
use crate::hunks::comparison::MatchKind;

/// A value that says nothing: an unspecified one, which is also what one of a newer contract is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service names {what} that this program does not know; use programs of the same version")]
pub struct UnknownValue {
    /// What the value stands for, in words.
    pub what: &'static str,
}

/// Translates an enum of the engine, by its values, to the one of the wire and back.
macro_rules! translated {
    ($engine:ident is $wire:ident, $what:literal: $($value:ident is $wire_value:ident),+ $(,)?) => {
        impl From<$engine> for v1::$wire {
            fn from(value: $engine) -> v1::$wire {
                match value {
                    $($engine::$value => v1::$wire::$wire_value,)+
                }
            }
        }

        impl TryFrom<v1::$wire> for $engine {
            type Error = UnknownValue;

            fn try_from(value: v1::$wire) -> Result<$engine, UnknownValue> {
                match value {
                    v1::$wire::Unspecified => Err(UnknownValue { what: $what }),
                    $(v1::$wire::$wire_value => Ok($engine::$value),)+
                }
            }
        }
    };
}

translated! {
    MatchKind is MatchKind, "a kind of match":
    Exact is Exact,
    Changes is Changes,
    Normalized is Normalized,
    Partial is Partial,
    Fuzzy is Fuzzy,
    Implied is Implied,
}

translated! {
    CommitStatus is CommitStatus, "the status of a commit":
    Complete is Complete,
    Partial is Partial,
    Implied is Implied,
}

translated! {
    MissingReason is MissingReason, "the reason of a missing hunk":
    Unchanged is Unchanged,
    Superseded is Superseded,
    LeftOut is LeftOut,
}

translated! {
    Side is Side, "a side":
    Removed is Old,
    Added is New,
}

translated! {
    AttributionPhase is AttributePhase, "a phase":
    GatheringCandidates is GatheringCandidates,
    WeighingCommits is WeighingCommits,
}

translated! {
    StateKind is CheckState, "what became of a commit":
    InBase is InBase,
    Complete is Complete,
    Partial is Partial,
    Superseded is Superseded,
    Reverted is Reverted,
    Absent is Absent,
    NotIndexed is NotIndexed,
}

translated! {
    HunkState is HunkState, "what became of a hunk":
    There is There,
    Superseded is Superseded,
    LeftOut is Missing,
    NothingToDo is NothingToDo,
    NoFile is NoFile,
    NoLines is NoLines,
}

translated! {
    FixState is FixState, "the state of a fix":
    Present is Present,
    Unaffected is Unaffected,
    WillApply is WillApply,
    Missing is Missing,
    MaybeMissing is MaybeMissing,
    Blacklisted is Blacklisted,
}

translated! {
    CveState is VulnerabilityState, "the state of a vulnerability":
    Affected is Affected,
    UnderInvestigation is UnderInvestigation,
    Fixed is Fixed,
    NotAffected is NotAffected,
}

translated! {
    Evidence is VulnerabilityEvidence, "the evidence for the state of a vulnerability":
    NotIntroduced is NotIntroduced,
    NeverUpstream is NeverUpstream,
    FixThere is FixThere,
    FixPartlyThere is FixPartlyThere,
    IntroductionUnknown is IntroductionUnknown,
    FixNotIndexed is FixNotIndexed,
    NoFixKnown is NoFixKnown,
    NothingToMend is NothingToMend,
    NotBuilt is NotBuilt,
    NoFiles is NoFiles,
    FixReverted is FixReverted,
    FixMissing is FixMissing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_sent() {
        use MatchKind::{Changes, Exact, Fuzzy, Implied, Normalized, Partial};
        for kind in [Exact, Changes, Normalized, Partial, Fuzzy, Implied] {
            assert_eq!(MatchKind::try_from(v1::MatchKind::from(kind)), Ok(kind));
        }
        for status in [CommitStatus::Complete, CommitStatus::Partial, CommitStatus::Implied] {
            assert_eq!(CommitStatus::try_from(v1::CommitStatus::from(status)), Ok(status));
        }
        for reason in [MissingReason::Unchanged, MissingReason::Superseded, MissingReason::LeftOut] {
            assert_eq!(MissingReason::try_from(v1::MissingReason::from(reason)), Ok(reason));
        }
        for phase in [AttributionPhase::GatheringCandidates, AttributionPhase::WeighingCommits] {
            assert_eq!(AttributionPhase::try_from(v1::AttributePhase::from(phase)), Ok(phase));
        }
    }

    #[test]
    fn removed_lines_are_on_the_old_side() {
        assert_eq!(v1::Side::from(Side::Removed), v1::Side::Old);
        assert_eq!(v1::Side::from(Side::Added), v1::Side::New);
        assert_eq!(Side::try_from(v1::Side::Old), Ok(Side::Removed));
        assert_eq!(Side::try_from(v1::Side::New), Ok(Side::Added));
    }

    #[test]
    fn unspecified_values_are_unknown() {
        let error = MatchKind::try_from(v1::MatchKind::Unspecified).expect_err("it says nothing");
        assert_eq!(error, UnknownValue { what: "a kind of match" });
        assert!(CommitStatus::try_from(v1::CommitStatus::Unspecified).is_err());
        assert!(MissingReason::try_from(v1::MissingReason::Unspecified).is_err());
        assert!(Side::try_from(v1::Side::Unspecified).is_err());
    }
}
