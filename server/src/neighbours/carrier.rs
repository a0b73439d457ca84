//! How a neighbour has a commit.

/// How a neighbour has a commit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Carrier {
    /// `catalogue`, `tree` or `series`.
    pub kind: &'static str,
    /// Who it is.
    pub vendor: String,
    /// The release of a catalogue, or the patch of a series; empty of a tree.
    pub release: String,
    /// The release's date, YYYY-MM-DD; empty where it is not known.
    pub date: String,
    /// What it was forked from; empty where that is not known.
    pub base: String,
    /// Whether it is the vendor's newest release.
    pub is_newest: bool,
    /// The first release that has it so.
    pub since: String,
    /// `complete`, `partial` or `implied`, or how a patch matches.
    pub status: String,
    /// Probability that it has the commit.
    pub confidence: f64,
    /// Changed lines; 0 where that is not known.
    pub lines: u64,
    /// Hunks; 0 where that is not known.
    pub hunks: u64,
    /// Hunks that are missing: `FILE:LINE reason`.
    pub missing: Vec<String>,
    /// What superseded it.
    pub superseded_by: String,
}
