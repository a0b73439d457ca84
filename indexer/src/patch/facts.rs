//! What a text states about a patch as a whole: by the head of a mail, or by that of a commit in a log.

/// What a text states about a patch as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PatchFacts {
    /// The commit's id.
    pub commit: Option<String>,
    /// The author.
    pub author: Option<String>,
    /// The author date.
    pub date: Option<String>,
    /// The subject on one line.
    pub subject: Option<String>,
}
