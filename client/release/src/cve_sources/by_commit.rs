//! Which vulnerabilities a commit mends.

use std::collections::BTreeMap;

use super::commit_id::FEWEST_DIGITS;
use super::known::KnownVulnerabilities;

/// The vulnerabilities that each commit mends, by the beginning of its id as sources give it.
#[derive(Clone, Debug, Default)]
pub struct CvesByCommit {
    by_id: BTreeMap<String, Vec<String>>,
}

impl CvesByCommit {
    /// What sources tell.
    pub fn of(known: &KnownVulnerabilities) -> CvesByCommit {
        let mut by_id: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for vulnerability in &known.vulnerabilities {
            let sets = vulnerability.accounts.iter().flat_map(|account| &account.fixes);
            for commit in sets.flat_map(|set| &set.commits) {
                let cves = by_id.entry(commit.to_ascii_lowercase()).or_default();
                if !cves.contains(&vulnerability.id) {
                    cves.push(vulnerability.id.clone());
                }
            }
        }
        CvesByCommit { by_id }
    }

    /// The vulnerabilities that a change mends which these commits make, by their whole ids.
    pub fn mended_by<'a>(&self, commits: impl Iterator<Item = &'a str>) -> Vec<&str> {
        let mut cves: Vec<&str> = Vec::new();
        for commit in commits {
            let names = (FEWEST_DIGITS..=commit.len()).filter_map(|digits| commit.get(..digits));
            for cve in names.filter_map(|name| self.by_id.get(name)).flatten() {
                if !cves.contains(&cve.as_str()) {
                    cves.push(cve);
                }
            }
        }
        cves.sort_unstable();
        cves
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_server::audit::vulnerability::{Account, FixSet, Vulnerability};

    use super::*;

    #[test]
    fn commits_are_known_by_abbreviated_ids_as_well() {
        let fix = |id: &str, commit: &str| Vulnerability {
            id: id.to_owned(),
            accounts: vec![Account {
                fixes: vec![FixSet { commits: vec![commit.to_owned()], mends: Vec::new() }],
                ..Account::default()
            }],
            files: Vec::new(),
        };
        let (one, other) = ("1".repeat(40), "2".repeat(40));
        let vulnerabilities = vec![fix("CVE-2", &one), fix("CVE-1", &one[..12]), fix("CVE-3", &other)];
        let known =
            CvesByCommit::of(&KnownVulnerabilities { vulnerabilities, ..KnownVulnerabilities::default() });
        assert_eq!(known.mended_by([one.as_str()].into_iter()), ["CVE-1", "CVE-2"]);
        assert_eq!(known.mended_by(["3".repeat(40).as_str()].into_iter()), [] as [&str; 0]);
    }
}
