//! What an index keeps of a series, held against the series as it is now.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hunktrace_indexer::cancellation::Cancellation;

use super::error::NeighbourError;
use super::kind::NeighbourKind;
use super::looked_up_series::{IndexState, LookedUpFile, LookedUpSeries};
use super::recorded::{Records, Unread};
use super::series_files::SeriesFiles;

/// What is known of a series.
#[derive(Debug)]
pub(super) struct SeriesView {
    /// What its patches have that are as they were when they were looked up.
    pub(super) records: Records,
    /// What is no longer right, and what to do about it.
    pub(super) problem: Option<NeighbourError>,
}

impl SeriesView {
    /// Holds what was looked up against the files as they are now, and against the state of the index.
    ///
    /// Patches of files that were changed or removed do not count. Where the series cannot be read at all, those count that were there.
    ///
    /// # Errors
    /// Where nobody wants it any more.
    pub(super) fn of(
        kept: LookedUpSeries,
        index: IndexState,
        stop: &Cancellation,
    ) -> Result<SeriesView, Unread> {
        let path = kept.path.clone();
        let now = match SeriesFiles::of(&path) {
            Ok(now) => now,
            Err(error) => {
                let gone = NeighbourKind::of(&path).err();
                let unreadable =
                    || NeighbourError::new(&path, format!("{}: cannot be read: {error}", path.display()));
                let problem = Some(gone.unwrap_or_else(unreadable));
                return Ok(SeriesView { records: Records::of_looked_up(&path, kept.files), problem });
            }
        };
        let is_older = kept.index != index;
        let mut by_name: HashMap<PathBuf, LookedUpFile> =
            kept.files.into_iter().map(|file| (file.name.clone(), file)).collect();
        let (mut unchanged, mut changed) = (Vec::new(), Vec::new());
        for file in now.files {
            stop.check()?;
            match by_name.remove(&file.name) {
                Some(kept) if kept.stamp == file.stamp => unchanged.push(kept),
                _ => changed.push(file.name),
            }
        }
        let mut removed: Vec<PathBuf> = by_name.into_keys().collect();
        removed.sort();
        changed.append(&mut removed);
        let records = Records::of_looked_up(&path, unchanged);
        Ok(SeriesView { records, problem: problem(&path, &changed, is_older) })
    }
}

fn problem(path: &Path, changed: &[PathBuf], is_older: bool) -> Option<NeighbourError> {
    let name = path.display();
    let fault = match (changed, is_older) {
        ([], false) => return None,
        ([], true) => {
            "the index was extended since its patches were looked up, so origins may be missing".to_owned()
        }
        ([file], _) => format!(
            "{} was changed, added or removed since it was looked up, and does not count",
            file.display()
        ),
        ([file, ..], _) => format!(
            "{} of its files were changed, added or removed since they were looked up, and do not count, such as {}",
            changed.len(),
            file.display()
        ),
    };
    let remedy = format!("'hunktrace index --index DIR --neighbour {name}' looks them up again");
    Some(NeighbourError::new(path, format!("{name}: {fault}; {remedy}")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::file_stamp::FileStamp;
    use super::super::looked_up_series::LookedUpPatch;
    use super::*;

    /// A series of patches `a.patch`, which has the commit `a`, `b.patch` and `c.patch`, as it is kept.
    fn looked_up(folder: &Path) -> LookedUpSeries {
        let file = |name: &str| {
            let path = folder.join(format!("{name}.patch"));
            fs::write(&path, name).expect("written");
            LookedUpFile {
                name: format!("{name}.patch").into(),
                stamp: FileStamp::of(&path),
                has_problems: false,
                patch_count: 1,
                patches: LookedUpPatch::of(name, name, 0.9, "exact").into_iter().collect(),
            }
        };
        let files = ["a", "b", "c"].map(file).to_vec();
        LookedUpSeries { path: folder.to_owned(), index: IndexState::default(), files }
    }

    fn view(kept: &LookedUpSeries, index: IndexState) -> (String, String) {
        let stop = Cancellation::default();
        let SeriesView { records, problem } =
            SeriesView::of(kept.clone(), index, &stop).expect("not stopped");
        let has = |name: &&str| records.with(&[name]).expect("read").is_some();
        let found = ["a", "b", "c", "d"].into_iter().filter(has).collect();
        (found, problem.map(|problem| problem.told_of("PATH")).unwrap_or_default())
    }

    #[test]
    fn patches_that_are_as_they_were_count_and_others_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = looked_up(folder.path());
        let state = IndexState::default();
        assert_eq!(view(&kept, state), ("abc".to_owned(), String::new()));

        fs::write(folder.path().join("b.patch"), "another").expect("written");
        fs::write(folder.path().join("notes.txt"), "no patch").expect("written");
        let (found, told) = view(&kept, state);
        assert_eq!(found, "ac");
        assert!(told.starts_with("PATH: b.patch was changed, added or removed since"), "{told}");
        assert!(
            told.ends_with("'hunktrace index --index DIR --neighbour PATH' looks them up again"),
            "{told}"
        );

        fs::write(folder.path().join("d.patch"), "new").expect("written");
        fs::remove_file(folder.path().join("a.patch")).expect("removed");
        let (found, told) = view(&kept, state);
        assert_eq!(found, "c");
        assert!(told.starts_with("PATH: 3 of its files were changed, added or removed since"), "{told}");
    }

    #[test]
    fn index_that_was_extended_and_series_that_is_gone_are_told_and_the_patches_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let series = folder.path().join("patches");
        fs::create_dir(&series).expect("made");
        let kept = looked_up(&series);
        let newer = serde_json::from_str(r#"{"generation":2,"written_at":0}"#).expect("a state");
        let (found, told) = view(&kept, newer);
        assert_eq!(found, "abc");
        assert!(told.starts_with("PATH: the index was extended since its patches were looked up"), "{told}");
        fs::rename(&series, folder.path().join("moved")).expect("moved");
        let (found, told) = view(&kept, newer);
        assert_eq!(found, "abc");
        assert!(told.starts_with("PATH: cannot be read; bring it back, or forget it"), "{told}");
    }

    #[test]
    fn unwanted_view_is_not_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = looked_up(folder.path());
        let stop = Cancellation::default();
        stop.cancel();
        assert!(matches!(SeriesView::of(kept, IndexState::default(), &stop), Err(Unread::Cancelled(_))));
    }
}
