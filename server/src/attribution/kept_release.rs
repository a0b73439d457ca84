//! What is kept of one release of a vendor for the next one.
//!
//! Most files of an update differ from the base just as they did in the release before. What history has for such a file,
//! and how it lies beside the file's lines, depends on that difference and on what the base contains alone. How much of each
//! commit is there and who owns which line is judged over each release as a whole; of the files for which nothing of that
//! has changed, what was said before is said again ([`super::known`]).

use bstr::BString;
use hunktrace_indexer::hunk::Hunk;
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::Xxh3;

use super::assigned_lines::KnownOwners;
use super::candidates::FileCandidates;
use super::presence::KnownExplained;
use super::release::ReleaseFile;
use super::told_files::KnownTold;

/// How a file differs from the base, with its paths; equal for equal differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileDifference(u128);

impl FileDifference {
    /// How this file differs.
    pub fn of(file: &ReleaseFile) -> FileDifference {
        let mut hasher = Xxh3::new();
        let mut add = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        for path in [&file.old_path, &file.new_path] {
            add(&[u8::from(path.is_some())]);
            add(path.as_ref().map_or(&[], |path| path.as_slice()));
        }
        for hunk in &file.hunks {
            let Hunk { old_start, old_lines, new_start, new_lines, section: _, body } = hunk;
            for number in [old_start, old_lines, new_start, new_lines] {
                add(&number.to_le_bytes());
            }
            add(body);
        }
        FileDifference(hasher.digest128())
    }
}

/// The paths of a file in the base and in the vendor's tree.
type Paths = (Option<BString>, Option<BString>);

/// A file of the release before.
#[derive(Clone)]
pub struct KeptFile {
    /// How it differs from the base.
    pub difference: FileDifference,
    /// Its hunks without their text.
    pub hunks: Vec<Hunk>,
    /// Its candidates.
    pub candidates: FileCandidates,
    /// Its candidates as they counted for the release.
    pub counted: FileCandidates,
    /// What was worked out from them.
    pub known: KnownFile,
}

/// What is known of a file, step by step.
#[derive(Clone, Default)]
pub struct KnownFile {
    /// What is explained of its hunks.
    pub explained: KnownExplained,
    /// Who owns its lines.
    pub owners: KnownOwners,
    /// What was told of it.
    pub told: KnownTold,
}

/// The files of the release before. They hold for one base and one generation of the index.
#[derive(Default)]
pub struct KeptRelease {
    files: Vec<Option<KeptFile>>,
    places: FxHashMap<Paths, usize>,
}

impl KeptRelease {
    /// What the next release can use of a release; `kept` are its files.
    pub fn of(release: &[ReleaseFile], kept: Vec<KeptFile>) -> KeptRelease {
        let paths = release.iter().map(|file| (file.old_path.clone(), file.new_path.clone()));
        KeptRelease { places: paths.zip(0..).collect(), files: kept.into_iter().map(Some).collect() }
    }

    /// Takes the file with the paths of another one, if it differed in the same way, or is said to have; with its place.
    pub fn take(
        &mut self,
        file: &ReleaseFile,
        difference: Option<FileDifference>,
    ) -> Option<(usize, KeptFile)> {
        let place = *self.places.get(&(file.old_path.clone(), file.new_path.clone()))?;
        let kept =
            self.files[place].take_if(|kept| difference.is_none_or(|other| other == kept.difference))?;
        Some((place, kept))
    }

    /// The candidates of the file with the paths of another one, if nobody has taken it: it differed otherwise.
    pub fn other_form(&self, file: &ReleaseFile) -> Option<FileCandidates> {
        let place = *self.places.get(&(file.old_path.clone(), file.new_path.clone()))?;
        self.files[place].as_ref().map(|kept| kept.candidates.clone())
    }

    /// The candidates of the files that nobody has taken.
    pub fn left(self) -> Vec<FileCandidates> {
        self.files.into_iter().flatten().map(|file| file.candidates).collect()
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::{TestHistory, hunk};
    use proptest::prelude::*;

    fn file(old: &str, new: &str, lines: &[&str]) -> ReleaseFile {
        ReleaseFile {
            old_path: Some(old.into()),
            new_path: Some(new.into()),
            hunks: vec![hunk(lines)],
            is_as_before: false,
        }
    }

    #[test]
    fn difference_is_that_of_paths_places_and_lines() {
        let of = |file: &ReleaseFile| FileDifference::of(file);
        let gate = file("gate.c", "gate.c", &["+open_the_first_gate;"]);
        assert_eq!(of(&gate), of(&gate.clone()));
        let mut elsewhere = gate.clone();
        elsewhere.hunks[0].new_start += 1;
        let new = ReleaseFile { old_path: None, ..gate.clone() };
        let others = [
            file("door.c", "gate.c", &["+open_the_first_gate;"]),
            file("gate.c", "door.c", &["+open_the_first_gate;"]),
            file("gate.c", "gate.c", &["+open_the_other_gate;"]),
            elsewhere,
            new,
        ];
        for other in &others {
            assert_ne!(of(&gate), of(other), "{other:?}");
        }
    }

    /// Takes releases apart in a row and compares each with what it is alone.
    fn assert_row_is_as_alone(history: &TestHistory, releases: &[&[(&str, &[&str])]]) {
        let mut kept = KeptRelease::default();
        for (place, release) in releases.iter().enumerate() {
            let alone = history.take_apart(release);
            let is_followed = place + 1 < releases.len();
            let mut in_row = history.take_apart_asking(release, &[], is_followed, &mut kept);
            in_row.as_before.clone_from(&alone.as_before);
            assert_eq!(in_row, alone, "release {place}");
            assert_eq!(kept.is_empty(), !is_followed);
        }
    }

    #[test]
    fn release_of_a_row_is_answered_as_if_it_were_the_only_one() {
        let mut history = TestHistory::default();
        let header =
            ["+/* This is free software under the licence. */", "+/* It comes without a warranty. */"];
        let (first, other) = ("+open_the_first_gate_of_the_wall();", "+open_the_other_gate_of_the_wall();");
        history.commit(&[("gate.c", &header)]);
        history.commit(&[("gate.c", &[first]), ("wall.c", &[other])]);
        history
            .commit(&[("wall.c", &["-open_the_other_gate_of_the_wall();", "+paint_the_other_gate_red();"])]);
        assert_row_is_as_alone(
            &history,
            &[
                &[("door.c", &header), ("gate.c", &[first]), ("wall.c", &[other])],
                &[("door.c", &header), ("gate.c", &header), ("wall.c", &[other])],
                &[("door.c", &header), ("gate.c", &header), ("wall.c", &["+paint_the_other_gate_red();"])],
                &[("door.c", &header), ("wall.c", &["+paint_the_other_gate_red();"])],
            ],
        );
    }

    #[test]
    fn file_that_stays_is_judged_again_where_its_commit_has_come_elsewhere() {
        let mut history = TestHistory::default();
        let shared = "+open_the_first_gate_of_the_wall();";
        history.commit(&[("gate.c", &[shared]), ("moat.c", &["+fill_the_moat_with_water();"])]);
        history.commit(&[("gate.c", &[shared]), ("wall.c", &["+build_another_wall_of_stones();"])]);
        assert_row_is_as_alone(
            &history,
            &[
                &[("gate.c", &[shared]), ("moat.c", &["+fill_the_moat_with_water();"])],
                &[("gate.c", &[shared]), ("wall.c", &["+build_another_wall_of_stones();"])],
                &[("gate.c", &[shared])],
            ],
        );
        let only = |release: &[(&str, &[&str])]| {
            let apart = history.take_apart(release);
            apart.commits.iter().filter(|told| told.lines == 2).map(|told| told.commit).next()
        };
        assert_ne!(
            only(&[("gate.c", &[shared]), ("moat.c", &["+fill_the_moat_with_water();"])]),
            only(&[("gate.c", &[shared]), ("wall.c", &["+build_another_wall_of_stones();"])]),
            "the file that stays changes hands"
        );
    }

    /// Lines that say something, and one that does not.
    const LINES: [&str; 9] = [
        "+open_the_first_gate_of_the_wall();",
        "+open_the_other_gate_of_the_wall();",
        "-open_the_first_gate_of_the_wall();",
        "-close_the_old_gate_for_the_night();",
        "+paint_all_gates_red(bright, twice);",
        "+build_another_wall_of_stones();",
        "-build_another_wall_of_stones();",
        "+}",
        " between_the_gates();",
    ];

    const FILES: [&str; 4] = ["door.c", "gate.c", "moat.c", "wall.c"];

    /// A file and some lines of it, by their numbers.
    type Drawn = (usize, Vec<usize>);

    fn diff_of(drawn: &[Drawn]) -> Vec<(&'static str, Vec<&'static str>)> {
        let lines = |lines: &[usize]| lines.iter().map(|line| LINES[*line]).collect();
        drawn.iter().map(|(file, numbers)| (FILES[*file], lines(numbers))).collect()
    }

    fn drawn(most: usize) -> impl Strategy<Value = Vec<Drawn>> {
        let lines = proptest::collection::vec(0..LINES.len(), 1..5);
        proptest::collection::vec((0..FILES.len(), lines), 1..most)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_row_is_answered_as_its_releases_are_alone(
            commits in proptest::collection::vec(drawn(4), 1..8),
            releases in proptest::collection::vec(drawn(6), 2..6),
        ) {
            let mut history = TestHistory::default();
            for commit in &commits {
                let diff = diff_of(commit);
                let diff: Vec<(&str, &[&str])> = diff.iter().map(|(file, lines)| (*file, &lines[..])).collect();
                history.commit(&diff);
            }
            let diffs: Vec<_> = releases.iter().map(|release| diff_of(release)).collect();
            let releases: Vec<Vec<(&str, &[&str])>> = diffs
                .iter()
                .map(|diff| diff.iter().map(|(file, lines)| (*file, &lines[..])).collect())
                .collect();
            let releases: Vec<&[(&str, &[&str])]> = releases.iter().map(Vec::as_slice).collect();
            assert_row_is_as_alone(&history, &releases);
        }
    }

    #[test]
    fn what_the_next_release_cannot_use_is_left() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let files = history.candidates(&[("gate.c", &["+open_the_first_gate;"]), ("wall.c", &["+wall;"])]);
        let release = [file("gate.c", "gate.c", &["+a;"]), file("wall.c", "wall.c", &["+b;"])];
        let kept = release.iter().zip(files).map(|(file, candidates)| KeptFile {
            difference: FileDifference::of(file),
            hunks: Vec::new(),
            counted: candidates.clone(),
            candidates,
            known: KnownFile::default(),
        });
        let mut kept = KeptRelease::of(&release, kept.collect());

        let other = file("gate.c", "gate.c", &["+c;"]);
        assert!(kept.take(&other, Some(FileDifference::of(&other))).is_none());
        let taken = kept.take(&release[0], Some(FileDifference::of(&release[0])));
        assert_eq!(taken.map(|(place, file)| (place, file.candidates.hunks.len())), Some((0, 1)));
        assert!(kept.take(&release[1], None).is_some(), "it is said to be the same");
        assert_eq!(kept.left().len(), 0);
    }
}
