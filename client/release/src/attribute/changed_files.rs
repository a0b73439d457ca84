//! The files that differ between base and vendor, with their hunks.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::git::line_diff::{diff_lines, is_binary};
use rayon::prelude::*;

use super::comparison::{ChangedFile, Compared, Comparison, UnreadableFile};
use super::hunk_spool::HunkSpool;
use super::kept_differences::KeptDifferences;
use super::moved_files::moved_files;
use super::tree_copies::tree_copies;
use crate::tree::{Change, Entry, Error, Mode, Tree};

/// What is wanted of a comparison.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Whether another release follows.
    pub is_followed: bool,
    /// Whether second copies of the tree are read; else they have no hunks.
    pub copies: bool,
}

/// Compares the files that differ between two trees, and finds those that the vendor has moved.
///
/// `kept` has the former names that the index knows of the files that the vendor has added, and differences of the release
/// before, which are taken where they were made from the same contents. Where another release follows, the files say what
/// theirs was made from. The hunks go to `spool`.
///
/// # Errors
/// Where a tree cannot be read at all, or the spool cannot be written. A single object that is absent from a repository is reported and left out.
pub(super) fn changed_files<'a>(
    mut changes: Vec<Change<'a>>,
    kept: &mut KeptDifferences,
    wanted: Wanted,
    base: &'a Tree,
    vendor: &'a Tree,
    spool: &HunkSpool,
) -> Result<Comparison, Error> {
    let is_followed = wanted.is_followed;
    let copies = tree_copies(&changes, base, vendor)?;
    let is_own = |change: &&Change<'_>| !copies.contains_key(change.path);
    let own: Vec<Change<'_>> = changes.iter().filter(is_own).copied().collect();
    let mut chunks = kept.take_chunks();
    let from = moved_files(&own, kept.former_names(), &mut chunks, base, vendor)?;
    if is_followed {
        kept.keep_chunks(chunks);
    }
    let moved_away: HashSet<&BStr> = from.values().map(|path| path.as_bstr()).collect();
    changes.retain(|change| !moved_away.contains(change.path));
    for change in &mut changes {
        if let Some(old_path) = from.get(change.path) {
            change.base = base.entries.get(old_path);
        }
    }
    let old_path = |change: &Change<'a>| from.get(change.path).map_or(change.path, |path| path.as_bstr());
    let is_in_row = is_followed || !kept.is_empty();
    let states: Vec<Option<Compared>> = changes
        .par_iter()
        .map(|change| match is_in_row {
            true => Compared::of(change, old_path(change), base, vendor),
            false => Ok(None),
        })
        .collect::<Result<_, Error>>()?;
    let with_kept: Vec<(Change<'a>, Option<Compared>, Option<ChangedFile>)> = changes
        .into_iter()
        .zip(states)
        .map(|(change, state)| {
            let (moved_from, copy_of) = (from.get(change.path), copies.get(change.path));
            let same = state.and_then(|state| kept.take(change.path, state, moved_from, copy_of));
            (change, state, same)
        })
        .collect();
    kept.forget();
    let compared: Vec<Result<ChangedFile, (String, Error)>> = with_kept
        .into_par_iter()
        .map(|(change, state, same)| {
            let (moved_from, copy_of) = (from.get(change.path), copies.get(change.path));
            let file = match same {
                Some(same) => Ok(ChangedFile { is_as_before: true, ..same }),
                None if copy_of.is_some() && !wanted.copies => Ok(unread_copy(&change, copy_of)),
                None => compare(&change, moved_from, copy_of, base, vendor, spool),
            };
            file.map(|file| ChangedFile { compared: state, ..file })
                .map_err(|error| (change.path.to_string(), error))
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

/// A file of a second copy of the tree that is not read.
fn unread_copy(change: &Change<'_>, copy_of: Option<&BString>) -> ChangedFile {
    ChangedFile {
        path: change.path.to_owned(),
        copy_of: copy_of.cloned(),
        in_base: change.base.is_some(),
        in_vendor: change.vendor.is_some(),
        ..ChangedFile::default()
    }
}

fn compare(
    change: &Change<'_>,
    moved_from: Option<&BString>,
    copy_of: Option<&BString>,
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
    notes.extend(copy_of.map(|original| format!("copy of {original}")));
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
        copy_of: copy_of.cloned(),
        in_base: change.base.is_some(),
        in_vendor: change.vendor.is_some(),
        hunks,
        is_as_before: false,
        compared: None,
        notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Options, changed_paths};
    use std::fs;

    /// The changed files of a vendor's tree of these files, by path.
    fn compared(kept: &mut KeptDifferences, vendor: &[(&str, &str)]) -> Vec<ChangedFile> {
        let tree = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().expect("a folder");
            for (path, text) in files {
                fs::write(folder.path().join(path), text).expect("the file");
            }
            let tree = Tree::open(folder.path(), &Options::default()).expect("a tree");
            (folder, tree)
        };
        let ((_base_folder, base), (_vendor_folder, vendor)) =
            (tree(&[("a", "1\n"), ("b", "1\n")]), tree(vendor));
        let spool = HunkSpool::create(&std::env::temp_dir()).expect("a spool");
        let wanted = Wanted { is_followed: true, copies: true };
        changed_files(changed_paths(&base, &vendor).expect("changes"), kept, wanted, &base, &vendor, &spool)
            .expect("files")
            .files
    }

    #[test]
    fn difference_is_taken_from_the_release_before_where_the_contents_are_the_same() {
        let mut kept = KeptDifferences::default();
        let mut first = compared(&mut kept, &[("a", "2\n"), ("b", "2\n")]);
        // What is taken bears a mark that no comparison makes.
        first.iter_mut().for_each(|file| file.notes.push("kept".to_owned()));
        kept.keep(first);

        let second = compared(&mut kept, &[("a", "2\n"), ("b", "3\n")]);

        let is_kept = |file: &ChangedFile| file.notes.contains(&"kept".to_owned());
        assert_eq!(second.iter().map(is_kept).collect::<Vec<_>>(), [true, false]);
        assert!(second[1].hunks.read().expect("hunks")[0].body.ends_with(b"+3\n"));
        assert_eq!(kept.len(), 0, "nothing is left of the release before");
    }
}
