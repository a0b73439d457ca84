//! What can go wrong while a series is made or checked.

use std::io;
use std::path::PathBuf;

use bstr::BString;

use super::release::ReadError;
use crate::answer::Side;

/// Why a series could not be made, or cannot be relied on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder for the patches holds something already.
    #[error(
        "{folder}: is not empty, and older patches would mix with the new ones; empty it, or name another folder"
    )]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refused to read or write.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file of one of the trees cannot be read.
    #[error("{path}: cannot be read from the {tree}: {source}", tree = tree_name(*.side))]
    Read {
        /// The file.
        path: BString,
        /// The tree.
        side: Side,
        /// The reason.
        source: ReadError,
    },
    /// A mode that git does not have.
    #[error(
        "{path}: has mode {mode:o}, which no git tree can hold; files, symlinks and submodules can be expressed"
    )]
    Mode {
        /// The file.
        path: BString,
        /// The mode.
        mode: u32,
    },
    /// A submodule whose content is not the line that names its commit.
    #[error("{path}: is a submodule without a commit; `Subproject commit` and an id were expected")]
    Submodule {
        /// The path.
        path: BString,
    },
    /// A content has no git id.
    #[error("{path}: cannot be hashed: {source}")]
    Hash {
        /// The file.
        path: BString,
        /// The reason.
        source: ReadError,
    },
    /// A binary content cannot be compressed.
    #[error("{path}: cannot be compressed: {source}")]
    Compress {
        /// The file.
        path: BString,
        /// The reason.
        source: io::Error,
    },
    /// The runs of a file do not describe how it differs.
    #[error("{path}: line {line} of the {tree}: {problem}; the runs have to cover each changed line once", tree = tree_name(*.side))]
    Runs {
        /// The file.
        path: BString,
        /// The tree that the line is counted in.
        side: Side,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// An owner is not in the list of commits.
    #[error("{path}: belongs to commit {commit}, but there are only {commits}")]
    Owner {
        /// The file.
        path: BString,
        /// The commit's place.
        commit: u32,
        /// How many commits there are.
        commits: usize,
    },
    /// The same path was given twice.
    #[error("{path}: is listed twice among the files that differ")]
    Twice {
        /// The path.
        path: BString,
    },
    /// The series does not lead to the vendor's tree: a bug, or a file that changed meanwhile.
    #[error(
        "the series is not lossless: {position}: {problem}; do not use it, and report this with the inputs"
    )]
    NotLossless {
        /// The patch, file and line.
        position: SeriesPosition,
        /// What does not fit.
        problem: String,
    },
    /// A patch's head does not say what it should: a bug.
    #[error(
        "{patch}: its {field} reads {found:?}, but {meant:?} was meant; do not use the series, and report this with the \
         inputs"
    )]
    Head {
        /// The patch's file name.
        patch: String,
        /// What differs: the author, the date, the subject or a tag.
        field: &'static str,
        /// What a reader of mail makes of it.
        found: String,
        /// What it should be.
        meant: String,
    },
    /// A patch's message does not say what it should: a bug.
    #[error(
        "{patch}: its message reads otherwise than was meant; do not use the series, and report this with the inputs"
    )]
    Message {
        /// The patch's file name.
        patch: String,
    },
    /// The branch that was to be written is there already.
    #[error(
        "{repo}: has a branch {branch} already; choose another name, or delete it with git branch -D {branch}"
    )]
    BranchExists {
        /// The repository.
        repo: PathBuf,
        /// The branch.
        branch: String,
    },
    /// The base is no commit of the repository that gets the branch.
    #[error(
        "{repo}: knows none of {revisions}, so a branch has nothing to begin at; fetch the base's release into it, or \
         name its commit with --base-revision"
    )]
    NoBaseCommit {
        /// The repository.
        repo: PathBuf,
        /// The revisions that were tried.
        revisions: String,
    },
    /// A commit of the branch has another tree than it should.
    #[error(
        "commit {commit}: has another tree than the {name}: {path} differs; a branch has to begin at a commit with \
         exactly the files of the base"
    )]
    OtherTree {
        /// The commit: the one to begin at, or the last one.
        commit: String,
        /// Which tree it should have.
        name: &'static str,
        /// The first file that differs.
        path: BString,
    },
    /// A commit's tree cannot be read.
    #[error("commit {commit}: cannot be read: {source}")]
    Commit {
        /// The commit.
        commit: String,
        /// The reason.
        source: crate::tree::Error,
    },
    /// git failed.
    #[error("{repo}: git {problem}: {said}")]
    Git {
        /// The repository.
        repo: PathBuf,
        /// What it could not do.
        problem: String,
        /// What it said.
        said: String,
    },
}

/// Where in a series a problem is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesPosition {
    /// The patch's file name; `None` where all patches have been applied.
    pub patch: Option<String>,
    /// The line of the patch, counted from 1, where one is to blame.
    pub patch_line: Option<usize>,
    /// The path of the file that it is about.
    pub path: Option<BString>,
}

impl std::fmt::Display for SeriesPosition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.patch, self.patch_line) {
            (Some(patch), Some(line)) => write!(f, "{patch}:{line}")?,
            (Some(patch), None) => f.write_str(patch)?,
            (None, _) => f.write_str("after the last patch")?,
        }
        match &self.path {
            Some(path) => write!(f, ": {path}"),
            None => Ok(()),
        }
    }
}

fn tree_name(side: Side) -> &'static str {
    match side {
        Side::Old => "base",
        Side::New => "vendor tree",
    }
}
