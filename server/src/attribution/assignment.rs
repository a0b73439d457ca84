//! Every changed line of a file goes to the commit that explains it best.

use hunktrace_indexer::graph::CommitOrdinal;
use rustc_hash::FxHashMap;

use crate::hunks::comparison::MatchKind;

use super::candidates::FileCandidates;
use super::changes::{ReleaseLine, changes};
use super::line_candidates::{Anchors, LineCandidates, LineOwner};
use super::presence::Presences;
use super::side::{BySide, Side};

/// A commit that owns less than this share of what it has in the release is left out in the next round. Tuned: see
/// `docs/constants.md`.
const MIN_OWNED_SHARE: f32 = 0.1;

/// A commit is left out, too, if the lines that it owns and those that others have rewritten are less than this share
/// of it: chance does as well. Tuned: see `docs/constants.md`.
const MIN_LEFT_SHARE: f32 = 0.25;

/// Lines that no candidate has go to the commit that owns at least this share of their change. Tuned: see
/// `docs/constants.md`.
const ADOPTING_SHARE: f32 = 0.5;

/// A candidate with something of its own goes before better ones without if its score is behind by at most this.
/// Tuned: see `docs/constants.md`.
const ANCHOR_MARGIN: f32 = 0.6;

/// The owner of each of a file's lines; an unexplained line has none.
pub type FileOwners = BySide<Vec<Option<LineOwner>>>;

/// Gives each line of a file to its best candidate, and lines without a candidate to the owner of their neighbours.
pub fn assign(file: &FileCandidates, candidates: &LineCandidates, anchors: &Anchors) -> FileOwners {
    let mut owners = BySide::from_fn(|side| {
        candidates[side].iter().map(|candidates| best_candidate(candidates, anchors)).collect()
    });
    for change in changes(&file.lines) {
        adopt(file, &change, &mut owners);
    }
    owners
}

/// The best of a line's candidates. One of a commit without anything of its own gives way to the best that has.
fn best_candidate(candidates: &[LineOwner], anchors: &Anchors) -> Option<LineOwner> {
    let best = candidates.first()?;
    let anchored = candidates.iter().find(|owner| anchors.contains(&owner.commit));
    let winner = anchored.filter(|owner| owner.score >= best.score - ANCHOR_MARGIN).unwrap_or(best);
    let rival = candidates.iter().find(|owner| owner.commit != winner.commit);
    let lead = winner.score - rival.map_or(0.0, |rival| rival.score);
    Some(LineOwner { lead, ..*winner })
}

/// Gives lines of a change without an owner to the owner of their neighbours.
///
/// Blank lines and braces follow the line beside them. Lines that say something are adopted where one commit owns most
/// of the change that they belong to: the vendor has adapted them.
fn adopt(file: &FileCandidates, change: &[ReleaseLine], owners: &mut FileOwners) {
    let adopting = adopting_commit(file, change, owners);
    for (place, line) in change.iter().enumerate() {
        if owners[*line].is_some() {
            continue;
        }
        let owner_at = |place: usize| change.get(place).and_then(|line| owners[*line]);
        let above = place.checked_sub(1).and_then(owner_at);
        // Lines at the top of a change, with no owner above, take the next one below.
        let neighbour = above.or_else(|| (place + 1..change.len()).find_map(owner_at));
        let fits = |owner: &LineOwner| !file.lines[*line].has_word() || Some(owner.commit) == adopting;
        if let Some(owner) = neighbour.filter(fits) {
            owners[*line] = Some(LineOwner { hunk: None, kind: MatchKind::Fuzzy, ..owner });
        }
    }
}

/// The commit that owns most of a change, if that is enough to adopt the rest.
fn adopting_commit(
    file: &FileCandidates,
    change: &[ReleaseLine],
    owners: &FileOwners,
) -> Option<CommitOrdinal> {
    let mut owned: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
    let mut total = 0.0;
    for line in change {
        let weight = file.lines[*line].weight;
        total += weight;
        if let Some(owner) = owners[*line] {
            *owned.entry(owner.commit).or_default() += weight;
        }
    }
    let (commit, weight) = owned.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)))?;
    (*weight >= ADOPTING_SHARE * total).then_some(*commit)
}

/// The commits that own so little of what they have in the release that others explain it better.
pub fn hardly_owning(
    files: &[FileCandidates],
    owners: &[FileOwners],
    presences: &Presences,
) -> Vec<CommitOrdinal> {
    let mut owned: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
    for (file, owners) in files.iter().zip(owners) {
        for side in Side::BOTH {
            for (line, owner) in file.lines[side].iter().zip(&owners[side]) {
                if let Some(owner) = owner {
                    *owned.entry(owner.commit).or_default() += line.weight;
                }
            }
        }
    }
    let hardly = |(commit, weight): (&CommitOrdinal, &f32)| {
        let presence = presences.get(commit)?;
        let with_explained = *weight + (presence.explained - presence.matched).max(0.0);
        let is_little =
            *weight < MIN_OWNED_SHARE * presence.matched || with_explained < MIN_LEFT_SHARE * presence.total;
        is_little.then_some(*commit)
    };
    let mut commits: Vec<CommitOrdinal> = owned.iter().filter_map(hardly).collect();
    commits.sort_unstable();
    commits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::line_candidates::line_candidates;
    use crate::attribution::test_release::TestHistory;
    use hunktrace_indexer::graph::CommitSet;

    /// The owners of the lines of a release of one file, without regard to what commits have of their own.
    fn owners(history: &TestHistory, release: &[&str]) -> FileOwners {
        let files = history.candidates(&[("gate.c", release)]);
        let (presences, explained) = history.presences(&files);
        let candidates = line_candidates(&files[0], &explained[0], &presences, &CommitSet::default());
        assign(&files[0], &candidates, &Anchors::default())
    }

    fn commits(owners: &[Option<LineOwner>]) -> Vec<Option<CommitOrdinal>> {
        owners.iter().map(|owner| owner.map(|owner| owner.commit)).collect()
    }

    fn owner(commit: u32, score: f32) -> LineOwner {
        LineOwner {
            commit: CommitOrdinal(commit),
            hunk: Some(0),
            presence: 1.0,
            share: 1.0,
            neighbours: 0.0,
            score,
            lead: score,
            kind: MatchKind::Changes,
        }
    }

    #[test]
    fn line_goes_to_its_best_candidate_with_the_lead_ahead_of_the_next() {
        let best = best_candidate(&[owner(2, 1.75), owner(1, 1.5)], &Anchors::default()).unwrap();
        assert_eq!((best.commit, best.lead), (CommitOrdinal(2), 0.25));
        let only = best_candidate(&[owner(2, 1.75)], &Anchors::default()).unwrap();
        assert_eq!((only.commit, only.lead), (CommitOrdinal(2), 1.75));
        assert_eq!(best_candidate(&[], &Anchors::default()), None);
    }

    #[test]
    fn commit_with_something_of_its_own_goes_before_a_slightly_better_one_without() {
        let anchors = Anchors::from_iter([CommitOrdinal(1)]);
        let winner = |score| best_candidate(&[owner(2, 2.0), owner(1, score)], &anchors).unwrap();
        assert_eq!(winner(1.5).commit, CommitOrdinal(1));
        assert_eq!(winner(1.5).lead, -0.5);
        assert_eq!(winner(1.0).commit, CommitOrdinal(2));
    }

    #[test]
    fn brace_that_no_commit_has_follows_the_line_above() {
        let mut history = TestHistory::default();
        let upper = history.commit(&[("gate.c", &["+open_the_upper_gate;"])]);
        let lower = history.commit(&[("gate.c", &["+open_the_lower_gate;"])]);

        let owners = owners(&history, &["+{", "+open_the_upper_gate;", "+}", "+open_the_lower_gate;"]);

        assert_eq!(commits(&owners.added), [Some(upper), Some(upper), Some(upper), Some(lower)]);
        assert_eq!(owners.added[2].unwrap().hunk, None);
    }

    #[test]
    fn line_that_the_vendor_adapted_goes_to_the_commit_that_owns_most_of_the_change() {
        let mut history = TestHistory::default();
        let commit = history.commit(&[(
            "gate.c",
            &["-open_the_first_gate;", "+open_the_upper_gate;", "+open_the_lower_gate;"],
        )]);

        let owners =
            owners(&history, &["-open_the_first_gate;", "+open_the_upper_gate;", "+open_the_vendor_gate;"]);

        assert_eq!(commits(&owners.added), [Some(commit), Some(commit)]);
        let adopted = owners.added[1].unwrap();
        assert_eq!((adopted.hunk, adopted.kind), (None, MatchKind::Fuzzy));
    }

    #[test]
    fn lines_beside_a_small_part_of_a_change_are_the_vendors_own() {
        let mut history = TestHistory::default();
        let commit = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);

        let owners = owners(
            &history,
            &["+open_the_first_gate;", "+build_the_vendors_wall();", "+paint_the_vendors_wall();"],
        );

        assert_eq!(commits(&owners.added), [Some(commit), None, None]);
    }

    #[test]
    fn lines_beyond_the_context_are_of_another_change() {
        let mut history = TestHistory::default();
        let commit = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);

        let owners = owners(&history, &["+open_the_first_gate;", " between();", "+}"]);

        assert_eq!(commits(&owners.added), [Some(commit), None]);
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

        assert_eq!(hardly_owning(&files, &[owners], &presences), [hardly]);
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
        assert_eq!(hardly_owning(&files, &owners, &presences), []);
        // Had nobody rewritten them, the one short line would be chance.
        presences.values_mut().for_each(|presence| presence.explained = presence.matched);
        assert_eq!(hardly_owning(&files, &owners, &presences), [commit]);
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

        assert_eq!(hardly_owning(&files, &owned_by(0), &presences), [hardly]);
        assert_eq!(hardly_owning(&files, &owned_by(hardly.0), &presences), []);
    }
}
