//! References to the history that was indexed.

use serde::{Deserialize, Serialize};

/// A reference as it was when it was indexed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndexedRef {
    /// The repository's path, as it was given.
    pub repository: String,
    /// The reference's full name, or the revision as the user gave it.
    pub name: String,
    /// The commit that it led to, in hexadecimal digits.
    pub commit: String,
}
