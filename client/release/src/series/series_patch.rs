//! A patch of a written series.

use super::patch_header::PatchHead;
use super::patch_key::PatchKey;
use super::patch_mail::PatchMail;

/// A patch that has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesPatch {
    /// The file's name in the folder.
    pub name: String,
    /// What it holds.
    pub key: PatchKey,
    /// How many files it changes.
    pub files: usize,
    /// How many lines of text it adds.
    pub added: usize,
    /// How many lines of text it removes.
    pub removed: usize,
    /// Who wrote it, when, and what it is called.
    pub(super) mail: PatchMail,
    /// What a reader has to find above its diff.
    pub(super) head: PatchHead,
}
