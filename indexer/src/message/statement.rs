//! The statement that a commit is named in: the words before and behind its hash.

use super::mention::{Mention, paragraph_part};

/// How far before a hash its statement may begin, in bytes; what begins earlier is prose.
const MAX_LEAD: usize = 240;
/// How far behind a hash is looked, in bytes.
const MAX_TAIL: usize = 120;

/// Ends of the words that may stand right before a hash where something is said of the commit.
const ANNOUNCING: &[&str] = &[
    ":",
    "commit",
    "commits",
    "id",
    "ids",
    "sha1",
    "backport",
    "backported",
    "accepted",
    "from",
    "of",
    "upstream",
    "upstream's",
    "mainline",
    "is",
    "are",
    "revert",
    "reverts",
    "patch",
    "patches",
    "change",
    "changes",
    "changeset",
    "changesets",
    "the",
];

/// The words around a mention, in lower case, with white space collapsed.
#[derive(Debug)]
pub(super) struct Statement {
    /// From where the statement begins to the hash, without brackets, quotes and bullets at its ends.
    pub lead: String,
    /// Where the hash's own line begins in `lead`.
    line_start: usize,
    /// Whether the statement begins with an opening bracket.
    pub is_bracketed: bool,
    /// What follows the mention in the same paragraph, white space in front and line breaks included.
    pub tail: String,
}

impl Statement {
    /// The statement around a mention, or `None` if the words before it cannot say anything of a commit.
    pub fn around(message: &str, mention: &Mention) -> Option<Self> {
        let before = &message[..mention.start];
        if !announces_commit(before.as_bytes()) {
            return None;
        }
        let start = statement_start(before.as_bytes())?;
        let raw_lead = before[start..].trim_ascii_start();
        let is_bracketed = raw_lead.starts_with(['[', '(']);
        let raw_lead = raw_lead.trim_start_matches(|c| is_ascii(c, is_opening));
        let raw_lead = raw_lead.trim_end_matches(|c| is_ascii(c, is_joining));
        let own_line = raw_lead.rsplit('\n').next().unwrap_or(raw_lead);

        let lead = collapse(raw_lead, ' ');
        let line_start = lead.len() - collapse(own_line.trim_ascii_start(), ' ').len();
        let tail = collapse(paragraph_part(&message[mention.end..], MAX_TAIL), '\n');
        Some(Self { lead, line_start, is_bracketed, tail })
    }

    /// The part of the lead that stands before the hash's own line.
    pub fn lines_before(&self) -> &str {
        &self.lead[..self.line_start]
    }

    /// The part of the lead that stands on the hash's own line.
    pub fn line_lead(&self) -> &str {
        &self.lead[self.line_start..]
    }
}

fn is_ascii(c: char, test: fn(u8) -> bool) -> bool {
    u8::try_from(c).is_ok_and(|byte| byte.is_ascii() && test(byte))
}

/// What may stand in front of a statement.
fn is_opening(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"[(*-'\"`".contains(&byte)
}

/// What may stand between a statement's last word and the hash.
fn is_joining(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"[](<#=/'\"`".contains(&byte)
}

/// Whether the last word before a hash is one that announces a commit. Most hashes in kernel messages are addresses
/// in register dumps: they must be cheap.
fn announces_commit(before: &[u8]) -> bool {
    let nearby = &before[before.len().saturating_sub(MAX_LEAD)..];
    let word_end = nearby.iter().rposition(|&byte| !is_joining(byte)).map_or(0, |last| last + 1);
    let word_start =
        nearby[..word_end].iter().rposition(u8::is_ascii_whitespace).map_or(0, |blank| blank + 1);
    let word = &nearby[word_start..word_end];
    let ends_with = |end: &str| {
        word.len() >= end.len() && word[word.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    };
    ANNOUNCING.iter().any(|end| ends_with(end)) || word.windows(3).any(|part| part == b"://")
}

/// Where the last statement of `before` begins, or `None` if that is too far from its end.
fn statement_start(before: &[u8]) -> Option<usize> {
    let limit = before.len().saturating_sub(MAX_LEAD);
    for index in (limit.max(1)..before.len()).rev() {
        let follows_sentence = before[index].is_ascii_whitespace() && b".;!?".contains(&before[index - 1]);
        if follows_sentence || (before[index] == b'\n' && starts_statement(before, index + 1)) {
            return Some(index + 1);
        }
    }
    if limit == 0 {
        return Some(0);
    }
    // Behind a list or a log of any length a line in parentheses is a remark of its own.
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    before[line_start..].starts_with(b"(").then_some(line_start)
}

/// Whether the line that begins at `line_start` starts a statement rather than going on with one.
fn starts_statement(before: &[u8], line_start: usize) -> bool {
    let line = before[line_start..].trim_ascii_start();
    let (previous, previous_is_subject) = line_before(before, line_start);
    if line.starts_with(b"[") || previous_is_subject {
        return true;
    }
    if previous.is_empty() {
        let paragraph_end = &before[before.len().saturating_sub(MAX_LEAD).min(line_start)..line_start];
        return line.starts_with(b"(") || !leads_over(paragraph_end);
    }
    let is_ruler = previous.iter().all(u8::is_ascii_punctuation);
    is_ruler || previous.last().is_some_and(|last| b")]>".contains(last)) || is_header(previous)
}

/// The line before the one that begins at `line_start`, and whether it is the first line of the message.
fn line_before(before: &[u8], line_start: usize) -> (&[u8], bool) {
    let lines_before = &before[..line_start - 1];
    let start = lines_before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    (lines_before[start..].trim_ascii(), start == 0)
}

/// Whether a paragraph leaves its sentence open for the next one: "The bug was introduced by", "This reverts the
/// following commits:". A single word with a colon is a header without a value.
fn leads_over(paragraph_end: &[u8]) -> bool {
    let text = paragraph_end.trim_ascii_end();
    let line_start = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].trim_ascii_start().to_ascii_lowercase();
    let mut words = line.rsplit(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let Some(last) = words.next() else {
        return false;
    };
    let is_sentence = words.nth(1).is_some();
    matches!(
        last.strip_suffix(b":").unwrap_or(last),
        b"by" | b"revert" | b"reverts" | b"commits" | b"patches"
    ) || (is_sentence && last.ends_with(b":"))
}

/// Whether a line looks like `Key: value`.
fn is_header(line: &[u8]) -> bool {
    let key = line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    key > 0 && line[key..].starts_with(b": ")
}

/// Lower case, with every run of white space as one blank, or as `newline` if it contains a line break.
fn collapse(text: &str, newline: char) -> String {
    let mut collapsed = String::with_capacity(text.len());
    let mut gap = None;
    for c in text.chars() {
        if c.is_ascii_whitespace() {
            gap = if c == '\n' || gap == Some(newline) { Some(newline) } else { Some(' ') };
        } else {
            collapsed.extend(gap.take());
            collapsed.push(c.to_ascii_lowercase());
        }
    }
    collapsed
}

#[cfg(test)]
mod tests {
    use super::super::mention::Mentions;
    use super::*;

    fn statement(message: &str) -> Option<Statement> {
        let mention = Mentions::new(message).next().expect("the message names a commit");
        Statement::around(message, &mention)
    }

    #[test]
    fn lead_begins_with_the_statement() {
        for (message, lead) in [
            ("Subject\ncommit 1111111a", "commit"),
            ("Subject\n\nSome text.\nThis is commit 1111111a", "this is commit"),
            ("Subject\n\nSome text. This is\n  Commit <1111111a>", "this is commit"),
            ("Subject\n\nSome text that\ngoes on, commit 1111111a", "some text that goes on, commit"),
            ("Subject\n\nCc: x\n[ Upstream  commit 1111111a ]", "upstream commit"),
            ("Subject\n\n------\n- commit 1111111a", "commit"),
            ("Subject\n\nFixes:\n 1111111a", "fixes:"),
            ("Subject by\n\ncommit 1111111a", "commit"),
            ("Subject\n\nConflicts:\n\ncommit 1111111a", "commit"),
            ("Subject\n\nCaused by\n\ncommit 1111111a", "caused by commit"),
            ("Subject\n\nWhat we do not want:\n\n1111111a", "what we do not want:"),
        ] {
            assert_eq!(
                statement(message).map(|statement| statement.lead).as_deref(),
                Some(lead),
                "{message}"
            );
        }
    }

    #[test]
    fn own_line_of_a_wrapped_statement() {
        let statement = statement("Subject\n\ntext goes on\n  Fixes: 1111111a").expect("a statement");
        assert_eq!(statement.line_lead(), "fixes:");
    }

    #[test]
    fn tail_ends_with_the_paragraph() {
        for (message, tail) in [
            ("commit 1111111a  Upstream.\n\nText", " upstream."),
            ("commit 1111111a\n  upstream", "\nupstream"),
            ("commit 1111111a\n\nupstream", ""),
            ("commit 1111111a (\"a: b\")", ""),
        ] {
            assert_eq!(
                statement(message).map(|statement| statement.tail).as_deref(),
                Some(tail),
                "{message}"
            );
        }
    }

    #[test]
    fn other_words_and_far_away_beginnings_say_nothing() {
        assert!(statement(" [<1111111a>] some_function+0x12").is_none());
        assert!(statement("see 1111111a").is_none());
        assert!(statement(&format!("{} commit 1111111a", "prose ".repeat(100))).is_none());
    }
}
