//! The files that differ between base and vendor, with their hunks.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::git::line_diff::{diff_lines, is_binary};
use rayon::prelude::*;

use super::hunk_spool::{HunkSpool, SpooledHunks};
use super::moved_files::{FormerNames, moved_files};
use crate::tree::{Change, Entry, Error, Mode, Tree};

/// A file that differs.
#[derive(Clone, Debug, Default)]
pub struct ChangedFile {
    /// The path in both trees; of a moved file that in the vendor's.
    pub path: BString,
    /// The path in the base, where the vendor has moved the file.
    pub moved_from: Option<BString>,
    /// Whether the base has it.
    pub in_base: bool,
    /// Whether the vendor has it.
    pub in_vendor: bool,
    /// The changed lines; none for binary content and changes of mode alone.
    pub hunks: SpooledHunks,
    /// What the hunks do not say, in a few words each.
    pub notes: Vec<String>,
}

/// What a comparison of two trees has found.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The files that differ, by path.
    pub files: Vec<ChangedFile>,
    /// The files that could not be compared, by path.
    pub unreadable: Vec<UnreadableFile>,
}

/// A file that cannot be read and is left out of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableFile {
    /// Its path; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// Why it cannot be read.
    pub reason: String,
}

/// Compares the files that differ between two trees, and finds those that the vendor has moved.
///
/// `former_names` are those that the index knows of the files that the vendor has added. The hunks go to `spool`.
///
/// # Errors
/// Where a tree cannot be read at all, or the spool cannot be written. A single object that is absent from a repository is reported and left out.
pub fn changed_files<'a>(
    mut changes: Vec<Change<'a>>,
    former_names: &FormerNames,
    base: &'a Tree,
    vendor: &'a Tree,
    spool: &HunkSpool,
) -> Result<Comparison, Error> {
    let from = moved_files(&changes, former_names, base, vendor)?;
    let moved_away: HashSet<&BStr> = from.values().map(|path| path.as_bstr()).collect();
    changes.retain(|change| !moved_away.contains(change.path));
    for change in &mut changes {
        if let Some(old_path) = from.get(change.path) {
            change.base = base.entries.get(old_path);
        }
    }
    let compared: Vec<Result<ChangedFile, (String, Error)>> = changes
        .par_iter()
        .map(|change| {
            let moved_from = from.get(change.path);
            compare(change, moved_from, base, vendor, spool).map_err(|error| (change.path.to_string(), error))
        })
        .collect();
    let mut comparison = Comparison::default();
    for file in compared {
        match file {
            Ok(file) => comparison.files.push(file),
            Err((path, Error::MissingObject { id, .. })) => {
                // Without the repository's folder: the reason stands in the records.
                let reason = format!(
                    "object {id} is missing from the repository; fetch it (git fetch --refetch, or git cat-file -p {id})"
                );
                comparison.unreadable.push(UnreadableFile { path, reason });
            }
            Err((_, error)) => return Err(error),
        }
    }
    Ok(comparison)
}

fn compare(
    change: &Change<'_>,
    moved_from: Option<&BString>,
    base: &Tree,
    vendor: &Tree,
    spool: &HunkSpool,
) -> Result<ChangedFile, Error> {
    let content = |tree: &Tree, entry: Option<&Entry>, path: &BStr| match entry {
        Some(_) => tree.read(path),
        None => Ok(Vec::new()),
    };
    let old_path = moved_from.map_or(change.path, |path| path.as_bstr());
    let old = content(base, change.base, old_path)?;
    let new = content(vendor, change.vendor, change.path)?;
    let modes = (change.base.map(Entry::mode), change.vendor.map(Entry::mode));
    let mut notes: Vec<String> = moved_from.map(|from| format!("moved from {from}")).into_iter().collect();
    match modes {
        (None, Some(_)) => notes.push("new file".to_owned()),
        (Some(_), None) => notes.push("deleted".to_owned()),
        (Some(old), Some(new)) if old != new => {
            notes.push(format!("mode {:06o} to {:06o}", old.octal(), new.octal()));
        }
        _ => {}
    }
    let is_text = |mode: Option<Mode>| !matches!(mode, Some(Mode::Symlink | Mode::Submodule(_)));
    let binary = is_binary(&old) || is_binary(&new);
    if binary {
        notes.push("binary".to_owned());
    }
    let has_lines = !binary && is_text(modes.0) && is_text(modes.1);
    if !binary && !has_lines {
        notes.push("symlink or submodule".to_owned());
    }
    let hunks = if has_lines { diff_lines(&old, &new) } else { Vec::new() };
    let hunks = spool
        .add(&hunks)
        .map_err(|source| Error::Io { path: OsStr::from_bytes(change.path).into(), source })?;
    Ok(ChangedFile {
        path: change.path.to_owned(),
        moved_from: moved_from.cloned(),
        in_base: change.base.is_some(),
        in_vendor: change.vendor.is_some(),
        hunks,
        notes,
    })
}
