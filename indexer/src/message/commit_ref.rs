//! A commit as a message names it.

/// A commit as a message names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommitRef {
    /// The hash as far as it is given: 7 to 40 lower-case hexadecimal digits. Not necessarily unique, and in old
    /// messages not necessarily right.
    pub hex: String,
    /// The subject given with the hash, as in `Fixes: X ("subject")`; it helps to resolve a wrong or ambiguous hash.
    pub subject: Option<String>,
}
