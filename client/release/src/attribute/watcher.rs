//! How far the work on a release is, for those who watch it.

/// A stage of the work on a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Base and vendor are compared.
    ComparingTrees,
    /// The service is asked what new files were called before.
    FollowingRenames,
    /// The service looks up the hunks of the release, file by file.
    GatheringCandidates,
    /// The service judges the commits over the whole release.
    WeighingCommits,
    /// The service does something that this program has no name for.
    TakingApart,
    /// The patches of the vendor's package are looked up.
    LookingUpPatches,
    /// The records are written.
    WritingRecords,
    /// The patch series is written and verified.
    WritingSeries,
    /// The patch series becomes a branch.
    StoringCommits,
    /// The report is written.
    WritingReport,
}

impl Phase {
    /// The phase in words.
    pub fn name(self) -> &'static str {
        match self {
            Phase::ComparingTrees => "comparing the trees",
            Phase::FollowingRenames => "following renames",
            Phase::GatheringCandidates => "gathering candidates",
            Phase::WeighingCommits => "weighing commits",
            Phase::TakingApart => "taking the release apart",
            Phase::LookingUpPatches => "looking up the patches of the package",
            Phase::WritingRecords => "writing the records",
            Phase::WritingSeries => "writing the patch series",
            Phase::StoringCommits => "storing the series as commits",
            Phase::WritingReport => "writing the report",
        }
    }
}

/// Hears how far the work is.
pub trait Watcher: Send + Sync {
    /// Of a phase's `total` steps `done` are finished; a total of 0 says that their number is not known.
    fn advanced(&self, phase: Phase, done: u64, total: u64);
}

/// Watches nothing.
impl Watcher for () {
    fn advanced(&self, _: Phase, _: u64, _: u64) {}
}
