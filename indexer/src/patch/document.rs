//! What a text full of diffs consists of.

use std::ops::Range;

use bstr::{BStr, BString};

use super::problem::Problem;
use crate::hunk::Hunk;

/// Everything that a text holds: its patches and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchText {
    /// The patches in the order of the text; together their spans cover the input.
    pub patches: Vec<Patch>,
    /// What could not be read, in the order of the text. What surrounds a problem is in `patches` all the same.
    pub problems: Vec<Problem>,
}

/// One mail, one commit of a log, or a whole text that is neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// The bytes of the input that this patch was read from.
    pub span: Range<usize>,
    /// The line of the input that the patch begins at, counted from 1.
    pub first_line: usize,
    /// The commit that the patch was made from, as the text states it: hexadecimal, possibly abbreviated.
    pub commit: Option<String>,
    /// The author, usually `Name <address>`.
    pub author: Option<String>,
    /// The author date as it is written.
    pub date: Option<String>,
    /// The subject on one line, with any `[PATCH 1/2]` in front.
    pub subject: Option<String>,
    /// The raw text before the first file; of a mail with an encoded body, its head.
    pub preamble: BString,
    /// The raw body of a mail that had to be decoded (quoted-printable, base64, several parts). The files were
    /// read from the decoded text; this is what is written.
    pub encoded_body: Option<BString>,
    /// What stands in the decoded texts of such a mail before the first file, so that a message can be read; empty where
    /// nothing had to be decoded.
    pub decoded_message: BString,
    /// The patch as it stands in the input, where something had to be taken off before it could be read: quote marks,
    /// colours, UTF-16. All else was read from what was left; this is what is written.
    pub raw_text: Option<BString>,
    /// The files that the patch changes.
    pub files: Vec<FilePatch>,
}

/// What a patch does to one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePatch {
    /// The raw text from the first line about this file to the first hunk, with anything unreadable between.
    pub header: BString,
    /// The path before the change, without prefix; none if the file did not exist or the text names none.
    pub old_path: Option<BString>,
    /// The path after the change, without prefix; none if the file no longer exists or the text names none.
    pub new_path: Option<BString>,
    /// What happens to the file as a whole.
    pub change: Change,
    /// The file mode before the change, where the text states it.
    pub old_mode: Option<u32>,
    /// The file mode after the change, where the text states it.
    pub new_mode: Option<u32>,
    /// Set where the content is not text.
    pub binary: Option<BinaryKind>,
    /// Set for the combined diff of a merge (`@@@`); its hunks have several old sides and stay in `header`.
    pub is_combined: bool,
    /// The hunks that could be read.
    pub hunks: Vec<PatchHunk>,
    /// The raw text between this file's diff and what comes next: blank lines, a mail's signature.
    pub trailer: BString,
}

impl FilePatch {
    /// The path after the change, or before it where the file no longer exists.
    pub fn path(&self) -> Option<&BStr> {
        self.new_path.as_ref().or(self.old_path.as_ref()).map(|path| path.as_ref())
    }
}

/// What happens to a file as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// The file stays and its content changes.
    #[default]
    Modified,
    /// The file is new.
    Added,
    /// The file goes.
    Deleted,
    /// The file moves, possibly with changes.
    Renamed {
        /// How much of the content stays, in percent, where the text states it.
        similarity: Option<u8>,
    },
    /// The file is copied, possibly with changes.
    Copied {
        /// How much of the content stays, in percent, where the text states it.
        similarity: Option<u8>,
    },
    /// Only the file mode changes.
    ModeOnly,
}

/// How a diff shows a change of content that is not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    /// Only that the two sides differ.
    Differs,
    /// The new content whole, of `size` bytes, in a `GIT binary patch`.
    Literal {
        /// Bytes of the new content.
        size: u64,
    },
    /// The new content as a git delta of `size` bytes, in a `GIT binary patch`.
    Delta {
        /// Bytes of the delta.
        size: u64,
    },
}

/// A hunk and what its text has beyond the canonical form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchHunk {
    /// The hunk. Its counts always agree with its body; where the header lied, they are those of the body. Where the
    /// header has no numbers, it begins at line 0.
    pub hunk: Hunk,
    /// The line of the input that the hunk's header stands on, counted from 1. In a mail that encodes its body
    /// in base64 this is where the body begins.
    pub line: usize,
    /// The `@@` line as it stands, newline included, where it is not [`Hunk::header`].
    pub raw_header: Option<BString>,
    /// The hunk as it stands where it is not in unified form, or its lines were wrapped; this is what is written.
    pub raw_text: Option<BString>,
    /// Set where transport gave every line of the file header and the hunk a carriage return; the body is
    /// without it.
    pub is_crlf: bool,
    /// Set where the input ends right behind the hunk's last line, without a newline; the body has one.
    pub is_unterminated: bool,
    /// The raw text between this hunk and the next one of the same file, which is unreadable or foreign.
    pub after: BString,
}
