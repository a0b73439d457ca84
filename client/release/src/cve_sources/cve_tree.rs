//! The tree of the kernel's CVE team: for each published CVE a few small files, of which `.dyad` tells what was brought in by
//! which commit and mended by which, on every branch, and the record in `.json` which files it is in and how severe it is.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use hunktrace_server::audit::vulnerability::{Account, FixSet, Introduced, Vulnerability};
use rayon::prelude::*;

use super::commit_id::is_commit_id;
use super::folder::{files_of, optional_text};
use super::json_record::cve_details;
use super::kept_tree::{KeptTree, Stamp};
use super::known::{Record, Told};
use super::source_error::SourceError;

/// The files of a CVE that are read.
#[derive(Clone, Copy, Debug, Default)]
struct CveFiles {
    has_pairs: bool,
    has_commits: bool,
    has_corrections: bool,
    has_record: bool,
}

/// What a read of a CVE gave, with the stamps of its files where these are at rest.
type ReadCve = (Option<Vec<Stamp>>, Result<Option<Record>, SourceError>);

/// Reads the tree below the folder that has `published`; what is known of it in `kept_in` is not read again.
///
/// # Errors
/// Where a folder of it cannot be read.
pub(super) fn read(folder: &Path, kept_in: Option<&Path>) -> Result<Told, SourceError> {
    let mut cves: BTreeMap<PathBuf, CveFiles> = BTreeMap::new();
    for year in files_of(&folder.join("published"))?.into_iter().filter(|year| year.is_dir()) {
        for file in files_of(&year)? {
            let files = cves.entry(file.with_extension("")).or_default();
            match file.extension().and_then(OsStr::to_str) {
                Some("dyad") => files.has_pairs = true,
                Some("sha1") => files.has_commits = true,
                Some("vulnerable") => files.has_corrections = true,
                Some("json") => files.has_record = true,
                _ => {}
            }
        }
    }
    let cves: Vec<(PathBuf, CveFiles)> =
        cves.into_iter().filter(|(_, files)| files.has_pairs || files.has_commits).collect();
    let kept = kept_in.map(|kept_in| KeptTree::open(folder, kept_in));
    let is_kept = AtomicBool::new(true);
    let read_or_kept = |(stem, files): &(PathBuf, CveFiles)| -> ReadCve {
        let stamps = kept.as_ref().and_then(|_| files.stamps(stem));
        let known =
            stamps.as_ref().zip(kept.as_ref()).and_then(|(stamps, kept)| kept.record(&name_of(stem), stamps));
        if let Some(record) = known {
            return (stamps, Ok(Some(record)));
        }
        is_kept.store(false, Ordering::Relaxed);
        (stamps, read_cve(stem, *files))
    };
    let read: Vec<ReadCve> = cves.par_iter().map(read_or_kept).collect();
    let mut not_kept = None;
    if let Some(kept) = kept.filter(|_| !is_kept.into_inner()) {
        let records = cves.iter().zip(&read).filter_map(|((stem, _), (stamps, record))| {
            Some((name_of(stem), stamps.clone()?, record.as_ref().ok()?.as_ref()?))
        });
        not_kept = kept.keep(records).err();
    }
    let mut told = Told::of(read.into_iter().map(|(_, record)| record).collect());
    told.not_kept = not_kept;
    let scripts = folder.parent().unwrap_or(folder).join("scripts");
    told.not_fixes = id_list(&scripts.join("not_fixes"))?;
    told.not_reverts = id_list(&scripts.join("not_reverts"))?;
    Ok(told)
}

impl CveFiles {
    /// The endings of those that a CVE has.
    fn endings(self) -> impl Iterator<Item = &'static str> {
        let has = [
            (self.has_pairs, "dyad"),
            (self.has_commits && !self.has_pairs, "sha1"),
            (self.has_corrections, "vulnerable"),
            (self.has_record, "json"),
        ];
        has.into_iter().filter(|(has, _)| *has).map(|(_, ending)| ending)
    }

    /// The stamps of those that are read; none where one is not at rest.
    fn stamps(self, stem: &Path) -> Option<Vec<Stamp>> {
        self.endings().map(|ending| Stamp::of(&stem.with_extension(ending))).collect()
    }
}

/// A CVE's name.
fn name_of(stem: &Path) -> String {
    stem.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read_cve(stem: &Path, files: CveFiles) -> Result<Option<Record>, SourceError> {
    let id = name_of(stem);
    let read = |has: bool, extension: &str| match has {
        true => optional_text(&stem.with_extension(extension)),
        false => Ok(None),
    };
    let vulnerable = read(files.has_corrections, "vulnerable")?.unwrap_or_default();
    let vulnerable: Vec<String> = vulnerable.split_whitespace().map(str::to_owned).collect();
    let account = match read(files.has_pairs, "dyad")? {
        Some(text) => dyad_account(&stem.with_extension("dyad"), &text, vulnerable)?,
        None => sha1_account(&stem.with_extension("sha1"), vulnerable)?,
    };
    let (files, severity) = match read(files.has_record, "json")? {
        Some(text) => cve_details(&stem.with_extension("json"), &text)?,
        None => Default::default(),
    };
    Ok(Some(Record { vulnerability: Vulnerability { id, accounts: vec![account], files }, severity }))
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
    Ok(Account { introduced, fixes, depends_on: Vec::new() })
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
    Ok(Account { introduced, fixes, depends_on: Vec::new() })
}

/// A list of ids, one a line; `#` begins a comment. A list that is not there is empty.
fn id_list(path: &Path) -> Result<Vec<String>, SourceError> {
    let text = optional_text(path)?.unwrap_or_default();
    let words = text.lines().filter_map(|line| line.split('#').next()?.split_whitespace().next());
    Ok(words.filter(|word| is_commit_id(word)).map(str::to_owned).collect())
}
