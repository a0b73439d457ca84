//! The index of a repository in the user's cache folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use hunktrace_indexer::index::folder::{IndexError, IndexFolder};
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_indexer::run::index_update::{IndexPace, IndexRequest};

use crate::source::index_progress::Loudness;
use crate::source::index_run::{run_indexing, usual_threads};
use crate::terminal::message::say;
use crate::terminal::screen_text::counted;

/// How often it is looked whether another process is still building an index.
const WAIT_INTERVAL: Duration = Duration::from_millis(100);

/// Digits of the hash in a folder's name.
const HASH_DIGITS: usize = 12;

/// Builds the repository's index, or extends it by what is new, and says where it is.
///
/// If another process is extending it, the index is used as it stands; if another one is building it, that is waited for. An
/// index that cannot be written to is used as it stands as well.
///
/// # Errors
/// If there is no repository, or its index can be neither extended nor used; [`Stopped`] on the user's request.
///
/// [`Stopped`]: crate::source::index_run::Stopped
pub fn bring_up_to_date(repository: &Path) -> anyhow::Result<PathBuf> {
    let common_dir = common_dir(repository)?;
    let index = cache_folder()?.join(index_name(&common_dir));
    prepare(&index, &common_dir)?;
    // All worktrees share one index, so what it says of its references names what they share.
    let request = IndexRequest {
        index: index.clone(),
        repositories: vec![common_dir],
        revisions: Vec::new(),
        pace: IndexPace::usual(usual_threads()),
    };
    let mut has_waited = false;
    loop {
        let error = match run_indexing(&request, Loudness::Usual) {
            Ok(summary) => {
                if summary.new_commits > 0 {
                    let (commits, hunks) =
                        (counted(summary.new_commits as u64, "commit"), counted(summary.new_hunks, "hunk"));
                    say(format_args!("indexed {commits} with {hunks}"));
                }
                return Ok(index);
            }
            Err(error) => error,
        };
        let why = match error.downcast_ref() {
            Some(IndexError::Locked(_)) => "another process is extending the index".to_owned(),
            Some(error @ IndexError::NotWritable { .. }) => error.to_string(),
            _ => return Err(error),
        };
        match Snapshot::open(&index) {
            // An index that is being built is asked when it is whole.
            Ok(snapshot) if has_waited || snapshot.generation().is_complete => {
                let commits = counted(snapshot.graph().len() as u64, "commit");
                say(format_args!("{why}; asking it as it stands, with {commits}"));
                return Ok(index);
            }
            Ok(_) | Err(IndexError::Absent(_))
                if !matches!(error.downcast_ref(), Some(IndexError::Locked(_))) =>
            {
                return Err(error);
            }
            Ok(_) | Err(IndexError::Absent(_)) => wait_for_builder(&index)?,
            Err(error) => return Err(error.into()),
        }
        has_waited = true;
    }
}

/// Waits until nobody writes to an index any more.
fn wait_for_builder(index: &Path) -> anyhow::Result<()> {
    say(format_args!("another process is building the index {}; waiting for it", index.display()));
    while IndexFolder::open(index).is_ok_and(|folder| folder.is_being_written()) {
        std::thread::sleep(WAIT_INTERVAL);
    }
    Ok(())
}

/// Says what is about to happen, and removes an index that this program cannot read.
fn prepare(index: &Path, repository: &Path) -> anyhow::Result<()> {
    match IndexFolder::open(index) {
        Ok(_) => return Ok(()),
        Err(IndexError::Format { found, .. }) => {
            say(format_args!("{}: has {found}, which this program does not read", index.display()));
            fs::remove_dir_all(index)
                .with_context(|| format!("{}: cannot remove the old index", index.display()))?;
        }
        Err(IndexError::Absent(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let (repository, index) = (repository.display(), index.display());
    say(format_args!("building the index of {repository} in {index}; later runs only add what is new"));
    Ok(())
}

/// The folder that all worktrees of a repository share.
pub fn common_dir(repository: &Path) -> anyhow::Result<PathBuf> {
    let opened = gix::open_opts(repository, gix::open::Options::isolated().strict_config(false));
    let opened = opened.with_context(|| {
        format!("{}: cannot open as a git repository; give the path of a clone", repository.display())
    })?;
    let common_dir = opened.common_dir();
    fs::canonicalize(common_dir).with_context(|| format!("{}: cannot be found", common_dir.display()))
}

/// The folder that the indexes of repositories are kept in.
///
/// # Errors
/// If the environment names none.
pub fn cache_folder() -> anyhow::Result<PathBuf> {
    folder_by(std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME"))
}

fn folder_by(xdg: Option<OsString>, home: Option<OsString>) -> anyhow::Result<PathBuf> {
    // The XDG base directory specification has relative paths ignored.
    let xdg = xdg.map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.map(PathBuf::from).filter(|path| path.is_absolute());
    match xdg.or_else(|| home.map(|home| home.join(".cache"))) {
        Some(cache) => Ok(cache.join("hunktrace")),
        None => {
            bail!("there is no cache folder for the index; set HOME or XDG_CACHE_HOME, or give --index DIR")
        }
    }
}

/// A name that people recognise and that is different for each repository.
fn index_name(common_dir: &Path) -> String {
    let is_git_folder = common_dir.file_name().is_some_and(|name| name == ".git");
    let named = if is_git_folder { common_dir.parent() } else { Some(common_dir) };
    let name = named.and_then(Path::file_stem).map(|name| name.to_string_lossy()).unwrap_or_default();
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(common_dir.as_os_str().as_encoded_bytes());
    let hash =
        hasher.try_finalize().map(|id| id.to_hex_with_len(HASH_DIGITS).to_string()).unwrap_or_default();
    format!("{name}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_git::git;

    #[test]
    fn cache_folder_follows_the_base_directory_specification() {
        let folder =
            |xdg: Option<&str>, home: Option<&str>| folder_by(xdg.map(Into::into), home.map(Into::into)).ok();
        assert_eq!(folder(Some("/c"), Some("/h")), Some("/c/hunktrace".into()));
        assert_eq!(folder(Some("c"), Some("/h")), Some("/h/.cache/hunktrace".into()));
        assert_eq!(folder(None, Some("/h")), Some("/h/.cache/hunktrace".into()));
        assert_eq!(folder(None, None), None);
    }

    #[test]
    fn index_is_named_after_the_repository() {
        let name = |path: &str| index_name(Path::new(path));
        assert!(name("/home/user/linux/.git").starts_with("linux-"));
        assert!(name("/srv/upstream.git").starts_with("upstream-"));
        assert_ne!(name("/a/linux/.git"), name("/b/linux/.git"));
        assert_eq!(name("/a/linux/.git").len(), "linux-".len() + HASH_DIGITS);
    }

    #[test]
    fn worktrees_share_the_folder_of_their_repository() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let main = folder.path().join("main");
        git(folder.path(), &["init", "-q", "main"]);
        git(&main, &["commit", "-q", "--allow-empty", "-m", "x"]);
        git(&main, &["worktree", "add", "-q", "../other"]);
        let of_main = common_dir(&main).expect("a repository");
        assert_eq!(common_dir(&folder.path().join("other")).expect("a worktree"), of_main);
        assert_eq!(common_dir(&main.join(".git")).expect("a git folder"), of_main);
    }
}
