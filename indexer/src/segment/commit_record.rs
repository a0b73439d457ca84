//! What the index stores of a commit, to show it without the repository: a JSON object with the keys of [`CommitRecord`].
//! `origins`, `reverts` and `fixes` are ids as the message gives them, perhaps abbreviated; they are left out where empty.

use serde::{Deserialize, Serialize};

/// A commit as stored, in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRecord {
    /// The id, in hexadecimal digits.
    pub id: String,
    /// The first paragraph of the message, on one line.
    pub subject: String,
    /// `Name <address>`.
    pub author: String,
    /// When it was written, RFC 3339 with the author's time zone.
    pub author_date: String,
    /// When it was committed, RFC 3339 with the committer's time zone.
    pub commit_date: String,
    /// The parents' ids.
    pub parents: Vec<String>,
    /// The commits that it says to carry, as it names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// The commits that it says to undo, as it names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reverts: Vec<String>,
    /// The commits whose fault it says to mend, as it names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<String>,
    /// How many hunks it has, changes without lines included.
    pub hunks: u32,
    /// How many files it touches.
    pub files: u32,
}

/// The part of a commit record that most answers need.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CommitSubject {
    /// As in [`CommitRecord::subject`].
    pub subject: String,
}
