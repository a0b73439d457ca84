//! Asks the neighbours that an index knows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};

use super::carrier::Carrier;
use super::catalogued::in_catalogue;
use super::error::NeighbourError;
use super::file_stamp::FileStamp;
use super::kind::{NeighbourKind, TREE_FILES};
use super::known_list::listed_neighbours;
use super::looked_up_series::{IndexState, kept_file, kept_series};
use super::recorded::{Records, Unread};
use super::series_view::SeriesView;

/// So many times longer than it has taken to look at a series it is not looked at again.
const LOOKS: u32 = 50;

/// The neighbours that an index knows, with what was read of them.
///
/// The list is read for each question: it is small, and may have changed. Who asks once is answered from the lines about his commit;
/// with the second question all of a neighbour is kept until its files change. A series has thousands of files: it is looked at so seldom
/// that this takes a fiftieth of the time at most.
#[derive(Debug, Default)]
pub struct KnownNeighbours {
    kept: Mutex<HashMap<PathBuf, Kept>>,
    series: Mutex<HashMap<PathBuf, SeenSeries>>,
}

/// What is kept of a neighbour, and the state of its files that it was read in.
#[derive(Debug)]
struct Kept {
    files: Vec<Option<FileStamp>>,
    /// None before the second question.
    records: Option<Arc<Records>>,
}

/// What was seen of a series that the index has looked up.
#[derive(Debug)]
struct SeenSeries {
    /// What the index kept of it.
    kept: Option<FileStamp>,
    index: IndexState,
    seen: Instant,
    /// How long it took to look.
    took: Duration,
    view: Arc<SeriesView>,
}

/// The index whose neighbours are asked.
#[derive(Clone, Copy, Debug)]
pub struct AskedIndex<'a> {
    /// Its folder.
    pub folder: &'a Path,
    /// The state that answers are given from.
    pub state: IndexState,
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
    pub fn of_index(
        &self,
        index: AskedIndex<'_>,
        ids: &[&str],
        stop: &Cancellation,
    ) -> Result<Carriers, Cancelled> {
        let mut all = Carriers::default();
        let known = match listed_neighbours(index.folder) {
            Ok(known) => known,
            Err(error) => {
                all.problems.push(error);
                return Ok(all);
            }
        };
        all.are_known = !known.is_empty();
        lock(&self.kept).retain(|path, _| known.contains(path));
        lock(&self.series).retain(|path, _| known.contains(path));
        for path in known {
            let found = match NeighbourKind::of(&path) {
                Ok(NeighbourKind::Patches) => self.add_looked_up(&mut all, index, &path, ids, stop),
                // The patches of a series that cannot be read may be known all the same.
                Err(error) if !kept_file(index.folder, &path).is_file() => Err(error.into()),
                Err(_) => self.add_looked_up(&mut all, index, &path, ids, stop),
                Ok(kind) => self.of(&path, kind, ids, stop).map(|found| all.carriers.extend(found)),
            };
            match found {
                Ok(()) => {}
                Err(Unread::Wrong(error)) => all.problems.push(error),
                Err(Unread::Cancelled(cancelled)) => return Err(cancelled),
            }
        }
        Ok(all)
    }

    /// The same for one neighbour that is no series to be looked up.
    fn of(
        &self,
        path: &Path,
        kind: NeighbourKind,
        ids: &[&str],
        stop: &Cancellation,
    ) -> Result<Vec<Carrier>, Unread> {
        match kind {
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
            NeighbourKind::Patches => Err(not_looked_up(path).into()),
        }
    }

    /// Adds what the index knows of a series that it has looked up, and what is no longer right of that.
    fn add_looked_up(
        &self,
        all: &mut Carriers,
        index: AskedIndex<'_>,
        path: &Path,
        ids: &[&str],
        stop: &Cancellation,
    ) -> Result<(), Unread> {
        let view = self.view(index, path, stop)?;
        all.carriers.extend(view.records.with(ids)?);
        all.problems.extend(view.problem.clone());
        Ok(())
    }

    fn view(
        &self,
        index: AskedIndex<'_>,
        path: &Path,
        stop: &Cancellation,
    ) -> Result<Arc<SeriesView>, Unread> {
        let kept = FileStamp::of(&kept_file(index.folder, path));
        if let Some(seen) = lock(&self.series).get(path)
            && seen.kept == kept
            && seen.index == index.state
            && seen.seen.elapsed() < seen.took * LOOKS
        {
            return Ok(Arc::clone(&seen.view));
        }
        let begun = Instant::now();
        let looked_up = kept_series(index.folder, path)?.ok_or_else(|| not_looked_up(path))?;
        let view = Arc::new(SeriesView::of(looked_up, index.state, stop)?);
        let seen = SeenSeries {
            kept,
            index: index.state,
            seen: Instant::now(),
            took: begun.elapsed(),
            view: Arc::clone(&view),
        };
        lock(&self.series).insert(path.to_owned(), seen);
        Ok(view)
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
        let files: Vec<Option<FileStamp>> = files.iter().map(|file| FileStamp::of(file)).collect();
        let was_asked = match lock(&self.kept).get(path).filter(|kept| kept.files == files) {
            Some(Kept { records: Some(records), .. }) => return Ok(Arc::clone(records)),
            kept => kept.is_some(),
        };
        let records = Arc::new(read((!was_asked).then_some(ids))?);
        let kept = Kept { files, records: was_asked.then(|| Arc::clone(&records)) };
        lock(&self.kept).insert(path.to_owned(), kept);
        Ok(records)
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn not_looked_up(path: &Path) -> NeighbourError {
    let name = path.display();
    let message = format!(
        "{name}: its patches were not looked up yet; 'hunktrace index --index DIR --neighbour {name}' does it"
    );
    NeighbourError::new(path, message)
}

/// How a neighbour has a commit, of which any of `ids` is the name, the first one before all.
///
/// # Errors
/// Where it cannot be read, or is a series that has to be looked up first.
pub fn carriers_at(path: &Path, ids: &[&str]) -> Result<Vec<Carrier>, NeighbourError> {
    let kind = NeighbourKind::of(path)?;
    match KnownNeighbours::default().of(path, kind, ids, &Cancellation::default()) {
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::known_list::{LIST_FILE, list_text};
    use super::super::looked_up_series::{KEPT_FOLDER, LookedUpFile, LookedUpPatch, LookedUpSeries};
    use super::*;

    fn line(commit: &str) -> String {
        format!(
            "{{\"type\":\"patch\",\"patch\":\"p\",\"candidates\":[{{\"commit\":\"{commit}\",\"confidence\":0.9,\"match\":\"exact\"}}]}}\n"
        )
    }

    fn asked(folder: &Path) -> AskedIndex<'_> {
        AskedIndex { folder, state: IndexState::default() }
    }

    #[test]
    fn what_was_read_is_kept_until_the_file_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let series = folder.path().join("s.jsonl");
        let list = list_text(std::slice::from_ref(&series)).expect("a list");
        fs::write(folder.path().join(LIST_FILE), list).expect("written");
        let neighbours = KnownNeighbours::default();
        let has = |commit: &str| {
            let found = neighbours.of_index(asked(folder.path()), &[commit], &Cancellation::default());
            let found = found.expect("not stopped");
            assert_eq!((found.problems.as_slice(), found.are_known), (&[][..], true));
            found.carriers.len()
        };

        fs::write(&series, line("aaaa")).expect("written");
        let asked: Vec<usize> = ["aaaa", "aaaa", "bbbb", "aaaa"].map(has).to_vec();
        assert_eq!(asked, [1, 1, 0, 1]);
        assert!(lock(&neighbours.kept)[&series].records.is_some(), "all of it is kept");

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
        let ask = || neighbours.of_index(asked(folder.path()), &["aaaa"], &Cancellation::default());
        assert_eq!(ask().expect("not stopped").carriers.len(), 1);

        fs::remove_file(&series).expect("removed");
        let told = ask().expect("not stopped");
        assert_eq!(told.carriers, []);
        let problem = told.problems[0].told_of("s.jsonl");
        assert!(problem.starts_with("s.jsonl: cannot be read; bring it back"), "{problem}");

        fs::remove_file(folder.path().join(LIST_FILE)).expect("removed");
        assert_eq!(ask().expect("not stopped"), Carriers::default());
        assert!(lock(&neighbours.kept).is_empty());
    }

    #[test]
    fn series_that_was_looked_up_answers_and_is_read_again_when_the_index_keeps_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let series = folder.path().join("suse");
        fs::create_dir(&series).expect("made");
        let list = list_text(std::slice::from_ref(&series)).expect("a list");
        fs::write(folder.path().join(LIST_FILE), list).expect("written");
        let neighbours = KnownNeighbours::default();
        let ask = |commit: &str| {
            let found = neighbours.of_index(asked(folder.path()), &[commit], &Cancellation::default());
            let found = found.expect("not stopped");
            let vendors = found.carriers.into_iter().map(|found| found.vendor + " " + &found.release);
            let problems = found.problems.iter().map(|problem| problem.told_of("PATH"));
            vendors.chain(problems).collect::<Vec<_>>()
        };
        let keep = |commit: &str| {
            let patch = series.join("1.patch");
            fs::write(&patch, commit).expect("written");
            let file = LookedUpFile {
                name: "1.patch".into(),
                stamp: FileStamp::of(&patch),
                has_problems: false,
                patch_count: 1,
                patches: LookedUpPatch::of("1.patch", commit, 0.9, "exact").into_iter().collect(),
            };
            let kept =
                LookedUpSeries { path: series.clone(), index: IndexState::default(), files: vec![file] };
            fs::create_dir_all(folder.path().join(KEPT_FOLDER)).expect("made");
            fs::write(kept_file(folder.path(), &series), kept.to_text().expect("a text")).expect("written");
        };

        let told = "PATH: its patches were not looked up yet; 'hunktrace index --index DIR --neighbour PATH' does it";
        assert_eq!(ask("aaaa"), [told]);
        keep("aaaa");
        assert_eq!(ask("aaaa"), ["suse 1.patch"]);
        assert_eq!(ask("bbbb"), [""; 0]);
        keep("bbbbbb");
        assert_eq!(ask("bbbbbb"), ["suse 1.patch"]);
        fs::remove_dir_all(&series).expect("removed");
        fs::remove_file(kept_file(folder.path(), &series)).expect("removed");
        let problems = ask("aaaa");
        assert!(problems[0].starts_with("PATH: cannot be read; bring it back"), "{problems:?}");
    }
}
