//! An audit as JSON lines.

use serde_json::{Value, json};

use super::told::Told;
use crate::cve_sources::Severity;
use crate::lookup_record::purpose_record;
use crate::tree_question::{AuditAnswer, AuditedFix, AuditedVulnerability, CheckedCommit, CheckedHunk};

/// What was found, a record a line: the fixes, then the vulnerabilities.
pub fn json_lines(answer: &AuditAnswer, told: Told) -> String {
    let fixes = told.fixes(answer).map(fix_record);
    let vulnerabilities = told.vulnerabilities(answer).map(vulnerability_record);
    fixes.chain(vulnerabilities).map(|record| format!("{record}\n")).collect()
}

fn fix_record(fix: &AuditedFix) -> Value {
    let commit = &fix.commit;
    json!({
        "type": "missing",
        "commit": commit.commit,
        "fixes": fix.mended().collect::<Vec<_>>(),
        "state": fix.state.name(),
        "applies": fix.applies,
        "by_tag": fix.fixes,
        "reverts": fix.reverts,
        "in_prose": fix.mends,
        "follows": fix.follows,
        "status": commit.state.name(),
        "subject": commit.subject,
        "first_release": non_empty(&commit.first_release),
        "carriers": commit.carriers,
        "cves": fix.vulnerabilities,
        "obstacles": obstacles(commit),
        "waived": non_empty(&fix.waived),
        "subsystem": non_empty(&commit.subsystem),
        "purpose": fix.purpose.as_ref().map(purpose_record),
    })
}

/// The hunks that do not apply, and why.
fn obstacles(commit: &CheckedCommit) -> Vec<Value> {
    let hunks = commit.hunks.iter().filter(|hunk| !hunk.obstacle.is_empty() && !hunk.state.is_done());
    hunks.map(obstacle_record).collect()
}

fn obstacle_record(hunk: &CheckedHunk) -> Value {
    json!({"file": hunk.path.to_string(), "old_start": hunk.old_start, "reason": hunk.obstacle})
}

fn vulnerability_record(known: &AuditedVulnerability) -> Value {
    json!({
        "type": "cve",
        "cve": known.id,
        "state": known.state.name(),
        "reason": known.evidence.words(),
        "fixes": known.fixes.iter().map(commit_record).collect::<Vec<_>>(),
        "introduced_by": known.introduced_by.iter().map(commit_record).collect::<Vec<_>>(),
        "depends_on": known.depends_on.iter().map(commit_record).collect::<Vec<_>>(),
        "severity": known.severity.as_ref().map(severity_record),
        "waived": non_empty(&known.waived),
    })
}

fn severity_record(severity: &Severity) -> Value {
    json!({"score": severity.score(), "word": severity.word, "vector": severity.vector})
}

fn commit_record(commit: &CheckedCommit) -> Value {
    let id = if commit.commit.is_empty() { &commit.asked } else { &commit.commit };
    let hunks = commit.hunks.iter().map(|hunk| {
        json!({"file": hunk.path.to_string(), "old_start": hunk.old_start, "state": hunk.state.name()})
    });
    json!({
        "commit": id,
        "status": commit.state.name(),
        "sure": commit.is_sure,
        "by": non_empty(&commit.by),
        "hunks": hunks.collect::<Vec<_>>(),
    })
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
