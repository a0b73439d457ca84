//! Reading a tree from a folder.
//!
//! Files are listed at once and read when they are asked for. Symlinks below the folder are never followed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::BString;

use super::content::Content;
use super::entry::{Entry, Mode};
use super::error::Error;
use super::folder_file::FolderFile;
use super::limits::Limits;
use super::member_path;
use super::options::Options;

/// What a folder holds: its entries, the date of the newest in seconds since 1970, and notes on what was left out.
type FolderContent = (BTreeMap<BString, Entry>, Option<i64>, Vec<String>);

/// Lists a folder.
pub(super) fn read(root: &Path, options: &Options) -> Result<FolderContent, Error> {
    let limits = &options.limits;
    let label = root.display().to_string();
    let left_out = paths_below(root, &options.left_out);
    let mut found_left_out = Vec::new();
    let mut entries = BTreeMap::new();
    let mut newest_date = None;
    let mut git_folders = 0u64;
    let mut seen = 0u64;
    let mut pending = vec![BString::default()];
    while let Some(folder) = pending.pop() {
        let location = root.join(OsStr::from_bytes(&folder));
        for item in fs::read_dir(&location).map_err(|source| cannot_read(&location, source))? {
            let item = item.map_err(|source| cannot_read(&location, source))?;
            if item.file_name() == ".git" {
                git_folders += 1;
                continue;
            }
            let path = member_path::join(&folder, item.file_name().as_bytes());
            if left_out.contains(&path) {
                found_left_out.push(path);
                continue;
            }
            seen += 1;
            limits
                .check_files(seen)
                .and_then(|()| limits.check_path_bytes(&path))
                .map_err(|exceeded| Error::over_limit(&label, path.to_string(), exceeded))?;
            // Of a symlink, this is the metadata of the link itself.
            let metadata = item.metadata().map_err(|source| cannot_read(&item.path(), source))?;
            if metadata.is_dir() {
                pending.push(path);
                continue;
            }
            let entry = read_entry(&label, &path, item.path(), &metadata, limits)?;
            newest_date = newest_date.max(Some(metadata.mtime()).filter(|date| *date > 0));
            entries.insert(path, entry);
        }
    }
    let mut notes = Vec::new();
    if git_folders > 0 {
        notes.push(format!("{git_folders} files or folders named .git were left out"));
    }
    found_left_out.sort();
    notes.extend(found_left_out.iter().map(|path| format!("{path} was left out: results are written there")));
    Ok((entries, newest_date, notes))
}

/// Those of some paths that lie below a folder, as paths in it.
fn paths_below(root: &Path, paths: &[PathBuf]) -> Vec<BString> {
    let Ok(root) = fs::canonicalize(root) else { return Vec::new() };
    let within = |path: &PathBuf| {
        // The path need not be there yet, but what it is to lie in has to be.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = fs::canonicalize(parent).ok()?.join(path.file_name()?);
        let below = whole.strip_prefix(&root).ok()?;
        Some(BString::from(below.as_os_str().as_bytes()))
    };
    paths.iter().filter_map(within).filter(|path| !path.is_empty()).collect()
}

fn read_entry(
    label: &str,
    path: &BString,
    location: PathBuf,
    metadata: &Metadata,
    limits: &Limits,
) -> Result<Entry, Error> {
    let over_limit = |exceeded| Error::over_limit(label, path.to_string(), exceeded);
    if metadata.is_symlink() {
        let target = fs::read_link(&location).map_err(|source| cannot_read(&location, source))?;
        let target = BString::from(target.into_os_string().into_vec());
        limits.check_path_bytes(&target).map_err(over_limit)?;
        return Ok(Entry { mode: Mode::Symlink, content: Content::Inline(target) });
    }
    if !metadata.is_file() {
        let problem = "is a device, named pipe or socket, which no source tree has";
        return Err(Error::bad_member(label, path, problem));
    }
    limits.check_file_bytes(metadata.size()).map_err(over_limit)?;
    let file = Arc::new(FolderFile::new(location, metadata));
    Ok(Entry { mode: Mode::of_file(metadata.mode()), content: Content::InFolder(file) })
}

fn cannot_read(path: &Path, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), source }
}
