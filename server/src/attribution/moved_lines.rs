//! Lines that a commit moves from one place of a file to another.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::FxHashSet;

use super::aligned_hunk::AlignedHunk;
use super::side::Side;
use super::side_lines::TextHash;

/// A line counts as moved if it says at least this much, as [`super::length_weight::length_weight`] counts: short
/// ones are removed and added for many reasons. Tuned: see `docs/constants.md`.
const MIN_MOVED_WEIGHT: f32 = 1.0;

/// A line that a commit both removes and adds, though the base does not have it: the commit moves what an earlier one
/// brought, and puts it where it now stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MovedLine {
    /// The commit that moves it.
    pub commit: CommitOrdinal,
    /// Its text.
    pub text: TextHash,
}

/// The lines that the commits of a file's candidate hunks move; as far as it comes before it is cancelled.
pub fn moved_lines(hunks: &[AlignedHunk], cancellation: &Cancellation) -> FxHashSet<MovedLine> {
    let mut added: FxHashSet<MovedLine> = FxHashSet::default();
    for hunk in hunks {
        let lines =
            cancellation.while_wanted(&hunk.lines.added).filter(|line| line.weight >= MIN_MOVED_WEIGHT);
        added.extend(lines.map(|line| MovedLine { commit: hunk.commit, text: line.text }));
    }
    let mut moved = FxHashSet::default();
    for hunk in hunks {
        let removed = cancellation.while_wanted(hunk.unpaired(Side::Removed));
        let removed = removed.map(|line| MovedLine { commit: hunk.commit, text: line.text });
        moved.extend(removed.filter(|line| added.contains(line)));
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::TestHistory;

    fn movers(history: &TestHistory, release: &[&str]) -> Vec<CommitOrdinal> {
        let files = history.candidates(&[("gate.c", release)]);
        files[0].moved.iter().map(|moved| moved.commit).collect()
    }

    #[test]
    fn line_that_a_commit_removes_here_and_adds_there_is_moved() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let moving =
            history.commit(&[("gate.c", &["-open_the_first_gate;"]), ("gate.c", &["+open_the_first_gate;"])]);

        assert_eq!(movers(&history, &["+open_the_first_gate;"]), [moving]);
    }

    #[test]
    fn line_that_the_base_had_is_not_moved_but_removed_and_added() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["-open_the_first_gate;", " close();", "+open_the_first_gate;"])]);

        let release = ["-open_the_first_gate;", " close();", "+open_the_first_gate;"];
        assert_eq!(movers(&history, &release), []);
    }

    #[test]
    fn short_line_is_not_moved() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["-return 0;"]), ("gate.c", &["+return 0;"])]);

        assert_eq!(movers(&history, &["+return 0;"]), []);
    }
}
