//! What is to be taken apart.

use std::sync::Arc;

use super::index_used::IndexUsed;
use crate::series::{NewBranch, PatchHeader};
use crate::tree::Tree;

/// A release to take apart.
pub struct ReleaseRequest<'a> {
    /// What the release is called.
    pub name: &'a str,
    /// What the base is called.
    pub base_name: &'a str,
    /// Why the base is this one.
    pub base_reason: &'a str,
    /// The index that answers.
    pub index: &'a IndexUsed,
    /// What the vendor started from.
    pub base: &'a Arc<Tree>,
    /// The vendor's release.
    pub vendor: &'a Arc<Tree>,
    /// Commits that cannot be an origin, beside those that the base contains, by id.
    pub excluded: &'a [String],
    /// The base as a revision that the index knows.
    pub base_revision: &'a str,
    /// Whether only records are written: neither series nor branch nor report.
    pub records_only: bool,
    /// Whether the records are those that tables are made of: `runs.arrow` in place of `hunks.jsonl` and `commits.csv`.
    pub arrow: bool,
    /// The branch that the series is to become as well.
    pub branch: Option<NewBranch<'a>>,
    /// The form of what stands above the diffs of patches.
    pub patch_header: PatchHeader,
    /// The date of the vendor's own changes, in seconds since 1970, as [`source_date`](super::source_date()) reads it; none
    /// for that of the vendor's newest file.
    pub source_date: Option<i64>,
}
