//! Reads the head of a mail: the `From ` line of a mailbox and the header lines.

use bstr::ByteSlice;

use super::facts::PatchFacts;
use super::lines::{Lines, content};
use super::mail_author::read_author;

/// Whether a line separates the mails of a mailbox: `From SENDER DATE`, where the sender may be a commit's id.
pub(super) fn is_mbox_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let mut words = rest.fields().skip_while(|word| !is_time(word));
    // A zone may stand between the time and the year.
    words.next().is_some() && words.take(2).any(|word| word.len() == 4 && word.iter().all(u8::is_ascii_digit))
}

/// Whether a word is a time of day, `10:20` or `10:20:30`.
fn is_time(word: &[u8]) -> bool {
    let is_number = |part: &[u8]| (1..=2).contains(&part.len()) && part.iter().all(u8::is_ascii_digit);
    let parts = word.split(|byte| *byte == b':').count();
    (2..=3).contains(&parts) && word.split(|byte| *byte == b':').all(is_number)
}

/// Whether a line is a header line, `Name: value`.
pub(super) fn is_header_line(line: &[u8]) -> bool {
    let name_end = line.find_not_byteset(NAME_BYTES);
    name_end.is_some_and(|end| end > 0 && line[end] == b':')
}

const NAME_BYTES: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Whether a line can stand below a `From ` line.
pub(super) fn starts_header_block(line: &[u8]) -> bool {
    is_header_line(line) || line.starts_with(b">From ")
}

/// What header lines are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HeaderBlock {
    /// Whether they are those of a mail.
    pub is_mail: bool,
    /// The offset where they end.
    pub end: usize,
}

/// What the header lines are that begin with the current line.
///
/// Strictly, a mail has an author, and a subject or a date; otherwise an author or a subject will do.
pub(super) fn header_block(lines: &Lines<'_>, is_strict: bool) -> HeaderBlock {
    let mut ahead = lines.clone();
    let (mut has_author, mut has_subject, mut has_date) = (false, false, false);
    while let Some(line) = ahead.peek_content() {
        let is_continued = line.starts_with(b" ") || line.starts_with(b"\t");
        if !is_continued && !is_header_line(line) {
            break;
        }
        has_author |= has_name(line, "from");
        has_subject |= has_name(line, "subject");
        has_date |= has_name(line, "date");
        ahead.advance();
    }
    let is_mail = match is_strict {
        true => has_author && (has_subject || has_date),
        false => has_author || has_subject,
    };
    HeaderBlock { is_mail, end: ahead.mark().offset }
}

/// Whether a line is the header with this name.
fn has_name(line: &[u8], name: &str) -> bool {
    let has_colon = line.get(name.len()) == Some(&b':');
    has_colon && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
}

/// The head of a mail or of one of its parts.
#[derive(Debug)]
pub(super) struct Head<'a> {
    /// The `From ` line, if there is one.
    mbox_line: Option<&'a [u8]>,
    /// The header lines, each with the lines that continue it.
    headers: Vec<&'a [u8]>,
    /// Bytes up to the body, that is, with the empty line below the headers.
    pub length: usize,
}

impl<'a> Head<'a> {
    /// Reads the head at the beginning of a text; it ends at the first line that cannot belong to it.
    pub fn read(text: &'a [u8]) -> Self {
        let mut head = Self { mbox_line: None, headers: Vec::new(), length: 0 };
        let mut header_start = None;
        for line in text.lines_with_terminator() {
            let text_line = content(line);
            let is_continued = header_start.is_some() && (line.starts_with(b" ") || line.starts_with(b"\t"));
            let is_quoted_from = text_line.starts_with(b">From ");
            if !is_continued && let Some(start) = header_start.take() {
                head.headers.push(&text[start..head.length]);
            }
            if head.length == 0 && is_mbox_line(text_line) {
                head.mbox_line = Some(text_line);
            } else if is_header_line(text_line) {
                header_start = Some(head.length);
            } else if text_line.is_empty() {
                head.length += line.len();
                return head;
            } else if !is_continued && !is_quoted_from {
                return head;
            }
            head.length += line.len();
        }
        if let Some(start) = header_start {
            head.headers.push(&text[start..head.length]);
        }
        head
    }

    /// The decoded value of the first header with this name, on one line.
    pub fn get(&self, name: &str) -> Option<String> {
        let header = self.headers.iter().find(|header| has_name(header, name))?;
        let value = decode(header, &header[name.len() + 1..]);
        // An encoded word may hold a line break.
        let lines = value.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
        Some(lines.collect::<Vec<_>>().join(" "))
    }

    /// What the head states about the patch.
    pub fn facts(&self) -> PatchFacts {
        let sender = self.mbox_line.and_then(|line| line.fields().nth(1));
        let is_commit = |id: &&[u8]| {
            let is_id = matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit);
            is_id && id.iter().any(|digit| *digit != b'0')
        };
        PatchFacts {
            commit: sender.filter(is_commit).map(|id| id.to_str_lossy().into_owned()),
            author: self.get("from").map(|value| read_author(&value)),
            date: self.get("date"),
            subject: self.get("subject"),
        }
    }
}

/// Takes over the author, date and subject that stand at the beginning of a mail's body, as `git am` does.
pub(super) fn add_body_facts(facts: &mut PatchFacts, body: &[u8]) {
    let blank = body.len() - body.trim_start_with(|c| matches!(c, '\n' | '\r')).len();
    let head = Head::read(&body[blank..]);
    let is_override = head
        .headers
        .first()
        .is_some_and(|first| ["from", "date", "subject"].iter().any(|name| has_name(first, name)));
    if head.mbox_line.is_some() || !is_override {
        return;
    }
    let own = head.facts();
    facts.author = own.author.or(facts.author.take());
    facts.date = own.date.or(facts.date.take());
    facts.subject = own.subject.or(facts.subject.take());
}

/// Joins the lines of a header's value and decodes its encoded words.
///
/// Headers with lines beyond what mail allows (998 bytes, RFC 5322) are joined but not decoded, as the decoder
/// takes time in the square of a line's length.
fn decode(header: &[u8], value: &[u8]) -> String {
    let is_decodable = header.lines().all(|line| line.len() <= 998);
    match mailparse::parse_header(header) {
        Ok((parsed, _)) if is_decodable => parsed.get_value(),
        _ => value.lines().map(|line| line.trim().to_str_lossy()).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mbox_lines_have_a_sender_a_time_and_a_year() {
        for line in [
            "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001",
            "From a@b Thu Jan  1 0:00 1970",
            "From a@b Thu Jan  1 00:00:00 +0100 1970",
            "From - Thu Jan 01 00:00:00 1970",
        ] {
            assert!(is_mbox_line(line.as_bytes()), "{line}");
        }
        for line in [
            "From here to 2001",
            "From: a@b",
            "From 10:20 on",
            "From the 10:20:30 train",
            ">From a@b 1:2 1970",
        ] {
            assert!(!is_mbox_line(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn folded_and_encoded_headers_are_decoded() {
        let text = "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n\
                    From: =?UTF-8?q?J=C3=BCrgen_M?= =?utf-8?B?w7xsbGVy?= <j@m>\n\
                    Date: Tue, 3 Feb 2009 10:20:30 +0100\n\
                    Subject: [PATCH 1/2] =?iso-8859-1?Q?caf=E9:?= a\n\tlong\n line\n\nbody\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let head = Head::read(text.as_bytes());
            let facts = head.facts();
            assert_eq!(facts.commit.as_deref(), Some("0123456789abcdef0123456789abcdef01234567"));
            assert_eq!(facts.author.as_deref(), Some("J\u{fc}rgen M\u{fc}ller <j@m>"));
            assert_eq!(facts.date.as_deref(), Some("Tue, 3 Feb 2009 10:20:30 +0100"));
            assert_eq!(facts.subject.as_deref(), Some("[PATCH 1/2] caf\u{e9}: a long line"));
            assert_eq!(text[head.length..].trim_end(), "body");
        }
    }

    #[test]
    fn line_breaks_in_encoded_words_are_blanks() {
        let head = Head::read(b"Subject: [PATCH] =?UTF-8?q?=0A=5BNET=5D=3A_a=0D=0Ab?=\n");
        assert_eq!(head.get("subject").as_deref(), Some("[PATCH] [NET]: a b"));
    }

    #[test]
    fn raw_bytes_and_unknown_charsets_do_no_harm() {
        let head = Head::read(b"From: J\xfcrgen\nSubject: =?x-none?q?a=20b?= =?utf-8?z?c?=\n");
        assert_eq!(head.get("From").as_deref(), Some("J\u{fc}rgen"));
        assert_eq!(head.get("subject").as_deref(), Some("=?x-none?q?a=20b?= =?utf-8?z?c?="));
    }

    #[test]
    fn overlong_header_is_taken_as_it_stands() {
        let text = format!("Subject: =?utf-8?q?a?=\n {}\n", "=?".repeat(500));
        assert_eq!(Head::read(text.as_bytes()).get("subject").map(|subject| subject.len()), Some(1_014));
    }

    #[test]
    fn sender_that_is_no_commit_gives_no_commit() {
        let zeros = format!("From {} Mon Sep 17 00:00:00 2001\nFrom: a\n", "0".repeat(40));
        assert_eq!(Head::read(zeros.as_bytes()).facts().commit, None);
        assert_eq!(Head::read(b"From a@b Mon Sep 17 00:00:00 2001\nFrom: a\n").facts().commit, None);
    }

    #[test]
    fn head_ends_where_header_lines_end() {
        let head = Head::read(b"From: a\nSubject: b\ndiff --git a/x b/x\n");
        assert_eq!((head.headers.len(), head.length), (2, 19));
        assert_eq!(Head::read(b"").length, 0);
    }

    #[test]
    fn facts_in_the_body_win() {
        let mut facts = Head::read(b"From: list\nSubject: s\n").facts();
        add_body_facts(&mut facts, b"\nFrom: A <a@b>\n\nmessage\nSubject: no\n");
        assert_eq!((facts.author.as_deref(), facts.subject.as_deref()), (Some("A <a@b>"), Some("s")));
        add_body_facts(&mut facts, b"Fixes: x\nFrom: no\n\n");
        assert_eq!(facts.author.as_deref(), Some("A <a@b>"));
    }
}
