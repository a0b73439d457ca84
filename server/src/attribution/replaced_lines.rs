//! Removed lines of commits that have brought nothing which is left.
//!
//! A commit that replaces a line by another one shows in both. Where the release has the removal, but other commits'
//! lines stand in its place and none of the lines that the commit brought is left anywhere, the line was replaced by
//! what stands there now: the commit is superseded, or was never in the release.

use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::hunks::comparison::MatchKind;

use super::aligned_hunk::AlignedHunk;
use super::assignment::FileOwners;
use super::candidates::FileCandidates;
use super::changes::{ReleaseLine, for_each_change};
use super::length_weight::WORDLESS_LINE_WEIGHT;
use super::line_owner::LineOwner;
use super::side::Side;

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

/// Gives the removed lines of commits of which nothing is left to the commits whose lines replace them, or to nobody where
/// nothing replaces them.
pub fn give_replaced_lines(
    file: &FileCandidates,
    owners: &mut FileOwners,
    nothing_left: impl Fn(CommitOrdinal) -> bool,
) {
    for_each_change(&file.lines, |change| {
        let goes = |owners: &FileOwners, line: ReleaseLine| {
            owners[line].is_some_and(|owner| nothing_left(owner.commit))
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
                owners[line] = replacing;
            }
        }
    });
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

    /// A commit that replaces the old gate by a second one, and a later one that replaces the second by a third.
    fn history() -> (TestHistory, CommitOrdinal, CommitOrdinal) {
        let mut history = TestHistory::default();
        let earlier = history.commit(&[("gate.c", &["-close_the_old_gate;", "+open_the_second_gate;"])]);
        let later = history.commit(&[("gate.c", &["-open_the_second_gate;", "+open_the_third_gate;"])]);
        (history, earlier, later)
    }

    /// The owners of the removed and of the added lines of a release of one file.
    fn owners(history: &TestHistory, release: &[&str]) -> [Vec<Option<CommitOrdinal>>; 2] {
        let files = history.candidates(&[("gate.c", release)]);
        let (presences, explained) = history.presences(&files);
        let candidates = line_candidates(&files[0], &explained[0], &presences, &Dismissed::default());
        let mut owners = assign(&files[0], &candidates, &Anchors::default(), &Cancellation::default());
        let nothing_left = with_nothing_left([&brought(&files[0], &owners)[..]]);
        give_replaced_lines(&files[0], &mut owners, |commit| nothing_left.contains(&commit));
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
