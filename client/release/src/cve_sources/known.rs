//! What sources tell of vulnerabilities.

use std::collections::BTreeMap;

use hunktrace_server::audit::vulnerability::Vulnerability;

use super::severity::Severity;
use super::source_error::SourceError;

/// What sources tell.
#[derive(Clone, Debug, Default)]
pub struct KnownVulnerabilities {
    /// The vulnerabilities, by name.
    pub vulnerabilities: Vec<Vulnerability>,
    /// How severe they are said to be, by name; of several words the worst.
    pub severities: BTreeMap<String, Severity>,
    /// Commits that say to mend something and do not.
    pub not_fixes: Vec<String>,
    /// Commits that say to undo a fix, and leave it in force.
    pub not_reverts: Vec<String>,
    /// What could not be read; the rest was.
    pub problems: Vec<SourceError>,
    /// Where what was read could not be kept for the next time.
    pub not_kept: Vec<SourceError>,
}

impl KnownVulnerabilities {
    /// What several sources tell, side by side.
    pub(super) fn of(told: Vec<Told>) -> KnownVulnerabilities {
        let mut known = KnownVulnerabilities::default();
        let mut by_id: BTreeMap<String, Vulnerability> = BTreeMap::new();
        for told in told {
            known.not_fixes.extend(told.not_fixes);
            known.not_reverts.extend(told.not_reverts);
            known.problems.extend(told.problems);
            known.not_kept.extend(told.not_kept);
            for Record { vulnerability, severity } in told.records {
                if let Some(severity) = severity {
                    let worst = known.severities.entry(vulnerability.id.clone()).or_insert(severity.clone());
                    if severity.tenths > worst.tenths {
                        *worst = severity;
                    }
                }
                let entry = by_id.entry(vulnerability.id.clone()).or_insert_with(|| Vulnerability {
                    id: vulnerability.id.clone(),
                    ..Vulnerability::default()
                });
                entry.accounts.extend(vulnerability.accounts);
                entry.files.extend(vulnerability.files);
                entry.files.sort_unstable();
                entry.files.dedup();
            }
        }
        known.vulnerabilities = by_id.into_values().collect();
        known
    }
}

/// What one record tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) vulnerability: Vulnerability,
    pub(super) severity: Option<Severity>,
}

/// What one source tells.
#[derive(Default)]
pub(super) struct Told {
    pub(super) records: Vec<Record>,
    pub(super) not_fixes: Vec<String>,
    pub(super) not_reverts: Vec<String>,
    pub(super) problems: Vec<SourceError>,
    pub(super) not_kept: Option<SourceError>,
}

impl Told {
    /// What the records of a source tell, those that cannot be read apart.
    pub(super) fn of(read: Vec<Result<Option<Record>, SourceError>>) -> Told {
        let mut told = Told::default();
        for read in read {
            match read {
                Ok(record) => told.records.extend(record),
                Err(problem) => told.problems.push(problem),
            }
        }
        told
    }

    /// A source of which nothing can be read.
    pub(super) fn problem(problem: SourceError) -> Told {
        Told { problems: vec![problem], ..Told::default() }
    }

    /// What several files of a source tell.
    pub(super) fn all(files: Vec<Told>) -> Told {
        let mut all = Told::default();
        for told in files {
            all.records.extend(told.records);
            all.problems.extend(told.problems);
        }
        all
    }
}
