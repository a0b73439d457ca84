//! The fixes that a release lacks, and the state of its known vulnerabilities, as an audit has found them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::{Paging, page_of};
use super::named::{NamedCommit, commit_page};
use super::release::ROWS;
use super::releases::ReleaseRow;

/// What an audit of a release has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Fixes that are missing.
    pub fixes: Vec<MissingFix>,
    /// Known vulnerabilities.
    pub vulnerabilities: Vec<KnownVulnerability>,
}

/// A fix that is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingFix {
    /// The fix.
    pub commit: NamedCommit,
    /// Its state.
    pub state: String,
    /// Whether it applies as it is.
    pub applies: bool,
    /// The subsystem that it belongs to.
    pub subsystem: Option<String>,
    /// What the tree has that it mends.
    pub mends: Vec<NamedCommit>,
    /// The vulnerabilities that it mends.
    pub cves: Vec<String>,
    /// Why it is not wanted.
    pub waived: Option<String>,
}

/// A known vulnerability.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct KnownVulnerability {
    /// Its name.
    pub cve: String,
    /// Its state.
    pub state: String,
    /// What decides it.
    pub reason: String,
    /// The commits that mend it.
    pub fixes: Vec<NamedCommit>,
    /// Why it is not wanted.
    pub waived: Option<String>,
}

/// A record of `hunktrace audit --format jsonl`.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Record {
    Missing {
        commit: String,
        #[serde(default)]
        fixes: Vec<String>,
        state: String,
        #[serde(default)]
        applies: bool,
        subject: String,
        first_release: Option<String>,
        #[serde(default)]
        cves: Vec<String>,
        waived: Option<String>,
        subsystem: Option<String>,
    },
    Cve {
        cve: String,
        state: String,
        reason: String,
        #[serde(default)]
        fixes: Vec<FixRecord>,
        waived: Option<String>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct FixRecord {
    commit: String,
}

impl Audit {
    /// Reads the records of an audit.
    ///
    /// # Errors
    /// Where a line is no such record, with its number.
    pub fn read(text: &str) -> Result<Audit, String> {
        let mut audit = Audit::default();
        let named = |ids: Vec<String>| ids.iter().map(|id| NamedCommit::of(id, &[])).collect();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let record: Record = serde_json::from_str(line)
                .map_err(|error| format!("line {number}: is no record of an audit: {error}"))?;
            match record {
                Record::Missing {
                    commit,
                    fixes,
                    state,
                    applies,
                    subject,
                    first_release,
                    cves,
                    waived,
                    subsystem,
                } => {
                    let commit = NamedCommit { page: commit_page(&commit), commit, subject, first_release };
                    audit.fixes.push(MissingFix {
                        commit,
                        state,
                        applies,
                        subsystem,
                        mends: named(fixes),
                        cves,
                        waived,
                    });
                }
                Record::Cve { cve, state, reason, fixes, waived } => {
                    let fixes = named(fixes.into_iter().map(|fix| fix.commit).collect());
                    audit.vulnerabilities.push(KnownVulnerability { cve, state, reason, fixes, waived });
                }
                Record::Other => {}
            }
        }
        Ok(audit)
    }
}

/// The fixes that a release lacks, and its known vulnerabilities.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MissingView {
    /// The release.
    pub release: ReleaseRow,
    /// Which page this is.
    pub paging: Paging,
    /// How many fixes are missing.
    pub fix_count: usize,
    /// How many known vulnerabilities there are.
    pub vulnerability_count: usize,
    /// The fixes of this page.
    pub fixes: Vec<MissingFix>,
    /// The vulnerabilities of this page; they come behind the fixes.
    pub vulnerabilities: Vec<KnownVulnerability>,
}

impl MissingView {
    /// A page of an audit; none where there is no such page.
    pub fn of(release: ReleaseRow, audit: &Audit, page: usize) -> Option<MissingView> {
        let places: Vec<usize> = (0..audit.fixes.len() + audit.vulnerabilities.len()).collect();
        let (shown, paging) = page_of(&places, page, ROWS)?;
        let first_known = audit.fixes.len();
        let fixes = shown.iter().filter_map(|place| audit.fixes.get(*place));
        let known =
            shown.iter().filter_map(|place| audit.vulnerabilities.get(place.checked_sub(first_known)?));
        Some(MissingView {
            release,
            paging,
            fix_count: audit.fixes.len(),
            vulnerability_count: audit.vulnerabilities.len(),
            fixes: fixes.cloned().collect(),
            vulnerabilities: known.cloned().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_an_audit_are_read_and_others_passed_over() {
        let text = concat!(
            r#"{"type":"missing","commit":"aa","fixes":["bb"],"state":"will-apply","applies":true,"subject":"s","first_release":null,"cves":["CVE-1"],"waived":null,"subsystem":"NET"}"#,
            "\n",
            r#"{"type":"cve","cve":"CVE-1","state":"affected","reason":"r","fixes":[{"commit":"aa"}],"waived":null}"#,
            "\n",
            r#"{"type":"later"}"#,
            "\n"
        );
        let audit = Audit::read(text).expect("records");
        assert_eq!(
            (audit.fixes[0].mends[0].commit.as_str(), audit.vulnerabilities[0].cve.as_str()),
            ("bb", "CVE-1")
        );
        assert_eq!(audit.fixes[0].subsystem.as_deref(), Some("NET"));
        let view = MissingView::of(ReleaseRow::default(), &audit, 1).expect("a page");
        assert_eq!((view.fixes.len(), view.vulnerabilities.len()), (1, 1));
        assert!(Audit::read("{}\n").is_err_and(|error| error.starts_with("line 1: ")));
    }
}
