//! Counts and shares of an attributed release.

use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};

use crate::answer::{AnsweredFile, LineRun, ReleaseCommit};

/// How many of the largest unexplained places are kept.
const LARGEST_PLACES: usize = 10;

/// Changed lines, and how many of them are explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FolderTotals {
    /// Files that differ.
    pub files: u64,
    /// Hunks.
    pub hunks: u64,
    /// Changed lines.
    pub lines: u64,
    /// Changed lines that came from upstream commits.
    pub explained: u64,
}

impl FolderTotals {
    /// Share of the changed lines that is explained, from 0 to 1; 1 where there are none.
    pub fn share(&self) -> f64 {
        if self.lines == 0 { 1.0 } else { self.explained as f64 / self.lines as f64 }
    }
}

/// A hunk of which much is unexplained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnexplainedPlace {
    /// The file.
    pub path: BString,
    /// First line in the vendor's file.
    pub new_start: u32,
    /// Changed lines that nothing explains.
    pub lines: u64,
}

/// Counts and shares, in all and for each top folder.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// In all.
    pub all: FolderTotals,
    /// For each top folder; files at the top count as a folder without a name.
    pub folders: BTreeMap<String, FolderTotals>,
    /// The hunks with the most unexplained lines, the largest first.
    pub unexplained: Vec<UnexplainedPlace>,
}

/// What a release has of the commits of a subsystem.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct SubsystemTotals {
    /// Commits that explain lines of the release, or that such commits have superseded.
    pub commits: u64,
    /// Changed lines that came from them.
    pub lines: u64,
}

/// Counts the commits and lines of each subsystem, by its title; commits that belong to none are left out.
pub(super) fn subsystem_totals(commits: &[ReleaseCommit]) -> BTreeMap<String, SubsystemTotals> {
    let mut totals: BTreeMap<String, SubsystemTotals> = BTreeMap::new();
    for commit in commits {
        if let Some(subsystem) = &commit.subsystem {
            let total = totals.entry(subsystem.clone()).or_default();
            total.commits += 1;
            total.lines += commit.lines;
        }
    }
    totals
}

impl Totals {
    /// Counts an attributed release.
    pub fn of(files: &[AnsweredFile]) -> Totals {
        let mut totals = Totals::default();
        let mut places = Vec::new();
        for file in files {
            let top = file.path.find_byte(b'/').map_or(&b""[..], |slash| &file.path[..slash]);
            let folder = top.to_str_lossy().into_owned();
            let mut own =
                FolderTotals { files: 1, hunks: file.hunks.len() as u64, ..FolderTotals::default() };
            for hunk in &file.hunks {
                let lines = count(hunk.runs.iter());
                let explained = count(hunk.runs.iter().filter(|run| run.origin.is_some()));
                own.lines += lines;
                own.explained += explained;
                if lines > explained {
                    places.push(UnexplainedPlace {
                        path: file.path.clone(),
                        new_start: hunk.new_start,
                        lines: lines - explained,
                    });
                }
            }
            for total in [&mut totals.all, totals.folders.entry(folder).or_default()] {
                total.files += own.files;
                total.hunks += own.hunks;
                total.lines += own.lines;
                total.explained += own.explained;
            }
        }
        places.sort_by(|a, b| {
            b.lines.cmp(&a.lines).then_with(|| (&a.path, a.new_start).cmp(&(&b.path, b.new_start)))
        });
        places.truncate(LARGEST_PLACES);
        totals.unexplained = places;
        totals
    }
}

fn count<'a>(runs: impl Iterator<Item = &'a LineRun>) -> u64 {
    runs.map(|run| u64::from(run.lines)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{AnsweredHunk, Side, made_up};

    /// A file of one hunk at line 5, of runs with these lines and commits.
    fn file(path: &str, runs: &[(u32, Option<u32>)]) -> AnsweredFile {
        let run = |(lines, commit): &(u32, Option<u32>)| made_up::run(Side::New, 5, *lines, *commit);
        let runs = runs.iter().map(run).collect();
        let hunk = AnsweredHunk { new_start: 5, runs, ..AnsweredHunk::default() };
        AnsweredFile { path: path.into(), hunks: vec![hunk], is_as_before: false }
    }

    #[test]
    fn folders_add_up_and_the_largest_gap_comes_first() {
        let files = [
            file("fs/a.c", &[(3, Some(0)), (1, None)]),
            file("mm/b.c", &[(5, None)]),
            file("Makefile", &[(1, Some(0))]),
        ];
        let totals = Totals::of(&files);
        assert_eq!(totals.all, FolderTotals { files: 3, hunks: 3, lines: 10, explained: 4 });
        assert_eq!(totals.folders["fs"].share(), 0.75);
        assert_eq!(totals.folders[""].explained, 1);
        let places: Vec<_> =
            totals.unexplained.iter().map(|place| (place.path.to_string(), place.lines)).collect();
        assert_eq!(places, [("mm/b.c".to_owned(), 5), ("fs/a.c".to_owned(), 1)]);
    }
    #[test]
    fn only_the_largest_gaps_are_kept_in_the_order_of_the_paths() {
        let path = |number: usize| format!("mm/{number:02}.c");
        let files: Vec<AnsweredFile> = (0..12).map(|number| file(&path(number), &[(2, None)])).collect();
        let totals = Totals::of(&files);
        let places: Vec<String> = totals.unexplained.iter().map(|place| place.path.to_string()).collect();
        assert_eq!(places, (0..LARGEST_PLACES).map(path).collect::<Vec<_>>());
        assert_eq!(
            totals.unexplained[0],
            UnexplainedPlace { path: "mm/00.c".into(), new_start: 5, lines: 2 }
        );
    }

    #[test]
    fn subsystems_have_the_lines_of_their_commits() {
        let none = ReleaseCommit { subsystem: None, ..made_up::commit("cc") };
        let totals = subsystem_totals(&[made_up::commit("aa"), none, made_up::commit("bb")]);
        let expected = SubsystemTotals { commits: 2, lines: 6 };
        assert_eq!(totals, BTreeMap::from([("MEMORY MANAGEMENT".to_owned(), expected)]));
    }

    #[test]
    fn release_without_changed_lines_is_explained() {
        assert_eq!(Totals::of(&[]).all.share(), 1.0);
    }
}
