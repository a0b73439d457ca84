//! What an audit has found of a release, as the data of its page: the fixes and vulnerabilities, and which of them is about
//! which commit.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::data_file::{self, append_json};
use super::error::Error;
use super::unfinished_report::DATA;
use crate::audit_report::obstacles;
use crate::cve_sources::CvesByCommit;
use crate::tree_question::{AuditAnswer, AuditedFix, AuditedVulnerability, CheckedCommit};

/// The name of the data file.
pub(super) const NAME: &str = "audit";

/// All that an audit has found.
#[derive(Serialize)]
pub(super) struct AuditData<'a> {
    fixes: Vec<FixData<'a>>,
    vulnerabilities: Vec<VulnerabilityData<'a>>,
    /// For commits of the release the vulnerabilities that they mend.
    cves: BTreeMap<&'a str, Vec<&'a str>>,
}

/// A fix of what the release has.
#[derive(Serialize)]
struct FixData<'a> {
    commit: &'a str,
    subject: &'a str,
    first_release: &'a str,
    state: &'static str,
    is_missing: bool,
    applies: bool,
    /// The commits that it mends, and the ones that it undoes.
    mends: Vec<&'a str>,
    undoes: &'a [String],
    cves: &'a [String],
    waived: &'a str,
    /// Where it does not apply and why, if it is missing.
    obstacles: Vec<String>,
}

/// A vulnerability.
#[derive(Serialize)]
struct VulnerabilityData<'a> {
    id: &'a str,
    state: &'static str,
    /// As `7.8 high`; empty where no source says so.
    severity: String,
    why: &'static str,
    /// The commits that mend it, each with what became of it.
    fixes: Vec<(&'a str, &'static str)>,
    waived: &'a str,
}

impl<'a> AuditData<'a> {
    /// What was found, beside the commits of the release and what sources say of these.
    pub(super) fn new(answer: &'a AuditAnswer, commits: &'a [String], sources: &'a CvesByCommit) -> Self {
        let cves =
            commits.iter().map(|commit| (commit.as_str(), sources.mended_by([commit.as_str()].into_iter())));
        AuditData {
            fixes: answer.fixes.iter().map(fix_data).collect(),
            vulnerabilities: answer.vulnerabilities.iter().map(vulnerability_data).collect(),
            cves: cves.filter(|(_, cves)| !cves.is_empty()).collect(),
        }
    }
}

fn fix_data(fix: &AuditedFix) -> FixData<'_> {
    let mends = fix.fixes.iter().chain(&fix.mends).map(String::as_str);
    FixData {
        commit: &fix.commit.commit,
        subject: &fix.commit.subject,
        first_release: &fix.commit.first_release,
        state: fix.state.name(),
        is_missing: fix.is_missing(),
        applies: fix.applies,
        mends: mends.collect(),
        undoes: &fix.reverts,
        cves: &fix.vulnerabilities,
        waived: &fix.waived,
        obstacles: if fix.is_missing() { obstacles(fix) } else { Vec::new() },
    }
}

fn vulnerability_data(known: &AuditedVulnerability) -> VulnerabilityData<'_> {
    VulnerabilityData {
        id: &known.id,
        state: known.state.name(),
        severity: known.severity.as_ref().map(|severity| severity.words()).unwrap_or_default(),
        why: known.evidence.words(),
        fixes: known.fixes.iter().map(|fix| (name_of(fix), fix.state.name())).collect(),
        waived: &known.waived,
    }
}

/// A commit's id, or what a source calls one that is not indexed.
fn name_of(commit: &CheckedCommit) -> &str {
    if commit.commit.is_empty() { &commit.asked } else { &commit.commit }
}

/// Adds what an audit has found to the report of the release in the folder `dir`, in place of what an earlier one has.
///
/// # Errors
/// Where there is no report, or nothing can be written.
pub fn add_audit(
    dir: &Path,
    answer: &AuditAnswer,
    commits: &[String],
    sources: &CvesByCommit,
) -> Result<(), Error> {
    let path = audit_file(dir);
    // The report has such a file from the beginning.
    fs::metadata(&path).map_err(Error::at(&path))?;
    let script = script(&Some(AuditData::new(answer, commits, sources)))?;
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, script).map_err(Error::at(&unfinished))?;
    fs::rename(&unfinished, &path).map_err(Error::at(&path))
}

/// Whether a folder has a report to which an audit can be added; that of a release with records alone has none.
pub fn has_report(dir: &Path) -> bool {
    audit_file(dir).is_file()
}

fn audit_file(dir: &Path) -> PathBuf {
    dir.join(DATA).join(format!("{NAME}.js"))
}

/// The data file of an audit, or of a release that was not audited.
pub(super) fn script(data: &Option<AuditData<'_>>) -> Result<Vec<u8>, Error> {
    let mut script = data_file::opening(NAME).into_bytes();
    append_json(&mut script, data).map_err(Error::Json)?;
    script.extend_from_slice(data_file::CLOSING);
    Ok(script)
}
