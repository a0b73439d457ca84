//! The places in a message where commits are named by their hash.

use std::ops::Range;

use super::commit_ref::CommitRef;

/// Fewest digits of an abbreviated hash. Git abbreviates to no fewer, and shorter runs of `a` to `f` are words.
const MIN_DIGITS: usize = 7;
/// Digits of a whole SHA-1.
const MAX_DIGITS: usize = 40;
/// Longest subject that is looked for behind a hash, in bytes.
const MAX_SUBJECT: usize = 400;

/// One commit, or several that are named in one breath ("X, Y and commit Z").
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// Where the first hash starts.
    pub start: usize,
    /// Where the last hash, or the subject behind it, ends.
    pub end: usize,
    /// The commits in order; at least one.
    pub commits: Vec<CommitRef>,
}

/// Iterates over the mentions of a message.
pub(super) struct Mentions<'a> {
    message: &'a str,
    position: usize,
}

impl<'a> Mentions<'a> {
    pub fn new(message: &'a str) -> Self {
        Self { message, position: 0 }
    }
}

impl Iterator for Mentions<'_> {
    type Item = Mention;

    fn next(&mut self) -> Option<Mention> {
        let bytes = self.message.as_bytes();
        let mut hash = find_hash(bytes, self.position)?;
        let start = hash.start;
        let (first, mut end) = commit_with_subject(self.message, &hash);
        let mut commits = vec![first];
        while let Some(next) = next_in_list(bytes, end).or_else(|| next_in_column(bytes, &hash)) {
            let (commit, commit_end) = commit_with_subject(self.message, &next);
            commits.push(commit);
            (hash, end) = (next, commit_end);
        }
        self.position = end;
        Some(Mention { start, end, commits })
    }
}

/// Finds the first run of 7 to 40 hexadecimal digits at or behind `from` that stands alone.
fn find_hash(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut position = from;
    // Only every seventh byte is looked at until one is a digit: no shorter run counts.
    while position + MIN_DIGITS <= bytes.len() {
        let probe = position + MIN_DIGITS - 1;
        if !bytes[probe].is_ascii_hexdigit() {
            position = probe + 1;
            continue;
        }
        let run_start = bytes[position..probe]
            .iter()
            .rposition(|byte| !byte.is_ascii_hexdigit())
            .map_or(position, |offset| position + offset + 1);
        let run_end = run_start + digits_at(bytes, run_start);
        if is_hash(bytes, run_start, run_end) {
            return Some(run_start..run_end);
        }
        position = run_end;
    }
    None
}

fn digits_at(bytes: &[u8], start: usize) -> usize {
    bytes[start..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
}

/// Whether the run of digits has a hash's length and is no part of a longer word.
fn is_hash(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_word_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (MIN_DIGITS..=MAX_DIGITS).contains(&(end - start))
        && !(start > 0 && is_word_byte(bytes[start - 1]))
        && !(end < bytes.len() && is_word_byte(bytes[end]))
}

/// The commit named by a hash, and where the subject given with it ends.
fn commit_with_subject(message: &str, hash: &Range<usize>) -> (CommitRef, usize) {
    let hex = message[hash.clone()].to_ascii_lowercase();
    match quoted_subject(message, hash.end) {
        Some((subject, subject_end)) => (CommitRef { hex, subject: Some(subject) }, subject_end),
        None => (CommitRef { hex, subject: None }, hash.end),
    }
}

/// The subject that follows a hash ending at `hash_end`, and where it ends: `("subject")`, `"subject"` or
/// `(area: subject)`, perhaps wrapped.
fn quoted_subject(message: &str, hash_end: usize) -> Option<(String, usize)> {
    let bytes = message.as_bytes();
    let mut start = skip_blanks(bytes, hash_end);
    if matches!(bytes.get(start), Some(b',' | b':' | b']')) {
        start = skip_blanks(bytes, start + 1);
    }
    let rest = &message[start..];
    let (opening, closing): (&str, &[&str]) = if rest.starts_with("(\"") {
        ("(\"", &["\")", "\"", ")"])
    } else if rest.starts_with("('") {
        ("('", &["')", ")"])
    } else if rest.starts_with('"') {
        ("\"", &["\""])
    } else if rest.starts_with('(') {
        ("(", &[")"])
    } else {
        return None;
    };
    let text_start = start + opening.len();
    let text = paragraph_part(&message[text_start..], MAX_SUBJECT);
    let (length, closing) = closing.iter().find_map(|closing| Some((text.find(closing)?, closing)))?;
    let subject = text[..length].split_whitespace().collect::<Vec<_>>().join(" ");
    // What stands in plain parentheses may also be a release or a remark.
    let is_subject = !subject.is_empty() && (opening != "(" || subject.contains(": "));
    is_subject.then_some((subject, text_start + length + closing.len()))
}

/// Where the hash is that continues a list of commits ending at `end`: after a comma, "and" or a line break.
fn next_in_list(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    let mut position = end;
    if matches!(bytes.get(position), Some(b')' | b']' | b'>' | b'\'' | b'"' | b'`')) {
        position += 1;
    }
    position = skip_blanks(bytes, position);
    if matches!(bytes.get(position), Some(b',' | b';' | b'&' | b'+' | b'/')) {
        position = skip_blanks(bytes, position + 1);
    }
    for word in ["and", "plus", "also", "commits", "commit"] {
        if let Some(word_end) = word_at(bytes, position, word) {
            position = skip_blanks(bytes, word_end);
        }
    }
    if matches!(bytes.get(position), Some(b'(' | b'[' | b'<' | b'\'' | b'"' | b'`')) {
        position += 1;
    }
    if position == end {
        return None;
    }
    let hash_end = position + digits_at(bytes.get(..bytes.len().min(position + MAX_DIGITS + 1))?, position);
    is_hash(bytes, position, hash_end).then_some(position..hash_end)
}

/// Where the hash is that continues a column of commits, as `git log --oneline` prints them: it begins the line after
/// the one that `hash` begins.
fn next_in_column(bytes: &[u8], hash: &Range<usize>) -> Option<Range<usize>> {
    let before = bytes[..hash.start].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
    if before != Some(&b'\n') {
        return None;
    }
    let rest = &bytes[hash.end..bytes.len().min(hash.end + MAX_SUBJECT)];
    let newline = hash.end + rest.iter().position(|&byte| byte == b'\n')?;
    let next = skip_blanks(bytes, newline);
    let end = next + digits_at(&bytes[..bytes.len().min(next + MAX_DIGITS + 1)], next);
    is_hash(bytes, next, end).then_some(next..end)
}

/// The end of `word` if it stands at `position`, in any case, followed by white space.
fn word_at(bytes: &[u8], position: usize, word: &str) -> Option<usize> {
    let end = position + word.len();
    let found = bytes.get(position..end)?.eq_ignore_ascii_case(word.as_bytes());
    (found && bytes.get(end).is_some_and(u8::is_ascii_whitespace)).then_some(end)
}

/// Skips white space, but no further than the end of the paragraph.
fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    let mut newlines = 0;
    let mut position = from;
    while let Some(byte) = bytes.get(position).filter(|byte| byte.is_ascii_whitespace()) {
        newlines += usize::from(*byte == b'\n');
        if newlines > 1 {
            return from;
        }
        position += 1;
    }
    position
}

/// What `text` starts with: at most its first paragraph and about `limit` bytes.
pub(super) fn paragraph_part(text: &str, limit: usize) -> &str {
    let mut limit = limit.min(text.len());
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let mut end = 0;
    for line in text[..limit].split_inclusive('\n') {
        if end > 0 && line.trim().is_empty() {
            break;
        }
        end += line.len();
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(message: &str) -> Vec<Vec<(String, Option<String>)>> {
        Mentions::new(message)
            .map(|mention| mention.commits.into_iter().map(|commit| (commit.hex, commit.subject)).collect())
            .collect()
    }

    fn bare(hex: &str) -> (String, Option<String>) {
        (hex.to_owned(), None)
    }

    #[test]
    fn only_runs_of_7_to_40_digits_that_stand_alone_are_hashes() {
        let long = "0123456789abcdef0123456789abcdef01234567";
        let message = format!("123456 0xabcdef01 abcdef0_ gabcdef0 {long}0; {long}, ABCDEF1.");
        assert_eq!(named(&message), [vec![bare(long), bare("abcdef1")]]);
    }

    #[test]
    fn lists_are_one_mention() {
        for list in [
            "1111111a and 2222222b",
            "1111111a\nand commit 2222222b",
            "1111111a,\n  2222222b",
            "1111111a\n\t2222222b",
            "<1111111a> & <2222222b>",
        ] {
            assert_eq!(named(list), [vec![bare("1111111a"), bare("2222222b")]], "{list}");
        }
        assert_eq!(named(":\n 1111111a some text\n 2222222b other text").len(), 1);
        assert_eq!(named("1111111a\n\n2222222b").len(), 2);
        assert_eq!(named("1111111a with 2222222b").len(), 2);
    }

    #[test]
    fn subjects() {
        for (message, subject) in [
            ("1111111a (\"a: b\")", Some("a: b")),
            ("1111111a (\"a: b\nc\")", Some("a: b c")),
            ("1111111a (\"Revert \"a: b\"\")", Some("Revert \"a: b\"")),
            ("1111111a ('a: b')", Some("a: b")),
            ("1111111a\n\"a b\"", Some("a b")),
            ("1111111a, (\"a b\")", Some("a b")),
            ("1111111a: (\"a b", None),
            ("1111111a (\"a b)", Some("a b")),
            ("1111111a (a: b)", Some("a: b")),
            ("1111111a (v2.6.40)", None),
            ("1111111a (\"a\n\nb\")", None),
        ] {
            let expected = vec![("1111111a".to_owned(), subject.map(str::to_owned))];
            assert_eq!(named(message), [expected], "{message}");
        }
    }
}
