//! Origins that are named by quoting the commit, as `git show` prints it.
//!
//! RHEL and CentOS Stream commits have headers of their own, then `commit X`, `Author:` and `Date:` lines, then the
//! origin's message. Mainline commits quote others in the same way to blame them. What tells them apart: the vendor's
//! headers stand in front, or the quoted message has this commit's own subject.

use std::sync::LazyLock;

use regex::Regex;

use super::commit_ref::CommitRef;
use super::mention::Mention;
use super::statement::Statement;

/// Shortest subject that can be recognised when it is repeated, in bytes.
const MIN_SUBJECT: usize = 10;

/// Fewest digits of an id that is a paragraph by itself.
const MIN_PLAIN_DIGITS: usize = 12;

/// What follows the first line of a commit as git stores it and `git log --format=raw` prints it.
static RAW_HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\ntree [0-9a-f]{40}\n(?:parent|author)(?-u:\b)").expect("a valid pattern")
});

/// The headers of RHEL and CentOS Stream commits.
static VENDOR_HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^(?:jira|bugzilla|bz|upstream[- ]status|o-jira|y-jira):[ \t]").expect("a valid pattern")
});

/// Recognises quoted origins of one message.
pub(super) struct QuotedCommits<'a> {
    message: &'a str,
    /// Where the vendor's headers begin, once it was looked for.
    vendor_header: Option<Option<usize>>,
    /// Where the message's subject is repeated for the last time, once it was looked for.
    repeated_subject: Option<Option<usize>>,
}

impl<'a> QuotedCommits<'a> {
    pub fn new(message: &'a str) -> Self {
        Self { message, vendor_header: None, repeated_subject: None }
    }

    /// Where the headers of a vendor's commits begin, if the message has such.
    pub fn vendor_header(&mut self) -> Option<usize> {
        let message = self.message;
        *self.vendor_header.get_or_insert_with(|| VENDOR_HEADER.find(message).map(|header| header.start()))
    }

    /// Whether the statement is the first line of a quoted commit that is this commit's origin; `body` is where the
    /// message's first paragraph ends.
    pub fn is_origin(
        &mut self,
        statement: &Statement,
        mention: &Mention,
        subject: &str,
        body: usize,
    ) -> bool {
        let is_bare_line =
            statement.lead == "commit" && (statement.tail.is_empty() || statement.tail.starts_with('\n'));
        if !is_bare_line {
            return false;
        }
        let names_author = statement.tail.starts_with("\nauthor:") || statement.tail.starts_with("\nmerge:");
        if names_author && self.vendor_header().is_some_and(|position| position < mention.start) {
            return true;
        }
        if RAW_HEADER.is_match(&statement.tail) {
            return true;
        }
        // Whoever talks about a commit says more of it than its id.
        let before = self.message.get(body..mention.start);
        let is_first = before.is_some_and(|before| before.trim().len() <= "commit".len());
        if is_first && statement.tail.is_empty() && mention.commits.iter().all(is_plain_id) {
            return true;
        }
        let is_whole_paragraph = statement.tail.is_empty() || names_author;
        let repeated_subject =
            *self.repeated_subject.get_or_insert_with(|| last_repetition(self.message, subject));
        is_whole_paragraph && repeated_subject.is_some_and(|position| position > mention.end)
    }
}

/// Whether a commit is named by its id alone, which is long enough to be no other's.
fn is_plain_id(commit: &CommitRef) -> bool {
    commit.subject.is_none() && commit.hex.len() >= MIN_PLAIN_DIGITS
}

/// Where the last line starts that is the subject, apart from tags in brackets before either.
fn last_repetition(message: &str, subject: &str) -> Option<usize> {
    let subject = without_tags(subject);
    if subject.len() < MIN_SUBJECT {
        return None;
    }
    let mut line_end = message.len();
    for line in message.rsplit('\n') {
        let line_start = line_end - line.len();
        if without_tags(line) == subject {
            return Some(line_start);
        }
        line_end = line_start.saturating_sub(1);
    }
    None
}

/// `[tag] [tag] text` without the tags.
fn without_tags(text: &str) -> &str {
    let mut text = text.trim();
    while let Some((_, rest)) = text.strip_prefix('[').and_then(|tag| tag.split_once(']')) {
        text = rest.trim_start();
    }
    text
}
