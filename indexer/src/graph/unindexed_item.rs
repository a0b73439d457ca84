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
