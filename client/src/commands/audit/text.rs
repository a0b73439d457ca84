//! An audit for people.

use std::collections::BTreeMap;

use hunktrace_release::audit_report::Told;
use hunktrace_release::lookup_record::purpose_words;
use hunktrace_release::tree_question::{AuditedFix, AuditedVulnerability, CheckedCommit, CveState, FixState};

use super::audit_result::Audit;
use crate::terminal::color::{COMMIT, FAINT, POSSIBLE, SURE, TITLE, UNLIKELY};
use crate::terminal::screen_text::{add_line, counted, printable, short_id};

/// Columns of the state of a fix.
const FIX_COLUMNS: usize = 13;

/// Columns of the state of a vulnerability.
const CVE_COLUMNS: usize = 19;

/// What was found: the fixes, the vulnerabilities, where the vendor says something else, and the counts.
pub(super) fn audit_text(audit: &Audit, told: Told) -> String {
    let mut out = String::new();
    told.fixes(&audit.answer).for_each(|fix| add_fix(&mut out, fix));
    if !out.is_empty() {
        out.push('\n');
    }
    let known: Vec<&AuditedVulnerability> = told.vulnerabilities(&audit.answer).collect();
    known.iter().for_each(|known| add_vulnerability(&mut out, known));
    if !known.is_empty() {
        out.push('\n');
    }
    for said in &audit.disagreements {
        let words = printable(&said.words());
        add_line(&mut out, format_args!("{POSSIBLE}{words}{POSSIBLE:#}"));
    }
    if !audit.disagreements.is_empty() {
        out.push('\n');
    }
    add_counts(&mut out, audit);
    out
}

fn add_fix(out: &mut String, fix: &AuditedFix) {
    let commit = &fix.commit;
    let (state, id, subject) = (fix.state.name(), short_id(&commit.commit), printable(&commit.subject));
    let release = match commit.first_release.as_str() {
        "" => String::new(),
        tag => format!("  ({})", printable(tag)),
    };
    let cves = match fix.vulnerabilities.is_empty() {
        true => String::new(),
        false => format!("  {}", printable(&fix.vulnerabilities.join(" "))),
    };
    let style = match fix.state {
        FixState::WillApply | FixState::Missing => UNLIKELY,
        FixState::MaybeMissing => POSSIBLE,
        FixState::Present | FixState::Unaffected | FixState::Blacklisted => SURE,
    };
    add_line(
        out,
        format_args!("{style}{state:FIX_COLUMNS$}{style:#} {COMMIT}{id}{COMMIT:#}  {subject}{release}{cves}"),
    );
    if let Some(words) = purpose_words(&commit.subsystem, fix.purpose.as_ref()) {
        add_line(out, format_args!("    {FAINT}{}{FAINT:#}", printable(&words)));
    }
    let mut because = |word: &str, ids: &[String]| {
        if !ids.is_empty() {
            let ids: Vec<&str> = ids.iter().map(|id| short_id(id)).collect();
            add_line(out, format_args!("    {FAINT}{word} {}{FAINT:#}", ids.join(", ")));
        }
    };
    because("fixes", &fix.fixes);
    because("reverts", &fix.reverts);
    because("mends what was done by", &fix.mends);
    because("fixes the missing", &fix.follows);
    if !fix.waived.is_empty() {
        add_line(out, format_args!("    {FAINT}not wanted: {}{FAINT:#}", printable(&fix.waived)));
    }
    if fix.is_missing() {
        for hunk in commit.hunks.iter().filter(|hunk| !hunk.obstacle.is_empty() && !hunk.state.is_done()) {
            let place = printable(&format!("{}:{}", hunk.path, hunk.old_start));
            add_line(out, format_args!("    {FAINT}{place} does not apply: {}{FAINT:#}", hunk.obstacle));
        }
    }
}

fn add_vulnerability(out: &mut String, known: &AuditedVulnerability) {
    let (state, id, why) = (known.state.name(), printable(&known.id), known.evidence.words());
    let style = match known.state {
        CveState::Affected => UNLIKELY,
        CveState::UnderInvestigation => POSSIBLE,
        CveState::Fixed | CveState::NotAffected => SURE,
    };
    let fixes: Vec<String> = known.fixes.iter().map(name_and_state).collect();
    let fixes = match fixes.is_empty() {
        true => String::new(),
        false => format!(" ({})", fixes.join(", ")),
    };
    let severity =
        known.severity.as_ref().map_or_else(String::new, |severity| format!("  {}", severity.words()));
    add_line(
        out,
        format_args!("{style}{state:CVE_COLUMNS$}{style:#} {TITLE}{id}{TITLE:#}{severity}  {why}{fixes}"),
    );
    if !known.state.is_settled() && !known.depends_on.is_empty() {
        let needed: Vec<String> = known.depends_on.iter().map(name_and_state).collect();
        add_line(out, format_args!("    {FAINT}said to depend on {}{FAINT:#}", needed.join(", ")));
    }
}

/// A commit that a source names, and what became of it.
fn name_and_state(commit: &CheckedCommit) -> String {
    let id = if commit.commit.is_empty() { &commit.asked } else { &commit.commit };
    format!("{} {}", printable(short_id(id)), commit.state.name())
}

fn add_counts(out: &mut String, audit: &Audit) {
    let mut fixes: BTreeMap<FixState, u64> = BTreeMap::new();
    audit.answer.fixes.iter().for_each(|fix| *fixes.entry(fix.state).or_default() += 1);
    let mut known: BTreeMap<CveState, u64> = BTreeMap::new();
    audit.answer.vulnerabilities.iter().for_each(|one| *known.entry(one.state).or_default() += 1);
    if !fixes.is_empty() {
        let parts: Vec<String> =
            fixes.iter().map(|(state, count)| format!("{count} {}", state.name())).collect();
        let all = counted(fixes.values().sum(), "fix").replace("fixs", "fixes");
        add_line(out, format_args!("{all} of what the vendor has: {}", parts.join(", ")));
    }
    if !known.is_empty() {
        let parts: Vec<String> =
            known.iter().map(|(state, count)| format!("{count} {}", state.name())).collect();
        let all: u64 = known.values().sum();
        let noun = if all == 1 { "vulnerability" } else { "vulnerabilities" };
        add_line(out, format_args!("{all} {noun}: {}", parts.join(", ")));
    }
}
