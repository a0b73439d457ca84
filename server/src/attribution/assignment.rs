//! Every changed line of a file goes to the commit that explains it best.

use hunktrace_indexer::cancellation::Cancellation;
use rustc_hash::FxHashMap;

use super::aligned_hunk::AlignedHunk;
use super::candidates::FileCandidates;
use super::changes::{ReleaseLine, for_each_change};
use super::line_candidates::{Anchors, LineCandidates};
use super::line_owner::LineOwner;
use super::side::{BySide, Side};
use super::side_lines::TextHash;

/// A candidate with something of its own goes before better ones without if its score is behind by at most this.
/// Tuned: see `docs/constants.md`.
const ANCHOR_MARGIN: f32 = 0.6;

/// The owner of each of a file's lines; an unexplained line has none.
pub type FileOwners = BySide<Vec<Option<LineOwner>>>;

/// Gives each line of a file to its best candidate; lines without a word follow their neighbours. As far as it comes before
/// it is cancelled.
pub fn assign(
    file: &FileCandidates,
    candidates: &LineCandidates,
    anchors: &Anchors,
    cancellation: &Cancellation,
) -> FileOwners {
    let mut owners = BySide::from_fn(|side| {
        let mut owners = vec![None; file.lines[side].len()];
        for (at, owner) in cancellation.while_wanted(owners.iter_mut().enumerate()) {
            *owner = best_candidate(&candidates[side][at], anchors);
        }
        owners
    });
    let mut spare = SpareLines::new(file);
    for_each_change(&file.lines, |change| {
        prefer_neighbours(file, cancellation.while_wanted(change), change, candidates, &mut owners);
        follow_neighbours(file, cancellation.while_wanted(change), change, &mut owners, &mut spare);
    });
    owners
}

/// Gives those of a change's first lines that have no word, where they are apart from the lines with a word of their owner, to
/// the owner of the nearest line with a word, above or below, if it has the line too: where both have it, to the one of whose
/// line more neighbours agree, the one above first.
fn prefer_neighbours<'a>(
    file: &FileCandidates,
    lines: impl Iterator<Item = &'a ReleaseLine>,
    change: &[ReleaseLine],
    candidates: &LineCandidates,
    owners: &mut FileOwners,
) {
    let next_with_word = next_with_word(file, change);
    let mut last_with_word = None;
    for (place, line) in lines.enumerate() {
        if file.lines[*line].has_word() {
            last_with_word = Some(place);
            continue;
        }
        let Some(owner) = owners[*line] else { continue };
        let owner_at = |place: usize| {
            Some(change[place]).filter(|other| other.side == line.side).and_then(|other| owners[other])
        };
        let (above, below) = (last_with_word.and_then(owner_at), next_with_word[place].and_then(owner_at));
        if [above, below].into_iter().flatten().any(|beside| beside.commit == owner.commit) {
            continue;
        }
        let of_line = &candidates[line.side][line.at];
        let had_by = |beside: LineOwner| of_line.iter().find(|candidate| candidate.commit == beside.commit);
        let (above, below) = (above.and_then(had_by), below.and_then(had_by));
        let is_better = |below: &&LineOwner| above.is_none_or(|above| below.neighbours > above.neighbours);
        if let Some(better) = below.filter(is_better).or(above) {
            owners[*line] = Some(*better);
        }
    }
}

/// The best of a line's candidates. One of a commit without anything of its own gives way to the best that has.
fn best_candidate(candidates: &[LineOwner], anchors: &Anchors) -> Option<LineOwner> {
    let best = candidates.first()?;
    let anchored = candidates.iter().find(|owner| anchors.contains(&owner.commit));
    let winner = anchored.filter(|owner| owner.score >= best.score - ANCHOR_MARGIN).unwrap_or(best);
    let rival = candidates.iter().find(|owner| owner.change != winner.change);
    let lead = winner.score - rival.map_or(0.0, |rival| rival.score);
    Some(LineOwner { lead, ..*winner })
}

/// Lets those of a change's first lines that have no word and that nobody has follow the owner of the line beside them, on the same side.
///
/// Blank lines and braces say nothing of where they come from. They go to a neighbour that has such a line to spare, and
/// else to the one above, or at the top of a change below. Beside an unexplained line they stay unexplained.
fn follow_neighbours<'a>(
    file: &FileCandidates,
    lines: impl Iterator<Item = &'a ReleaseLine>,
    change: &[ReleaseLine],
    owners: &mut FileOwners,
    spare: &mut SpareLines<'_>,
) {
    let with_word = next_with_word(file, change);
    for (place, line) in lines.enumerate() {
        if owners[*line].is_some() || file.lines[*line].has_word() {
            continue;
        }
        let owner_at = |place: usize| {
            change.get(place).filter(|other| other.side == line.side).and_then(|other| owners[*other])
        };
        let above = place.checked_sub(1).and_then(owner_at);
        let below = with_word[place].and_then(owner_at);
        let text = file.lines[*line].text;
        let mut has = |owner: &LineOwner| spare.take(owner, line.side, text);
        let had = above.filter(&mut has).or_else(|| below.filter(&mut has));
        owners[*line] = had.or(above.or(below).map(|neighbour| LineOwner { follows: true, ..neighbour }));
    }
}

/// The place of the next line with a word behind each line of a change.
fn next_with_word(file: &FileCandidates, change: &[ReleaseLine]) -> Vec<Option<usize>> {
    let mut places = vec![None; change.len()];
    let mut next = None;
    for (place, line) in change.iter().enumerate().rev() {
        places[place] = next;
        if file.lines[*line].has_word() {
            next = Some(place);
        }
    }
    places
}

/// The lines of a file's candidate hunks that the release does not have where they stood: they may be the ones that stand
/// beside their hunk's other lines.
struct SpareLines<'a> {
    file: &'a FileCandidates,
    /// How many lines with each text a side of a hunk has left, for the sides that were asked for.
    left: FxHashMap<(u32, Side), FxHashMap<TextHash, usize>>,
}

impl<'a> SpareLines<'a> {
    fn new(file: &'a FileCandidates) -> SpareLines<'a> {
        SpareLines { file, left: FxHashMap::default() }
    }

    /// Whether the hunk of a line's owner has a line with this text to spare, which is taken.
    fn take(&mut self, owner: &LineOwner, side: Side, text: TextHash) -> bool {
        let Some(hunk) = owner.hunk else { return false };
        let left = self
            .left
            .entry((hunk, side))
            .or_insert_with(|| spare_lines(&self.file.hunks[hunk as usize], side));
        let Some(left) = left.get_mut(&text).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }
}

/// How many lines with each text a side of a candidate hunk has that are paired with none of the release's.
fn spare_lines(candidate: &AlignedHunk, side: Side) -> FxHashMap<TextHash, usize> {
    let mut is_paired = vec![false; candidate.lines[side].len()];
    let adapted = candidate.adapted[side].iter().map(|adapted| &adapted.pair);
    for pair in candidate.pairs[side].iter().chain(adapted) {
        if let Some(paired) = is_paired.get_mut(pair.candidate as usize) {
            *paired = true;
        }
    }
    let mut left = FxHashMap::default();
    for (line, _) in candidate.lines[side].iter().zip(is_paired).filter(|(_, paired)| !paired) {
        *left.entry(line.text).or_default() += 1;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::{TestHistory, commits, owner};
    use hunktrace_indexer::graph::CommitOrdinal;

    #[test]
    fn line_goes_to_its_best_candidate_with_the_lead_ahead_of_the_next() {
        let best = best_candidate(&[owner(2, 1.75), owner(1, 1.5)], &Anchors::default()).unwrap();
        assert_eq!((best.commit, best.lead), (CommitOrdinal(2), 0.25));
        let only = best_candidate(&[owner(2, 1.75)], &Anchors::default()).unwrap();
        assert_eq!((only.commit, only.lead), (CommitOrdinal(2), 1.75));
        assert_eq!(best_candidate(&[], &Anchors::default()), None);
    }

    #[test]
    fn copy_of_the_same_change_is_no_rival() {
        let mut history = TestHistory::default();
        let lead = |history: &TestHistory| {
            history.owners(&["+open_the_first_gate;"]).added[0].map(|owner| owner.lead)
        };
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let alone = lead(&history);
        history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        assert_eq!(lead(&history), alone);
        history.commit(&[("gate.c", &["+open_the_first_gate;", "+open_the_other_gate;"])]);
        assert!(lead(&history) < alone);
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

        let owners = history.owners(&["+{", "+open_the_upper_gate;", "+}", "+open_the_lower_gate;"]);

        assert_eq!(commits(&owners.added), [Some(upper), Some(upper), Some(upper), Some(lower)]);
        assert!(owners.added[2].unwrap().follows);
        assert_eq!(owners.added[2].unwrap().kind, owners.added[1].unwrap().kind);
    }

    #[test]
    fn brace_goes_to_the_neighbour_that_has_one_to_spare() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+open_the_upper_gate;"])]);
        let lower = history.commit(&[("gate.c", &["+}", " between();", "+open_the_lower_gate;"])]);

        let owners = history.owners(&["+open_the_upper_gate;", "+}", "+open_the_lower_gate;"]);

        let brace = owners.added[1].unwrap();
        assert_eq!((brace.commit, brace.follows), (lower, false));
    }

    #[test]
    fn brace_that_several_commits_have_goes_to_the_owner_of_the_line_above() {
        let mut history = TestHistory::default();
        let whole = history.commit(&[("gate.c", &["+}", "+paint_all_gates_red();"])]);
        let above = history.commit(&[("gate.c", &["+open_the_upper_gate;", "+}", "+shut_the_upper_gate;"])]);

        let owners =
            history.owners(&["+open_the_upper_gate;", "+}", " between();", "+paint_all_gates_red();"]);

        assert_eq!(commits(&owners.added), [Some(above), Some(above), Some(whole)]);
    }

    #[test]
    fn of_commits_with_the_same_lines_the_one_whose_surroundings_agree_explains_them_all() {
        let mut history = TestHistory::default();
        let block = ["+paint_the_gate_anew();", "+oil_the_hinges();", "+open_the_gate();"];
        let around = |bell| [&[" case OF_THE_GATE:", bell], &block[..], &[" break;"]].concat();
        history.commit(&[("gate.c", &around(" ring_the_bell();"))]);
        let whistling = history.commit(&[("gate.c", &around(" blow_the_whistle();"))]);

        let owners = history.owners(&around(" blow_the_whistle();"));

        assert_eq!(commits(&owners.added), [Some(whistling); 3]);
    }

    #[test]
    fn of_commits_with_the_same_line_the_one_with_the_same_remark_explains_it() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+case OF_THE_GATE:"])]);
        let remarking = history.commit(&[("gate.c", &["+case OF_THE_GATE: /* the upper one, too */"])]);

        let owners = history.owners(&["+case OF_THE_GATE: /* the upper one, too */"]);

        assert_eq!(commits(&owners.added), [Some(remarking)]);
    }

    #[test]
    fn of_commits_with_the_same_lines_the_one_that_agrees_elsewhere_explains_them() {
        let mut history = TestHistory::default();
        let (call, declaration) = (" between();", "+void open_the_gate(struct gate *gate);");
        let gate: &[&str] = &[call, "+open_the_gate(gate);"];
        let (above, below): (&[&str], &[&str]) =
            (&[declaration, " void ring();"], &[" void ring();", declaration]);
        history.commit(&[("gate.c", gate), ("gate.h", above)]);
        let later = history.commit(&[("gate.c", gate), ("gate.h", below)]);

        let apart = history.take_apart(&[("gate.c", gate), ("gate.h", below)]);

        let told: Vec<CommitOrdinal> = apart.commits.iter().map(|told| told.commit).collect();
        assert_eq!(told, [later]);
    }

    #[test]
    fn brace_beside_an_unexplained_line_stays_unexplained() {
        let mut history = TestHistory::default();
        let commit = history.commit(&[("gate.c", &["+open_the_upper_gate;"])]);

        let owners = history.owners(&["+build_a_wall();", "+}", "-old();", "+}", "+open_the_upper_gate;"]);

        assert_eq!(commits(&owners.added), [None, None, Some(commit), Some(commit)]);
    }

    #[test]
    fn line_that_says_something_and_that_no_commit_has_is_the_vendors_own() {
        let mut history = TestHistory::default();
        let commit = history.commit(&[(
            "gate.c",
            &["-open_the_first_gate;", "+open_the_upper_gate;", "+open_the_lower_gate;"],
        )]);

        let owners =
            history.owners(&["-open_the_first_gate;", "+open_the_upper_gate;", "+open_the_vendor_gate;"]);

        assert_eq!(commits(&owners.added), [Some(commit), None]);
    }

    #[test]
    fn lines_beside_a_small_part_of_a_change_are_the_vendors_own() {
        let mut history = TestHistory::default();
        let commit = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);

        let owners = history.owners(&[
            "+open_the_first_gate;",
            "+build_the_vendors_wall();",
            "+paint_the_vendors_wall();",
        ]);

        assert_eq!(commits(&owners.added), [Some(commit), None, None]);
    }

    #[test]
    fn lines_beyond_the_context_are_of_another_change() {
        let mut history = TestHistory::default();
        let commit = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);

        let owners = history.owners(&["+open_the_first_gate;", " between();", "+}"]);

        assert_eq!(commits(&owners.added), [Some(commit), None]);
    }
}
