//! A hunk of history stands in a release once: where several files have it, each of its lines counts for one of them.
//!
//! Code is copied, and a licence header stands in hundreds of files. A commit that brought such lines to one file did not
//! bring them to all that have them.

use std::sync::Arc;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::{FxHashMap, FxHashSet};

use super::aligned_hunk::AlignedHunk;
use super::candidates::FileCandidates;
use super::side::BySide;

/// A candidate hunk of a file of the release.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct HunkPlace {
    /// Which file of the release.
    file: usize,
    /// Which of the file's candidate hunks.
    hunk: usize,
}

/// The candidates of files as they count for a release.
///
/// `before` has those of the files which the release before had with the same candidates, as they counted there, and
/// `gone` the candidates of the files that it had otherwise; files are in the same order in both releases. Candidates that
/// are kept for the next release stay as they are.
///
/// # Errors
/// Where the work was asked to stop.
pub fn counted_once(
    files: &[FileCandidates],
    before: &[Option<FileCandidates>],
    gone: &[FileCandidates],
    cancellation: &Cancellation,
) -> Result<Vec<FileCandidates>, Cancelled> {
    let mut counted: Vec<FileCandidates> =
        files.iter().zip(before).map(|(file, before)| before.as_ref().unwrap_or(file).clone()).collect();
    let is_new = |file: usize| before[file].is_none();
    for mut places in touched_places(files, before, gone, cancellation)?.into_values() {
        cancellation.check()?;
        if places.len() == 1 && is_new(places[0].file) {
            continue;
        }
        let at = |place: &HunkPlace| &files[place.file].hunks[place.hunk];
        places.sort_by(|a, b| better_first(at(a), at(b)).then(a.cmp(b)));
        let mut taken: BySide<FxHashSet<u32>> = BySide::default();
        for (rank, place) in places.into_iter().enumerate() {
            let mut hunk = at(&place).clone();
            hunk.is_repeated = rank > 0;
            hunk.retain_pairs(|side, own| taken[side].insert(own));
            let hunks = &mut counted[place.file].hunks;
            if !hunks[place.hunk].counts_as(&hunk) {
                Arc::make_mut(hunks)[place.hunk] = hunk;
            }
        }
    }
    Ok(counted)
}

/// The places of hunks that may count otherwise than in the release before: those that some file has anew or no longer.
fn touched_places(
    files: &[FileCandidates],
    before: &[Option<FileCandidates>],
    gone: &[FileCandidates],
    cancellation: &Cancellation,
) -> Result<FxHashMap<(CommitOrdinal, u32), Vec<HunkPlace>>, Cancelled> {
    let key = |hunk: &AlignedHunk| (hunk.commit, hunk.number);
    let new = || files.iter().zip(before).filter(|(_, before)| before.is_none()).map(|(file, _)| file);
    let mut places: FxHashMap<(CommitOrdinal, u32), Vec<HunkPlace>> = FxHashMap::default();
    for file in new().chain(gone) {
        cancellation.check()?;
        places.extend(file.hunks.iter().map(|hunk| (key(hunk), Vec::new())));
    }
    for (file, candidates) in files.iter().enumerate() {
        cancellation.check()?;
        for (place, hunk) in candidates.hunks.iter().enumerate() {
            if let Some(places) = places.get_mut(&key(hunk)) {
                places.push(HunkPlace { file, hunk: place });
            }
        }
    }
    places.retain(|_, places| !places.is_empty());
    Ok(places)
}

fn better_first(a: &AlignedHunk, b: &AlignedHunk) -> std::cmp::Ordering {
    let is_foreign = |hunk: &AlignedHunk| !hunk.found_by.is_own();
    is_foreign(a).cmp(&is_foreign(b)).then(b.matched.total_cmp(&a.matched))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::TestHistory;

    fn count(
        files: &[FileCandidates],
        before: &[Option<FileCandidates>],
        gone: &[FileCandidates],
    ) -> Vec<FileCandidates> {
        counted_once(files, before, gone, &Cancellation::default()).expect("it is not stopped")
    }

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

        files = count(&files, &[const { None }; 3], &[]);

        assert_eq!(matched(&files), [0.0, before[1], 0.0]);
        let (presences, _) = history.presences(&files);
        assert_eq!(presences[commit].explained_share(), 1.0);
        assert_eq!(presences[commit].seen_hunks, 1);
    }

    #[test]
    fn code_that_was_moved_to_two_files_counts_line_by_line() {
        let mut history = TestHistory::default();
        let (first, second) = ("+open_the_first_gate_of_the_wall();", "+open_the_other_gate_of_the_wall();");
        let third = "+paint_every_gate_of_the_wall();";
        history.commit(&[("wall.c", &[first, second, third])]);
        let mut files = history.candidates(&[("door.c", &[first, second]), ("gate.c", &[second, third])]);
        assert!(files.iter().all(|file| file.hunks.len() == 1));

        files = count(&files, &[const { None }; 2], &[]);

        let paired = |file: &FileCandidates| file.hunks[0].pairs.added.len();
        assert_eq!(files.iter().map(paired).collect::<Vec<_>>(), [2, 1]);
    }

    /// The hunks of files as they count: what is paired of each, and whether it is repeated.
    fn counts(files: &[FileCandidates]) -> Vec<(bool, f32)> {
        files.iter().flat_map(|file| file.hunks.iter()).map(|hunk| (hunk.is_repeated, hunk.matched)).collect()
    }

    #[test]
    fn hunks_of_a_file_that_stays_count_as_if_there_had_been_no_release_before() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", HEADER)]);
        history.commit(&[("wall.c", &["+build_another_wall_of_stones();"])]);
        let (with, without) = (
            history.candidates(&[("door.c", HEADER), ("gate.c", HEADER), ("wall.c", HEADER)]),
            history.candidates(&[("door.c", HEADER), ("wall.c", HEADER)]),
        );
        let all_counted = count(&with, &[const { None }; 3], &[]);
        let two_counted = count(&without, &[const { None }; 2], &[]);
        assert_ne!(counts(&all_counted)[0], counts(&two_counted)[0]);

        // The gate goes: another file takes its lines.
        let staying = [with[0].clone(), with[2].clone()];
        let before = [Some(all_counted[0].clone()), Some(all_counted[2].clone())];
        let counted = count(&staying, &before, &with[1..2]);
        assert_eq!(counts(&counted), counts(&two_counted));

        // And it comes back.
        let before = [Some(counted[0].clone()), None, Some(counted[1].clone())];
        let counted = count(&with, &before, &[]);
        assert_eq!(counts(&counted), counts(&all_counted));

        // Where nothing comes or goes, nothing is made anew.
        let before: Vec<_> = counted.iter().cloned().map(Some).collect();
        let again = count(&with, &before, &[]);
        assert!(again.iter().zip(&counted).all(|(a, b)| Arc::ptr_eq(&a.hunks, &b.hunks)));
    }
}
