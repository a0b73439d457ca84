//! What can be wrong with a patch, and what to do about it.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use bstr::BString;

use super::bounds::Reading;

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
    /// The input is compressed, in this format.
    #[error("no diff found in data compressed with {0}")]
    Compressed(&'static str),
    /// The input is a web page.
    #[error("no diff found in a web page")]
    WebPage,
    /// A line that begins like a hunk header but is none; the hunk is kept by its lines.
    #[error("hunk header cannot be read")]
    HunkHeader,
    /// A hunk header without numbers (`@@ ... @@`); the hunk is kept by its lines.
    #[error("hunk header has no line numbers")]
    ElidedHeader,
    /// Lines of a diff without any header; they are kept as a hunk of a file without a name.
    #[error("no diff found, but its lines")]
    LooseLines,
    /// Code without any sign of a diff; it is kept as lines that were added.
    #[error("no diff found, but code; its lines are looked up as added by one commit")]
    CodeLines,
    /// Lines of a hunk were wrapped, as mail programs do; they were joined again.
    #[error("{} of the hunk {} wrapped", counted(*.lines, "line"), were(*.lines))]
    WrappedLines {
        /// Lines that were joined with the one above.
        lines: usize,
    },
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
    #[error("{} more {} a hunk that is complete by its header's counts", .lines, follow(*.lines))]
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
    /// The combined diff of a merge, whose hunks have several old sides; nothing of it is looked up.
    #[error("combined diff of a merge: its hunks have several old sides, and none is that of one change")]
    CombinedDiff,
    /// A hunk of a word diff, whose lines do not say what stood there before; it is left out.
    #[error("word diff: its lines do not tell the old text from the new one")]
    WordDiff,
    /// A hunk of a context diff whose halves do not fit together; it is left out.
    #[error("hunk of a context diff cannot be read")]
    ContextHunk,
    /// A diff without context in the form of `diff` without flags, which is not read.
    #[error("diff in the normal form: it names no context")]
    NormalDiff,
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
    /// More problems than are listed; it stands at the first of them.
    #[error("{} more {} not listed", .problems, problems_are(*.problems))]
    Unlisted {
        /// How many.
        problems: usize,
        /// Whether all lines of the text are read all the same.
        are_harmless: bool,
    },
}

impl ProblemKind {
    /// What to do about it, as an instruction.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoDiff => "give a unified diff, for example from `git diff` or `git format-patch`",
            Self::Compressed(_) => "decompress it",
            Self::WebPage => "save the patch itself, as the page's link to the raw text or mail gives it",
            Self::ElidedHeader => {
                "its lines are read all the same; get the whole patch where the place matters"
            }
            Self::LooseLines => "give the whole diff for surer answers",
            Self::CodeLines => "give the diff that brings them for surer answers",
            Self::WrappedLines { .. } => "they are joined; save the mail itself for the lines as they were",
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
            Self::CombinedDiff => {
                "give the merge against its first parent: `git show -m --first-parent COMMIT`"
            }
            Self::WordDiff => "make it again with `git diff`, without --word-diff and --color-words",
            Self::ContextHunk | Self::NormalDiff => "make a unified diff with `diff -u`",
            Self::TransferEncoding(_) => "save the patch itself instead of the mail",
            Self::Base64 => "save the mail again, unchanged",
            Self::Boundary => "save the mail again with its headers",
            Self::Nesting(_) => "save the inner mail by itself",
            Self::Unlisted { .. } => "correct those that are listed, or give the patches one by one",
        }
    }
}

impl ProblemKind {
    /// Whether all lines of the text are read all the same.
    pub fn is_harmless(&self) -> bool {
        match self {
            Self::HunkHeader
            | Self::ElidedHeader
            | Self::LooseLines
            | Self::CodeLines
            | Self::WrappedLines { .. }
            | Self::LineZero
            | Self::HunkWithoutFile
            | Self::MissingNewName
            | Self::MissingOldName
            | Self::UnclearNames
            | Self::QuotedName
            | Self::GitHeader => true,
            Self::HunkCounts { expected_old, expected_new, found_old, found_new } => {
                found_old >= expected_old && found_new >= expected_new
            }
            Self::Unlisted { are_harmless, .. } => *are_harmless,
            // Blank context lines at the end are lost where text is pasted.
            Self::CutHunk { expected_old, expected_new, found_old, found_new } => {
                let missing = expected_old.abs_diff(*found_old);
                missing <= CONTEXT_LINES && missing == expected_new.abs_diff(*found_new)
            }
            _ => false,
        }
    }
}

/// The context lines that tools put at the end of a hunk.
const CONTEXT_LINES: u32 = 3;

/// A number with its noun.
fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn were(number: usize) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

fn problems_are(number: usize) -> &'static str {
    if number == 1 { "problem is" } else { "problems are" }
}

fn follow(lines: usize) -> &'static str {
    if lines == 1 { "line follows" } else { "lines follow" }
}

/// Collects the problems of one patch, as many as its reading lists.
#[derive(Debug)]
pub(super) struct Report {
    patch: usize,
    /// What was found so far.
    pub problems: Vec<Problem>,
    /// Stands for what is not listed.
    unlisted: Option<Problem>,
    /// The reading of the text.
    pub reading: Rc<Reading>,
}

impl Report {
    /// An empty report about the patch with this index, whose reading has no bounds.
    pub fn new(patch: usize) -> Self {
        Self::within(patch, &Rc::default())
    }

    /// The same of a reading within bounds.
    pub fn within(patch: usize, reading: &Rc<Reading>) -> Self {
        Self { patch, problems: Vec::new(), unlisted: None, reading: Rc::clone(reading) }
    }

    /// Notes a problem at a line; the path is added when the file is known.
    pub fn add(&mut self, line: usize, kind: ProblemKind) {
        let problem = Problem { line, patch: Some(self.patch), path: None, kind };
        if self.problems.len() < self.reading.problems_left() {
            self.problems.push(problem);
            return;
        }
        let is_harmless = problem.kind.is_harmless();
        let none_yet = ProblemKind::Unlisted { problems: 0, are_harmless: true };
        let first = self.unlisted.get_or_insert(Problem { kind: none_yet, ..problem });
        if let ProblemKind::Unlisted { problems, are_harmless } = &mut first.kind {
            *problems += 1;
            *are_harmless &= is_harmless;
        }
    }

    /// Forgets the problems behind the first `known`, because the text is read in another way.
    pub fn go_back_to(&mut self, known: usize) {
        self.problems.truncate(known);
        self.unlisted = None;
    }

    /// The problems by their lines, and one that stands for those that are not listed.
    pub fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.reading.count_problems(self.problems.len());
        self.problems.extend(self.unlisted);
        self.problems
    }
}
