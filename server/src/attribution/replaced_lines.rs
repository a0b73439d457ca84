//! Removed lines of commits that have brought nothing which is left.
//!
//! A commit that replaces a line by another one shows in both. Where the release has the removal, but other commits'
//! lines stand in its place and none of the lines that the commit brought is left anywhere, the line was replaced by
//! what stands there now: the commit is superseded, or was never in the release.

use std::cell::LazyCell;

use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::hunks::comparison::MatchKind;

use super::aligned_hunk::AlignedHunk;
use super::assignment::FileOwners;
use super::candidates::FileCandidates;
use super::changes::{ReleaseLine, for_each_change};
use super::length_weight::WORDLESS_LINE_WEIGHT;
use super::line_owner::LineOwner;
use super::outcome::IMPLIED_COMMIT_SHARE;
use super::presence::SUPPORTING_SHARE;
use super::presences::Presences;
use super::side::Side;

/// A release has taken along what history did to a file if it has at least this share of the commits up to the newest one
/// that owns lines there. Tuned: see `docs/constants.md`.
const TAKEN_ALONG_SHARE: f32 = 0.75;

/// Of fewer commits nothing can be told. Tuned: see `docs/constants.md`.
const FEWEST_TAKEN_ALONG: usize = 5;

/// How much a commit that owns lines of a file brings, and how much of it is left.
#[derive(Clone, Copy, Debug, Default)]
pub struct Brought {
    /// Weight of the lines that its hunks in the file add.
    added: f32,
    /// Weight of the added lines of the file that it owns.
    owned: f32,
}

impl Brought {
    fn leaves_nothing(self) -> bool {
        self.added > WORDLESS_LINE_WEIGHT && self.owned == 0.0
    }
}

/// The commits that own lines and of which nothing is left that they brought; `brought` is what they have in each file.
pub fn with_nothing_left<'a>(
    brought: impl IntoIterator<Item = &'a [(CommitOrdinal, Brought)]>,
) -> FxHashSet<CommitOrdinal> {
    let mut all: FxHashMap<CommitOrdinal, Brought> = FxHashMap::default();
    for (commit, Brought { added, owned }) in brought.into_iter().flatten() {
        let brought = all.entry(*commit).or_default();
        brought.added += added;
        brought.owned += owned;
    }
    all.into_iter().filter(|(_, brought)| brought.leaves_nothing()).map(|(commit, _)| commit).collect()
}

/// Whose the removed lines of a commit are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovedLines {
    /// The commit's own: something that it brought is left, or the release has most of the file's history.
    Its,
    /// Those of the commits whose lines replace them.
    Replaced,
    /// Nobody can tell: all of the commit is explained, so the release may have it, and then they are its own.
    Nobodys,
}

/// Whose the removed lines of each commit are that owns lines of a file; `brought` is what these have there.
pub fn removed_lines(
    file: &FileCandidates,
    presences: &Presences,
    brought: &[(CommitOrdinal, Brought)],
    nothing_left: &FxHashSet<CommitOrdinal>,
) -> Vec<RemovedLines> {
    let is_explained = |commit: CommitOrdinal| {
        presences.get(commit).is_some_and(|presence| presence.explained_share() >= IMPLIED_COMMIT_SHARE)
    };
    let is_taken_along = LazyCell::new(|| is_taken_along(file, presences, brought));
    let removed = |(commit, _): &(CommitOrdinal, Brought)| {
        if !nothing_left.contains(commit) {
            RemovedLines::Its
        } else if !is_explained(*commit) {
            RemovedLines::Replaced
        } else if *is_taken_along {
            RemovedLines::Its
        } else {
            RemovedLines::Nobodys
        }
    };
    brought.iter().map(removed).collect()
}

/// Gives the removed lines of commits of which nothing is left to the commits whose lines replace them, or to nobody where
/// nothing replaces them or nobody can tell.
pub fn give_replaced_lines(
    file: &FileCandidates,
    owners: &mut FileOwners,
    removed: impl IntoIterator<Item = (CommitOrdinal, RemovedLines)>,
) {
    let removed: FxHashMap<CommitOrdinal, RemovedLines> = removed.into_iter().collect();
    let removed = |owner: LineOwner| removed.get(&owner.commit).copied().unwrap_or(RemovedLines::Its);
    for_each_change(&file.lines, |change| {
        let goes = |owners: &FileOwners, line: ReleaseLine| {
            owners[line].is_some_and(|owner| removed(owner) != RemovedLines::Its)
        };
        if !lines_of(change, Side::Removed).any(|line| goes(owners, line)) {
            return;
        }
        let replacing = replacing_owner(file, owners, change);
        let has_unknown =
            lines_of(change, Side::Added).any(|line| owners[line].is_none() && file.lines[line].has_word());
        if has_unknown && replacing.is_none() {
            // The vendor may have adapted what the commit brought.
            return;
        }
        for line in lines_of(change, Side::Removed) {
            if goes(owners, line) {
                let is_replaced = |owner| removed(owner) == RemovedLines::Replaced;
                owners[line] = replacing.filter(|_| owners[line].is_some_and(is_replaced));
            }
        }
    });
}

/// Whether most of what history did to a file up to the newest commit that owns lines of it is there.
fn is_taken_along(
    file: &FileCandidates,
    presences: &Presences,
    brought: &[(CommitOrdinal, Brought)],
) -> bool {
    let Some(last) = brought.iter().map(|(commit, _)| *commit).max() else { return false };
    let own = file.hunks.iter().filter(|hunk| hunk.found_by.is_own() && hunk.commit <= last);
    let mut before: Vec<CommitOrdinal> = own.map(|hunk| hunk.commit).collect();
    before.dedup();
    let is_there = |commit: &&CommitOrdinal| {
        presences.get(**commit).is_some_and(|presence| presence.explained_share() >= SUPPORTING_SHARE)
    };
    let there = before.iter().filter(is_there).count();
    there >= FEWEST_TAKEN_ALONG && there as f32 >= TAKEN_ALONG_SHARE * before.len() as f32
}

fn lines_of(change: &[ReleaseLine], side: Side) -> impl Iterator<Item = ReleaseLine> {
    change.iter().copied().filter(move |line| line.side == side)
}

/// What the commits that own lines of a file bring to it, and how much of that is left.
pub fn brought(file: &FileCandidates, owners: &FileOwners) -> Vec<(CommitOrdinal, Brought)> {
    // Summed up once for each hunk: a hunk that adds a whole file would be gone through for each of its lines.
    let added: Vec<f32> = file.hunks.iter().map(added_weight).collect();
    let mut brought: FxHashMap<CommitOrdinal, Brought> = FxHashMap::default();
    for side in Side::BOTH {
        for (line, owner) in file.lines[side].iter().zip(&owners[side]) {
            let Some(owner) = owner else { continue };
            let brought = brought.entry(owner.commit).or_default();
            if side == Side::Added {
                brought.owned += line.weight;
            }
            if let Some(hunk) = owner.hunk {
                brought.added += added[hunk as usize];
            }
        }
    }
    brought.into_iter().collect()
}

/// What the lines weigh that a hunk adds.
fn added_weight(hunk: &AlignedHunk) -> f32 {
    hunk.lines.added.iter().map(|line| line.weight).sum()
}

/// An owner of added lines, and what its commit's lines in the change weigh.
struct Replacing {
    owner: LineOwner,
    weight: f32,
}

/// The owner of most of what a change adds, as it owns the lines that the change replaces.
fn replacing_owner(file: &FileCandidates, owners: &FileOwners, change: &[ReleaseLine]) -> Option<LineOwner> {
    let mut all: FxHashMap<CommitOrdinal, Replacing> = FxHashMap::default();
    for line in lines_of(change, Side::Added) {
        if let Some(owner) = owners[line] {
            let replacing = all.entry(owner.commit).or_insert(Replacing { owner, weight: 0.0 });
            replacing.weight += file.lines[line].weight;
        }
    }
    let most = all
        .into_values()
        .max_by(|a, b| a.weight.total_cmp(&b.weight).then(b.owner.commit.cmp(&a.owner.commit)))?;
    let owner = LineOwner { hunk: None, follows: true, kind: MatchKind::Fuzzy, ..most.owner };
    (most.weight > WORDLESS_LINE_WEIGHT).then_some(owner)
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::cancellation::Cancellation;

    use super::*;
    use crate::attribution::assignment::assign;
    use crate::attribution::line_candidates::{Anchors, Dismissed, line_candidates};
    use crate::attribution::test_release::TestHistory;

    /// A commit that replaces the old gate by a second one, and a later one that replaces the second by a third. The first
    /// does something else as well, which the releases do not have.
    fn history() -> (TestHistory, CommitOrdinal, CommitOrdinal) {
        history_with(&["+build_another_wall_of_stones();"])
    }

    fn history_with(wall: &[&str]) -> (TestHistory, CommitOrdinal, CommitOrdinal) {
        let mut history = TestHistory::default();
        let gate: &[&str] = &["-close_the_old_gate;", "+open_the_second_gate;"];
        let all = [("gate.c", gate), ("wall.c", wall)];
        let earlier = history.commit(if wall.is_empty() { &all[..1] } else { &all[..] });
        let later = history.commit(&[("gate.c", &["-open_the_second_gate;", "+open_the_third_gate;"])]);
        (history, earlier, later)
    }

    /// The owners of the removed and of the added lines of a release of one file.
    fn owners(history: &TestHistory, release: &[&str]) -> [Vec<Option<CommitOrdinal>>; 2] {
        let files = history.candidates(&[("gate.c", release)]);
        let (presences, explained) = history.presences(&files);
        let candidates = line_candidates(&files[0], &explained[0], &presences, &Dismissed::default());
        let mut owners = assign(&files[0], &candidates, &Anchors::default(), &Cancellation::default());
        let brought = brought(&files[0], &owners);
        let removed = removed_lines(&files[0], &presences, &brought, &with_nothing_left([&brought[..]]));
        let commits = brought.iter().map(|(commit, _)| *commit);
        give_replaced_lines(&files[0], &mut owners, commits.zip(removed));
        let commits = |owners: &Vec<Option<LineOwner>>| {
            owners.iter().map(|owner| owner.map(|owner| owner.commit)).collect()
        };
        owners.both().map(commits)
    }

    #[test]
    fn removed_line_goes_to_the_commit_whose_line_stands_in_its_place() {
        let (history, _, later) = history();

        let owners = owners(&history, &["-close_the_old_gate;", "+open_the_third_gate;"]);

        assert_eq!(owners, [[Some(later)], [Some(later)]]);
    }

    #[test]
    fn removed_line_is_nobodys_where_all_of_its_commit_is_explained() {
        let (history, _, later) = history_with(&[]);

        let owners = owners(&history, &["-close_the_old_gate;", "+open_the_third_gate;"]);

        assert_eq!(owners, [[None], [Some(later)]]);
    }

    #[test]
    fn removed_line_stays_with_an_explained_commit_where_the_release_has_most_of_the_files_history() {
        let (mut history, earlier, _) = history_with(&[]);
        let changes = ["+paint_the_north_gate;", "+paint_the_south_gate;", "+paint_the_upper_gate;"];
        for change in changes {
            history.commit(&[("gate.c", &[change])]);
        }
        let release = |changes: &[&'static str]| {
            let replaced = ["-close_the_old_gate;", "+open_the_third_gate;"];
            replaced.into_iter().chain(changes.iter().flat_map(|change| [" between();", *change])).collect()
        };
        let (most, few): (Vec<&str>, Vec<&str>) = (release(&changes), release(&changes[2..]));

        assert_eq!(owners(&history, &most)[0], [Some(earlier)]);
        assert_eq!(owners(&history, &few)[0], [None]);
    }

    #[test]
    fn removed_line_stays_with_a_commit_of_which_an_added_line_is_left() {
        let (history, earlier, _) = history();

        let owners = owners(&history, &["-close_the_old_gate;", "+open_the_second_gate;"]);

        assert_eq!(owners, [[Some(earlier)], [Some(earlier)]]);
    }

    #[test]
    fn removed_line_in_whose_place_nothing_stands_is_nobodys() {
        let (history, ..) = history();

        let owners = owners(&history, &["-close_the_old_gate;", " between();", "+open_the_third_gate;"]);

        assert_eq!(owners[0], [None]);
    }

    #[test]
    fn removed_line_stays_where_the_vendor_may_have_adapted_what_the_commit_brought() {
        let (history, earlier, _) = history();

        let owners = owners(&history, &["-close_the_old_gate;", "+sell_tickets_at_the_gate(vendor);"]);

        assert_eq!(owners[0], [Some(earlier)]);
    }

    #[test]
    fn removed_line_stays_with_a_commit_that_only_removes() {
        let mut history = TestHistory::default();
        let removing = history.commit(&[("gate.c", &["-close_the_old_gate;"])]);
        let adding = history.commit(&[("gate.c", &["+open_the_third_gate;"])]);

        let owners = owners(&history, &["-close_the_old_gate;", "+open_the_third_gate;"]);

        assert_eq!(owners, [[Some(removing)], [Some(adding)]]);
    }
}
