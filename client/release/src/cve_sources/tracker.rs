//! The CVE trackers of Ubuntu and Debian: a text for each CVE, called as it is, with a field a line.
//!
//! Ubuntu has lines `break-fix: ID ID` under `Patches_linux:`, where `-` stands for what is not known and `|` stands between
//! several commits. Debian has a line for each branch: `BRANCH: state (versions) [commits]`. All commits of a record, or of a
//! branch, are taken to be needed.

use std::path::Path;

use hunktrace_server::audit::vulnerability::{Account, FixSet, Introduced, Vulnerability};

use super::commit_id::is_commit_id;
use super::known::Record;
use super::source_error::SourceError;

/// Whether a file is called as trackers call their records.
pub(super) fn is_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let Some((year, number)) = name.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(year) && is_number(number)
}

/// Reads a record, which is called as its file is.
///
/// # Errors
/// Where the text is of neither form.
pub(super) fn read_record(path: &Path, text: &str) -> Result<Record, SourceError> {
    let is_ubuntu = text.lines().any(|line| line.starts_with("Candidate:") || line.starts_with("Patches_"));
    let is_debian = text.lines().any(|line| line.starts_with("upstream:"));
    let account = match (is_ubuntu, is_debian) {
        (true, _) => ubuntu_account(text),
        (false, true) => debian_account(text),
        (false, false) => {
            return Err(SourceError::malformed(path, 1, "is neither a record of Ubuntu nor one of Debian"));
        }
    };
    let id = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let vulnerability = Vulnerability { id, accounts: vec![account], files: Vec::new() };
    Ok(Record { vulnerability, severity: None })
}

fn ubuntu_account(text: &str) -> Account {
    let (mut introducing, mut commits): (Vec<String>, Vec<String>) = Default::default();
    let mut is_unknown = false;
    let pairs = text.lines().filter_map(|line| line.trim().strip_prefix("break-fix:"));
    for pair in pairs {
        let mut words = pair.split_whitespace();
        let mut ids = || -> Vec<String> {
            let word = words.next().unwrap_or_default();
            word.split('|').filter(|id| is_commit_id(id)).map(str::to_owned).collect()
        };
        let (breaking, fixing) = (ids(), ids());
        is_unknown |= breaking.is_empty();
        add_new(&mut introducing, breaking);
        add_new(&mut commits, fixing);
    }
    let introduced = match is_unknown || introducing.is_empty() {
        true => Introduced::Unknown,
        false => Introduced::By(introducing),
    };
    let fixes = match commits.is_empty() {
        true => Vec::new(),
        false => vec![FixSet { commits, mends: Vec::new() }],
    };
    Account { introduced, fixes, depends_on: Vec::new() }
}

fn debian_account(text: &str) -> Account {
    let mut fixes: Vec<FixSet> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with(char::is_whitespace)) {
        let Some((branch, state)) = line.split_once(':') else { continue };
        let is_branch = branch == "upstream" || branch.ends_with("-upstream-stable");
        let listed = state.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
        let Some((listed, _)) = listed.filter(|_| is_branch) else { continue };
        let words = listed.split([',', ' ']).filter(|word| is_commit_id(word));
        let commits: Vec<String> = words.map(str::to_owned).collect();
        if !commits.is_empty() {
            fixes.push(FixSet { commits, mends: Vec::new() });
        }
    }
    Account { introduced: Introduced::Unknown, fixes, depends_on: Vec::new() }
}

fn add_new(known: &mut Vec<String>, ids: Vec<String>) {
    for id in ids {
        if !known.contains(&id) {
            known.push(id);
        }
    }
}
