//! Checks that no file is there while a folder of its name is needed.

use std::collections::HashMap;
use std::ops::Range;

use bstr::{BStr, BString};
use rayon::iter::{FromParallelIterator, IntoParallelIterator};

use crate::series::ownership::folders;

/// Between which patches each file is there: from the one that creates it up to the one that deletes it. Patches
/// count from 1 here; 0 is the base.
pub(super) struct Lifetimes<'a> {
    files: HashMap<&'a BStr, Vec<Range<usize>>>,
}

impl<'a> FromParallelIterator<(&'a BStr, Vec<Range<usize>>)> for Lifetimes<'a> {
    fn from_par_iter<I>(files: I) -> Self
    where
        I: IntoParallelIterator<Item = (&'a BStr, Vec<Range<usize>>)>,
    {
        Lifetimes { files: HashMap::from_par_iter(files) }
    }
}

impl Lifetimes<'_> {
    /// Looks for a file that is there together with one in a folder of its name.
    pub fn check(&self) -> Result<(), FileInTheWay> {
        for (path, times) in &self.files {
            for other_times in folders(path).filter_map(|folder| self.files.get(folder)) {
                for (a, b) in times.iter().flat_map(|a| other_times.iter().map(move |b| (a, b))) {
                    let start = a.start.max(b.start);
                    if start < a.end.min(b.end) {
                        return Err(FileInTheWay { patch: start.saturating_sub(1), path: (*path).into() });
                    }
                }
            }
        }
        Ok(())
    }
}

/// A path lies in a folder, but the folder's name belongs to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileInTheWay {
    /// The patch that made it so, counted from 0.
    pub patch: usize,
    /// The inner path.
    pub path: BString,
}

/// Notes when a file comes and goes.
pub(super) struct Recorder {
    done: Vec<Range<usize>>,
    since: Option<usize>,
}

impl Recorder {
    /// Starts with whether the base has the file.
    pub fn new(is_there: bool) -> Recorder {
        Recorder { done: Vec::new(), since: is_there.then_some(0) }
    }

    /// Notes whether the file is there after a patch, counted from 0.
    pub fn record(&mut self, patch: usize, is_there: bool) {
        match self.since {
            Some(since) if !is_there => {
                self.done.push(since..patch + 1);
                self.since = None;
            }
            None if is_there => self.since = Some(patch + 1),
            _ => {}
        }
    }

    /// When the file was there.
    pub fn finish(mut self) -> Vec<Range<usize>> {
        self.done.extend(self.since.map(|since| since..usize::MAX));
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, Range<usize>)]) -> Result<(), usize> {
        let files = files.iter().map(|(path, time)| (BStr::new(*path), vec![time.clone()])).collect();
        Lifetimes { files }.check().map_err(|found| found.patch)
    }

    #[test]
    fn file_and_folder_of_one_name_exclude_each_other() {
        let forever = usize::MAX;
        assert_eq!(check(&[("a", 0..3), ("a/b/c", 3..forever)]), Ok(()));
        assert_eq!(check(&[("a", 0..3), ("a/b/c", 2..forever)]), Err(1));
        assert_eq!(check(&[("a", 0..forever), ("ab", 0..forever)]), Ok(()));
    }

    #[test]
    fn comings_and_goings_are_recorded() {
        let mut recorder = Recorder::new(true);
        for (patch, is_there) in [(0, true), (1, false), (4, true)] {
            recorder.record(patch, is_there);
        }
        assert_eq!(recorder.finish(), [0..2, 5..usize::MAX]);
    }
}
