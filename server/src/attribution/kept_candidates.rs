//! Candidates that are kept from one release of a vendor to the next one.
//!
//! Most files of an update differ from the base just as they did in the release before. What history has for such a file,
//! and how it lies beside the file's lines, depends on that difference and on what the base contains alone, and it is by far
//! the dearest part of the work. Presence and owners are judged over each release as a whole, from these candidates.

use hunktrace_indexer::hunk::Hunk;
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::Xxh3;

use super::candidates::FileCandidates;
use super::release::ReleaseFile;

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

/// The candidates of the files of the release before. They hold for one base and one generation of the index.
#[derive(Default)]
pub struct KeptCandidates {
    by_difference: FxHashMap<FileDifference, FileCandidates>,
}

impl KeptCandidates {
    /// Keeps what a release has found; `differences` are those of its files.
    pub fn keep(&mut self, differences: &[FileDifference], files: &[FileCandidates]) {
        self.by_difference = differences.iter().copied().zip(files.iter().cloned()).collect();
    }

    /// Drops everything but what a release with these differences can use.
    pub fn retain(&mut self, differences: &[FileDifference]) {
        let mut used: FxHashMap<FileDifference, FileCandidates> = FxHashMap::default();
        for difference in differences {
            used.extend(self.by_difference.remove_entry(difference));
        }
        self.by_difference = used;
    }

    /// The candidates of a file that differs in this way.
    pub fn get(&self, difference: FileDifference) -> Option<FileCandidates> {
        self.by_difference.get(&difference).cloned()
    }

    /// How many files there are candidates of.
    pub fn len(&self) -> usize {
        self.by_difference.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_difference.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::{TestHistory, hunk};

    fn file(old: &str, new: &str, lines: &[&str]) -> ReleaseFile {
        ReleaseFile { old_path: Some(old.into()), new_path: Some(new.into()), hunks: vec![hunk(lines)] }
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
        let releases: [&[(&str, &[&str])]; 3] = [
            &[("door.c", &header), ("gate.c", &[first]), ("wall.c", &[other])],
            &[("door.c", &header), ("gate.c", &header), ("wall.c", &[other])],
            &[("door.c", &header), ("gate.c", &header), ("wall.c", &["+paint_the_other_gate_red();"])],
        ];
        let mut kept = KeptCandidates::default();
        for (place, release) in releases.iter().enumerate() {
            let alone = history.take_apart(release);
            let in_row = history.take_apart_asking(release, &[], place < 2, &mut kept);
            assert_eq!(in_row, alone, "release {place}");
            assert_eq!(kept.len(), if place < 2 { release.len() } else { 0 });
        }
    }

    #[test]
    fn what_the_next_release_cannot_use_is_dropped() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let files = history.candidates(&[("gate.c", &["+open_the_first_gate;"]), ("wall.c", &["+wall;"])]);
        let differences = [file("gate.c", "gate.c", &["+a;"]), file("wall.c", "wall.c", &["+b;"])];
        let differences = differences.map(|file| FileDifference::of(&file));
        let mut kept = KeptCandidates::default();
        kept.keep(&differences, &files);
        assert_eq!(kept.len(), 2);

        kept.retain(&differences[..1]);

        assert_eq!(kept.get(differences[0]).map(|file| file.hunks.len()), Some(1));
        assert!(kept.get(differences[1]).is_none());
    }
}
