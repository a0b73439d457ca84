//! The states of a vulnerability, and the evidence for them.

/// The state of a vulnerability in a tree. The worse ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CveState {
    /// The tree has it.
    Affected,
    /// It cannot be told.
    UnderInvestigation,
    /// The tree has it mended.
    Fixed,
    /// The tree never had it.
    NotAffected,
}

impl CveState {
    /// How the state is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            CveState::Affected => "affected",
            CveState::UnderInvestigation => "under_investigation",
            CveState::Fixed => "fixed",
            CveState::NotAffected => "not_affected",
        }
    }

    /// Whether nothing is to be done: it is fixed, or never was there.
    pub fn is_settled(self) -> bool {
        matches!(self, CveState::Fixed | CveState::NotAffected)
    }
}

/// The evidence for a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// What brought it in is neither in the base nor taken.
    NotIntroduced,
    /// Upstream never had it.
    NeverUpstream,
    /// A fix is there.
    FixThere,
    /// A part of the fix is there, or it is there in another form or order.
    FixPartlyThere,
    /// Nobody knows what brought it in, and the fix is not there.
    IntroductionUnknown,
    /// No fix is indexed.
    FixNotIndexed,
    /// No source names a fix.
    NoFixKnown,
    /// What the fix changes is not there.
    NothingToMend,
    /// The vendor does not build its files.
    NotBuilt,
    /// The vendor does not have its files.
    NoFiles,
    /// The fix was there and is undone.
    FixReverted,
    /// What brought it in is there, and the fix is not.
    FixMissing,
}

impl Evidence {
    /// The state that it speaks for.
    pub fn state(self) -> CveState {
        match self {
            Evidence::NotIntroduced | Evidence::NeverUpstream | Evidence::NotBuilt | Evidence::NoFiles => {
                CveState::NotAffected
            }
            Evidence::FixThere => CveState::Fixed,
            Evidence::FixPartlyThere
            | Evidence::IntroductionUnknown
            | Evidence::FixNotIndexed
            | Evidence::NoFixKnown
            | Evidence::NothingToMend => CveState::UnderInvestigation,
            Evidence::FixReverted | Evidence::FixMissing => CveState::Affected,
        }
    }

    /// The evidence in words.
    pub fn words(self) -> &'static str {
        match self {
            Evidence::NotIntroduced => "what brought it in is not in the tree",
            Evidence::NeverUpstream => "upstream never had it",
            Evidence::FixThere => "its fix is in the tree",
            Evidence::FixPartlyThere => "only a part of its fix is in the tree, or in another form",
            Evidence::IntroductionUnknown => {
                "its fix is not in the tree, and nobody knows what brought it in"
            }
            Evidence::FixNotIndexed => "its fix is not indexed",
            Evidence::NoFixKnown => "no source names a fix",
            Evidence::NothingToMend => "what its fix changes is not in the tree",
            Evidence::NotBuilt => "its files are not built",
            Evidence::NoFiles => "its files are not in the tree",
            Evidence::FixReverted => "its fix is undone in the tree",
            Evidence::FixMissing => "what brought it in is in the tree, and its fix is not",
        }
    }
}

impl Evidence {
    /// Whether it tells nothing of the tree: what another source tells goes first.
    pub(super) fn says_nothing(self) -> bool {
        self.has_no_commit() || self == Evidence::IntroductionUnknown
    }

    /// Whether there is no commit that would tell anything of the tree.
    pub(super) fn has_no_commit(self) -> bool {
        matches!(self, Evidence::NoFixKnown | Evidence::FixNotIndexed)
    }
}
