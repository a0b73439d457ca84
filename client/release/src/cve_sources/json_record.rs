//! Records in JSON: OSV 1.x, one or a list of them, and CVE records 5.x as far as they name commits.

use std::collections::BTreeSet;
use std::path::Path;

use bstr::BString;
use hunktrace_server::audit::vulnerability::{Account, FixSet, Introduced, Vulnerability};
use serde::Deserialize;
use serde_json::Value;

use super::commit_id::is_commit_id;
use super::known::Record;
use super::severity::Severity;
use super::source_error::SourceError;

/// The introduction that stands for the beginning of history.
const BEGINNING: &str = "0";

#[derive(Deserialize)]
struct OsvRecord {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    affected: Vec<OsvAffected>,
    #[serde(default)]
    severity: Vec<OsvSeverity>,
}

#[derive(Deserialize)]
struct OsvSeverity {
    /// The vector, whatever it is called.
    score: String,
}

#[derive(Deserialize)]
struct OsvAffected {
    #[serde(default)]
    ranges: Vec<OsvRange>,
}

#[derive(Deserialize)]
struct OsvRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<OsvEvent>,
}

#[derive(Deserialize)]
struct OsvEvent {
    introduced: Option<String>,
    fixed: Option<String>,
}

#[derive(Deserialize)]
struct CveRecord {
    #[serde(rename = "cveMetadata")]
    metadata: CveMetadata,
    containers: CveContainers,
}

#[derive(Deserialize)]
struct CveMetadata {
    #[serde(rename = "cveId", alias = "cveID")]
    id: String,
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
struct CveContainers {
    cna: CveContainer,
}

#[derive(Deserialize)]
struct CveContainer {
    #[serde(default)]
    affected: Vec<CveAffected>,
    #[serde(default)]
    metrics: Vec<CveMetric>,
}

/// A metric of a CVE record, in one of the versions of CVSS.
#[derive(Deserialize)]
struct CveMetric {
    #[serde(rename = "cvssV4_0")]
    fourth: Option<CveVector>,
    #[serde(rename = "cvssV3_1")]
    third: Option<CveVector>,
    #[serde(rename = "cvssV3_0")]
    earlier_third: Option<CveVector>,
    #[serde(rename = "cvssV2_0")]
    second: Option<CveVector>,
}

#[derive(Deserialize)]
struct CveVector {
    #[serde(default, rename = "vectorString")]
    text: String,
}

#[derive(Deserialize)]
struct CveAffected {
    #[serde(default, rename = "programFiles")]
    files: Vec<String>,
    #[serde(default)]
    versions: Vec<CveVersion>,
}

#[derive(Deserialize)]
struct CveVersion {
    #[serde(default)]
    version: String,
    #[serde(default, rename = "lessThan")]
    less_than: String,
    #[serde(default)]
    status: String,
    #[serde(default, rename = "versionType")]
    kind: String,
}

/// Reads the records of a file; each may be malformed by itself.
///
/// # Errors
/// Where the text is no JSON.
pub(super) fn read_records(
    path: &Path,
    text: &str,
) -> Result<Vec<Result<Option<Record>, SourceError>>, SourceError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| SourceError::malformed(path, error.line(), error))?;
    let records = match value {
        Value::Array(records) => records,
        record => vec![record],
    };
    Ok(records.into_iter().map(|record| read_record(path, record)).collect())
}

fn read_record(path: &Path, record: Value) -> Result<Option<Record>, SourceError> {
    let malformed = |error: serde_json::Error| SourceError::malformed(path, 1, error);
    if record.get("cveMetadata").is_some() {
        return Ok(cve_vulnerability(serde_json::from_value(record).map_err(malformed)?));
    }
    if record.get("affected").is_some() && record.get("id").is_some() {
        return Ok(osv_vulnerability(serde_json::from_value(record).map_err(malformed)?));
    }
    Err(SourceError::malformed(path, 1, "is neither an OSV nor a CVE record"))
}

fn osv_vulnerability(record: OsvRecord) -> Option<Record> {
    if record.withdrawn.is_some() {
        return None;
    }
    let id = std::iter::once(&record.id).chain(&record.aliases).find(|id| id.starts_with("CVE-"));
    let id = id.unwrap_or(&record.id).clone();
    let ranges = record.affected.iter().flat_map(|affected| &affected.ranges);
    let events: Vec<&OsvEvent> =
        ranges.filter(|range| range.kind == "GIT").flat_map(|range| &range.events).collect();
    let introducing = events.iter().filter_map(|event| event.introduced.clone());
    let fixed = events.iter().filter_map(|event| event.fixed.clone()).filter(|id| is_commit_id(id));
    let fixes = fixed.map(|id| FixSet { commits: vec![id], mends: Vec::new() });
    let account =
        Account { introduced: introduced(introducing), fixes: fixes.collect(), depends_on: Vec::new() };
    let severity = worst(record.severity.iter().map(|severity| severity.score.as_str()));
    Some(Record { vulnerability: Vulnerability { id, accounts: vec![account], files: Vec::new() }, severity })
}

fn cve_vulnerability(record: CveRecord) -> Option<Record> {
    if record.metadata.state == "REJECTED" {
        return None;
    }
    let affected = &record.containers.cna.affected;
    let versions: Vec<&CveVersion> = affected
        .iter()
        .flat_map(|affected| &affected.versions)
        .filter(|version| version.kind == "git" && version.status == "affected")
        .collect();
    let introducing = versions.iter().map(|version| version.version.clone());
    let fixed = versions.iter().filter(|version| is_commit_id(&version.less_than));
    let fixes = fixed.map(|version| FixSet {
        commits: vec![version.less_than.clone()],
        mends: Some(version.version.clone()).filter(|id| is_commit_id(id)).into_iter().collect(),
    });
    let account =
        Account { introduced: introduced(introducing), fixes: fixes.collect(), depends_on: Vec::new() };
    let cna = &record.containers.cna;
    let (files, severity) = (cna.files(), cna.severity());
    let vulnerability = Vulnerability { id: record.metadata.id, accounts: vec![account], files };
    Some(Record { vulnerability, severity })
}

/// What a CVE record says beside its commits: the files, and how severe it is.
///
/// # Errors
/// Where the text is no CVE record.
pub(super) fn cve_details(path: &Path, text: &str) -> Result<(Vec<BString>, Option<Severity>), SourceError> {
    let record: CveRecord =
        serde_json::from_str(text).map_err(|error| SourceError::malformed(path, error.line(), error))?;
    let cna = record.containers.cna;
    Ok((cna.files(), cna.severity()))
}

impl CveContainer {
    /// The files that are named, each once.
    fn files(&self) -> Vec<BString> {
        let files = self.affected.iter().flat_map(|affected| &affected.files);
        let files: BTreeSet<BString> = files.map(|file| BString::from(file.as_str())).collect();
        files.into_iter().collect()
    }

    fn severity(&self) -> Option<Severity> {
        let vectors = self.metrics.iter().flat_map(|metric| {
            [&metric.fourth, &metric.third, &metric.earlier_third, &metric.second].into_iter().flatten()
        });
        worst(vectors.map(|vector| vector.text.as_str()))
    }
}

/// The worst of some vectors; what is none is left out.
fn worst<'a>(vectors: impl Iterator<Item = &'a str>) -> Option<Severity> {
    vectors.filter_map(Severity::of).max_by_key(|severity| severity.tenths)
}

/// What brought something in, by the ids that records give.
fn introduced(ids: impl Iterator<Item = String>) -> Introduced {
    let mut commits: Vec<String> = Vec::new();
    for id in ids {
        if id == BEGINNING {
            return Introduced::FromTheBeginning;
        }
        if is_commit_id(&id) && !commits.contains(&id) {
            commits.push(id);
        }
    }
    if commits.is_empty() { Introduced::Unknown } else { Introduced::By(commits) }
}
