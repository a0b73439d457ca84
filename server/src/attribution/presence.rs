//! How much of each commit is in the release.
//!
//! What a commit brought may be gone again because a later commit that is present has rewritten it, and what it
//! removed may never have been in the base because an earlier commit had brought it. Both count as explained.

use std::collections::HashMap;
use std::sync::Arc;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::aligned_hunk::AlignedHunk;
use super::candidates::FileCandidates;
use super::known::{Known, Same, SameHunks};
use super::moved_lines::MovedLine;
use super::presences::{Presence, Presences};
use super::side::{BySide, Side};
use super::side_lines::TextHash;
use crate::index::origin::origin_of;

/// From this share on a commit is trusted to have superseded, or to have prepared, lines of another. Tuned: see
/// `docs/constants.md`.
const SUPPORTING_SHARE: f32 = 0.5;

/// Rounds of working out what is explained: a chain of this many commits on the same lines is resolved. Tuned: see
/// `docs/constants.md`.
const EXPLANATION_ROUNDS: usize = 3;

/// What other commits explain of a hunk that is not in the release as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HunkExplained {
    /// The weight of these lines.
    pub weight: f32,
    /// The commit that has rewritten most of what the hunk added.
    pub by: Option<CommitOrdinal>,
}

/// For each file, what is explained of each of its candidate hunks.
pub type Explained = Vec<Arc<Vec<HunkExplained>>>;

/// What is known of a file's explained hunks, by the hunks and by which of them belong to commits that explain others.
pub type KnownExplained = Known<(SameHunks, Vec<bool>), Arc<Vec<HunkExplained>>>;

/// What is known of the hunks of a commit that stand in no file at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnseenHunks {
    /// All files that the release changes are at hand: the release does not have them.
    Missing,
    /// Only some files are at hand: nothing is known, and commits are judged by the others.
    Unknown,
}

/// Works out the presence of all commits; where it is cancelled meanwhile, the result means nothing.
pub fn presences(
    graph: &CommitGraph,
    files: &[FileCandidates],
    unseen: UnseenHunks,
    cancellation: &Cancellation,
) -> (Presences, Explained) {
    let mut known = vec![KnownExplained::default(); files.len()];
    presences_knowing(graph, files, unseen, &mut known, cancellation)
}

/// The same, with what is known of each file from the release before.
pub fn presences_knowing(
    graph: &CommitGraph,
    files: &[FileCandidates],
    unseen: UnseenHunks,
    known: &mut [KnownExplained],
    cancellation: &Cancellation,
) -> (Presences, Explained) {
    let mut presences = matched_presences(graph, files, unseen, cancellation);
    let mut explained = Explained::new();
    known.iter_mut().for_each(Known::begin);
    for _ in 0..EXPLANATION_ROUNDS {
        let explain = |(file, known): (&FileCandidates, &mut KnownExplained)| {
            if cancellation.is_cancelled() {
                return Arc::default();
            }
            let from = (Same(Arc::clone(&file.hunks)), supporting(file, &presences));
            known.get_or(from, |(_, supporting)| Arc::new(explained_in(file, supporting, cancellation)))
        };
        explained = files.par_iter().zip(&mut *known).map(explain).collect();
        presences.iter_mut().for_each(|(_, presence)| presence.explained = presence.matched);
        for (file, explained) in files.iter().zip(&explained) {
            if cancellation.is_cancelled() {
                break;
            }
            for (hunk, explained) in file.hunks.iter().zip(explained.iter()) {
                if explained.weight > 0.0
                    && let Some(presence) = presences.get_mut(hunk.commit)
                {
                    presence.explained += explained.weight;
                }
            }
        }
    }
    known.iter_mut().for_each(Known::end);
    (presences, explained)
}

/// The presence of all commits by what the release has of them, with nothing explained yet.
fn matched_presences(
    graph: &CommitGraph,
    files: &[FileCandidates],
    unseen: UnseenHunks,
    cancellation: &Cancellation,
) -> Presences {
    let mut presences = Presences::default();
    let wanted = files.iter().take_while(|_| !cancellation.is_cancelled());
    for hunk in wanted.flat_map(|file| file.hunks.iter()) {
        let presence = presences.get_or_insert_with(hunk.commit, || {
            let origin = origin_of(graph, hunk.commit);
            Presence {
                origin,
                change: first_of_change(graph, origin),
                matched: 0.0,
                explained: 0.0,
                seen: 0.0,
                likeness: 0.0,
                seen_hunks: 0,
                total: 0.0,
            }
        });
        presence.matched += hunk.matched;
        presence.likeness += hunk.matched * hunk.likeness;
        if !hunk.is_repeated {
            presence.seen += hunk.total;
            presence.seen_hunks += 1;
        }
    }
    for (commit, presence) in presences.iter_mut() {
        let missing = match unseen {
            UnseenHunks::Missing => graph.hunk_count(commit).saturating_sub(presence.seen_hunks),
            UnseenHunks::Unknown => 0,
        };
        let average = presence.seen / presence.seen_hunks.max(1) as f32;
        presence.total = presence.seen + missing as f32 * average;
        presence.explained = presence.matched;
    }
    presences
}

/// The first commit that makes the very same change as a commit, which may be itself.
fn first_of_change(graph: &CommitGraph, commit: CommitOrdinal) -> CommitOrdinal {
    graph.same_patch(commit).into_iter().fold(commit, CommitOrdinal::min)
}

/// Which of a file's candidate hunks belong to commits that are trusted to explain others.
fn supporting(file: &FileCandidates, presences: &Presences) -> Vec<bool> {
    let supports = |hunk: &AlignedHunk| {
        presences.get(hunk.commit).is_some_and(|presence| presence.explained_share() >= SUPPORTING_SHARE)
    };
    file.hunks.iter().map(supports).collect()
}

/// What of each hunk is explained by the other commits of the same file, of which these are trusted; nothing of any where it
/// is cancelled.
fn explained_in(
    file: &FileCandidates,
    supporting: &[bool],
    cancellation: &Cancellation,
) -> Vec<HunkExplained> {
    let explainers = Explainers::new(file, supporting, cancellation);
    let explained = |hunk| match cancellation.is_cancelled() {
        true => HunkExplained::default(),
        false => explainers.explain(hunk, cancellation),
    };
    file.hunks.iter().map(explained).collect()
}

/// The commits of each text, in the order of history.
type CommitsByText = HashMap<TextHash, Vec<CommitOrdinal>, FxBuildHasher>;

/// The present commits of a file that can have rewritten, or brought, a line that the release does not have.
struct Explainers<'a> {
    moved: &'a FxHashSet<MovedLine>,
    /// Who removes and who adds lines that the release does not show as removed or added.
    unpaired: BySide<CommitsByText>,
    /// Who adds lines that a commit moves. They are still there, so the commit that brought them keeps its pair.
    brought: CommitsByText,
}

impl<'a> Explainers<'a> {
    fn new(file: &'a FileCandidates, supporting: &[bool], cancellation: &Cancellation) -> Explainers<'a> {
        let moved_texts: FxHashSet<TextHash> = file.moved.iter().map(|moved| moved.text).collect();
        let mut unpaired: BySide<CommitsByText> = BySide::default();
        let mut brought = CommitsByText::default();
        let with_support = file.hunks.iter().zip(supporting).filter(|(_, supports)| **supports);
        for hunk in with_support.map(|(hunk, _)| hunk) {
            let added = cancellation.while_wanted(&hunk.lines.added).map(|line| line.text);
            for text in added.filter(|text| moved_texts.contains(text)) {
                brought.entry(text).or_default().push(hunk.commit);
            }
            for side in Side::BOTH {
                for line in cancellation.while_wanted(hunk.unpaired(side)) {
                    unpaired[side].entry(line.text).or_default().push(hunk.commit);
                }
            }
        }
        Explainers { moved: &file.moved, unpaired, brought }
    }

    /// What of a hunk's lines that the release does not have other commits explain.
    fn explain(&self, hunk: &AlignedHunk, cancellation: &Cancellation) -> HunkExplained {
        let mut weight = 0.0;
        let mut rewritten: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
        for line in cancellation.while_wanted(hunk.unpaired(Side::Removed)) {
            if self.bringer(hunk.commit, line.text).is_some() {
                weight += line.weight;
            }
        }
        for line in cancellation.while_wanted(hunk.unpaired(Side::Added)) {
            if let Some(rewriter) = self.rewriter(hunk.commit, line.text) {
                weight += line.weight;
                *rewritten.entry(rewriter).or_default() += line.weight;
            }
        }
        let most = rewritten.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        HunkExplained { weight, by: most.map(|(commit, _)| commit) }
    }

    /// The earlier commit that brought a line which `commit` removes.
    fn bringer(&self, commit: CommitOrdinal, text: TextHash) -> Option<CommitOrdinal> {
        let is_moved = self.moved.contains(&MovedLine { commit, text });
        let adding = if is_moved { &self.brought } else { &self.unpaired.added };
        adding.get(&text)?.iter().copied().find(|other| *other < commit)
    }

    /// The later commit that removes a line which `commit` added.
    fn rewriter(&self, commit: CommitOrdinal, text: TextHash) -> Option<CommitOrdinal> {
        self.unpaired.removed.get(&text)?.iter().copied().find(|other| *other > commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::TestHistory;

    #[test]
    fn commit_is_present_by_the_share_of_its_lines_that_the_release_has() {
        let mut history = TestHistory::default();
        let whole = history.commit(&[("gate.c", &["-open_the_first_gate;", "+open_the_other_gate;"])]);
        let half = history.commit(&[("gate.c", &["+open_the_north_gate;", "+open_the_south_gate;"])]);
        let files = history.candidates(&[(
            "gate.c",
            &["-open_the_first_gate;", "+open_the_other_gate;", "+open_the_north_gate;"],
        )]);

        let (presences, _) = history.presences(&files);

        assert_eq!(presences[whole].explained_share(), 1.0);
        assert_eq!(presences[half].explained_share(), 0.5);
    }

    #[test]
    fn hunks_in_files_that_the_release_leaves_alone_count_as_missing() {
        let mut history = TestHistory::default();
        let commit =
            history.commit(&[("gate.c", &["+open_the_first_gate;"]), ("wall.c", &["+open_the_other_gate;"])]);
        let files = history.candidates(&[("gate.c", &["+open_the_first_gate;"])]);

        let (presences, _) = history.presences(&files);

        assert_eq!(presences[commit].explained_share(), 0.5);
    }

    #[test]
    fn line_that_a_later_commit_rewrote_and_the_line_that_it_removed_are_explained_by_each_other() {
        let mut history = TestHistory::default();
        let bringing = history.commit(&[("gate.c", &["+open_the_outer_gate;", "+open_the_inner_gate;"])]);
        let rewriting = history.commit(&[("gate.c", &["-open_the_inner_gate;", "+open_the_upper_gate;"])]);
        let files = history.candidates(&[("gate.c", &["+open_the_outer_gate;", "+open_the_upper_gate;"])]);

        let (presences, explained) = history.presences(&files);

        assert_eq!(explained[0][0], HunkExplained { weight: 1.5, by: Some(rewriting) });
        assert_eq!(explained[0][1], HunkExplained { weight: 1.5, by: None });
        assert_eq!(presences[bringing].explained_share(), 1.0);
        assert_eq!(presences[rewriting].explained_share(), 1.0);
    }

    #[test]
    fn commit_that_is_absent_explains_nothing() {
        let mut history = TestHistory::default();
        let bringing = history.commit(&[("gate.c", &["+open_the_outer_gate;", "+open_the_inner_gate;"])]);
        let absent = ["-open_the_inner_gate;", "+open_the_upper_gate;", "+open_the_lower_gate;"];
        history.commit(&[("gate.c", &absent)]);
        let files = history.candidates(&[("gate.c", &["+open_the_outer_gate;"])]);

        let (presences, explained) = history.presences(&files);

        assert_eq!(explained[0][0], HunkExplained::default());
        assert_eq!(presences[bringing].explained_share(), 0.5);
    }

    #[test]
    fn earlier_commit_does_not_rewrite_a_later_one() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["-open_the_inner_gate;", "+open_the_upper_gate;"])]);
        history.commit(&[("gate.c", &["+open_the_outer_gate;", "+open_the_inner_gate;"])]);
        let files = history.candidates(&[("gate.c", &["+open_the_outer_gate;", "+open_the_upper_gate;"])]);

        let (_, explained) = history.presences(&files);

        assert_eq!(explained[0][..], [HunkExplained::default(), HunkExplained::default()]);
    }

    #[test]
    fn chain_of_commits_on_one_line_is_resolved_though_nothing_of_the_middle_one_is_left() {
        let mut history = TestHistory::default();
        let first = history.commit(&[("gate.c", &["+open_the_outer_gate;", "+open_the_first_gate;"])]);
        let second = history.commit(&[("gate.c", &["-open_the_first_gate;", "+open_the_other_gate;"])]);
        let third = history.commit(&[("gate.c", &["-open_the_other_gate;", "+open_the_third_gate;"])]);
        let files = history.candidates(&[("gate.c", &["+open_the_outer_gate;", "+open_the_third_gate;"])]);

        let (presences, _) = history.presences(&files);

        assert_eq!(presences[second].matched, 0.0);
        let shares = [first, second, third].map(|commit| presences[commit].explained_share());
        assert_eq!(shares, [1.0; 3]);
    }

    #[test]
    fn line_that_a_commit_moves_is_explained_by_the_commit_that_brought_it() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let moving =
            history.commit(&[("gate.c", &["-open_the_first_gate;"]), ("gate.c", &["+open_the_first_gate;"])]);
        let files = history.candidates(&[("gate.c", &["+open_the_first_gate;"])]);

        let (presences, explained) = history.presences(&files);

        assert_eq!(explained[0].iter().map(|hunk| hunk.weight).collect::<Vec<_>>(), [0.0, 1.5, 0.0]);
        assert_eq!(presences[moving].explained_share(), 1.0);
    }

    #[test]
    fn commit_that_carries_another_is_named_for_it() {
        let mut history = TestHistory::default();
        let origin = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let carrier = history.carrier(origin, &[("gate.c", &["+open_the_first_gate;"])]);
        let files = history.candidates(&[("gate.c", &["+open_the_first_gate;"])]);

        let (presences, _) = history.presences(&files);

        assert_eq!([origin, carrier].map(|commit| presences[commit].origin), [origin; 2]);
    }
}
