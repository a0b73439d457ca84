//! What came out of a release, in numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::comparison::UnreadableFile;
use super::index_reach::IndexReach;
use super::totals::{SubsystemTotals, Totals};

/// What came out.
#[derive(Debug)]
pub struct ReleaseSummary {
    /// Counts and shares.
    pub totals: Totals,
    /// What the release has of each subsystem, by its title.
    pub subsystems: BTreeMap<String, SubsystemTotals>,
    /// Commits that explain lines of the release.
    pub commits: usize,
    /// Commits of which no line is left.
    pub implied: usize,
    /// Patches of the series; none where only records are written.
    pub patches: Option<usize>,
    /// Patches of the vendor's package that were looked up.
    pub package_patches: usize,
    /// How far the index reaches beside the release.
    pub reach: IndexReach,
    /// Files that the vendor has moved.
    pub moved_files: usize,
    /// Steps of the work, and the time that each took.
    pub timings: Vec<(String, Duration)>,
    /// Files that cannot be read and are left out of everything, by path.
    pub unreadable: Vec<UnreadableFile>,
    /// What a person should know about how the trees were read and compared.
    pub notes: Vec<String>,
}
