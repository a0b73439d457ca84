//! What is said of a vulnerability, before it is put into the words of a document's form.

use hunktrace_server::audit::evidence::{CveState, Evidence};

use crate::cve_sources::Severity;
use crate::tree_question::{AuditAnswer, AuditedVulnerability, CheckedCommit};

/// The state of a vulnerability, as OpenVEX calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The product has it.
    Affected,
    /// It cannot be told.
    UnderInvestigation,
    /// The product has it mended.
    Fixed,
    /// The product never had it.
    NotAffected(Justification),
}

/// Why a product is not affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Justification {
    /// What has it is not in the product.
    CodeNotPresent,
    /// It is in the sources, and not built.
    NotBuilt,
    /// The files that have it are not in the product.
    ComponentNotPresent,
}

/// What is said of a vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexStatement {
    /// Its name.
    pub id: String,
    /// Its state.
    pub status: Status,
    /// How the state was found, in a sentence or two.
    pub notes: String,
    /// Where it is affected, what can be done.
    pub action: String,
    /// Where it is fixed, the commits that have mended it, with their subjects.
    pub fixed_by: Vec<(String, String)>,
    /// How severe it is said to be; none where no source says so.
    pub severity: Option<Severity>,
}

/// What is said of each vulnerability, one statement each; waived ones are left out.
pub fn vex_statements(answer: &AuditAnswer) -> Vec<VexStatement> {
    let known = answer.vulnerabilities.iter().filter(|known| known.waived.is_empty());
    known.map(statement).collect()
}

fn statement(known: &AuditedVulnerability) -> VexStatement {
    let status = match (known.state, known.evidence) {
        (CveState::Affected, _) => Status::Affected,
        (CveState::UnderInvestigation, _) => Status::UnderInvestigation,
        (CveState::Fixed, _) => Status::Fixed,
        (CveState::NotAffected, Evidence::NoFiles) => Status::NotAffected(Justification::ComponentNotPresent),
        (CveState::NotAffected, Evidence::NotBuilt) => Status::NotAffected(Justification::NotBuilt),
        (CveState::NotAffected, _) => Status::NotAffected(Justification::CodeNotPresent),
    };
    let is_fixed = known.state == CveState::Fixed;
    let done = known.fixes.iter().filter(|fix| is_fixed && fix.is_sure && !fix.commit.is_empty());
    VexStatement {
        id: known.id.clone(),
        status,
        notes: notes(known),
        action: if known.state == CveState::Affected { action(known) } else { String::new() },
        fixed_by: done.map(|fix| (fix.commit.clone(), fix.subject.clone())).collect(),
        severity: known.severity.clone(),
    }
}

/// The evidence, and where a part of a fix is missing, which hunks.
fn notes(known: &AuditedVulnerability) -> String {
    let mut notes = capitalised(known.evidence.words());
    notes.push('.');
    for fix in &known.fixes {
        if known.evidence == Evidence::FixPartlyThere {
            let missing = fix.hunks.iter().filter(|hunk| hunk.state.is_missing());
            let places: Vec<String> =
                missing.map(|hunk| format!("{}:{}", hunk.path, hunk.old_start)).collect();
            if !places.is_empty() {
                notes += &format!(" Of {} these hunks are missing: {}.", name_of(fix), places.join(", "));
            }
        }
        if known.evidence == Evidence::FixNotIndexed && fix.commit.is_empty() {
            notes += &format!(" Not indexed: {}.", fix.asked);
        }
    }
    notes
}

/// What can be done: the fixes that are missing, and whether they apply.
fn action(known: &AuditedVulnerability) -> String {
    let missing = known.fixes.iter().filter(|fix| !fix.is_sure && !fix.commit.is_empty());
    let words: Vec<String> = missing
        .map(|fix| {
            let open = fix.hunks.iter().filter(|hunk| hunk.state.is_missing());
            let is_applicable =
                open.clone().count() > 0 && open.into_iter().all(|hunk| hunk.obstacle.is_empty());
            let how = match is_applicable {
                true => "it applies as it is",
                false => "it has to be adapted",
            };
            format!("{} ({how})", name_of(fix))
        })
        .collect();
    if words.is_empty() {
        return "No fix is known to the index.".to_owned();
    }
    let needed = known.depends_on.iter().filter(|commit| !commit.state.is_there());
    let needed: Vec<String> = needed.map(name_of).collect();
    let needed = match needed.is_empty() {
        true => String::new(),
        false => format!(" Said to depend on {}.", needed.join(", ")),
    };
    format!("Backport {}.{needed}", words.join("; "))
}

fn name_of(commit: &CheckedCommit) -> String {
    if commit.commit.is_empty() {
        return format!("commit {}", commit.asked);
    }
    let id = commit.commit.get(..12).unwrap_or(&commit.commit);
    format!("commit {id} (\"{}\")", commit.subject)
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}
