//! What became of each commit: how much of it the release has, which of its hunks are missing and why.

use std::sync::Arc;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::confidence::Confidence;
use crate::hunks::comparison::MatchKind;

use super::aligned_hunk::AlignedHunk;
use super::attributed_release::{
    AttributedCommit, CommitStatus, MissingHunk, MissingReason, SupersededCommit,
};
use super::candidates::FileCandidates;
use super::hunk_fate::HunkFate;
use super::presence::{Explained, HunkExplained};
use super::presences::{Presences, named_commit};
use super::told_files::{ToldFile, ToldLines};

/// A commit of which no line is left is implied if at least this share of it is explained by others. Tuned: see
/// `docs/constants.md`.
const IMPLIED_COMMIT_SHARE: f32 = 0.75;

/// What the phases have found, ready to be told.
pub struct Outcome<'a> {
    /// The commits of the index.
    pub graph: &'a CommitGraph,
    /// The files with their candidates.
    pub files: &'a [FileCandidates],
    /// How much of each commit is there.
    pub presences: &'a Presences,
    /// What is explained of each candidate hunk of each file.
    pub explained: &'a Explained,
    /// What is told of the lines of each file.
    pub told: &'a [Arc<ToldFile>],
    /// Whether it is still wanted.
    pub cancellation: &'a Cancellation,
}

/// What became of a hunk of a commit, by commit and number.
type NumberedFate = (CommitOrdinal, u32, HunkFate);

/// A commit, and one that has rewritten or moved some of it.
type Superseding = (CommitOrdinal, CommitOrdinal);

impl Outcome<'_> {
    /// The commits that own a line, and those that are implied by them; of the others that are asked after those which
    /// have been rewritten. Both are in the order of the index.
    ///
    /// # Errors
    /// Where the work was asked to stop.
    pub fn commits(
        &self,
        asked_after: &CommitSet,
    ) -> Result<(Vec<AttributedCommit>, Vec<SupersededCommit>), Cancelled> {
        let owned = self.owned_lines();
        let is_implied = |commit: CommitOrdinal| {
            self.presences.get(commit).is_some_and(|p| p.explained_share() >= IMPLIED_COMMIT_SHARE)
        };
        // Of the many commits of which there is nothing, nothing is counted.
        let may_be_told = |commit: CommitOrdinal| {
            owned.contains_key(&commit) || is_implied(commit) || asked_after.contains(commit)
        };
        let is_own = |commit: CommitOrdinal| named_commit(self.presences, commit) == commit;
        let fates = self.fates(|commit| may_be_told(commit) && is_own(commit));
        let superseding = self.superseding(&owned, |commit| may_be_told(commit) && is_own(commit));
        let taking = self.taking_away(&owned, is_own);
        let mut all: Vec<CommitOrdinal> =
            owned.keys().copied().chain(fates.iter().map(|(commit, ..)| *commit)).collect();
        all.sort_unstable();
        all.dedup();
        let (mut commits, mut superseded) = (Vec::new(), Vec::new());
        for commit in all {
            self.cancellation.check()?;
            let tally = CommitTally {
                owned: owned.get(&commit).copied(),
                fates: of_commit(&fates, commit, |fate| fate.0),
                superseding: of_commit(&superseding, commit, |superseding| superseding.0),
                takes_away: taking.contains(&commit),
            };
            match self.commit(commit, &tally) {
                Some(told) => commits.push(told),
                None if asked_after.contains(commit) => {
                    superseded.extend(tally.superseded_by().map(|by| SupersededCommit { commit, by }));
                }
                None => {}
            }
        }
        Ok((commits, superseded))
    }

    /// The candidate hunks of all files with what is explained of them; not all of them where it is not wanted any more.
    fn hunks(&self) -> impl Iterator<Item = (&AlignedHunk, &HunkExplained)> {
        let files = self.files.iter().zip(self.explained).take_while(|_| !self.cancellation.is_cancelled());
        files.flat_map(|(file, explained)| file.hunks.iter().zip(explained.iter()))
    }

    fn owned_lines(&self) -> FxHashMap<CommitOrdinal, ToldLines> {
        let mut owned: FxHashMap<CommitOrdinal, ToldLines> = FxHashMap::default();
        for (commit, lines) in self.told.iter().flat_map(|file| &file.lines) {
            owned.entry(*commit).and_modify(|owned| owned.add(*lines)).or_insert(*lines);
        }
        owned
    }

    /// What became of the hunks of these commits, sorted; hunks in files that the release leaves alone are not there. Hunks
    /// are numbered in their own commit, so a carrier's say nothing of the origin's.
    fn fates(&self, counts: impl Fn(CommitOrdinal) -> bool) -> Vec<NumberedFate> {
        let mut fates = Vec::new();
        for (hunk, explained) in self.hunks().filter(|(hunk, _)| counts(hunk.commit)) {
            fates.push((hunk.commit, hunk.number, HunkFate::of(hunk, explained)));
        }
        fates.sort_unstable();
        // Of several places of a hunk that counts in which most of it is.
        fates.dedup_by(|later, kept| {
            let is_same = (later.0, later.1) == (kept.0, kept.1);
            if is_same {
                kept.2 = kept.2.max(later.2);
            }
            is_same
        });
        fates
    }

    /// Who has superseded what of these commits, once for each hunk and each moved line, sorted.
    fn superseding(
        &self,
        owned: &FxHashMap<CommitOrdinal, ToldLines>,
        counts: impl Fn(CommitOrdinal) -> bool,
    ) -> Vec<Superseding> {
        let moved = self.told.iter().flat_map(|file| &file.moved).copied();
        let mut superseding: Vec<Superseding> = moved.filter(|(commit, _)| counts(*commit)).collect();
        for (hunk, explained) in self.hunks() {
            let by = explained.by.map(|by| named_commit(self.presences, by));
            if let Some(by) = by.filter(|by| owned.contains_key(by))
                && counts(hunk.commit)
            {
                superseding.push((hunk.commit, by));
            }
        }
        superseding.sort_unstable();
        superseding
    }

    /// The commits without a line that explain why a commit which owns lines lacks others.
    fn taking_away(
        &self,
        owned: &FxHashMap<CommitOrdinal, ToldLines>,
        is_own: impl Fn(CommitOrdinal) -> bool,
    ) -> FxHashSet<CommitOrdinal> {
        let mut taking = FxHashSet::default();
        for (hunk, explained) in self.hunks() {
            let by = explained.by.map(|by| named_commit(self.presences, by));
            if let Some(by) = by.filter(|by| !owned.contains_key(by))
                && owned.contains_key(&hunk.commit)
                && is_own(hunk.commit)
            {
                taking.insert(by);
            }
        }
        taking
    }

    /// What is told of a commit; nothing where it owns no line and is not implied either.
    fn commit(&self, commit: CommitOrdinal, tally: &CommitTally<'_>) -> Option<AttributedCommit> {
        let missing = tally.missing(self.graph.hunk_count(commit));
        let hunks = tally.fates.iter().filter(|(.., fate)| *fate == HunkFate::Present).count() as u32;
        let Some(owned) = tally.owned else {
            let explained = self.presences.get(commit)?.explained_share();
            let superseded_by = tally.superseded_by();
            let is_implied = superseded_by.is_some() || tally.takes_away;
            return (is_implied && explained >= IMPLIED_COMMIT_SHARE).then_some(AttributedCommit {
                commit,
                status: CommitStatus::Implied,
                confidence: Confidence(explained),
                lines: 0,
                hunks,
                missing,
                superseded_by,
                kind: MatchKind::Implied,
            });
        };
        let is_complete = hunks > 0 && missing.iter().all(|hunk| hunk.reason == MissingReason::Superseded);
        Some(AttributedCommit {
            commit,
            status: if is_complete { CommitStatus::Complete } else { CommitStatus::Partial },
            confidence: owned.surest,
            lines: owned.lines,
            hunks,
            missing,
            superseded_by: None,
            kind: owned.weakest,
        })
    }
}

/// The entries of a commit in a sorted list.
fn of_commit<T>(sorted: &[T], commit: CommitOrdinal, commit_of: impl Fn(&T) -> CommitOrdinal) -> &[T] {
    let start = sorted.partition_point(|entry| commit_of(entry) < commit);
    let entries = &sorted[start..];
    &entries[..entries.partition_point(|entry| commit_of(entry) == commit)]
}

/// What is known of a commit while its record is put together.
struct CommitTally<'a> {
    /// The lines that it owns, if any.
    owned: Option<ToldLines>,
    /// What became of each of its hunks.
    fates: &'a [NumberedFate],
    /// Who has rewritten its hunks and moved its lines, once for each of them.
    superseding: &'a [Superseding],
    /// Whether it explains why a commit that owns lines lacks others.
    takes_away: bool,
}

impl CommitTally<'_> {
    /// Which of the commit's `all` hunks are missing.
    fn missing(&self, all: u32) -> Vec<MissingHunk> {
        let mut fates = self.fates.iter().peekable();
        let missing = |number: u32| {
            let reason = match fates.next_if(|(_, of, _)| *of == number) {
                Some((.., HunkFate::Present)) => return None,
                Some((.., HunkFate::Superseded)) => MissingReason::Superseded,
                Some((.., HunkFate::LeftOut)) => MissingReason::LeftOut,
                None => MissingReason::Unchanged,
            };
            Some(MissingHunk { number, reason })
        };
        (0..all).filter_map(missing).collect()
    }

    /// The commit that has rewritten most of its hunks; of equals the earlier one.
    fn superseded_by(&self) -> Option<CommitOrdinal> {
        let by_commit = self.superseding.chunk_by(|a, b| a.1 == b.1).map(|same| (same.len(), same[0].1));
        by_commit.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, commit)| commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::kept_release::KeptRelease;
    use crate::attribution::test_release::TestHistory;

    fn missing(number: u32, reason: MissingReason) -> MissingHunk {
        MissingHunk { number, reason }
    }

    #[test]
    fn commit_with_every_hunk_in_the_release_is_complete() {
        let mut history = TestHistory::default();
        let gate: &[&str] = &[" north();", "+open_the_first_gate;", " south();"];
        let wall: &[&str] = &[" east();", "+build_another_wall();", " west();"];
        let change: [(&str, &[&str]); 2] = [("gate.c", gate), ("wall.c", wall)];
        let commit = history.commit(&change);

        let apart = history.take_apart(&change);

        let [told] = &apart.commits[..] else { panic!("{:?}", apart.commits) };
        assert_eq!((told.commit, told.status), (commit, CommitStatus::Complete));
        assert_eq!((told.lines, told.hunks, &told.missing[..]), (2, 2, &[][..]));
        assert_eq!(told.kind, MatchKind::Changes);
        assert!(told.confidence.0 > 0.9, "{:?}", told.confidence);
    }

    #[test]
    fn commit_is_partial_where_the_release_leaves_a_file_alone_or_changes_it_otherwise() {
        let mut history = TestHistory::default();
        history.commit(&[
            ("gate.c", &["+open_the_first_gate;"]),
            ("gate.c", &["+open_the_other_gate;"]),
            ("wall.c", &["+build_another_wall();"]),
        ]);

        let apart = history.take_apart(&[("gate.c", &["+open_the_first_gate;"])]);

        let [told] = &apart.commits[..] else { panic!("{:?}", apart.commits) };
        assert_eq!((told.status, told.lines, told.hunks), (CommitStatus::Partial, 1, 1));
        assert_eq!(told.missing, [missing(1, MissingReason::LeftOut), missing(2, MissingReason::Unchanged)]);
    }

    #[test]
    fn commit_that_is_asked_after_and_has_no_line_left_is_told_with_what_superseded_it() {
        let mut history = TestHistory::default();
        let half = history
            .commit(&[("gate.c", &["+open_the_first_gate;"]), ("wall.c", &["+build_another_wall();"])]);
        let rewriting = history.commit(&[("gate.c", &["-open_the_first_gate;", "+open_the_third_gate;"])]);
        let absent = history.commit(&[("gate.c", &["+paint_all_gates_red;"])]);
        let release: [(&str, &[&str]); 1] = [("gate.c", &["+open_the_third_gate;"])];

        let asked = [half, rewriting, absent];
        let apart = history.take_apart_asking(&release, &asked, false, &mut KeptRelease::default());

        assert_eq!(apart.commits.iter().map(|told| told.commit).collect::<Vec<_>>(), [rewriting]);
        assert_eq!(apart.superseded, [SupersededCommit { commit: half, by: rewriting }]);
        assert_eq!(history.take_apart(&release).superseded, []);
    }

    #[test]
    fn commit_is_complete_where_a_present_commit_has_rewritten_its_other_hunk() {
        let mut history = TestHistory::default();
        let commit =
            history.commit(&[("gate.c", &["+open_the_first_gate;"]), ("gate.c", &["+open_the_other_gate;"])]);
        let rewriting = history.commit(&[("gate.c", &["-open_the_other_gate;", "+open_the_third_gate;"])]);

        let apart = history
            .take_apart(&[("gate.c", &["+open_the_first_gate;"]), ("gate.c", &["+open_the_third_gate;"])]);

        let told: Vec<(CommitOrdinal, CommitStatus)> =
            apart.commits.iter().map(|told| (told.commit, told.status)).collect();
        assert_eq!(told, [(commit, CommitStatus::Complete), (rewriting, CommitStatus::Complete)]);
        assert_eq!(apart.commits[0].missing, [missing(1, MissingReason::Superseded)]);
        assert_eq!(apart.commits[0].superseded_by, None);
    }

    #[test]
    fn commit_that_takes_away_what_another_has_brought_is_implied() {
        let mut history = TestHistory::default();
        let bringing = history.commit(&[("gate.c", &["+open_the_first_gate;", "+open_the_other_gate;"])]);
        let taking = history.commit(&[("gate.c", &["-open_the_other_gate;"])]);

        let apart = history.take_apart(&[("gate.c", &["+open_the_first_gate;"])]);

        let told: Vec<(CommitOrdinal, CommitStatus)> =
            apart.commits.iter().map(|told| (told.commit, told.status)).collect();
        assert_eq!(told, [(bringing, CommitStatus::Complete), (taking, CommitStatus::Implied)]);
        assert_eq!(apart.commits[1].superseded_by, None);
        let whole = history.take_apart(&[("gate.c", &["+open_the_first_gate;", "+open_the_other_gate;"])]);
        assert_eq!(whole.commits.iter().map(|told| told.commit).collect::<Vec<_>>(), [bringing]);
    }

    #[test]
    fn commit_of_which_no_line_is_left_is_implied_by_the_one_that_rewrote_it() {
        let mut history = TestHistory::default();
        let bringing = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let rewriting = history.commit(&[("gate.c", &["-open_the_first_gate;", "+open_the_other_gate;"])]);

        let apart = history.take_apart(&[("gate.c", &["+open_the_other_gate;"])]);

        let [implied, told] = &apart.commits[..] else { panic!("{:?}", apart.commits) };
        assert_eq!((implied.commit, told.commit), (bringing, rewriting));
        assert_eq!((implied.status, implied.superseded_by), (CommitStatus::Implied, Some(rewriting)));
        assert_eq!((implied.kind, implied.lines, implied.hunks), (MatchKind::Implied, 0, 0));
        assert_eq!(implied.missing, [missing(0, MissingReason::Superseded)]);
        assert_eq!(told.status, CommitStatus::Complete);
    }

    #[test]
    fn commit_whose_lines_a_later_one_has_moved_is_implied_by_it() {
        let mut history = TestHistory::default();
        let bringing = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let moving = history.commit(&[
            ("gate.c", &["-open_the_first_gate;"]),
            ("gate.c", &["+open_the_first_gate;", "+shut_the_first_gate;"]),
        ]);

        let apart = history.take_apart(&[("gate.c", &["+open_the_first_gate;", "+shut_the_first_gate;"])]);

        let told: Vec<_> =
            apart.commits.iter().map(|told| (told.commit, told.status, told.superseded_by)).collect();
        assert_eq!(
            told,
            [(bringing, CommitStatus::Implied, Some(moving)), (moving, CommitStatus::Complete, None)]
        );
    }

    #[test]
    fn commit_that_is_half_rewritten_and_half_absent_is_not_implied() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;", "+open_the_upper_gate;"])]);
        let rewriting = history.commit(&[("gate.c", &["-open_the_first_gate;", "+open_the_other_gate;"])]);

        let apart = history.take_apart(&[("gate.c", &["+open_the_other_gate;"])]);

        assert_eq!(apart.commits.iter().map(|told| told.commit).collect::<Vec<_>>(), [rewriting]);
    }

    #[test]
    fn commit_that_nobody_builds_on_and_of_which_nothing_is_there_is_not_told() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);

        let apart = history.take_apart(&[("gate.c", &["+sell_tickets_at_the_gate(vendor);"])]);

        assert_eq!(apart.commits, []);
        assert_eq!(apart.files[0][0][0].owner, None);
    }

    #[test]
    fn weakest_match_of_its_lines_is_the_match_of_a_commit() {
        let mut history = TestHistory::default();
        let change = |adapted| {
            [
                "-close_the_old_gate;",
                "+open_the_gate_of_the_north();",
                adapted,
                "+open_the_gate_of_the_south();",
            ]
        };
        let upstream = change("+open(gate, level, width, depth, speed, mode, flags, now, MAX);");
        history.commit(&[("gate.c", &upstream)]);

        let vendor = change("+open(gate, level, width, depth, speed, mode, flags, now, MIN);");
        let apart = history.take_apart(&[("gate.c", &vendor)]);

        let kinds: Vec<Option<MatchKind>> =
            apart.files[0][0].iter().map(|run| run.owner.map(|owner| owner.kind)).collect();
        let (partial, fuzzy) = (Some(MatchKind::Partial), Some(MatchKind::Fuzzy));
        assert_eq!(kinds, [partial, partial, fuzzy, partial]);
        assert_eq!(apart.commits[0].kind, MatchKind::Fuzzy);
    }

    #[test]
    fn hunks_of_a_carrier_are_not_counted_as_the_origins() {
        let mut history = TestHistory::default();
        let origin = history
            .commit(&[("wall.c", &["+build_another_wall();"]), ("gate.c", &["+open_the_first_gate;"])]);
        history.carrier(origin, &[("gate.c", &["+open_the_first_gate;"])]);

        let apart = history.take_apart(&[("gate.c", &["+open_the_first_gate;"])]);

        let [told] = &apart.commits[..] else { panic!("{:?}", apart.commits) };
        assert_eq!((told.commit, told.hunks), (origin, 1));
        assert_eq!(told.missing, [missing(0, MissingReason::Unchanged)]);
    }

    #[test]
    fn of_commits_that_have_rewritten_as_much_the_earlier_one_has_superseded() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_first_gate;"]), ("gate.c", &["+open_the_other_gate;"])]);
        let earlier = history.commit(&[("gate.c", &["-open_the_first_gate;", "+open_the_upper_gate;"])]);
        history.commit(&[("gate.c", &["-open_the_other_gate;", "+open_the_lower_gate;"])]);

        let apart = history
            .take_apart(&[("gate.c", &["+open_the_upper_gate;"]), ("gate.c", &["+open_the_lower_gate;"])]);

        assert_eq!(apart.commits[0].status, CommitStatus::Implied);
        assert_eq!(apart.commits[0].superseded_by, Some(earlier));
    }

    #[test]
    fn carrier_is_not_implied_beside_its_origin() {
        let mut history = TestHistory::default();
        let origin = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        history.carrier(origin, &[("gate.c", &["+open_the_first_gate;"])]);
        let rewriting = history.commit(&[("gate.c", &["-open_the_first_gate;", "+open_the_other_gate;"])]);

        let apart = history.take_apart(&[("gate.c", &["+open_the_other_gate;"])]);

        assert_eq!(apart.commits.iter().map(|told| told.commit).collect::<Vec<_>>(), [origin, rewriting]);
    }

    #[test]
    fn hunk_that_one_of_two_files_has_is_not_missing() {
        let mut history = TestHistory::default();
        history.rename("a.c", "b.c", &["+open_the_first_gate;"]);
        let change: &[&str] = &["+open_the_first_gate;"];
        let other: &[&str] = &["+sell_tickets_at_the_gate(vendor);"];

        for release in [[("a.c", change), ("b.c", other)], [("a.c", other), ("b.c", change)]] {
            let apart = history.take_apart(&release);
            assert_eq!(apart.commits[0].status, CommitStatus::Complete);
            assert_eq!((apart.commits[0].hunks, &apart.commits[0].missing[..]), (1, &[][..]));
        }
    }
}
