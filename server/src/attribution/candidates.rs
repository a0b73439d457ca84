//! The hunks of history that may be in a file of the release, aligned with it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use bstr::BString;
use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::fingerprint::{IndexTerm, LineHash, LineHasher, path_term};
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery, WeightedTerm};
use rustc_hash::FxHashSet;

use super::aligned_hunk::AlignedHunk;
use super::alignment::{LinePlaces, TakenLines};
use super::laid_hunk::{FoundBy, HistoryHunk, LaidHunk};
use super::moved_lines::{MovedLine, moved_lines};
use super::release::ReleaseFile;
use super::side::{BySide, Side};
use super::side_lines::{FileLine, SideLine, kept, side_lines_of, side_lines_unless};
use super::uncovered_lines::{cover_lines, covering_hunks};

/// A file is looked for under at most this many names, its own and those that upstream renames lead to. Tuned: see
/// `docs/constants.md`.
const MAX_FOLLOWED_PATHS: usize = 4;

/// Hunks loaded at a time: neighbours lie in the same compressed blocks, and more at a time only take more memory.
/// It changes no answer. Tuned: see `docs/constants.md`.
const LOADED_HUNKS_BATCH: usize = 512;

/// A hunk of the release is looked up by its lines if less than this share of them is known. Tuned: see
/// `docs/constants.md`.
const KNOWN_LINES_SHARE: f32 = 0.5;

/// A hunk of the release is looked up by its lines if they say at least this much, as
/// [`super::length_weight::length_weight`] counts. Tuned: see `docs/constants.md`.
const MIN_LOOKUP_WEIGHT: f32 = 1.0;

/// How many hunks of other files are taken for a hunk of the release. Tuned: see `docs/constants.md`.
const MAX_FOREIGN_HUNKS: usize = 6;

/// How many lines of a hunk of the release are looked up: as many as the index has of a hunk without sampling.
const MAX_FOREIGN_LOOKUP_TERMS: usize = 64;

/// A file of the release with what may have gone into it. Copies share everything until one is changed.
#[derive(Clone)]
pub struct FileCandidates {
    /// The file's removed and added lines.
    pub lines: Arc<BySide<Vec<FileLine>>>,
    /// The hunks of its history, by commit and number.
    pub hunks: Arc<Vec<AlignedHunk>>,
    /// The lines that these hunks' commits move within the file.
    pub moved: Arc<FxHashSet<MovedLine>>,
}

/// Gathers and aligns the candidates of a file; commits in `excluded` are not considered.
///
/// # Errors
/// Where the index cannot be read, or it is cancelled.
pub fn file_candidates(
    retrieval: &dyn HunkRetrieval,
    file: &ReleaseFile,
    excluded: &CommitSet,
    cancellation: &Cancellation,
) -> Result<FileCandidates, IndexError> {
    gather(retrieval, file, excluded, Reach::AllFiles, cancellation)
}

/// The same with the hunks of the file's own history alone: moved and copied code of other files is not looked for.
///
/// # Errors
/// Where the index cannot be read, or it is cancelled.
pub fn own_candidates(
    retrieval: &dyn HunkRetrieval,
    file: &ReleaseFile,
    excluded: &CommitSet,
    cancellation: &Cancellation,
) -> Result<FileCandidates, IndexError> {
    gather(retrieval, file, excluded, Reach::OwnHistory, cancellation)
}

/// Where candidates are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    OwnHistory,
    AllFiles,
}

fn gather(
    retrieval: &dyn HunkRetrieval,
    file: &ReleaseFile,
    excluded: &CommitSet,
    reach: Reach,
    cancellation: &Cancellation,
) -> Result<FileCandidates, IndexError> {
    let mut hasher = LineHasher::default();
    let lines = side_lines_unless(&file.hunks, &mut hasher, cancellation);
    cancellation.check()?;
    let places = BySide::from_fn(|side| LinePlaces::unless(&lines[side], cancellation));
    let taken = BySide::from_fn(|side| places[side].nothing_taken());
    let mut gathering = Gathering {
        retrieval,
        excluded,
        cancellation,
        places,
        taken,
        hasher,
        hunks: Vec::new(),
        absent: Vec::new(),
        seen: BTreeSet::new(),
    };
    gathering.follow_paths(file)?;
    cover_lines(&mut gathering.hunks, &gathering.places, cancellation);
    cancellation.check()?;
    if reach == Reach::AllFiles {
        gathering.look_up_unknown(file.hunks.len() as u32)?;
    }
    let mut hunks = gathering.absent;
    let release = BySide::from_fn(|side| &lines[side][..]);
    for hunk in gathering.hunks {
        cancellation.check()?;
        hunks.push(AlignedHunk::new(hunk, release));
    }
    hunks.sort_by_key(|hunk| (hunk.commit, hunk.number));
    let moved = moved_lines(&hunks);
    Ok(FileCandidates { lines: Arc::new(kept(&lines)), hunks: Arc::new(hunks), moved: Arc::new(moved) })
}

/// A hunk of history by its commit and its place there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct HunkOfCommit {
    commit: CommitOrdinal,
    number: u32,
}

/// The candidates of one file while they are gathered.
struct Gathering<'a> {
    retrieval: &'a dyn HunkRetrieval,
    excluded: &'a CommitSet,
    cancellation: &'a Cancellation,
    places: BySide<LinePlaces<'a>>,
    /// The file's lines that the hunks of the commit in hand have taken.
    taken: BySide<TakenLines>,
    hasher: LineHasher,
    /// The hunks of which the file has a line.
    hunks: Vec<LaidHunk>,
    /// Those of which it has none, as most of a file's history.
    absent: Vec<AlignedHunk>,
    seen: BTreeSet<HunkOfCommit>,
}

impl Gathering<'_> {
    /// Takes everything that history did to the file, under all names that it had.
    fn follow_paths(&mut self, file: &ReleaseFile) -> Result<(), IndexError> {
        let mut paths: Vec<BString> = file.new_path.iter().chain(&file.old_path).cloned().collect();
        paths.dedup();
        let mut next = 0;
        while next < paths.len() && next < MAX_FOLLOWED_PATHS {
            let found = self.retrieval.hunks_of_path(path_term(&paths[next]), Some(self.excluded))?;
            next += 1;
            for other in self.take(&found, FoundBy::Path)? {
                if !paths.contains(&other) {
                    paths.push(other);
                }
            }
        }
        Ok(())
    }

    /// Aligns hunks; returns the other names of files that they rename.
    fn take(&mut self, found: &[FoundHunk], found_by: FoundBy) -> Result<Vec<BString>, IndexError> {
        let mut other_names = Vec::new();
        let mut loaded = Vec::new();
        let Gathering { retrieval, seen, hasher, .. } = self;
        for batch in found.chunks(LOADED_HUNKS_BATCH) {
            self.cancellation.check()?;
            let ids: Vec<HunkId> = batch.iter().map(|hunk| hunk.id).collect();
            retrieval.visit(&ids, &mut |place, stored| {
                if let (Some(old), Some(new)) = (&stored.old, &stored.new)
                    && old.path != new.path
                {
                    other_names.extend([old.path.to_owned(), new.path.to_owned()]);
                }
                let FoundHunk { commit, number, .. } = batch[place];
                if let Some(hunk) = &stored.lines
                    && seen.insert(HunkOfCommit { commit, number })
                {
                    loaded.push(HistoryHunk { commit, number, lines: side_lines_of([hunk.body], hasher) });
                }
            })?;
        }
        self.align(loaded, found_by)?;
        other_names.sort();
        other_names.dedup();
        Ok(other_names)
    }

    /// Aligns hunks, commit by commit: what one hunk of a commit has taken is not there for its next one.
    fn align(&mut self, mut loaded: Vec<HistoryHunk>, found_by: FoundBy) -> Result<(), Cancelled> {
        loaded.sort_by_key(|hunk| (hunk.commit, hunk.number));
        let release = BySide::from_fn(|side| self.places[side].lines());
        let mut last = None;
        for hunk in loaded {
            self.cancellation.check()?;
            if last.replace(hunk.commit) != Some(hunk.commit) {
                self.taken.both_mut().into_iter().for_each(TakenLines::clear);
            }
            let hunk = LaidHunk::new(hunk, found_by, &self.places, &mut self.taken);
            if hunk.is_absent() {
                self.absent.push(AlignedHunk::new(hunk, release));
            } else {
                self.hunks.push(hunk);
            }
        }
        Ok(())
    }

    /// Looks up by their lines those of the file's `hunks` hunks that the file's own history does not know: moved and
    /// copied code.
    fn look_up_unknown(&mut self, hunks: u32) -> Result<(), IndexError> {
        let known = covering_hunks(&self.hunks, &self.places);
        for number in 0..hunks {
            self.cancellation.check()?;
            if let Some(hashes) = self.unknown_lines(number, &known) {
                let found = self.hunks_with_lines(&hashes)?;
                self.take(&found, FoundBy::Lines)?;
            }
        }
        Ok(())
    }

    /// The lines by which a hunk of the release is looked up; a hunk that is known or says too little has none.
    fn unknown_lines(&self, number: u32, known: &BySide<Vec<u32>>) -> Option<Vec<LineHash>> {
        let of_side = |side: Side| {
            let range = lines_of_hunk(self.places[side].lines(), number);
            self.places[side].lines()[range.clone()].iter().zip(&known[side][range])
        };
        let lines = || Side::BOTH.into_iter().flat_map(of_side).filter(|(line, _)| line.has_word());
        let weight: f32 = lines().map(|(line, _)| line.weight).sum();
        let known_weight: f32 = lines().filter(|(_, known)| **known > 0).map(|(line, _)| line.weight).sum();
        if weight < MIN_LOOKUP_WEIGHT || known_weight >= KNOWN_LINES_SHARE * weight {
            return None;
        }
        let mut hashes: Vec<LineHash> =
            lines().filter(|(_, known)| **known == 0).map(|(line, _)| line.hash).collect();
        // The index samples long hunks by the low bits of their lines' hashes; the same lines are asked for.
        hashes.sort_unstable_by_key(|hash| hash.0 as u32);
        hashes.dedup();
        hashes.truncate(MAX_FOREIGN_LOOKUP_TERMS);
        Some(hashes)
    }

    /// The hunks of any file that share most of these lines, the rarer ones counting more.
    fn hunks_with_lines(&self, hashes: &[LineHash]) -> Result<Vec<FoundHunk>, IndexError> {
        let terms: Vec<IndexTerm> = hashes.iter().map(|hash| IndexTerm::from(*hash)).collect();
        let frequencies = self.retrieval.frequencies(&terms)?;
        let hunks = self.retrieval.hunk_count() as f32;
        let weighted = terms.iter().zip(frequencies).filter(|(_, frequency)| *frequency > 0);
        let terms: Vec<WeightedTerm> = weighted
            .map(|(term, frequency)| WeightedTerm {
                term: *term,
                weight: (hunks / frequency as f32).ln(),
                frequency,
            })
            .collect();
        self.retrieval.search(&RetrievalQuery {
            terms,
            paths: Vec::new(),
            path_bonus: 0.0,
            excluded: Some(self.excluded),
            limit: MAX_FOREIGN_HUNKS,
            least_share: 0.0,
        })
    }
}

/// Which of a file's lines of one side, which are in the order of its hunks, are those of a hunk.
fn lines_of_hunk(lines: &[SideLine], number: u32) -> Range<usize> {
    let first = lines.partition_point(|line| line.place.hunk < number);
    let end = lines.partition_point(|line| line.place.hunk <= number);
    first..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::TestHistory;
    use crate::stopping_index::StoppingIndex;

    /// The candidates of the only file.
    fn found(files: &[FileCandidates]) -> Vec<(CommitOrdinal, FoundBy)> {
        let [file] = files else { panic!("{} files", files.len()) };
        file.hunks.iter().map(|hunk| (hunk.commit, hunk.found_by)).collect()
    }

    #[test]
    fn whole_history_of_the_file_is_gathered_but_for_what_the_base_contains() {
        let mut history = TestHistory::default();
        let contained = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let later = history.commit(&[("gate.c", &["+open_the_other_gate;"])]);
        let absent = history.commit(&[("gate.c", &["+paint_all_gates_red;"])]);
        history.commit(&[("wall.c", &["+build_another_wall();"])]);

        let files = history.candidates_without(&[contained], &[("gate.c", &["+open_the_other_gate;"])]);

        assert_eq!(found(&files), [(later, FoundBy::Path), (absent, FoundBy::Path)]);
        let shares: Vec<f32> = files[0].hunks.iter().map(AlignedHunk::share).collect();
        assert_eq!(shares, [1.0, 0.0]);
    }

    #[test]
    fn history_under_an_earlier_name_is_followed() {
        let mut history = TestHistory::default();
        let before = history.commit(&[("door.c", &["+open_the_first_gate;"])]);
        let renaming = history.rename("door.c", "gate.c", &["+open_the_other_gate;"]);

        let files = history.candidates(&[("gate.c", &["+open_the_first_gate;"])]);

        assert_eq!(found(&files), [(before, FoundBy::Path), (renaming, FoundBy::Path)]);
    }

    #[test]
    fn code_that_was_copied_from_another_file_is_found_by_its_lines() {
        let mut history = TestHistory::default();
        let copied = history.commit(&[("wall.c", &["+open_the_first_gate;", "+open_the_other_gate;"])]);
        history.commit(&[("wall.c", &["+build_another_wall();"])]);

        let files = history.candidates(&[("gate.c", &["+open_the_first_gate;", "+open_the_other_gate;"])]);

        assert_eq!(found(&files), [(copied, FoundBy::Lines)]);
        assert_eq!(files[0].hunks[0].share(), 1.0);
    }

    #[test]
    fn hunk_that_the_files_own_history_largely_explains_is_not_looked_for_elsewhere() {
        let mut history = TestHistory::default();
        let release = ["+open_the_first_gate;", "+open_the_other_gate;", "+build_another_wall;"];
        let own = history.commit(&[("gate.c", &release[..2])]);
        history.commit(&[("wall.c", &release[2..])]);

        let files = history.candidates(&[("gate.c", &release)]);

        assert_eq!(found(&files), [(own, FoundBy::Path)]);
    }

    #[test]
    fn hunk_of_the_release_that_says_little_is_not_looked_for_elsewhere() {
        let mut history = TestHistory::default();
        history.commit(&[("wall.c", &["+return 0;"])]);

        let files = history.candidates(&[("gate.c", &["+return 0;"])]);

        assert_eq!(found(&files), []);
    }

    #[test]
    fn line_of_the_release_stands_for_one_hunk_of_a_commit_alone() {
        let mut history = TestHistory::default();
        let twice: [(&str, &[&str]); 2] =
            [("gate.c", &["+open_the_first_gate;"]), ("gate.c", &["+open_the_first_gate;"])];
        history.commit(&twice);
        history.commit(&twice[..1]);

        let files = history.candidates(&[("gate.c", &["+open_the_first_gate;"])]);

        let shares: Vec<f32> = files[0].hunks.iter().map(AlignedHunk::share).collect();
        assert_eq!(shares, [1.0, 0.0, 1.0]);
    }

    #[test]
    fn adapted_line_counts_for_the_words_that_are_left() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["-open_the_first_gate;", "+open(gate, level, MAX, now);"])]);

        let files =
            history.candidates(&[("gate.c", &["-open_the_first_gate;", "+open(gate, level, MIN, now);"])]);

        let hunk = &files[0].hunks[0];
        let [removed, added] = hunk.lines.both().map(|lines| lines[0].weight);
        assert_eq!((hunk.total, hunk.matched), (removed + added, removed + added * (4.0 / 6.0)));
    }

    #[test]
    fn gathering_that_is_cancelled_stops_wherever_it_is() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        history.commit(&[("wall.c", &["+build_another_wall();", "+paint_all_gates_red;"])]);
        let (index, none) = (history.index(), CommitSet::default());
        let lines = ["+open_the_first_gate;", " between;", "+build_another_wall();", "+paint_all_gates_red;"];
        let file = ReleaseFile {
            new_path: Some("gate.c".into()),
            hunks: vec![crate::attribution::test_release::hunk(&lines)],
            ..ReleaseFile::default()
        };
        let gather = |last: usize| {
            let stopping = StoppingIndex::new(&index, last);
            let outcome = file_candidates(&stopping, &file, &none, stopping.cancellation());
            (stopping.reads(), outcome.map(|found| found.hunks.len()))
        };
        let (all, found) = gather(0);
        assert_eq!((all, found.expect("candidates")), (5, 2));
        for last in 1..=all {
            let (reads, outcome) = gather(last);
            assert!(matches!(outcome, Err(IndexError::Cancelled(_))), "after read {last}: {outcome:?}");
            assert!(reads <= last + 1, "cancelled at read {last}, {reads} reads");
        }
    }
}
