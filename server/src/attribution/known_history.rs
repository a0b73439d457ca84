//! What is known of a file's history from another form of the file: the releases of a row have most files in several forms.
//!
//! Under which names history knows a file depends on its paths alone, and of most hunks that it did to the file a release has
//! no line. Such a hunk lies beside a further form just so, unless that has one of its lines, and is not read again.

use bstr::BString;
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::retrieval::FoundHunk;
use rustc_hash::{FxHashMap, FxHashSet};

use super::aligned_hunk::AlignedHunk;
use super::side::{BySide, Side};
use super::side_lines::{SideLine, TextHash};

/// A hunk of history by its commit and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HunkOfCommit {
    commit: CommitOrdinal,
    number: u32,
}

impl HunkOfCommit {
    /// Which hunk was found.
    pub fn of(found: &FoundHunk) -> HunkOfCommit {
        HunkOfCommit { commit: found.commit, number: found.number }
    }
}

/// What was found for another form of a file, with the same paths, base and index.
pub struct KnownHistory<'a> {
    /// The names under which the file was looked for.
    pub names: &'a [BString],
    /// The hunks of its history as they lie beside that form.
    pub hunks: &'a [AlignedHunk],
}

impl<'a> KnownHistory<'a> {
    /// The hunks of the file's own history of which neither the other form nor these lines have a line; as far as they are
    /// compared before that is cancelled.
    pub fn absent_from(
        &self,
        release: BySide<&[SideLine]>,
        cancellation: &Cancellation,
    ) -> FxHashMap<HunkOfCommit, &'a AlignedHunk> {
        let texts: BySide<FxHashSet<TextHash>> =
            BySide::from_fn(|side| release[side].iter().map(|line| line.text).collect());
        let has = |side: Side, hunk: &AlignedHunk| {
            hunk.lines[side].iter().any(|line| texts[side].contains(&{ line.text }))
        };
        let is_absent = |hunk: &&AlignedHunk| {
            Side::BOTH.into_iter().all(|side| hunk.pairs[side].is_empty() && !has(side, hunk))
        };
        let own = self.hunks.iter().filter(|hunk| hunk.found_by.is_own());
        let absent = cancellation.while_wanted(own).filter(is_absent);
        absent.map(|hunk| (HunkOfCommit { commit: hunk.commit, number: hunk.number }, hunk)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::candidate_source::CandidateSource;
    use crate::attribution::candidates::{FileCandidates, file_candidates};
    use crate::attribution::side_lines::side_lines;
    use crate::attribution::test_release::{TestHistory, release_files};
    use hunktrace_indexer::fingerprint::LineHasher;
    use hunktrace_indexer::graph::CommitSet;

    #[test]
    fn hunk_is_not_read_again_if_neither_form_has_a_line_of_it() {
        let mut history = TestHistory::default();
        history.commit(&[("door.c", &["+open_the_first_gate;"])]);
        let absent = history.rename("door.c", "gate.c", &["-paint_all_gates_red;"]);
        history.commit(&[("gate.c", &["+open_the_other_gate;"])]);
        let earlier = history.candidates(&[("gate.c", &["+open_the_first_gate;"])]);
        let known = KnownHistory { names: &earlier[0].names, hunks: &earlier[0].hunks };
        assert_eq!(known.names, ["gate.c", "door.c"]);

        let later = ("gate.c", &["+open_the_other_gate;"][..]);
        let files = release_files(&[later]);
        let lines = side_lines(&files[0].hunks, &mut LineHasher::default());
        let release = BySide::from_fn(|side| &lines[side][..]);
        let found = known.absent_from(release, &Cancellation::default());
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [HunkOfCommit { commit: absent, number: 0 }]);

        let index = history.index();
        let (none, cancellation) = (CommitSet::default(), Cancellation::default());
        let source = CandidateSource { retrieval: &index, excluded: &none, cancellation: &cancellation };
        let knowing = file_candidates(source, &files[0], Some(&earlier[0])).expect("candidates");
        let alone = &history.candidates(&[later])[0];
        let told = |file: &FileCandidates| {
            let hunk = |hunk: &AlignedHunk| (hunk.commit, hunk.found_by, hunk.total, hunk.matched);
            (file.names.clone(), file.hunks.iter().map(hunk).collect::<Vec<_>>())
        };
        assert_eq!(told(&knowing), told(alone));
        assert_eq!(alone.hunks.len(), 3);
    }
}
