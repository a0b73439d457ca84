//! Writes header values of mails: what is not ASCII becomes encoded words, and long lines are folded.

use std::fmt::Write;

/// Columns of a line of text that mail asks for (RFC 5322).
const LINE_COLUMNS: usize = 78;

/// Columns of a line with an encoded word that mail asks for (RFC 2047).
const ENCODED_LINE_COLUMNS: usize = 76;

/// The longest word, in bytes, that stands as it is: no line of a mail may have more than 998 (RFC 5322).
const MOST_WORD_BYTES: usize = 900;

const WORD_START: &str = "=?UTF-8?q?";
const WORD_END: &str = "?=";

/// Text on one line: white space and control characters become single blanks.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A `Subject:` line, without its newline, for a commit's subject; `prefix` is what `git am` takes off, with its
/// brackets.
///
/// Git takes more off a mail's subject than the prefix, even with `--keep-non-patch`: a `Re:`, brackets with `PATCH` in
/// them, and the colon of `[NET]: fix it`. It stops at a line break, which it then takes for a blank, so one is put in
/// front of such subjects; `git format-patch --keep-subject` writes line breaks in the same way.
pub(super) fn subject_header(prefix: &str, subject: &str) -> String {
    let subject = one_line(subject);
    let start = format!("Subject: {prefix} ");
    if is_cut_by_git(&subject) {
        return format!("{start}{}", encode(&format!("\n{subject}"), start.len()));
    }
    match needs_encoding(&subject) {
        true => format!("{start}{}", encode(&subject, start.len())),
        false => fold(&format!("{start}{subject}")),
    }
}

/// Whether `git am --keep-non-patch` would take something off the beginning of a subject.
fn is_cut_by_git(subject: &str) -> bool {
    let mut rest = subject;
    loop {
        let is_reply = rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
        if is_reply || rest.starts_with([':', ' ']) {
            return true;
        }
        let Some((tag, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            return false;
        };
        if tag.contains("PATCH") {
            return true;
        }
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
}

/// Whether text cannot stand in a header as it is: it is not ASCII, would be taken for an encoded word, or has a word
/// that is too long for a line.
pub(super) fn needs_encoding(text: &str) -> bool {
    !text.is_ascii() || text.contains("=?") || text.split(' ').any(|word| word.len() > MOST_WORD_BYTES)
}

/// Writes encoded words in the Q encoding, one a line; the first begins in this column.
pub(super) fn encode(text: &str, column: usize) -> String {
    let mut encoded = String::from(WORD_START);
    let mut column = column + WORD_START.len();
    for character in text.chars() {
        let mut written = String::new();
        match character {
            ' ' => written.push('_'),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '!' | '*' | '+' | '-' | '/' => written.push(character),
            _ => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing to memory cannot fail.
                    let _ = write!(written, "={byte:02X}");
                }
            }
        }
        if column + written.len() + WORD_END.len() > ENCODED_LINE_COLUMNS {
            encoded.push_str(WORD_END);
            encoded.push_str("\n ");
            encoded.push_str(WORD_START);
            column = 1 + WORD_START.len();
        }
        column += written.len();
        encoded.push_str(&written);
    }
    encoded.push_str(WORD_END);
    encoded
}

/// Breaks a header line at blanks; what is longer than a line between two blanks stays as it is.
pub(super) fn fold(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + line.len() / 32);
    let mut column = 0;
    for (index, word) in line.split(' ').enumerate() {
        let width = word.chars().count();
        // The value's first word stays beside the header's name.
        if index > 1 && column + 1 + width > LINE_COLUMNS {
            folded.push('\n');
            column = 0;
        }
        if index > 0 {
            folded.push(' ');
            column += 1;
        }
        folded.push_str(word);
        column += width;
    }
    folded
}

/// Adds a word, on a line of its own where there is no room left.
pub(super) fn fold_after(text: &str, word: &str) -> String {
    let column = text.rsplit('\n').next().map_or(0, |line| line.chars().count());
    let word_columns = word.split('\n').next().map_or(0, |line| line.chars().count());
    let separator = if column + 1 + word_columns > LINE_COLUMNS { "\n " } else { " " };
    format!("{text}{separator}{word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ascii_stands_as_it_is() {
        assert_eq!(subject_header("[PATCH]", "mm: fix  it\n"), "Subject: [PATCH] mm: fix it");
        assert_eq!(subject_header("[PATCH]", "[SCSI] fix it"), "Subject: [PATCH] [SCSI] fix it");
    }

    #[test]
    fn what_git_would_cut_is_kept_from_it() {
        assert_eq!(
            subject_header("[PATCH]", "[NET]: Fix it"),
            "Subject: [PATCH] =?UTF-8?q?=0A=5BNET=5D=3A_Fix_it?="
        );
        for subject in ["[PATCH] x", "Re: x", ": x", "[a] [b]: x", "[a] [PATCH 1/2] x", "[a] re: x"] {
            assert!(is_cut_by_git(subject), "{subject}");
        }
        for subject in ["", "x", "[a] x: y", "[a", "really", "[patch] x", "[a][b] x [PATCH]"] {
            assert!(!is_cut_by_git(subject), "{subject}");
        }
    }

    #[test]
    fn no_line_is_longer_than_mail_allows() {
        for subject in
            ["a b ".repeat(200), "\u{4e16}".repeat(300), "x".repeat(3000), "\u{e9}\u{301} ".repeat(90)]
        {
            let header = subject_header("[PATCH]", &subject);
            assert!(header.lines().all(|line| line.len() <= LINE_COLUMNS), "{header}");
        }
    }
}
