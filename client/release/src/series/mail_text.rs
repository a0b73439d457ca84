//! Writes header values of mails: what is not ASCII becomes encoded words, and long lines are folded.

use std::fmt::Write;

/// Columns of a line of text that mail asks for (RFC 5322).
const LINE_COLUMNS: usize = 78;

/// Columns of a line with an encoded word that mail asks for (RFC 2047).
const ENCODED_LINE_COLUMNS: usize = 76;

const WORD_START: &str = "=?UTF-8?q?";
const WORD_END: &str = "?=";

/// Text on one line: white space and control characters become single blanks.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A header line, without its newline at the end; `name` has its colon and any text that stays as it is.
pub(super) fn header(name: &str, text: &str) -> String {
    let text = one_line(text);
    match needs_encoding(&text) {
        true => format!("{name} {}", encode(&text, name.len() + 1)),
        false => fold(&format!("{name} {text}")),
    }
}

/// A `From:` line, without its newline, for an author written as `Name <address>`.
pub(super) fn from_header(author: &str) -> String {
    const NAME: &str = "From:";
    let (name, address) = split_author(author);
    if name.is_empty() {
        return format!("{NAME} <{address}>");
    }
    let name = match needs_encoding(&name) {
        true => encode(&name, NAME.len() + 1),
        false if name.contains(SPECIALS) => {
            format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
        }
        false => name,
    };
    fold(&format!("{NAME} {name} <{address}>"))
}

/// What has to be in quotes in the name of an address (RFC 5322).
const SPECIALS: [char; 13] = ['(', ')', '<', '>', '[', ']', ':', ';', '@', '\\', ',', '.', '"'];

/// The name and the address of `Name <address>`. Git needs an address, so one is made up if it is missing.
pub(super) fn split_author(author: &str) -> (String, String) {
    let (name, address) = author.rsplit_once('<').unwrap_or((author, ""));
    let clean = |text: &str| one_line(&text.replace(['<', '>'], " "));
    let address = clean(address);
    (clean(name), if address.is_empty() { "unknown".into() } else { address })
}

fn needs_encoding(text: &str) -> bool {
    !text.is_ascii() || text.contains("=?")
}

/// Writes encoded words in the Q encoding, one a line; the first begins in this column.
fn encode(text: &str, column: usize) -> String {
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
fn fold(line: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader of mail makes of a subject and an author.
    fn read_back(subject: &str, author: &str) -> (Option<String>, Option<String>) {
        let mail = format!(
            "From 0 Mon Sep 17 00:00:00 2001\n{}\n{}\n\n---\ndiff --git a/x b/x\nold mode 100644\nnew mode 100755\n",
            from_header(author),
            header("Subject:", subject)
        );
        let text = hunktrace_indexer::patch::parse(mail.as_bytes());
        assert_eq!(text.problems, []);
        (text.patches[0].subject.clone(), text.patches[0].author.clone())
    }

    #[test]
    fn short_ascii_stands_as_it_is() {
        assert_eq!(header("Subject: [PATCH]", "mm: fix  it\n"), "Subject: [PATCH] mm: fix it");
        assert_eq!(from_header("A B <a@b>"), "From: A B <a@b>");
    }

    #[test]
    fn names_are_encoded_or_quoted() {
        assert_eq!(from_header("J\u{fc}rgen A <a@b>"), "From: =?UTF-8?q?J=C3=BCrgen_A?= <a@b>");
        assert_eq!(from_header("A. \"B\" C <a@b>"), "From: \"A. \\\"B\\\" C\" <a@b>");
    }

    #[test]
    fn authors_without_name_or_address_become_something_that_git_accepts() {
        assert_eq!(from_header("<a@b>"), "From: <a@b>");
        assert_eq!(from_header("A B"), "From: A B <unknown>");
        assert_eq!(from_header("A <B> <a@b"), "From: A B <a@b>");
        assert_eq!(from_header(""), "From: <unknown>");
    }

    proptest! {
        #[test]
        fn subjects_come_back_and_lines_are_short(subject in "[a-z=?_ \u{e9}\u{4e16}\u{1f600}]{0,200}") {
            let subject = one_line(&subject);
            let line = header("Subject:", &subject);
            let is_foldable = subject.split(' ').all(|word| word.chars().count() < 60) || needs_encoding(&subject);
            if is_foldable {
                prop_assert!(line.lines().all(|line| line.len() <= LINE_COLUMNS), "{}", line);
            }
            let (read, _) = read_back(&subject, "A <a@b>");
            prop_assert_eq!(read.unwrap_or_default(), subject);
        }
    }
}
