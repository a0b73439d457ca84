//! Known vulnerabilities as others publish them, recognised by their form: the tree of the kernel's CVE team, OSV and CVE
//! records in JSON, CIP's kernel-sec issues in YAML.
//!
//! What several sources tell of one vulnerability stands side by side in it.

mod by_commit;
mod cip;
mod cve_tree;
mod json_record;
mod source_error;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hunktrace_server::audit::vulnerability::Vulnerability;
use rayon::prelude::*;

pub use self::by_commit::CvesByCommit;
pub use self::source_error::SourceError;

/// What sources tell.
#[derive(Clone, Debug, Default)]
pub struct KnownVulnerabilities {
    /// The vulnerabilities, by name.
    pub vulnerabilities: Vec<Vulnerability>,
    /// Commits that say to mend something and do not.
    pub not_fixes: Vec<String>,
    /// Commits that say to undo a fix, and leave it in force.
    pub not_reverts: Vec<String>,
    /// What could not be read; the rest was.
    pub problems: Vec<SourceError>,
}

/// What one source tells.
#[derive(Default)]
struct Told {
    vulnerabilities: Vec<Vulnerability>,
    not_fixes: Vec<String>,
    not_reverts: Vec<String>,
    problems: Vec<SourceError>,
}

impl Told {
    fn of(read: Vec<Result<Option<Vulnerability>, SourceError>>) -> Told {
        let mut told = Told::default();
        for read in read {
            match read {
                Ok(vulnerability) => told.vulnerabilities.extend(vulnerability),
                Err(problem) => told.problems.push(problem),
            }
        }
        told
    }
}

/// Reads sources: files or folders.
///
/// # Errors
/// Where a source cannot be read at all, or is of no known form.
pub fn read_sources(paths: &[PathBuf]) -> Result<KnownVulnerabilities, SourceError> {
    let mut known = KnownVulnerabilities::default();
    let mut by_id: BTreeMap<String, Vulnerability> = BTreeMap::new();
    for path in paths {
        let told = read_source(path)?;
        known.not_fixes.extend(told.not_fixes);
        known.not_reverts.extend(told.not_reverts);
        known.problems.extend(told.problems);
        for vulnerability in told.vulnerabilities {
            let entry = by_id.entry(vulnerability.id.clone()).or_insert_with(|| Vulnerability {
                id: vulnerability.id.clone(),
                ..Vulnerability::default()
            });
            entry.accounts.extend(vulnerability.accounts);
            entry.files.extend(vulnerability.files);
        }
    }
    known.vulnerabilities = by_id.into_values().collect();
    Ok(known)
}

fn read_source(path: &Path) -> Result<Told, SourceError> {
    let metadata = fs::metadata(path).map_err(|source| SourceError::io(path, source))?;
    if metadata.is_file() {
        return read_file(path);
    }
    for folder in [path.join("cve"), path.to_owned()] {
        if folder.join("published").is_dir() {
            return cve_tree::read(&folder);
        }
    }
    let issues = path.join("issues");
    let folder = if issues.is_dir() { &issues } else { path };
    let files = files_of(folder)?;
    let known: Vec<&PathBuf> = files.iter().filter(|file| form_of(file).is_some()).collect();
    if known.is_empty() {
        return Err(SourceError::unknown(path));
    }
    let told: Vec<Told> = known
        .par_iter()
        .map(|file| {
            read_file(file).unwrap_or_else(|problem| Told { problems: vec![problem], ..Told::default() })
        })
        .collect();
    let mut all = Told::default();
    for told in told {
        all.vulnerabilities.extend(told.vulnerabilities);
        all.problems.extend(told.problems);
    }
    Ok(all)
}

/// The form of a file, as far as its name tells.
enum Form {
    Yaml,
    Json,
}

fn form_of(path: &Path) -> Option<Form> {
    match path.extension()?.to_str()? {
        "yml" | "yaml" => Some(Form::Yaml),
        "json" => Some(Form::Json),
        _ => None,
    }
}

fn read_file(path: &Path) -> Result<Told, SourceError> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|source| SourceError::io(path, source));
    match form_of(path) {
        Some(Form::Yaml) => Ok(Told::of(vec![cip::read_issue(path, &read(path)?)])),
        Some(Form::Json) => Ok(Told::of(json_record::read_records(path, &read(path)?)?)),
        None => Err(SourceError::unknown(path)),
    }
}

/// The files of a folder, by name.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let unreadable = |source| SourceError::io(folder, source);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.sort();
    Ok(files)
}

/// Whether a word is a commit's id, abbreviated or not.
fn is_commit_id(word: &str) -> bool {
    (7..=40).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
