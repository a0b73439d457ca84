//! An earlier audit: what it told is no news.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::tree_question::AuditAnswer;

/// What an earlier audit has told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EarlierAudit {
    fixes: BTreeSet<String>,
    /// Vulnerabilities with their states.
    vulnerabilities: BTreeSet<(String, String)>,
}

/// Why an earlier audit cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EarlierAuditError {
    /// It cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what `audit --format jsonl` writes.
    #[error("{}: line {line}: {source}; give what 'hunktrace audit --format jsonl' has printed", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line of the file, from 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Record {
    Missing {
        commit: String,
    },
    Cve {
        cve: String,
        state: String,
    },
    /// What is no news in any case, such as the vendor's own word.
    #[serde(other)]
    Other,
}

impl EarlierAudit {
    /// Reads the JSON lines of an earlier audit.
    ///
    /// # Errors
    /// Where they cannot be read, or are something else.
    pub fn read(path: &Path) -> Result<EarlierAudit, EarlierAuditError> {
        let text = fs::read_to_string(path)
            .map_err(|source| EarlierAuditError::Unreadable { path: path.to_owned(), source })?;
        let mut earlier = EarlierAudit::default();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let record = serde_json::from_str(line).map_err(|source| EarlierAuditError::Malformed {
                path: path.to_owned(),
                line: number + 1,
                source,
            })?;
            match record {
                Record::Missing { commit } => drop(earlier.fixes.insert(commit)),
                Record::Cve { cve, state } => drop(earlier.vulnerabilities.insert((cve, state))),
                Record::Other => {}
            }
        }
        Ok(earlier)
    }

    /// Leaves in an answer what this audit has not told: other fixes, and vulnerabilities in another state.
    pub fn retain_news(&self, answer: &mut AuditAnswer) {
        answer.fixes.retain(|fix| !self.fixes.contains(&fix.commit.commit));
        let is_known =
            |id: &str, state: &str| self.vulnerabilities.contains(&(id.to_owned(), state.to_owned()));
        answer.vulnerabilities.retain(|known| !is_known(&known.id, known.state.name()));
    }
}
