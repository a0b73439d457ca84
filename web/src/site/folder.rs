//! The folder of a site: what is in it already is written only where it changes, and what a site before has left is removed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::outcome::{SiteError, SiteReport};

/// The list of a site's files, a path a line.
const LIST: &str = ".hunktrace-site";

/// A folder that a site is written to.
pub struct SiteFolder {
    path: PathBuf,
    /// The files of the site before.
    before: BTreeSet<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    files: BTreeSet<String>,
    pages: BTreeSet<String>,
    report: SiteReport,
}

impl SiteFolder {
    /// Opens a folder; it is made where there is none.
    pub fn open(path: &Path) -> Result<SiteFolder, SiteError> {
        let at = |error| SiteError::File { path: path.to_owned(), error };
        fs::create_dir_all(path).map_err(at)?;
        let list = path.join(LIST);
        let before = match fs::read_to_string(&list) {
            Ok(text) => text.lines().map(str::to_owned).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::read_dir(path).map_err(at)?.next().is_some() {
                    return Err(SiteError::Foreign(path.to_owned()));
                }
                BTreeSet::new()
            }
            Err(error) => return Err(SiteError::File { path: list, error }),
        };
        let folder = SiteFolder { path: path.to_owned(), before, state: Mutex::default() };
        // A run that is stopped leaves a folder that the next one knows.
        folder.write(LIST, join(&folder.before).as_bytes())?;
        Ok(folder)
    }

    /// Writes a file, unless it is there as it should be.
    pub fn put(&self, name: &str, content: &[u8]) -> Result<(), SiteError> {
        let is_there = fs::read(self.path.join(name)).is_ok_and(|known| known == content);
        if !is_there {
            self.write(name, content)?;
        }
        let mut state = self.locked();
        state.files.insert(name.to_owned());
        state.report.written += usize::from(!is_there);
        state.report.bytes += content.len() as u64;
        Ok(())
    }

    /// Notes a page for the sitemap.
    pub fn note_page(&self, name: &str) {
        self.locked().pages.insert(name.to_owned());
    }

    /// The pages that were noted.
    pub fn pages(&self) -> Vec<String> {
        self.locked().pages.iter().cloned().collect()
    }

    /// Notes a page that cannot be made.
    pub fn leave_out(&self, reason: String) {
        self.locked().report.left_out.push(reason);
    }

    /// Removes what is no part of the site any more, and says what was done.
    pub fn close(&self) -> Result<SiteReport, SiteError> {
        let mut state = self.locked();
        for name in self.before.difference(&state.files) {
            let path = self.path.join(name);
            match fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(SiteError::File { path, error }),
            }
            // Folders that are empty now go as well; others stay.
            let above = path.ancestors().skip(1).take_while(|above| *above != self.path);
            for above in above {
                if fs::remove_dir(above).is_err() {
                    break;
                }
            }
        }
        state.report.removed = self.before.difference(&state.files).count();
        state.report.files = state.files.len();
        state.report.left_out.sort();
        self.write(LIST, join(&state.files).as_bytes())?;
        Ok(state.report.clone())
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Writes a file whole or not at all.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), SiteError> {
        let path = self.path.join(name);
        let written = || -> io::Result<()> {
            let above = path.parent().unwrap_or(&self.path);
            fs::create_dir_all(above)?;
            let mut temporary = tempfile::NamedTempFile::new_in(above)?;
            temporary.write_all(content)?;
            set_readable(temporary.as_file())?;
            temporary.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        written().map_err(|error| SiteError::File { path: path.clone(), error })
    }
}

/// Lets web servers of other users read a file.
#[cfg(unix)]
fn set_readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| format!("{name}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_is_removed() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("site");
        let folder = SiteFolder::open(&path).expect("a new folder");
        for (name, text) in [("a/b.html", "1"), ("c.html", "2")] {
            folder.put(name, text.as_bytes()).expect("written");
        }
        assert_eq!(folder.close().expect("closed").written, 2);

        let folder = SiteFolder::open(&path).expect("the same folder");
        folder.put("c.html", b"2").expect("written");
        folder.put("d.html", b"3").expect("written");
        let report = folder.close().expect("closed");
        assert_eq!((report.files, report.written, report.removed), (2, 1, 1));
        assert!(!path.join("a").exists() && path.join("c.html").exists());
    }

    #[test]
    fn folder_of_something_else_is_refused() {
        let place = tempfile::tempdir().expect("a folder");
        fs::write(place.path().join("mine"), "x").expect("a file");
        assert!(matches!(SiteFolder::open(place.path()), Err(SiteError::Foreign(_))));
    }
}
