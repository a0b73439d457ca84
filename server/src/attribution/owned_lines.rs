//! How many lines commits own, and what follows where one owns more than it changes, or hardly any of what it has.

use std::sync::Arc;

use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::FxHashMap;

use super::assignment::FileOwners;
use super::candidates::FileCandidates;
use super::line_candidates::Dismissed;
use super::line_owner::LineOwner;
use super::presences::{Presences, named_commit};
use super::side::Side;

/// A commit that owns less than this share of what it has in the release is left out in the next round. Tuned: see
/// `docs/constants.md`.
const MIN_OWNED_SHARE: f32 = 0.1;

/// A commit of which the lines that it owns and those that others have rewritten are less than this share is hardly
/// there: only its hunks that are there in their place are considered, because chance does as well for the others. Tuned:
/// see `docs/constants.md`.
const MIN_LEFT_SHARE: f32 = 0.25;

/// The lines that a commit owns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Owned {
    /// What they weigh.
    pub weight: f32,
    /// How many they are.
    pub lines: u64,
}

/// What each commit owns of a file.
pub fn owned(file: &FileCandidates, owners: &FileOwners) -> Vec<(CommitOrdinal, Owned)> {
    let mut all: FxHashMap<CommitOrdinal, Owned> = FxHashMap::default();
    for side in Side::BOTH {
        for (line, owner) in file.lines[side].iter().zip(&owners[side]) {
            if let Some(owner) = owner {
                let owned = all.entry(owner.commit).or_default();
                owned.weight += line.weight;
                owned.lines += 1;
            }
        }
    }
    all.into_iter().collect()
}

/// What each commit owns of a release; `owned` is what they own of each file.
pub fn owned_in_all<'a>(
    owned: impl IntoIterator<Item = &'a [(CommitOrdinal, Owned)]>,
) -> FxHashMap<CommitOrdinal, Owned> {
    let mut all: FxHashMap<CommitOrdinal, Owned> = FxHashMap::default();
    for (commit, Owned { weight, lines }) in owned.into_iter().flatten() {
        let owned = all.entry(*commit).or_default();
        owned.weight += weight;
        owned.lines += lines;
    }
    all
}

/// Dismisses commits that own so little of what they have in the release that others explain it better, and those of
/// which hardly anything is there; says whether there were any that were not dismissed before.
pub fn dismiss_hardly_owning(
    owned: &FxHashMap<CommitOrdinal, Owned>,
    presences: &Presences,
    dismissed: &mut Dismissed,
) -> bool {
    let mut is_changed = false;
    for (commit, Owned { weight, .. }) in owned {
        let Some(presence) = presences.get(*commit) else { continue };
        let with_explained = weight + (presence.explained - presence.matched).max(0.0);
        if *weight < MIN_OWNED_SHARE * presence.matched {
            is_changed |= dismissed.commits.insert(*commit);
        } else if with_explained < MIN_LEFT_SHARE * presence.total {
            is_changed |= dismissed.otherwise_absent.insert(*commit);
        }
    }
    is_changed
}

/// How many lines each commit changes in a file; a hunk that another file has more of counts there.
pub fn changed_lines(file: &FileCandidates) -> Vec<(CommitOrdinal, u64)> {
    let mut changed: FxHashMap<CommitOrdinal, u64> = FxHashMap::default();
    for hunk in file.hunks.iter().filter(|hunk| !hunk.is_repeated) {
        *changed.entry(hunk.commit).or_default() +=
            hunk.lines.both().map(Vec::len).iter().sum::<usize>() as u64;
    }
    changed.into_iter().collect()
}

/// What commits change and own of a file.
pub struct OwnedFile<'a> {
    /// The file.
    pub file: &'a FileCandidates,
    /// What they change.
    pub changed: &'a [(CommitOrdinal, u64)],
    /// What they own.
    pub owned: &'a [(CommitOrdinal, Owned)],
}

/// Takes lines from commits that own more than they change: those that follow others first, then those of carriers that
/// bring more than their origin. `owners` are those of the files' lines.
///
/// # Errors
/// Where the work was asked to stop.
pub fn give_back_excess(
    files: &[OwnedFile<'_>],
    owners: &mut [Arc<FileOwners>],
    presences: &Presences,
    cancellation: &Cancellation,
) -> Result<(), Cancelled> {
    let mut excess = excess_lines(files, presences);
    give_back(files, owners, &mut excess, cancellation, |_, owner| owner.follows)?;
    give_back(files, owners, &mut excess, cancellation, |file, owner| {
        owner.hunk.is_some_and(|hunk| file.hunks[hunk as usize].commit != owner.commit)
    })
}

/// Takes the lines that `goes` chooses from the commits that own too many, the last lines of the release first.
fn give_back(
    files: &[OwnedFile<'_>],
    owners: &mut [Arc<FileOwners>],
    excess: &mut FxHashMap<CommitOrdinal, u64>,
    cancellation: &Cancellation,
    goes: impl Fn(&FileCandidates, &LineOwner) -> bool,
) -> Result<(), Cancelled> {
    for (OwnedFile { file, owned, .. }, owners) in files.iter().zip(owners).rev() {
        cancellation.check()?;
        if !owned.iter().any(|(commit, _)| excess.get(commit).is_some_and(|excess| *excess > 0)) {
            continue;
        }
        for owner in Arc::make_mut(owners).both_mut().into_iter().flatten().rev() {
            let Some(given) = owner.filter(|owner| goes(file, owner)) else { continue };
            if let Some(excess) = excess.get_mut(&given.commit).filter(|excess| **excess > 0) {
                *excess -= 1;
                *owner = None;
            }
        }
    }
    Ok(())
}

/// How many more lines commits own than they change in the files of the release; where only carriers of an origin are
/// there, the one that changes most counts.
fn excess_lines(files: &[OwnedFile<'_>], presences: &Presences) -> FxHashMap<CommitOrdinal, u64> {
    let mut changed: FxHashMap<CommitOrdinal, u64> = FxHashMap::default();
    for (commit, lines) in files.iter().flat_map(|file| file.changed) {
        *changed.entry(*commit).or_default() += lines;
    }
    let mut most: FxHashMap<CommitOrdinal, u64> = FxHashMap::default();
    for (commit, lines) in &changed {
        let origin = named_commit(presences, *commit);
        let most = most.entry(origin).or_default();
        *most = changed.get(&origin).copied().unwrap_or((*lines).max(*most));
    }
    let owned = owned_in_all(files.iter().map(|file| file.owned));
    let excess = owned
        .into_iter()
        .map(|(commit, owned)| (commit, owned.lines.saturating_sub(most.get(&commit).copied().unwrap_or(0))));
    excess.filter(|(_, lines)| *lines > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::side::BySide;
    use crate::attribution::test_release::{TestHistory, commits, owner};
    use hunktrace_indexer::graph::CommitSet;

    fn give_back(files: &[FileCandidates], owners: &mut [Arc<FileOwners>; 1], presences: &Presences) {
        let (changed, owned) = (changed_lines(&files[0]), owned(&files[0], &owners[0]));
        let file = OwnedFile { file: &files[0], changed: &changed, owned: &owned };
        let never = Cancellation::default();
        give_back_excess(&[file], owners, presences, &never).expect("it is not stopped");
    }

    /// The commits that others explain better, and those of which hardly anything is there.
    fn dismissed(
        files: &[FileCandidates],
        owners: &[FileOwners],
        presences: &Presences,
    ) -> (Vec<CommitOrdinal>, Vec<CommitOrdinal>) {
        let owned = owned_in_all([&owned(&files[0], &owners[0])[..]]);
        let mut dismissed = Dismissed::default();
        let is_changed = dismiss_hardly_owning(&owned, presences, &mut dismissed);
        let commits = |set: &CommitSet| -> Vec<CommitOrdinal> {
            (0..9).map(CommitOrdinal).filter(|commit| set.contains(*commit)).collect()
        };
        let found = (commits(&dismissed.commits), commits(&dismissed.otherwise_absent));
        assert_eq!(is_changed, found != (vec![], vec![]));
        assert!(!dismiss_hardly_owning(&owned, presences, &mut dismissed), "they are dismissed once");
        found
    }

    #[test]
    fn commit_gives_back_lines_that_follow_until_it_owns_no_more_than_it_changes() {
        let mut history = TestHistory::default();
        let commit = history.commit(&[("gate.c", &["+open_the_upper_gate;", "+close_the_lower_gate;"])]);
        let release = ["+open_the_upper_gate;", "+}", "+close_the_lower_gate;", "+}"];
        let files = history.candidates(&[("gate.c", &release)]);
        let (presences, _) = history.presences(&files);
        let mut owners = [Arc::new(history.owners(&release))];
        assert_eq!(commits(&owners[0].added), [Some(commit); 4]);

        give_back(&files, &mut owners, &presences);

        assert_eq!(commits(&owners[0].added), [Some(commit), None, Some(commit), None]);
    }

    #[test]
    fn carrier_that_brings_more_than_its_origin_gives_that_back() {
        let mut history = TestHistory::default();
        let origin = history.commit(&[("gate.c", &["+open_the_upper_gate;"])]);
        history.carrier(origin, &[("gate.c", &["+open_the_upper_gate;", "+adapt_the_lower_gate;"])]);
        let release = ["+open_the_upper_gate;", "+adapt_the_lower_gate;"];
        let files = history.candidates(&[("gate.c", &release)]);
        let (presences, _) = history.presences(&files);
        let mut owners = [Arc::new(history.owners(&release))];
        assert_eq!(commits(&owners[0].added), [Some(origin); 2]);

        give_back(&files, &mut owners, &presences);

        assert_eq!(commits(&owners[0].added).iter().flatten().count(), 1);
    }

    #[test]
    fn commit_whose_lines_others_own_explains_hardly_anything() {
        let mut history = TestHistory::default();
        let (first, second) = ("+open_the_first_gate;", "+open_the_other_gate;");
        history.commit(&[("gate.c", &[first, second])]);
        let hardly = history.commit(&[("gate.c", &[first, second, "+}"])]);
        let files = history.candidates(&[("gate.c", &[first, second, "+}"])]);
        let (presences, _) = history.presences(&files);
        let owners = BySide {
            removed: Vec::new(),
            added: vec![Some(owner(0, 2.0)), Some(owner(0, 2.0)), Some(owner(hardly.0, 1.0))],
        };

        assert_eq!(dismissed(&files, &[owners], &presences), (vec![hardly], vec![]));
    }

    #[test]
    fn commit_of_which_others_have_rewritten_the_rest_explains_enough_with_one_line() {
        let mut history = TestHistory::default();
        let commit =
            history.commit(&[("gate.c", &["+open_the_first_gate;", "+open_the_other_gate;", "+return 0;"])]);
        let rewriting = history.commit(&[(
            "gate.c",
            &[
                "-open_the_first_gate;",
                "-open_the_other_gate;",
                "+open_the_upper_gate;",
                "+open_the_lower_gate;",
            ],
        )]);
        let files = history
            .candidates(&[("gate.c", &["+return 0;", "+open_the_upper_gate;", "+open_the_lower_gate;"])]);
        let owners = [BySide {
            removed: Vec::new(),
            added: vec![
                Some(owner(commit.0, 2.0)),
                Some(owner(rewriting.0, 2.0)),
                Some(owner(rewriting.0, 2.0)),
            ],
        }];

        let (mut presences, _) = history.presences(&files);
        assert_eq!(dismissed(&files, &owners, &presences), (vec![], vec![]));
        // Had nobody rewritten them, the one short line would be chance.
        presences.iter_mut().for_each(|(_, presence)| presence.explained = presence.matched);
        assert_eq!(dismissed(&files, &owners, &presences), (vec![], vec![commit]));
    }

    #[test]
    fn commit_that_owns_less_than_a_tenth_of_what_is_there_explains_hardly_anything() {
        let mut history = TestHistory::default();
        let gates = ["+open_the_first_gate;", "+open_the_other_gate;", "+open_the_third_gate;"];
        history.commit(&[("gate.c", &gates)]);
        let rewritten = ["+open_the_upper_gate;", "+open_the_lower_gate;"];
        let hardly = history.commit(&[("gate.c", &[&gates[..], &["+i;"], &rewritten].concat())]);
        let rewriting = ["-open_the_upper_gate;", "-open_the_lower_gate;", "+build_another_wall;"];
        let rewriter = history.commit(&[("gate.c", &rewriting)]);
        let release = [&gates[..], &["+i;", "+build_another_wall;"]].concat();
        let files = history.candidates(&[("gate.c", &release)]);
        let (presences, _) = history.presences(&files);
        let owned_by = |last: u32| {
            let commits = [0, 0, last, hardly.0, rewriter.0];
            [BySide { removed: Vec::new(), added: commits.map(|commit| Some(owner(commit, 2.0))).to_vec() }]
        };

        assert_eq!(dismissed(&files, &owned_by(0), &presences), (vec![hardly], vec![]));
        assert_eq!(dismissed(&files, &owned_by(hardly.0), &presences), (vec![], vec![]));
    }
}
