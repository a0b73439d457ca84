//! The hunks of history that may be in a file of the release, aligned with it.

use std::sync::Arc;

use bstr::BString;
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::index::folder::IndexError;
use rustc_hash::FxHashSet;

use super::aligned_hunk::AlignedHunk;
use super::candidate_source::CandidateSource;
use super::gathering::{Gathered, Gathering, Reach};
use super::known_history::KnownHistory;
use super::moved_lines::{MovedLine, moved_lines};
use super::release::ReleaseFile;
use super::side::BySide;
use super::side_lines::{FileLine, kept, side_lines_unless};

/// A file of the release with what may have gone into it. Copies share everything until one is changed.
#[derive(Clone)]
pub struct FileCandidates {
    /// The file's removed and added lines.
    pub lines: Arc<BySide<Vec<FileLine>>>,
    /// The hunks of its history, by commit and number.
    pub hunks: Arc<Vec<AlignedHunk>>,
    /// The lines that these hunks' commits move within the file.
    pub moved: Arc<FxHashSet<MovedLine>>,
    /// The names under which the file was looked for: its own, and further ones that upstream's renames lead to.
    pub names: Arc<[BString]>,
}

/// Gathers and aligns the candidates of a file. `other_form` are those of a file with the same paths, from the same history:
/// they change no answer.
///
/// # Errors
/// Where the index cannot be read, or it is cancelled.
pub fn file_candidates(
    source: CandidateSource<'_>,
    file: &ReleaseFile,
    other_form: Option<&FileCandidates>,
) -> Result<FileCandidates, IndexError> {
    gather(source, file, Reach::AllFiles, other_form)
}

/// The candidates that are hunks of the file's own history: moved and copied code of other files is not looked for.
///
/// # Errors
/// Where the index cannot be read, or it is cancelled.
pub fn own_candidates(source: CandidateSource<'_>, file: &ReleaseFile) -> Result<FileCandidates, IndexError> {
    gather(source, file, Reach::OwnHistory, None)
}

fn gather(
    source: CandidateSource<'_>,
    file: &ReleaseFile,
    reach: Reach,
    other_form: Option<&FileCandidates>,
) -> Result<FileCandidates, IndexError> {
    let mut hasher = LineHasher::default();
    let lines = side_lines_unless(&file.hunks, &mut hasher, source.cancellation);
    source.cancellation.check()?;
    let known = other_form.map(|form| KnownHistory { names: &form.names, hunks: &form.hunks });
    let gathering = Gathering::new(source, &lines, known);
    let Gathered { hunks, names } = gathering.gather(file, reach)?;
    let moved = moved_lines(&hunks, source.cancellation);
    source.cancellation.check()?;
    let lines = Arc::new(kept(&lines));
    Ok(FileCandidates { lines, hunks: Arc::new(hunks), moved: Arc::new(moved), names: names.into() })
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};

    use super::*;
    use crate::attribution::laid_hunk::FoundBy;
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
            let cancellation = stopping.cancellation();
            let source = CandidateSource { retrieval: &stopping, excluded: &none, cancellation };
            let outcome = file_candidates(source, &file, None);
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
