//! What can be wrong with a patch, and what to do about it.

use std::fmt;
use std::sync::Arc;

use bstr::BString;

/// One malformed place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line of the input, counted from 1.
    pub line: usize,
    /// The patch that the place belongs to, as an index into the text's patches; none if the problem is the
    /// whole input's.
    pub patch: Option<usize>,
    /// The path of the file that the place belongs to, where it is known; shared by the problems of one file.
    pub path: Option<Arc<BString>>,
    /// What is wrong.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if let Some(path) = &self.path {
            write!(f, "{path}: ")?;
        }
        write!(f, "{}; {}", self.kind, self.kind.remedy())
    }
}

impl std::error::Error for Problem {}

/// What is wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Nothing in the input is a diff.
    #[error("no diff found")]
    NoDiff,
    /// Nothing in the input can be read, as it is in UTF-16.
    #[error("no diff found in text in UTF-16")]
    Utf16,
    /// A line that begins like a hunk header but is none; the lines below it are skipped.
    #[error("hunk header cannot be read")]
    HunkHeader,
    /// Line numbers or counts of a hunk header beyond 32 bits; the lines below it are skipped.
    #[error("hunk header has a number or a line range beyond 4294967295")]
    HunkRange,
    /// A hunk header that puts lines at line 0; the hunk is kept at line 1.
    #[error("hunk header puts lines at line 0, but lines count from 1")]
    LineZero,
    /// A hunk's lines do not add up to what its header says; the hunk is kept with the counts found.
    #[error(
        "hunk header says {expected_old} old and {expected_new} new lines, but {found_old} old and {found_new} \
         new lines follow"
    )]
    HunkCounts {
        /// Old lines that the header announces.
        expected_old: u32,
        /// New lines that the header announces.
        expected_new: u32,
        /// Old lines that follow.
        found_old: u32,
        /// New lines that follow.
        found_new: u32,
    },
    /// The patch ends inside a hunk; the hunk is kept with the lines that are there.
    #[error(
        "patch ends inside a hunk of {expected_old} old and {expected_new} new lines, after {found_old} old and \
         {found_new} new lines"
    )]
    CutHunk {
        /// Old lines that the header announces.
        expected_old: u32,
        /// New lines that the header announces.
        expected_new: u32,
        /// Old lines that are there.
        found_old: u32,
        /// New lines that are there.
        found_new: u32,
    },
    /// A hunk is complete by its counts, but more lines of it follow; those are left out.
    #[error("{lines} more lines follow a hunk that is complete by its header's counts")]
    ExtraLines {
        /// Lines that are left out.
        lines: usize,
    },
    /// A hunk stands where no file is named; it is kept in a file without paths.
    #[error("hunk without a file header")]
    HunkWithoutFile,
    /// A file header is there, but no hunk follows.
    #[error("file header without a hunk")]
    FileWithoutHunk,
    /// A `---` line is followed by a hunk; the file is kept with the old name for both sides.
    #[error("`---` line without a `+++` line below it")]
    MissingNewName,
    /// A `+++` line is followed by a hunk; the file is kept with the new name for both sides.
    #[error("`+++` line without a `---` line above it")]
    MissingOldName,
    /// The two names of a git diff cannot be told apart; the file is kept without paths.
    #[error("cannot tell the two names of the file apart")]
    UnclearNames,
    /// A name in double quotes breaks the rules of C-style quoting; the name is kept as it stands.
    #[error("quoted file name cannot be read")]
    QuotedName,
    /// A git header line whose value makes no sense; the line has no effect.
    #[error("git header line cannot be read")]
    GitHeader,
    /// A `GIT binary patch` breaks off or has lines that are no base85.
    #[error("binary patch cannot be read: {0}")]
    GitBinary(&'static str),
    /// The hunk of a combined diff is malformed.
    #[error("hunk of a combined diff does not match its header")]
    CombinedHunk,
    /// The text is a context diff (`***************`), which is not read.
    #[error("context diffs cannot be read")]
    ContextDiff,
    /// A mail's body has an encoding that is not read.
    #[error("content transfer encoding `{0}` is not supported")]
    TransferEncoding(String),
    /// A mail's base64 body is malformed; the text before the malformed place is read.
    #[error("base64 body is malformed")]
    Base64,
    /// A mail of several parts does not say, or does not hold, the line that separates them.
    #[error("parts of the mail cannot be told apart: no boundary, or one that does not occur")]
    Boundary,
    /// A mail holds mails inside mails beyond reason; the innermost are left out.
    #[error("mail parts are nested deeper than {0} levels")]
    Nesting(usize),
}

impl ProblemKind {
    /// What to do about it, as an instruction.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoDiff => "give a unified diff, for example from `git diff` or `git format-patch`",
            Self::Utf16 => "convert it to UTF-8, or let git write the file: `git diff --output=FILE`",
            Self::HunkHeader => "write it as `@@ -LINE,COUNT +LINE,COUNT @@`",
            Self::HunkRange | Self::LineZero => "correct the line numbers or make the patch again",
            Self::HunkCounts { .. } | Self::ExtraLines { .. } => {
                "correct the counts in the header or make the patch again"
            }
            Self::CutHunk { .. } => "get the whole patch",
            Self::HunkWithoutFile => "add `--- a/PATH` and `+++ b/PATH` lines above it",
            Self::FileWithoutHunk => "get the whole patch",
            Self::MissingNewName => "add a `+++ b/PATH` line",
            Self::MissingOldName => "add a `--- a/PATH` line",
            Self::UnclearNames => "make the patch again with the prefixes a/ and b/",
            Self::QuotedName => "escape bytes as \\ooo with three octal digits and close the quotes",
            Self::GitHeader => "make the patch again with git",
            Self::GitBinary(_) => "make the patch again with `git diff --binary`",
            Self::CombinedHunk => "make the patch again with git",
            Self::ContextDiff => "make a unified diff with `diff -u`",
            Self::TransferEncoding(_) => "save the patch itself instead of the mail",
            Self::Base64 => "save the mail again, unchanged",
            Self::Boundary => "save the mail again with its headers",
            Self::Nesting(_) => "save the inner mail by itself",
        }
    }
}

/// Collects the problems of one patch.
#[derive(Debug)]
pub(super) struct Report {
    patch: usize,
    /// What was found so far.
    pub problems: Vec<Problem>,
}

impl Report {
    /// An empty report about the patch with this index.
    pub fn new(patch: usize) -> Self {
        Self { patch, problems: Vec::new() }
    }

    /// Notes a problem at a line; the path is added when the file is known.
    pub fn add(&mut self, line: usize, kind: ProblemKind) {
        self.problems.push(Problem { line, patch: Some(self.patch), path: None, kind });
    }
}
