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
    /// A digest of its history, 32 hexadecimal digits: equal for indexes of the same commits and releases. `hunktrace
    /// status` and `hunktrace verify` print it as well.
    pub history_digest: String,
    /// Indexed commits.
    pub commits: u64,
    /// Indexed hunks.
    pub hunks: u64,
    /// The references that were indexed: repository, name, and the commit that each led to.
    pub references: Vec<(String, String, String)>,
    /// The upstream releases that it has, oldest first.
    pub releases: Vec<IndexedRelease>,
}

/// A tagged release of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedRelease {
    /// Its tag.
    pub name: String,
    /// Commit date of the tagged commit, in seconds since 1970, UTC.
    pub date: i64,
    /// Indexed commits that no earlier release contains.
    pub commits: u64,
}
