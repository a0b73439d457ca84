//! What an index lacks, and why.

use bstr::BString;
use serde::{Deserialize, Serialize};

/// Something that could not be indexed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnindexedItem {
    /// The commit, in hexadecimal digits; for a reference its name.
    pub commit: String,
    /// The file; none if it is the whole commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<BString>,
    /// Why.
    pub reason: String,
}

/// Why nothing is known of what a commit changed whose parents are elsewhere.
pub const CUT_OFF: &str =
    "history is cut off here (shallow clone or missing parents): its changes are unknown";

impl UnindexedItem {
    /// Whether it is history that should have been there and could not be read: no reference that leads to something else than
    /// a commit, and no place where history is cut off, such as in a shallow clone.
    pub fn is_unreadable(&self) -> bool {
        !self.commit.starts_with("refs") && self.reason != CUT_OFF
    }
}
