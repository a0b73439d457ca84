//! A commit as the message of another one names it.

use serde::{Deserialize, Serialize};

use crate::graph::relation::Relation;
use crate::graph::subject_hash::SubjectHash;

/// How a message names another commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedCommit {
    /// What for.
    pub relation: Relation,
    /// The leading hexadecimal digits of its id; none if only its subject is given.
    pub hex: Option<String>,
    /// A hash of its subject, where that is given.
    pub subject: Option<SubjectHash>,
    /// Of an origin whether it is only said to be copied from there, in no words for upstream.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_pick: bool,
}
