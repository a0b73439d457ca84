//! The way of a changelog-driven rebuild: the commit whose subject is the one that the vendor's changelog gives.

use std::collections::BTreeMap;

use crate::accuracy::history::History;
use crate::accuracy::program::{Answer, Claim};
use crate::accuracy::query::QuerySet;

/// The commits of a history by their exact subject, oldest first.
pub struct SubjectLines {
    commits: BTreeMap<String, Vec<String>>,
}

impl SubjectLines {
    /// Of all commits that a revision contains, merges left out.
    ///
    /// # Errors
    /// Where git fails.
    pub fn of_history(history: &History, revision: &str) -> anyhow::Result<SubjectLines> {
        let printed = history.git(&["log", "--no-merges", "--reverse", "--format=%H %s", revision], b"")?;
        let mut commits: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in String::from_utf8_lossy(&printed).lines() {
            if let Some((commit, subject)) = line.split_once(' ') {
                commits.entry(subject.trim().to_owned()).or_default().push(commit.to_owned());
            }
        }
        Ok(SubjectLines { commits })
    }

    /// The commits with this subject, oldest first.
    pub fn find(&self, subject: &str) -> &[String] {
        self.commits.get(subject.trim()).map_or(&[], Vec::as_slice)
    }

    /// What the subjects of the queries say; none if a set has no subjects, because a hunk has none.
    pub fn answers(&self, set: &QuerySet) -> Option<Vec<Answer>> {
        let answer = |subject: &String| {
            let patch = self.find(subject).iter().map(|commit| Claim::certain(commit)).collect();
            Answer { hunks: Vec::new(), patch }
        };
        set.queries.iter().map(|query| query.subject.as_ref().map(answer)).collect()
    }
}
