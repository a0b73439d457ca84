//! One commit as a mail that `git am` applies, outside of a series: as upstream has it, or in the form of a vendor.

use bstr::{BStr, ByteSlice};
use hunktrace_proto::v1::CandidateHunk;

use super::file_header::{FileHeader, move_text};
use super::mail_author::MailAuthor;
use super::mail_text::one_line;
use super::patch_body::PatchBody;
use super::patch_header::PatchHeader;
use super::patch_mail::{NEUTRAL_AUTHOR, PatchMail, author_time, signature, statistics};
use super::upstream_message::message_body;
use crate::candidate_hunk::{header, path};

/// The mode of files of which none is known.
const USUAL_MODE: u32 = 0o100_644;

/// A commit that is to be sent as a mail.
#[derive(Clone, Debug, Default)]
pub struct CommitMail<'a> {
    /// Its id.
    pub commit: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// `Name <address>`.
    pub author: &'a str,
    /// When it was written: RFC 3339.
    pub author_date: &'a str,
    /// Its message with the subject; empty where it is not known.
    pub message: &'a str,
    /// Whether somebody has changed the change: the mail is then not in its author's name.
    pub is_adapted: bool,
    /// What else is known, a line each.
    pub note: Vec<String>,
    /// The diff.
    pub diff: &'a [u8],
}

impl CommitMail<'_> {
    /// The mail.
    pub fn text(&self) -> Vec<u8> {
        let date = author_time(self.author_date);
        let subject = one_line(self.subject);
        let mail = PatchMail {
            commit: one_line(self.commit),
            author: MailAuthor::of(if self.is_adapted { NEUTRAL_AUTHOR } else { self.author }),
            date,
            prefix: if self.is_adapted { "[PATCH adapted]" } else { "[PATCH]" },
            subject: if subject.is_empty() { "(no subject)".into() } else { subject },
            release: None,
            is_partial: false,
            is_adapted: self.is_adapted,
            updated: date,
        };
        let mut note: Vec<String> = self.note.iter().map(|line| one_line(line)).collect();
        if !mail.is_whole() || !mail.author.is_as_given {
            note.push(format!("Author-of-origin: {}", one_line(self.author)));
        }
        let body = PatchBody { message: message_body(self.message), note };
        let lines = |sign: &[u8], header: &[u8]| {
            self.diff.lines().filter(|line| line.starts_with(sign) && !line.starts_with(header)).count()
        };
        let files = self.diff.lines().filter(|line| line.starts_with(b"diff --git ")).count();
        let statistics = statistics(files, lines(b"+", b"+++ "), lines(b"-", b"--- "));
        let mut text = PatchHeader::Plain.text(&mail, &body, &statistics).into_bytes();
        text.extend_from_slice(self.diff);
        text.extend_from_slice(signature().as_bytes());
        text
    }
}

/// The hunks of an indexed commit as a diff. Modes are not indexed: new files get the usual one.
pub fn diff_of_hunks(hunks: &[CandidateHunk]) -> Vec<u8> {
    let mut diff = Vec::new();
    for hunks in hunks.chunk_by(|a, b| (&a.old_path, &a.new_path) == (&b.old_path, &b.new_path)) {
        let (old, new) = (hunks[0].old_path.as_str(), hunks[0].new_path.as_str());
        if !old.is_empty() && !new.is_empty() && old != new {
            diff.extend_from_slice(&renamed(BStr::new(old), BStr::new(new)));
        } else {
            let mode = |path: &str| (!path.is_empty()).then_some(USUAL_MODE);
            let header = FileHeader {
                path: BStr::new(path(&hunks[0])),
                old_mode: mode(old),
                new_mode: mode(new),
                ids: None,
                has_hunks: true,
            };
            diff.extend_from_slice(&header.text());
        }
        for hunk in hunks {
            diff.extend_from_slice(header(hunk).as_bytes());
            diff.push(b'\n');
            diff.extend_from_slice(&hunk.body);
        }
    }
    diff
}

/// What stands above the hunks of a file that is renamed and changed.
fn renamed(old: &BStr, new: &BStr) -> Vec<u8> {
    let mut text = move_text(old, new).replace("similarity index 100%\n", "");
    let names =
        FileHeader { path: old, old_mode: Some(USUAL_MODE), new_mode: None, ids: None, has_hunks: true }
            .text();
    let below =
        FileHeader { path: new, old_mode: None, new_mode: Some(USUAL_MODE), ids: None, has_hunks: true }
            .text();
    let line = |text: &[u8], start: &[u8]| {
        text.lines_with_terminator().rfind(|line| line.starts_with(start)).map(<[u8]>::to_vec)
    };
    text.extend(line(&names, b"--- ").unwrap_or_default());
    text.extend(line(&below, b"+++ ").unwrap_or_default());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(old: &str, new: &str, body: &str) -> CandidateHunk {
        CandidateHunk {
            old_path: old.into(),
            new_path: new.into(),
            old_start: 1,
            old_lines: 1,
            new_start: 1,
            new_lines: 1,
            body: body.into(),
            ..CandidateHunk::default()
        }
    }

    #[test]
    fn mail_reads_back_as_the_commit() {
        let hunks =
            [hunk("a.c", "a.c", "-x\n+y\n"), hunk("b.c", "c d.c", "-x\n+y\n"), hunk("", "n.c", "+y\n")];
        let diff = diff_of_hunks(&hunks);
        let mail = CommitMail {
            commit: &"1".repeat(40),
            subject: "net: say it",
            author: "A B <a@b>",
            author_date: "2010-01-08T06:38:28-03:00",
            message: "net: say it\n\nLoudly.\n\ndiff --git a/x b/x\n",
            diff: &diff,
            ..CommitMail::default()
        };
        let read = hunktrace_indexer::patch::parse(&mail.text());
        let [patch] = &read.patches[..] else { panic!("{} patches", read.patches.len()) };
        assert_eq!(patch.subject.as_deref(), Some("[PATCH] net: say it"));
        assert_eq!(patch.author.as_deref(), Some("A B <a@b>"));
        let names: Vec<(Option<String>, Option<String>)> = patch
            .files
            .iter()
            .map(|file| {
                (
                    file.old_path.as_ref().map(ToString::to_string),
                    file.new_path.as_ref().map(ToString::to_string),
                )
            })
            .collect();
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(names, [(some("a.c"), some("a.c")), (some("b.c"), some("c d.c")), (None, some("n.c"))]);
        assert!(patch.files.iter().all(|file| file.hunks.len() == 1));
    }

    #[test]
    fn change_that_somebody_has_changed_is_in_nobodys_name() {
        let mail = CommitMail { author: "A B <a@b>", is_adapted: true, ..CommitMail::default() };
        let text = String::from_utf8(mail.text()).expect("a text");
        assert!(text.contains("\nFrom: hunktrace <hunktrace@localhost>\n"), "{text}");
        assert!(
            text.contains("\nAuthor-of-origin: A B <a@b>\n") && text.contains("[PATCH adapted]"),
            "{text}"
        );
    }
}
