//! Known vulnerabilities as others publish them, recognised by their form: the tree of the kernel's CVE team, OSV and CVE
//! records in JSON, CIP's kernel-sec issues in YAML, and the trackers of Ubuntu and Debian.
//!
//! What several sources tell of one vulnerability stands side by side in it.

mod by_commit;
mod cip;
mod commit_id;
mod cve_tree;
mod folder;
mod json_record;
mod kept_tree;
mod known;
mod severity;
mod source_error;
mod tracker;

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use self::by_commit::CvesByCommit;
pub use self::known::KnownVulnerabilities;
pub use self::severity::Severity;
pub use self::source_error::SourceError;

use self::folder::files_of;
use self::known::Told;

/// Folders of a tracker that have records: CIP's, and those of Debian and Ubuntu.
const RECORD_FOLDERS: [&str; 3] = ["issues", "active", "retired"];

/// Reads sources: files or folders. What is read of a large tree is kept in the folder `kept_in`, if one is given, and read
/// again only where its files have changed.
///
/// # Errors
/// Where a source cannot be read at all, or is of no known form.
pub fn read_sources(paths: &[PathBuf], kept_in: Option<&Path>) -> Result<KnownVulnerabilities, SourceError> {
    let told = paths.iter().map(|path| read_source(path, kept_in));
    let told = told.collect::<Result<Vec<Told>, SourceError>>()?;
    Ok(KnownVulnerabilities::of(told))
}

fn read_source(path: &Path, kept_in: Option<&Path>) -> Result<Told, SourceError> {
    let metadata = fs::metadata(path).map_err(|source| SourceError::io(path, source))?;
    if metadata.is_file() {
        return read_file(path);
    }
    for folder in [path.join("cve"), path.to_owned()] {
        if folder.join("published").is_dir() {
            return cve_tree::read(&folder, kept_in);
        }
    }
    let folders = RECORD_FOLDERS.map(|name| path.join(name));
    let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).filter(|folder| folder.is_dir()).collect();
    let folders = if folders.is_empty() { vec![path] } else { folders };
    let mut files = Vec::new();
    for folder in folders {
        files.extend(files_of(folder)?);
    }
    files.retain(|file| form_of(file).is_some() && file.is_file());
    if files.is_empty() {
        return Err(SourceError::unknown(path));
    }
    let told = files.par_iter().map(|file| read_file(file).unwrap_or_else(Told::problem));
    Ok(Told::all(told.collect()))
}

/// The form of a file, as far as its name tells.
enum Form {
    Yaml,
    Json,
    Tracker,
}

fn form_of(path: &Path) -> Option<Form> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yml" | "yaml") => Some(Form::Yaml),
        Some("json") => Some(Form::Json),
        Some(_) => None,
        None => tracker::is_name(path).then_some(Form::Tracker),
    }
}

fn read_file(path: &Path) -> Result<Told, SourceError> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|source| SourceError::io(path, source));
    match form_of(path) {
        Some(Form::Yaml) => Ok(Told::of(vec![cip::read_issue(path, &read(path)?)])),
        Some(Form::Json) => Ok(Told::of(json_record::read_records(path, &read(path)?)?)),
        Some(Form::Tracker) => Ok(Told::of(vec![tracker::read_record(path, &read(path)?).map(Some)])),
        None => Err(SourceError::unknown(path)),
    }
}

#[cfg(test)]
mod tests;
