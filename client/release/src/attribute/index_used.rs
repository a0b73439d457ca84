//! The index that answers the questions about a release.

/// The index that answered, as it was when the work began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexUsed {
    /// Its folder, on the machine of the service.
    pub folder: String,
    /// Version of the index format.
    pub format: u32,
    /// The generation that was served.
    pub generation: u64,
    /// Whether the run that wrote it reached its end.
    pub is_complete: bool,
    /// Indexed commits.
    pub commits: u64,
    /// Indexed hunks.
    pub hunks: u64,
    /// The references that were indexed: repository, name, and the commit that each led to.
    pub references: Vec<(String, String, String)>,
}
