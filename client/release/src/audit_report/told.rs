//! How much of an audit is told, and what all of its forms say alike.

use crate::tree_question::{AuditAnswer, AuditedFix, AuditedVulnerability};

/// How much of an audit is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// What is missing, and the vulnerabilities that are not waived.
    Missing,
    /// Everything.
    All,
}

impl Told {
    /// The fixes that are told.
    pub fn fixes(self, answer: &AuditAnswer) -> impl Iterator<Item = &AuditedFix> {
        answer.fixes.iter().filter(move |fix| self == Told::All || fix.is_missing())
    }

    /// The vulnerabilities that are told.
    pub fn vulnerabilities(self, answer: &AuditAnswer) -> impl Iterator<Item = &AuditedVulnerability> {
        answer.vulnerabilities.iter().filter(move |known| self == Told::All || known.waived.is_empty())
    }
}

/// Why fixes do not apply: file, line and reason of each hunk.
pub(crate) fn obstacles(fix: &AuditedFix) -> Vec<String> {
    let hunks = fix.commit.hunks.iter().filter(|hunk| !hunk.obstacle.is_empty() && !hunk.state.is_done());
    hunks.map(|hunk| format!("{}:{}: {}", hunk.path, hunk.old_start, hunk.obstacle)).collect()
}
