//! What is said of a release when it is added.

use bstr::{BStr, BString};

use super::changelog::ChangelogEntry;
use super::contents::BlobId;
use super::later_commits::NewLater;
use super::purpose::MaintainedBy;
use crate::attribution::attributed_release::CommitStatus;
use crate::hunks::comparison::MatchKind;

/// A release that is to be added, without its files.
#[derive(Clone, Debug, Default)]
pub struct NewRelease {
    /// The vendor.
    pub vendor: String,
    /// What it is called; one release of the vendor has the name.
    pub name: String,
    /// Version and release of its package.
    pub version_release: Option<String>,
    /// When it was released, YYYY-MM-DD.
    pub released_on: Option<String>,
    /// What its base is called.
    pub base_name: String,
    /// The base as a revision of the index.
    pub base_revision: String,
    /// What it was read from.
    pub source: String,
    /// The checksum of that: a git tree id, or SHA-256 of a file.
    pub checksum: String,
    /// The index that it was taken apart with: the digest of its history.
    pub index_digest: String,
    /// The generation of that index.
    pub index_generation: u64,
    /// The program that took it apart, with its version.
    pub program: String,
    /// What a person should know about how it was read.
    pub notes: Vec<String>,
    /// The commits that it has, in the order of the index.
    pub commits: Vec<NewCommit>,
    /// The entries of its changelog that no release before has.
    pub changelog: Vec<ChangelogEntry>,
    /// The row of the release that files are said to be as in ([`NewFile::is_as_before`]), where that is said.
    pub files_are_as_in: Option<i64>,
}

/// A commit that a release has.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCommit {
    /// Its id, 40 hexadecimal digits.
    pub sha: String,
    /// Its subject.
    pub subject: String,
    /// `Name <address>`.
    pub author: String,
    /// When it was written: RFC 3339.
    pub author_date: String,
    /// The first tag that contains it.
    pub first_release: Option<String>,
    /// Ids of the commits that carry it.
    pub carriers: Vec<String>,
    /// How much of it is there.
    pub status: CommitStatus,
    /// Probability that the release has it, from 0 to 1.
    pub confidence: f64,
    /// Changed lines of the release that come from it.
    pub lines: u64,
    /// Its hunks that are there.
    pub hunks: u32,
    /// Its hunks that are not: `FILE:LINE reason` each.
    pub missing: Vec<String>,
    /// The weakest match of its lines.
    pub match_kind: MatchKind,
    /// Of an implied commit the one that superseded it.
    pub superseded_by: Option<String>,
    /// The commits of the index that repair it or take it back, the oldest first.
    pub later: Vec<NewLater>,
    /// The subsystem that it belongs to, where the index knows it.
    pub subsystem: Option<String>,
}

/// What is known of commits beside the release: their messages, and who maintains a path.
pub trait CommitFacts {
    /// The messages of commits, in order; none of one whose message is not known.
    ///
    /// # Errors
    /// Where they cannot be asked for, with the reason.
    fn messages(&mut self, commits: &[&str]) -> Result<Vec<Option<String>>, String>;

    /// Which part of the kernel a path belongs to.
    fn maintained_by(&self) -> Option<&dyn MaintainedBy>;
}

/// A file that differs from the base.
#[derive(Clone, Debug, Default)]
pub struct NewFile {
    /// Its path in the release; in the base where the release has not got it.
    pub path: BString,
    /// Its path in the base, where it was moved.
    pub moved_from: Option<BString>,
    /// The blob id of its text in the base.
    pub base: Option<BlobId>,
    /// The blob id of its text in the release.
    pub vendor: Option<BlobId>,
    /// What no line says.
    pub notes: Vec<String>,
    /// Whose each changed line is.
    pub runs: Vec<NewRun>,
    /// Whether all of this is as in the release before.
    pub is_as_before: bool,
}

/// Neighbouring changed lines of one side and one origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewRun {
    /// Whether the release has added them; else they are the base's.
    pub is_added: bool,
    /// The first line's number, from 1.
    pub start: u32,
    /// How many lines.
    pub lines: u32,
    /// Where they come from: the place in [`NewRelease::commits`], how sure that is, and how they match.
    pub origin: Option<(usize, f64, MatchKind)>,
}

/// The texts of a release and its base, for several threads at once.
pub trait FileTexts: Sync {
    /// The text of a file in the base.
    ///
    /// # Errors
    /// Where it cannot be read, with the reason.
    fn base_text(&self, file: &NewFile) -> Result<Vec<u8>, String>;

    /// The text of a file in the release.
    ///
    /// # Errors
    /// Where it cannot be read, with the reason.
    fn vendor_text(&self, file: &NewFile) -> Result<Vec<u8>, String>;

    /// The text of whatever file of the release; none where it has no such file, or it cannot be read.
    fn release_text(&self, path: &BStr) -> Option<Vec<u8>>;
}
