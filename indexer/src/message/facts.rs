//! Everything that one message says about other commits.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::commit_ref::CommitRef;
use super::fixes::is_fixed;
use super::mention::Mentions;
use super::origin::{is_origin, names_upstream};
use super::quoted_commit::QuotedCommits;
use super::revert::{is_reverted, reverted_subject};
use super::statement::Statement;

/// What a commit message says about other commits; each list in order of appearance, without repetitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFacts {
    /// The first paragraph on one line, as git shows it.
    pub subject: String,
    /// The commits that this commit says to carry.
    ///
    /// Mostly one in mainline. There are several where changes were merged, and where a carrier of a stable commit
    /// names both that and its origin. Hashes of trees that were rebased since resolve to nothing.
    pub origins: Vec<CommitRef>,
    /// Whether the origins are said to be upstream, and not only copied from somewhere: by words for it, or by the
    /// marks of a vendor's tree. Mainline's own picks name commits of trees that nobody keeps.
    pub names_upstream: bool,
    /// The commits that this commit says to undo entirely.
    ///
    /// "Effectively reverts" counts: the question is which changes are present, so the effect matters. Partial
    /// reverts ("partially reverts", "reverts part of", "most of", "basically reverts") do not count. For "reverts
    /// commit X, which is commit Y upstream" both X and Y are here, and neither is an origin.
    pub reverts: Vec<CommitRef>,
    /// The subject of the undone commit, where this commit's subject quotes it.
    ///
    /// From `Revert "subject"`; nesting stays, so `Revert "Revert "subject""` gives `Revert "subject"`, as does
    /// `Reapply "subject"`.
    pub reverted_subject: Option<String>,
    /// The commits in which, so this commit says, the bug was that it repairs.
    pub fixes: Vec<CommitRef>,
}

impl MessageFacts {
    /// Reads a message, in time linear in its length; never fails.
    pub fn parse(message: &str) -> Self {
        let body_start = body_start(message);
        let subject = one_line(&message[..body_start]);
        let mut facts = Self { reverted_subject: reverted_subject(&subject), subject, ..Self::default() };
        let mut quoted_commits = QuotedCommits::new(message);
        for mention in Mentions::new(message) {
            let Some(statement) = Statement::around(message, &mention) else {
                continue;
            };
            let list = if is_fixed(&statement, &mention) {
                &mut facts.fixes
            } else if is_reverted(&statement, mention.start < body_start) {
                &mut facts.reverts
            } else if is_origin(&statement, &mention) {
                facts.names_upstream |= names_upstream(&statement);
                &mut facts.origins
            } else if quoted_commits.is_origin(&statement, &mention, &facts.subject, body_start) {
                &mut facts.origins
            } else {
                continue;
            };
            list.extend(mention.commits);
        }
        facts.names_upstream |= !facts.origins.is_empty()
            && (has_vendor_mark(message) || quoted_commits.vendor_header().is_some());
        for list in [&mut facts.origins, &mut facts.reverts, &mut facts.fixes] {
            remove_repetitions(list);
        }
        facts
    }
}

/// The first paragraph of a message on one line, as git shows it.
pub fn subject_of(message: &str) -> String {
    one_line(&message[..body_start(message)])
}

/// Whether a message has a mark of Android's kernels for what comes from upstream, or names Red Hat's ticket.
fn has_vendor_mark(message: &str) -> bool {
    static MARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\s*(?:UPSTREAM|BACKPORT): |\n(?i:resolves|related): ?(?i:#|rhel|rhbz)")
            .expect("a valid pattern")
    });
    MARK.is_match(message)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn remove_repetitions(commits: &mut Vec<CommitRef>) {
    if commits.len() > 1 {
        let mut seen = HashSet::new();
        commits.retain(|commit| seen.insert(commit.hex.clone()));
    }
}

/// Where the first paragraph of the message ends.
fn body_start(message: &str) -> usize {
    let mut end = 0;
    let mut seen_text = false;
    for line in message.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        if is_blank && seen_text {
            break;
        }
        seen_text |= !is_blank;
        end += line.len();
    }
    end
}
