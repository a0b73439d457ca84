//! A hunk of history stands in a release once: where several files have it, each of its lines counts for one of them.
//!
//! Code is copied, and a licence header stands in hundreds of files. A commit that brought such lines to one file did not
//! bring them to all that have them.

use std::sync::Arc;

use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::{FxHashMap, FxHashSet};

use super::aligned_hunk::AlignedHunk;
use super::candidates::FileCandidates;
use super::laid_hunk::FoundBy;
use super::side::BySide;

/// A candidate hunk of a file of the release.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct HunkPlace {
    /// Which file of the release.
    file: usize,
    /// Which of the file's candidate hunks.
    hunk: usize,
}

/// Leaves each line of a hunk to one file: to one of its own history before others, then to the one that has most of it.
/// Candidates that are kept for the next release stay as they are.
pub fn count_lines_once(files: &mut [FileCandidates]) {
    let mut places: FxHashMap<(CommitOrdinal, u32), Vec<HunkPlace>> = FxHashMap::default();
    for (file, candidates) in files.iter().enumerate() {
        for (place, hunk) in candidates.hunks.iter().enumerate() {
            places.entry((hunk.commit, hunk.number)).or_default().push(HunkPlace { file, hunk: place });
        }
    }
    for mut places in places.into_values().filter(|places| places.len() > 1) {
        let at = |place: &HunkPlace| &files[place.file].hunks[place.hunk];
        places.sort_by(|a, b| better_first(at(a), at(b)).then(a.cmp(b)));
        let mut taken: BySide<FxHashSet<u32>> = BySide::default();
        for (rank, place) in places.into_iter().enumerate() {
            let hunk = &mut Arc::make_mut(&mut files[place.file].hunks)[place.hunk];
            hunk.is_repeated = rank > 0;
            hunk.retain_pairs(|side, own| taken[side].insert(own));
        }
    }
}

fn better_first(a: &AlignedHunk, b: &AlignedHunk) -> std::cmp::Ordering {
    let is_foreign = |hunk: &AlignedHunk| hunk.found_by == FoundBy::Lines;
    is_foreign(a).cmp(&is_foreign(b)).then(b.matched.total_cmp(&a.matched))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::TestHistory;

    const HEADER: &[&str] =
        &["+/* This is free software under the licence. */", "+/* It comes without a warranty. */"];

    /// The weight that each file has of the only commit's hunk.
    fn matched(files: &[FileCandidates]) -> Vec<f32> {
        files.iter().map(|file| file.hunks.iter().map(|hunk| hunk.matched).sum()).collect()
    }

    #[test]
    fn header_that_stands_in_many_files_counts_for_the_file_that_the_commit_changes() {
        let mut history = TestHistory::default();
        let commit = history.commit(&[("gate.c", HEADER)]);
        let release = [("door.c", HEADER), ("gate.c", HEADER), ("wall.c", HEADER)];
        let mut files = history.candidates(&release);
        let before = matched(&files);
        assert!(before.iter().all(|matched| *matched > 0.0), "{before:?}");

        count_lines_once(&mut files);

        assert_eq!(matched(&files), [0.0, before[1], 0.0]);
        let (presences, _) = history.presences(&files);
        assert_eq!(presences[&commit].explained_share(), 1.0);
        assert_eq!(presences[&commit].seen_hunks, 1);
    }

    #[test]
    fn code_that_was_moved_to_two_files_counts_line_by_line() {
        let mut history = TestHistory::default();
        let (first, second) = ("+open_the_first_gate_of_the_wall();", "+open_the_other_gate_of_the_wall();");
        let third = "+paint_every_gate_of_the_wall();";
        history.commit(&[("wall.c", &[first, second, third])]);
        let mut files = history.candidates(&[("door.c", &[first, second]), ("gate.c", &[second, third])]);
        assert!(files.iter().all(|file| file.hunks.len() == 1));

        count_lines_once(&mut files);

        let paired = |file: &FileCandidates| file.hunks[0].pairs.added.len();
        assert_eq!(files.iter().map(paired).collect::<Vec<_>>(), [2, 1]);
    }
}
