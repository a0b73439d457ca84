//! Reads every text form that diffs come in, and writes it back byte for byte.
//!
//! Plain unified diffs, git diffs, context diffs, mails, mailboxes, concatenated series and the output of
//! `git log -p` and `git show` all become the same document: a sequence of [`Patch`]es (one a mail or a
//! commit), each with its files, each with its hunks. One input may mix the forms.
//!
//! What mail programs, terminals and editors have put around diffs is taken off first ([`PlainText`]). Input is bytes: no
//! encoding is required, lines may end in LF or CRLF, and what is malformed becomes a
//! [`Problem`] while everything around it is still read. For any input, writing the document gives the
//! input again: canonical parts are written from their parsed form, the rest from the raw text beside them.
//!
//! The work is split as follows. The input is cut into sections where a new mail or commit begins, which
//! needs no knowledge of hunks because no line of a hunk can look like such a beginning. A section's head gives
//! the facts (author, subject, ...); its body, decoded first where a mail encodes it, goes through the one
//! loop that finds file headers and hunks.

mod bare_hunks;
mod bounds;
mod combined;
mod commit_head;
mod context_diff;
mod damaged_hunk;
mod diff_line;
mod document;
mod facts;
mod file_name;
mod file_stamp;
mod git_binary;
mod git_header;
mod hunk_lines;
mod hunk_reader;
mod lines;
mod loose_lines;
mod mail_author;
mod mail_body;
mod mail_head;
mod plain;
mod plain_header;
mod problem;
mod reader;
mod section;
mod text;
mod tree_name;
mod utf16;
mod write;

pub use bare_hunks::{bare_hunks, bare_hunks_unless};
pub use bounds::{ReadBounds, Unread};
pub use document::{BinaryKind, Change, FilePatch, Patch, PatchHunk, PatchText};
pub use loose_lines::{loose_lines, loose_lines_unless};
pub use plain::{LineMap, PlainText};
pub use problem::{Problem, ProblemKind};
pub use reader::{parse, parse_plain, parse_plain_within, parse_within};
pub use section::{Section, Sections, sections};

#[cfg(test)]
mod tests;
