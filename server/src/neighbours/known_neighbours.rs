//! Asks the neighbours that an index knows.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};

use super::carrier::Carrier;
use super::catalogued::in_catalogue;
use super::error::NeighbourError;
use super::kind::{NeighbourKind, TREE_FILES};
use super::known_list::listed_neighbours;
use super::recorded::{Records, Unread};

/// The neighbours that an index knows, with what was read of them.
///
/// The list is read for each question: it is small, and may have changed. Who asks once is answered from the lines about his commit;
/// with the second question all of a neighbour is kept until its files change.
#[derive(Debug, Default)]
pub struct KnownNeighbours {
    kept: Mutex<HashMap<PathBuf, Kept>>,
}

/// What is kept of a neighbour, and the state of its files that it was read in.
#[derive(Debug)]
struct Kept {
    files: Vec<FileState>,
    /// None before the second question.
    records: Option<Arc<Records>>,
}

/// By what it is seen that a file has changed.
#[derive(Debug, PartialEq, Eq)]
struct FileState {
    bytes: u64,
    modified: Option<SystemTime>,
    /// A file that is replaced in the same moment has another one.
    number: u64,
}

/// Who has a commit.
#[derive(Debug, Default, PartialEq)]
pub struct Carriers {
    /// How each neighbour that has it does, in the order in which they were made known.
    pub carriers: Vec<Carrier>,
    /// Why some could not be asked.
    pub problems: Vec<NeighbourError>,
    /// Whether the index knows any neighbour.
    pub are_known: bool,
}

impl KnownNeighbours {
    /// How the neighbours of an index have a commit, of which any of `ids` is the name, the first one before all.
    ///
    /// # Errors
    /// Where nobody wants to know it any more.
    pub fn of_index(&self, index: &Path, ids: &[&str], stop: &Cancellation) -> Result<Carriers, Cancelled> {
        let mut all = Carriers::default();
        let known = match listed_neighbours(index) {
            Ok(known) => known,
            Err(error) => {
                all.problems.push(error);
                return Ok(all);
            }
        };
        all.are_known = !known.is_empty();
        self.lock().retain(|path, _| known.contains(path));
        for path in known {
            match self.of(&path, ids, stop) {
                Ok(carriers) => all.carriers.extend(carriers),
                Err(Unread::Wrong(error)) => all.problems.push(error),
                Err(Unread::Cancelled(cancelled)) => return Err(cancelled),
            }
        }
        Ok(all)
    }

    /// The same for one neighbour.
    fn of(&self, path: &Path, ids: &[&str], stop: &Cancellation) -> Result<Vec<Carrier>, Unread> {
        match NeighbourKind::of(path)? {
            NeighbourKind::Catalogue => {
                let carriers = ids.first().map(|commit| in_catalogue(path, commit, stop)).transpose();
                stop.check()?;
                Ok(carriers.map_err(|error| catalogue_error(path, &error))?.unwrap_or_default())
            }
            NeighbourKind::Tree => {
                let files = TREE_FILES.map(|file| path.join(file));
                let records = self.records(path, &files, ids, |only| Records::of_tree(path, only, stop))?;
                Ok(records.with(ids)?.into_iter().collect())
            }
            NeighbourKind::Series => {
                let files = [path.to_owned()];
                let records = self.records(path, &files, ids, |only| Records::of_series(path, only, stop))?;
                Ok(records.with(ids)?.into_iter().collect())
            }
        }
    }

    /// What is recorded of some commits at least.
    fn records(
        &self,
        path: &Path,
        files: &[PathBuf],
        ids: &[&str],
        read: impl Fn(Option<&[&str]>) -> Result<Records, Unread>,
    ) -> Result<Arc<Records>, Unread> {
        // Looked at before the files are read: what changes meanwhile is seen with the next question.
        let files: Vec<FileState> = files.iter().map(|file| FileState::of(file)).collect();
        let was_asked = match self.lock().get(path).filter(|kept| kept.files == files) {
            Some(Kept { records: Some(records), .. }) => return Ok(Arc::clone(records)),
            kept => kept.is_some(),
        };
        let records = Arc::new(read((!was_asked).then_some(ids))?);
        let kept = Kept { files, records: was_asked.then(|| Arc::clone(&records)) };
        self.lock().insert(path.to_owned(), kept);
        Ok(records)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a neighbour has a commit, of which any of `ids` is the name, the first one before all.
///
/// # Errors
/// Where it cannot be read.
pub fn carriers_at(path: &Path, ids: &[&str]) -> Result<Vec<Carrier>, NeighbourError> {
    match KnownNeighbours::default().of(path, ids, &Cancellation::default()) {
        Ok(carriers) => Ok(carriers),
        Err(Unread::Wrong(error)) => Err(error),
        // Nobody has asked for it to stop.
        Err(Unread::Cancelled(cancelled)) => Err(NeighbourError::new(path, cancelled.to_string())),
    }
}

/// Many errors of catalogues name the file themselves.
fn catalogue_error(path: &Path, error: &crate::catalogue::error::CatalogueError) -> NeighbourError {
    let (name, error) = (path.display().to_string(), error.to_string());
    let message = if error.starts_with(&name) { error } else { format!("{name}: {error}") };
    NeighbourError::new(path, message)
}

impl FileState {
    /// The state of a file; that of none where it cannot be seen.
    fn of(file: &Path) -> FileState {
        let found = fs::metadata(file);
        FileState {
            bytes: found.as_ref().map(fs::Metadata::len).unwrap_or_default(),
            modified: found.as_ref().ok().and_then(|found| found.modified().ok()),
            number: found.as_ref().map(file_number).unwrap_or_default(),
        }
    }
}

#[cfg(unix)]
fn file_number(file: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

#[cfg(not(unix))]
fn file_number(_: &fs::Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::super::known_list::{LIST_FILE, list_text};
    use super::*;

    fn line(commit: &str) -> String {
        format!(
            "{{\"type\":\"patch\",\"patch\":\"p\",\"candidates\":[{{\"commit\":\"{commit}\",\"confidence\":0.9,\"match\":\"exact\"}}]}}\n"
        )
    }

    #[test]
    fn what_was_read_is_kept_until_the_file_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let series = folder.path().join("s.jsonl");
        let list = list_text(std::slice::from_ref(&series)).expect("a list");
        fs::write(folder.path().join(LIST_FILE), list).expect("written");
        let neighbours = KnownNeighbours::default();
        let has = |commit: &str| {
            let found = neighbours.of_index(folder.path(), &[commit], &Cancellation::default());
            let found = found.expect("not stopped");
            assert_eq!((found.problems.as_slice(), found.are_known), (&[][..], true));
            found.carriers.len()
        };

        fs::write(&series, line("aaaa")).expect("written");
        let asked: Vec<usize> = ["aaaa", "aaaa", "bbbb", "aaaa"].map(has).to_vec();
        assert_eq!(asked, [1, 1, 0, 1]);
        assert!(neighbours.lock()[&series].records.is_some(), "all of it is kept");

        fs::write(&series, line("bbbb") + &line("cccc")).expect("written");
        let asked: Vec<usize> = ["aaaa", "bbbb", "cccc", "aaaa"].map(has).to_vec();
        assert_eq!(asked, [0, 1, 1, 0]);
    }

    #[test]
    fn what_is_gone_is_told_and_no_longer_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let series = folder.path().join("s.jsonl");
        fs::write(&series, line("aaaa")).expect("written");
        let list = list_text(std::slice::from_ref(&series)).expect("a list");
        fs::write(folder.path().join(LIST_FILE), list).expect("written");
        let neighbours = KnownNeighbours::default();
        let ask = || neighbours.of_index(folder.path(), &["aaaa"], &Cancellation::default());
        assert_eq!(ask().expect("not stopped").carriers.len(), 1);

        fs::remove_file(&series).expect("removed");
        let told = ask().expect("not stopped");
        assert_eq!(told.carriers, []);
        let problem = told.problems[0].told_of("s.jsonl");
        assert!(problem.starts_with("s.jsonl: cannot be read; bring it back"), "{problem}");

        fs::remove_file(folder.path().join(LIST_FILE)).expect("removed");
        assert_eq!(ask().expect("not stopped"), Carriers::default());
        assert!(neighbours.lock().is_empty());
    }
}
