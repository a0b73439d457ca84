//! What a vendor says itself of vulnerabilities, held against the code: what is said to be fixed and is not, what was fixed
//! in silence, what is said to affect the release and is fixed.

mod changelog;
mod documents;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::tree_question::{AuditAnswer, CveState};

/// What a vendor says of vulnerabilities, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VendorWord(BTreeMap<String, Said>);

/// What a vendor says of a vulnerability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// It affects the release.
    Affected,
    /// It is looked into.
    UnderInvestigation,
    /// It never affected the release.
    NotAffected,
    /// It is fixed in the release.
    Fixed,
}

/// Why a vendor's word cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum VendorWordError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file says nothing of vulnerabilities.
    #[error("{}: names no vulnerability; give a changelog with CVE ids, a CSAF or an OpenVEX document", path.display())]
    Silent {
        /// The file.
        path: PathBuf,
    },
}

impl VendorWord {
    /// Reads what files say, the later ones over the earlier ones.
    ///
    /// # Errors
    /// Where a file cannot be read, or says nothing.
    pub fn read(files: &[PathBuf]) -> Result<VendorWord, VendorWordError> {
        let mut word = VendorWord::default();
        for file in files {
            word.0.extend(read_file(file)?);
        }
        Ok(word)
    }
}

fn read_file(path: &Path) -> Result<BTreeMap<String, Said>, VendorWordError> {
    let bytes =
        fs::read(path).map_err(|source| VendorWordError::Unreadable { path: path.to_owned(), source })?;
    let said = match serde_json::from_slice::<Value>(&bytes) {
        Ok(document) => documents::said(&document),
        Err(_) => changelog::said(&String::from_utf8_lossy(&bytes)),
    };
    if said.is_empty() {
        return Err(VendorWordError::Silent { path: path.to_owned() });
    }
    Ok(said)
}

/// Where a vendor's word and the code of its release disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The vulnerability.
    pub id: String,
    /// What the vendor says; none where it says nothing.
    pub said: Option<Said>,
    /// What the code says.
    pub state: CveState,
}

impl Disagreement {
    /// The disagreement in words.
    pub fn words(&self) -> String {
        let id = &self.id;
        match (self.said, self.state) {
            (None, _) => format!("{id}: fixed in silence: the vendor does not say so"),
            (Some(Said::Fixed), state) => {
                format!("{id}: the vendor says it is fixed, and by the code it is {}", state.name())
            }
            (Some(Said::Affected), _) => {
                format!("{id}: the vendor says it is affected, and by the code it is fixed")
            }
            (Some(said), state) => {
                format!("{id}: the vendor says {}, and by the code it is {}", said.name(), state.name())
            }
        }
    }

    /// The disagreement as a record.
    pub fn record(&self) -> Value {
        json!({
            "type": "vendor_says",
            "cve": self.id,
            "said": self.said.map(Said::name),
            "state": self.state.name(),
            "words": self.words(),
        })
    }
}

impl Said {
    /// What is said, in the words of OpenVEX.
    pub fn name(self) -> &'static str {
        match self {
            Said::Affected => "affected",
            Said::UnderInvestigation => "under_investigation",
            Said::NotAffected => "not_affected",
            Said::Fixed => "fixed",
        }
    }
}

/// Holds a vendor's word against the code; nothing where the vendor says nothing at all.
pub fn disagreements(word: &VendorWord, answer: &AuditAnswer) -> Vec<Disagreement> {
    if word.0.is_empty() {
        return Vec::new();
    }
    let of = |known: &crate::tree_question::AuditedVulnerability| {
        let said = word.0.get(&known.id).copied();
        let disagrees = match (said, known.state) {
            (None, CveState::Fixed) => true,
            (Some(Said::Fixed), state) => state != CveState::Fixed,
            (Some(Said::Affected), state) => state == CveState::Fixed,
            (Some(Said::NotAffected), state) => state == CveState::Affected,
            _ => false,
        };
        disagrees.then(|| Disagreement { id: known.id.clone(), said, state: known.state })
    };
    answer.vulnerabilities.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests;
