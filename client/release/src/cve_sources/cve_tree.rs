//! The tree of the kernel's CVE team: for each published CVE a few small files, of which `.dyad` tells what was brought in by
//! which commit and mended by which, on every branch.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use hunktrace_server::audit::vulnerability::{Account, FixSet, Introduced, Vulnerability};
use rayon::prelude::*;

use super::source_error::SourceError;
use super::{Told, files_of, is_commit_id};

/// Reads the tree below the folder that has `published`.
///
/// # Errors
/// Where a folder of it cannot be read.
pub(super) fn read(folder: &Path) -> Result<Told, SourceError> {
    let mut stems: Vec<PathBuf> = Vec::new();
    for year in files_of(&folder.join("published"))?.into_iter().filter(|year| year.is_dir()) {
        let files = files_of(&year)?;
        let is_dyad = |file: &&PathBuf| file.extension() == Some(OsStr::new("dyad"));
        let dyads: BTreeSet<PathBuf> =
            files.iter().filter(is_dyad).map(|file| file.with_extension("")).collect();
        let is_sha1 = |file: &&PathBuf| file.extension() == Some(OsStr::new("sha1"));
        let lone = files.iter().filter(is_sha1).map(|file| file.with_extension(""));
        stems.extend(dyads.iter().cloned().chain(lone.filter(|stem| !dyads.contains(stem))));
    }
    let mut told = Told::of(stems.par_iter().map(|stem| read_cve(stem)).collect());
    let scripts = folder.parent().unwrap_or(folder).join("scripts");
    told.not_fixes = id_list(&scripts.join("not_fixes"))?;
    told.not_reverts = id_list(&scripts.join("not_reverts"))?;
    Ok(told)
}

fn read_cve(stem: &Path) -> Result<Option<Vulnerability>, SourceError> {
    let Some(id) = stem.file_name().map(|name| name.to_string_lossy().into_owned()) else { return Ok(None) };
    let vulnerable: Vec<String> = optional_text(&stem.with_extension("vulnerable"))?
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let dyad = stem.with_extension("dyad");
    let account = match optional_text(&dyad)? {
        Some(text) => dyad_account(&dyad, &text, vulnerable)?,
        None => sha1_account(&stem.with_extension("sha1"), vulnerable)?,
    };
    Ok(Some(Vulnerability { id, accounts: vec![account], files: Vec::new() }))
}

/// What a `.dyad` tells: lines of `vulnerable_version:vulnerable_id:fixed_version:fixed_id`, in which 0 stands for what is not
/// known or not there. Pairs of one version say nothing.
fn dyad_account(path: &Path, text: &str, vulnerable: Vec<String>) -> Result<Account, SourceError> {
    let mut introducing: Vec<String> = vulnerable;
    let mut is_unknown = false;
    let mut fixes: Vec<FixSet> = Vec::new();
    let lines =
        text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
    for (number, line) in lines {
        let parts: Vec<&str> = line.trim().split(':').collect();
        let [vulnerable_version, vulnerable_id, fixed_version, fixed_id] = parts[..] else {
            return Err(SourceError::malformed(
                path,
                number + 1,
                "is no pair of a version and a commit each",
            ));
        };
        let is_none = |id: &str| id == "0";
        if let Some(wrong) = [vulnerable_id, fixed_id].iter().find(|id| !is_none(id) && !is_commit_id(id)) {
            return Err(SourceError::malformed(path, number + 1, format!("{wrong:?} is no commit")));
        }
        if vulnerable_version == fixed_version && !is_none(fixed_version) {
            continue;
        }
        match is_none(vulnerable_id) {
            true => is_unknown = true,
            false if !introducing.iter().any(|id| id == vulnerable_id) => {
                introducing.push(vulnerable_id.to_owned());
            }
            false => {}
        }
        if is_none(fixed_id) {
            continue;
        }
        let mends = if is_none(vulnerable_id) { Vec::new() } else { vec![vulnerable_id.to_owned()] };
        match fixes.iter_mut().find(|set| set.commits == [fixed_id]) {
            Some(set) if mends.is_empty() => set.mends.clear(),
            Some(set) if !set.mends.is_empty() => set.mends.extend(mends),
            Some(_) => {}
            None => fixes.push(FixSet { commits: vec![fixed_id.to_owned()], mends }),
        }
    }
    let introduced = match introducing.is_empty() || is_unknown {
        true => Introduced::Unknown,
        false => Introduced::By(introducing),
    };
    Ok(Account { introduced, fixes })
}

/// What is known without a `.dyad`: the commits that mend it, each of which does.
fn sha1_account(path: &Path, vulnerable: Vec<String>) -> Result<Account, SourceError> {
    let text = fs::read_to_string(path).map_err(|source| SourceError::io(path, source))?;
    let mut fixes = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let id = line.trim();
        if !is_commit_id(id) {
            return Err(SourceError::malformed(path, number + 1, format!("{id:?} is no commit")));
        }
        fixes.push(FixSet { commits: vec![id.to_owned()], mends: Vec::new() });
    }
    let introduced = if vulnerable.is_empty() { Introduced::Unknown } else { Introduced::By(vulnerable) };
    Ok(Account { introduced, fixes })
}

/// A list of ids, one a line; `#` begins a comment. A list that is not there is empty.
fn id_list(path: &Path) -> Result<Vec<String>, SourceError> {
    let text = optional_text(path)?.unwrap_or_default();
    let words = text.lines().filter_map(|line| line.split('#').next()?.split_whitespace().next());
    Ok(words.filter(|word| is_commit_id(word)).map(str::to_owned).collect())
}

fn optional_text(path: &Path) -> Result<Option<String>, SourceError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SourceError::io(path, error)),
    }
}
