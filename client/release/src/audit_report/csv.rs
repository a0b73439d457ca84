//! An audit as a table for spreadsheets.

use super::told::{Told, obstacles};
use crate::csv_row::csv_row;
use crate::cve_sources::Severity;
use crate::tree_question::{AuditAnswer, AuditedFix, AuditedVulnerability, CheckedCommit};

/// The columns.
const HEAD: &str =
    "type,id,state,reason,applies,first_release,mends,cves,severity,subject,obstacles,subsystem";

/// What was found, a row each: the fixes, then the vulnerabilities.
pub fn csv_table(answer: &AuditAnswer, told: Told) -> String {
    let rows = told.fixes(answer).map(fix_row).chain(told.vulnerabilities(answer).map(vulnerability_row));
    let mut table = format!("{HEAD}\n");
    for row in rows {
        table += &csv_row(&row);
        table.push('\n');
    }
    table
}

fn fix_row(fix: &AuditedFix) -> Vec<String> {
    let mended: Vec<&str> = fix.mended().chain(&fix.follows).map(String::as_str).collect();
    vec![
        "missing".to_owned(),
        fix.commit.commit.clone(),
        fix.state.name().to_owned(),
        fix.waived.clone(),
        if fix.applies { "yes" } else { "no" }.to_owned(),
        fix.commit.first_release.clone(),
        mended.join(" "),
        fix.vulnerabilities.join(" "),
        String::new(),
        fix.commit.subject.clone(),
        obstacles(fix).join("; "),
        fix.commit.subsystem.clone(),
    ]
}

fn vulnerability_row(known: &AuditedVulnerability) -> Vec<String> {
    let name = |commit: &CheckedCommit| match commit.commit.is_empty() {
        true => commit.asked.clone(),
        false => commit.commit.clone(),
    };
    let fixes: Vec<String> = known.fixes.iter().map(name).collect();
    let first = known.fixes.first();
    vec![
        "cve".to_owned(),
        known.id.clone(),
        known.state.name().to_owned(),
        known.evidence.words().to_owned(),
        String::new(),
        first.map(|fix| fix.first_release.clone()).unwrap_or_default(),
        fixes.join(" "),
        known.id.clone(),
        known.severity.as_ref().map(Severity::words).unwrap_or_default(),
        first.map(|fix| fix.subject.clone()).unwrap_or_default(),
        String::new(),
        first.map(|fix| fix.subsystem.clone()).unwrap_or_default(),
    ]
}
