//! An audit as tables in Markdown, for tickets and pages.

use super::told::{Told, obstacles};
use crate::cve_sources::Severity;
use crate::tree_question::{AuditAnswer, AuditedFix, AuditedVulnerability, CheckedCommit};

/// Digits of a commit's id.
const SHORT_ID: usize = 12;

/// What was found: a table of fixes and one of vulnerabilities, as far as there are any.
pub fn markdown_tables(answer: &AuditAnswer, told: Told) -> String {
    let mut text = String::new();
    let fixes: Vec<String> = told.fixes(answer).map(fix_row).collect();
    if !fixes.is_empty() {
        text += "| fix | state | first release | mends | CVE | subject | subsystem |\n|---|---|---|---|---|---|---|\n";
        text += &fixes.concat();
    }
    let known: Vec<String> = told.vulnerabilities(answer).map(vulnerability_row).collect();
    if !known.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        text += "| CVE | state | severity | why | fixes |\n|---|---|---|---|---|\n";
        text += &known.concat();
    }
    text
}

fn fix_row(fix: &AuditedFix) -> String {
    let mended: Vec<String> = fix.mended().chain(&fix.follows).map(|id| code(short(id))).collect();
    let obstacles = obstacles(fix);
    let why = match obstacles.first() {
        None => String::new(),
        Some(first) if obstacles.len() == 1 => format!(" ({first})"),
        Some(first) => format!(" ({first}; {} more)", obstacles.len() - 1),
    };
    row(&[
        code(short(&fix.commit.commit)),
        escaped(&format!("{}{why}", fix.state.name())),
        escaped(&fix.commit.first_release),
        mended.join(" "),
        escaped(&fix.vulnerabilities.join(" ")),
        escaped(&fix.commit.subject),
        escaped(&fix.commit.subsystem),
    ])
}

fn vulnerability_row(known: &AuditedVulnerability) -> String {
    let fix = |fix: &CheckedCommit| {
        let id = if fix.commit.is_empty() { &fix.asked } else { &fix.commit };
        format!("{} {}", code(short(id)), fix.state.name())
    };
    let fixes: Vec<String> = known.fixes.iter().map(fix).collect();
    row(&[
        escaped(&known.id),
        known.state.name().to_owned(),
        known.severity.as_ref().map(Severity::words).unwrap_or_default(),
        known.evidence.words().to_owned(),
        fixes.join(", "),
    ])
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace(['`', '|', '\n'], " "))
}

/// A text that is only a text: subjects come from anybody.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '!' | '~' => {
                out.push('\\');
                out.push(char);
            }
            '\n' | '\r' => out.push(' '),
            char => out.push(char),
        }
    }
    out
}

fn short(id: &str) -> &str {
    id.get(..SHORT_ID).unwrap_or(id)
}
