//! What a kernel commit message says about other commits.
//!
//! Stable and vendor commits name the mainline commit they carry, and every maintainer spells it differently:
//! "commit X upstream.", "[ Upstream commit X ]", "(cherry picked from commit X)", "Git-commit: X" and dozens
//! more, in any case, abbreviated, wrapped over lines. The same words also appear in prose about commits that are
//! merely talked about, so a hash alone says nothing: what counts is the statement that it stands in.
//!
//! A message is read in one pass. `mention` finds the hashes, `statement` cuts out the words around each, and
//! `origin`, `revert` and `fixes` say what those words mean. `quoted_commit` knows the one form that has no
//! words at all: a quoted `git show` header.

mod encoding;
mod fixes;
mod mention;
mod origin;
mod quoted_commit;
mod revert;
mod statement;

pub use encoding::decode;

use std::collections::HashSet;

use mention::Mentions;
use quoted_commit::QuotedCommits;
use statement::Statement;

/// A commit as a message names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommitRef {
    /// The hash as far as it is given: 7 to 40 lower-case hexadecimal digits. Not necessarily unique, and in old
    /// messages not necessarily right.
    pub hex: String,
    /// The subject given with the hash, as in `Fixes: X ("subject")`; it helps to resolve a wrong or ambiguous hash.
    pub subject: Option<String>,
}

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
    /// The commits that this commit says to undo entirely.
    ///
    /// "Effectively reverts" counts: the effect is what matters to whoever asks which changes are present. Partial
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
        let subject = message[..body_start].split_whitespace().collect::<Vec<_>>().join(" ");
        let mut facts =
            Self { reverted_subject: revert::reverted_subject(&subject), subject, ..Self::default() };
        let mut quoted_commits = QuotedCommits::new(message);
        for mention in Mentions::new(message) {
            let Some(statement) = Statement::around(message, &mention) else {
                continue;
            };
            let list = if fixes::is_fixed(&statement, &mention) {
                &mut facts.fixes
            } else if revert::is_reverted(&statement, mention.start < body_start) {
                &mut facts.reverts
            } else if origin::is_origin(&statement, &mention)
                || quoted_commits.is_origin(&statement, &mention, &facts.subject)
            {
                &mut facts.origins
            } else {
                continue;
            };
            list.extend(mention.commits);
        }
        for list in [&mut facts.origins, &mut facts.reverts, &mut facts.fixes] {
            remove_repetitions(list);
        }
        facts
    }
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

#[cfg(test)]
mod tests;
