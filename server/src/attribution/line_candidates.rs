//! Which commits may have brought each changed line of a file, the best first.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::hunks::comparison::MatchKind;

use super::aligned_hunk::{AdaptedLine, AlignedHunk, PairedLine};
use super::candidate_lists::CandidateLists;
use super::candidates::FileCandidates;
use super::length_weight::WORDLESS_LINE_WEIGHT;
use super::line_owner::LineOwner;
use super::moved_lines::MovedLine;
use super::presence::HunkExplained;
use super::presences::Presences;
use super::side::{BySide, Side};
use super::side_lines::TextHash;

/// What the share of the commit that is present counts in a candidate's score: the measure of the other parts.
const PRESENCE_SCORE: f32 = 1.0;

/// What the share of the hunk that is present counts in a candidate's score. Tuned: see `docs/constants.md`.
const HUNK_SHARE_SCORE: f32 = 0.8;

/// What the agreement of the line's neighbours counts in a candidate's score. Tuned: see `docs/constants.md`.
const NEIGHBOURS_SCORE: f32 = 0.6;

/// What the likeness of the hunk, and of all of its commit, counts in a candidate's score: it decides where a commit has
/// the same lines as another. Tuned: see `docs/constants.md`.
const LIKENESS_SCORE: f32 = 0.5;

/// Added to the score of a line that its commit has moved there from elsewhere in the file. Tuned: see
/// `docs/constants.md`.
const MOVED_BONUS: f32 = 0.5;

/// Taken from the score of an adapted line, times the share of its words that differ. Tuned: see `docs/constants.md`.
const ADAPTED_MALUS: f32 = 2.0;

/// An adapted line is given to a commit if they have at least this share of their words in common, or if it stands between
/// the commit's own lines; one that is less alike only tells that the commit is there. Tuned: see `docs/constants.md`.
const MIN_OWNED_SIMILARITY: f32 = 0.8;

/// A hunk from this share on is in the release with every line that says something: whole but for rounding and for a
/// brace in a long hunk. Tuned: see `docs/constants.md`.
pub const ALL_LINES_SHARE: f32 = 0.999;

/// A commit of which less than this is present explains nothing, unless one of its hunks is there nearly whole. Tuned:
/// see `docs/constants.md`.
const MIN_EXPLAINING_PRESENCE: f32 = 0.25;

/// A hunk that is there to this share explains its lines even if its commit is otherwise absent. Tuned: see
/// `docs/constants.md`.
const WHOLE_HUNK_SHARE: f32 = 0.9;

/// A short hunk that is whole explains its lines if at least this share of the lines around them is the same in the
/// release. Tuned: see `docs/constants.md`.
const WHOLE_HUNK_SURROUNDINGS: f32 = 0.75;

/// What a hunk that is nearly whole has to say at the least, wherever it stands, as [`super::length_weight::length_weight`] counts. Tuned: see
/// `docs/constants.md`.
const WHOLE_HUNK_WEIGHT: f32 = 2.0;

/// What a part of a hunk has to say at the least to explain its lines though hardly anything else of its commit is there,
/// as [`super::length_weight::length_weight`] counts: a dozen lines. Tuned: see `docs/constants.md`.
const PART_HUNK_WEIGHT: f32 = 20.0;

/// A hunk of another file has to be there to this share, or every `#include` would be taken for a copy. Tuned: see
/// `docs/constants.md`.
const FOREIGN_HUNK_SHARE: f32 = 0.7;

/// What a hunk of another file has to say at the least, as [`super::length_weight::length_weight`] counts. Tuned: see
/// `docs/constants.md`.
const FOREIGN_HUNK_WEIGHT: f32 = 3.0;

/// A commit has something of its own if lines of at least this weight could come from no other. Tuned: see
/// `docs/constants.md`.
const MIN_ANCHOR_WEIGHT: f32 = 0.5;

/// A candidate whose score is further behind than this is no rival of the best one. Tuned: see `docs/constants.md`.
const RIVAL_MARGIN: f32 = 1.0;

/// For each line of a file one candidate for each commit, the best first.
pub type LineCandidates = BySide<CandidateLists>;

/// Commits that are left out because they own too little of the release.
#[derive(Default)]
pub struct Dismissed {
    /// Commits that others explain better: nothing of them is considered.
    pub commits: CommitSet,
    /// Commits of which hardly anything is there: only their hunks that are there in their place are considered.
    pub otherwise_absent: CommitSet,
}

/// Commits that explain lines which no other commit explains.
pub type Anchors = FxHashSet<CommitOrdinal>;

/// The candidates of each line of a file; what is dismissed is not considered. Equals are in the order of history.
pub fn line_candidates(
    file: &FileCandidates,
    explained: &[HunkExplained],
    presences: &Presences,
    dismissed: &Dismissed,
) -> LineCandidates {
    candidates_by(file, &hunk_claims(file, explained, presences, dismissed), &Cancellation::default())
}

/// The hunks of a file's candidates that may explain its lines, in their order.
pub fn hunk_claims<'a>(
    file: &'a FileCandidates,
    explained: &[HunkExplained],
    presences: &Presences,
    dismissed: &Dismissed,
) -> Vec<HunkClaim<'a>> {
    let hunks = file.hunks.iter().zip(0u32..).zip(explained);
    let claim = |((hunk, number), explained): ((&'a AlignedHunk, u32), &HunkExplained)| {
        HunkClaim::new(hunk, number, explained, presences, dismissed)
    };
    hunks.filter_map(claim).collect()
}

/// The candidates of each line of a file, of which these hunks may explain lines; where it is cancelled, any of them.
pub fn candidates_by(
    file: &FileCandidates,
    claims: &[HunkClaim<'_>],
    cancellation: &Cancellation,
) -> LineCandidates {
    BySide::from_fn(|side| {
        let had = equally_had(file, side, cancellation);
        let removed = removed_just_so(file, side, cancellation);
        let is_beaten = |line: &AdaptedLine| {
            let at = line.pair.release;
            line.similarity < 1.0
                && (had.contains(&at) || removed.contains(&{ file.lines[side][at as usize].text }))
        };
        let claimed = || {
            let lines = claims.iter().flat_map(|claim| claim.lines(side).map(move |line| (claim, line)));
            cancellation.while_wanted(lines).filter(|(_, line)| !is_beaten(line))
        };
        let places = claimed().map(|(_, line)| line.pair.release as usize);
        let owners =
            claimed().map(|(claim, line)| (line.pair.release as usize, claim.owner(file, side, &line)));
        CandidateLists::of(file.lines[side].len(), places, owners, cancellation)
    })
}

/// The lines with a word that a hunk of the file's own history has just so, beside a line that is the same as well: an
/// adapted line of another hunk is no match for that, whether the former counts or not.
fn equally_had(file: &FileCandidates, side: Side, cancellation: &Cancellation) -> FxHashSet<u32> {
    let own = file.hunks.iter().filter(|hunk| hunk.found_by.is_own());
    let pairs = cancellation
        .while_wanted(own.flat_map(|hunk| &hunk.pairs[side]))
        .filter(|pair| pair.neighbours > 0.0);
    pairs.map(|pair| pair.release).filter(|at| file.lines[side][*at as usize].has_word()).collect()
}

/// The texts of adapted lines of the base that a hunk of the file's own history removes just so: of a line of the base
/// there is but one form, so who removes another form does not remove it.
fn removed_just_so(file: &FileCandidates, side: Side, cancellation: &Cancellation) -> FxHashSet<TextHash> {
    if side == Side::Added {
        return FxHashSet::default();
    }
    let own = || file.hunks.iter().filter(|hunk| hunk.found_by.is_own());
    let adapted = cancellation.while_wanted(own().flat_map(|hunk| &hunk.adapted.removed));
    let adapted: FxHashSet<TextHash> =
        adapted.map(|line| file.lines.removed[line.pair.release as usize].text).collect();
    if adapted.is_empty() {
        return adapted;
    }
    let removed = cancellation.while_wanted(own().flat_map(|hunk| &hunk.lines.removed));
    removed.map(|line| line.text).filter(|text| adapted.contains(text)).collect()
}

/// What the lines of a file weigh that each commit has of its own; as far as it comes before it is cancelled.
pub fn own_weights(
    file: &FileCandidates,
    candidates: &LineCandidates,
    cancellation: &Cancellation,
) -> Vec<(CommitOrdinal, f32)> {
    let mut weights: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
    for side in Side::BOTH {
        for (at, line) in cancellation.while_wanted(file.lines[side].iter().enumerate()) {
            let candidates = &candidates[side][at];
            let Some(best) = candidates.first() else { continue };
            let rival = candidates.iter().find(|owner| owner.change != best.change);
            let has_rival = rival.is_some_and(|rival| rival.score >= best.score - RIVAL_MARGIN);
            if !has_rival {
                *weights.entry(best.commit).or_default() += line.weight;
            }
        }
    }
    weights.into_iter().collect()
}

/// The commits that have something of their own in the release; `weights` is what they have in each file.
pub fn anchors<'a>(weights: impl IntoIterator<Item = &'a [(CommitOrdinal, f32)]>) -> Anchors {
    let mut all: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
    for (commit, weight) in weights.into_iter().flatten() {
        *all.entry(*commit).or_default() += weight;
    }
    all.into_iter().filter(|(_, weight)| *weight >= MIN_ANCHOR_WEIGHT).map(|(commit, _)| commit).collect()
}

/// What decides which lines a hunk explains and how well: equal for a hunk that explains just the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClaimKey {
    number: u32,
    presence: f32,
    share: f32,
    likeness: f32,
}

/// A hunk that is present enough to explain lines, and what it brings to each of them.
pub struct HunkClaim<'a> {
    hunk: &'a AlignedHunk,
    /// Which of the file's candidate hunks.
    number: u32,
    origin: CommitOrdinal,
    change: CommitOrdinal,
    /// Share of the commit that is present or explained.
    presence: f32,
    /// Share of the hunk that is present or explained.
    share: f32,
    /// How like the hunk, and all of its commit, are to the release: the mean of both.
    likeness: f32,
}

impl<'a> HunkClaim<'a> {
    fn new(
        hunk: &'a AlignedHunk,
        number: u32,
        explained: &HunkExplained,
        presences: &Presences,
        dismissed: &Dismissed,
    ) -> Option<HunkClaim<'a>> {
        let commit = presences.get(hunk.commit)?;
        if dismissed.commits.contains(commit.origin)
            || dismissed.otherwise_absent.contains(commit.origin) && !is_there_in_place(hunk)
        {
            return None;
        }
        let presence = commit.explained_share();
        let share = hunk.explained_share(explained.weight);
        is_eligible(presence, hunk).then_some(HunkClaim {
            hunk,
            number,
            origin: commit.origin,
            change: commit.change,
            presence,
            share,
            likeness: (hunk.likeness + commit.mean_likeness()) / 2.0,
        })
    }

    /// What decides what it explains, of the candidates of one file.
    pub fn key(&self) -> ClaimKey {
        let HunkClaim { number, presence, share, likeness, .. } = *self;
        ClaimKey { number, presence, share, likeness }
    }

    /// The commit that it speaks for.
    pub fn origin(&self) -> CommitOrdinal {
        self.origin
    }

    /// The lines of a side that the release has, equal ones with the similarity 1.
    fn lines(&self, side: Side) -> impl Iterator<Item = AdaptedLine> + use<'a> {
        let hunk = self.hunk;
        let equal = hunk.pairs[side].iter().map(|pair| AdaptedLine { pair: *pair, similarity: 1.0 });
        let is_owned = |adapted: &AdaptedLine| {
            adapted.similarity >= MIN_OWNED_SIMILARITY || adapted.pair.neighbours == 1.0
        };
        equal.chain(hunk.adapted[side].iter().copied().filter(is_owned))
    }

    /// The hunk's commit as the owner of a line of the file that is equal, or similar, to its own one.
    fn owner(&self, file: &FileCandidates, side: Side, line: &AdaptedLine) -> LineOwner {
        let AdaptedLine { pair: PairedLine { candidate, neighbours, .. }, similarity } = *line;
        let (presence, share) = (self.presence, self.share);
        let text = self.hunk.lines[side][candidate as usize].text;
        let is_moved = file.moved.contains(&MovedLine { commit: self.hunk.commit, text });
        let score = PRESENCE_SCORE * presence
            + HUNK_SHARE_SCORE * share
            + NEIGHBOURS_SCORE * neighbours
            + LIKENESS_SCORE * self.likeness
            + if is_moved { MOVED_BONUS } else { 0.0 }
            - ADAPTED_MALUS * (1.0 - similarity);
        let kind = if similarity < 1.0 {
            MatchKind::Fuzzy
        } else if self.hunk.share() >= ALL_LINES_SHARE {
            MatchKind::Changes
        } else {
            MatchKind::Partial
        };
        LineOwner {
            commit: self.origin,
            change: self.change,
            hunk: Some(self.number),
            follows: false,
            presence,
            share,
            neighbours,
            score,
            lead: score,
            kind,
        }
    }
}

/// Whether a hunk of the file's own history is there, between the lines between which it stood, by itself: whole, because a
/// vendor may take one hunk of a commit that changes hundreds of files; or with so many lines that chance cannot have done
/// it, because later commits may have rewritten most of a new driver.
fn is_there_in_place(hunk: &AlignedHunk) -> bool {
    let is_whole = hunk.share() >= WHOLE_HUNK_SHARE && hunk.matched > WORDLESS_LINE_WEIGHT;
    let is_large_part = hunk.share() >= MIN_EXPLAINING_PRESENCE && hunk.matched >= PART_HUNK_WEIGHT;
    hunk.found_by.is_own() && hunk.surroundings >= WHOLE_HUNK_SURROUNDINGS && (is_whole || is_large_part)
}

fn is_eligible(presence: f32, hunk: &AlignedHunk) -> bool {
    let is_foreign = !hunk.found_by.is_own();
    if is_foreign && (hunk.share() < FOREIGN_HUNK_SHARE || hunk.matched < FOREIGN_HUNK_WEIGHT) {
        return false;
    }
    is_there_in_place(hunk)
        || presence >= MIN_EXPLAINING_PRESENCE
        || hunk.share() >= WHOLE_HUNK_SHARE && hunk.matched >= WHOLE_HUNK_WEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::test_release::{Diff, TestHistory};
    use crate::memory_index::commit_set;

    /// The candidates of the lines of a release of one file.
    fn candidates(history: &TestHistory, release: &[&str]) -> LineCandidates {
        candidates_without(history, &[], release)
    }

    fn candidates_without(
        history: &TestHistory,
        dropped: &[CommitOrdinal],
        release: &[&str],
    ) -> LineCandidates {
        let files = history.candidates(&[("gate.c", release)]);
        let (presences, explained) = history.presences(&files);
        let dismissed = Dismissed { commits: commit_set(dropped.iter().copied()), ..Dismissed::default() };
        line_candidates(&files[0], &explained[0], &presences, &dismissed)
    }

    fn commits(line: &[LineOwner]) -> Vec<CommitOrdinal> {
        line.iter().map(|owner| owner.commit).collect()
    }

    #[test]
    fn commit_of_which_more_is_there_is_the_better_candidate() {
        let mut history = TestHistory::default();
        let half = history.commit(&[("gate.c", &["+open_the_first_gate;", "+open_the_upper_gate;"])]);
        let whole = history.commit(&[("gate.c", &["+open_the_first_gate;", "+open_the_lower_gate;"])]);

        let candidates = candidates(&history, &["+open_the_first_gate;", "+open_the_lower_gate;"]);

        assert_eq!(commits(&candidates.added[0]), [whole, half]);
        assert_eq!(commits(&candidates.added[1]), [whole]);
        let owners = &candidates.added[0];
        assert_eq!([owners[0].presence, owners[0].share], [1.0, 1.0]);
        assert_eq!([owners[1].presence, owners[1].share], [0.5, 0.5]);
        assert_eq!([owners[0].kind, owners[1].kind], [MatchKind::Changes, MatchKind::Partial]);
    }

    #[test]
    fn removed_line_that_a_hunk_removes_just_so_is_no_other_form_of_one() {
        let mut history = TestHistory::default();
        let like: &[&str] = &[" south();", "-open_the_first_gate;", "-clamp(dev, a, b, c, d, MAX, f, g, h);"];
        history.commit(&[("gate.c", like)]);
        let release =
            [" north();", "-open_the_first_gate;", "-clamp(dev, a, b, c, d, LIMIT, f, g, h);", "+}"];
        let adapted = candidates(&history, &release).removed[1].len();
        let exact = history.commit(&[("gate.c", &[" east();", release[2], " west();"])]);

        assert_eq!(adapted, 1);
        assert_eq!(commits(&candidates(&history, &release).removed[1]), [exact]);
    }

    #[test]
    fn of_equal_candidates_the_earlier_commit_is_first() {
        let mut history = TestHistory::default();
        let earlier = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let later = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);

        let candidates = candidates(&history, &["+open_the_first_gate;"]);

        assert_eq!(commits(&candidates.added[0]), [earlier, later]);
    }

    #[test]
    fn neighbours_that_agree_decide_between_commits_with_the_same_line() {
        let mut history = TestHistory::default();
        let elsewhere = history.commit(&[("gate.c", &[" in_the_north();", "+open_the_first_gate;"])]);
        let here = history.commit(&[("gate.c", &[" in_the_south();", "+open_the_first_gate;"])]);

        let candidates = candidates(&history, &[" in_the_south();", "+open_the_first_gate;"]);

        assert_eq!(commits(&candidates.added[0]), [here, elsewhere]);
        assert_eq!(candidates.added[0][0].neighbours, 0.5);
    }

    #[test]
    fn commit_with_the_very_line_leaves_no_room_for_one_with_a_line_like_it() {
        let mut history = TestHistory::default();
        let alike = history.commit(&[(
            "gate.c",
            &["-open_the_first_gate;", "+open(gate, level, width, depth, speed, mode, flags, now, MAX);"],
        )]);
        let release =
            ["-open_the_first_gate;", "+open(gate, level, width, depth, speed, mode, flags, now, MIN);"];
        let without = candidates(&history, &release);
        let equal = history
            .commit(&[("gate.c", &["+open(gate, level, width, depth, speed, mode, flags, now, MIN);"])]);
        let with = candidates(&history, &release);

        assert_eq!(commits(&without.added[0]), [alike]);
        assert_eq!(without.added[0][0].kind, MatchKind::Fuzzy);
        assert_eq!(commits(&with.added[0]), [equal]);
    }

    #[test]
    fn part_of_a_new_file_explains_its_lines_though_little_of_the_commit_is_there() {
        let mut history = TestHistory::default();
        let lines: Vec<String> =
            (0..60).map(|number| format!("+open_gate_number({number}, of_the_wall);")).collect();
        let file: Vec<&str> = lines.iter().map(String::as_str).collect();
        let commit =
            history.commit(&[("gate.c", &file), ("wall.c", &file), ("door.c", &file), ("roof.c", &file)]);

        let third = candidates(&history, &file[..20]);
        let few = candidates(&history, &file[..5]);

        assert_eq!(commits(&third.added[9]), [commit]);
        assert_eq!(commits(&few.added[4]), []);
    }

    #[test]
    fn line_that_an_absent_commit_of_the_file_has_just_so_is_not_adapted_from_another() {
        let mut history = TestHistory::default();
        let alike = "+open(gate, level, width, depth, speed, mode, flags, now, MAX);";
        let line = "+open(gate, level, width, depth, speed, mode, flags, now, MIN);";
        history.commit(&[("gate.c", &["-open_the_first_gate;", alike])]);
        let release = ["-open_the_first_gate;", line, " at_the_end();"];
        let without = candidates(&history, &release);
        let missing = ["+build_a_wall();", "+paint_the_wall();", "+sell_the_wall();", "+lose_the_wall();"];
        history.commit(&[("gate.c", &[line, " at_the_end();"]), ("wall.c", &missing), ("wall.c", &missing)]);
        let with = candidates(&history, &release);

        assert_eq!(without.added[0].len(), 1);
        assert_eq!(with.added[0].iter().filter(|owner| owner.kind == MatchKind::Fuzzy).count(), 0);
    }

    #[test]
    fn commit_that_moved_a_line_is_before_the_one_that_brought_it() {
        let mut history = TestHistory::default();
        let bringing = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let moving =
            history.commit(&[("gate.c", &["-open_the_first_gate;"]), ("gate.c", &["+open_the_first_gate;"])]);

        let candidates = candidates(&history, &["+open_the_first_gate;"]);

        assert_eq!(commits(&candidates.added[0]), [moving, bringing]);
    }

    #[test]
    fn commit_of_which_hardly_anything_is_there_is_no_candidate() {
        let mut history = TestHistory::default();
        let hardly_there = [
            "+open_the_first_gate;",
            "+open_the_other_gate;",
            "+open_the_upper_gate;",
            "+open_the_lower_gate;",
            "+open_the_outer_gate;",
        ];
        history.commit(&[("gate.c", &hardly_there)]);

        let candidates = candidates(&history, &["+open_the_first_gate;"]);

        assert_eq!(commits(&candidates.added[0]), []);
    }

    #[test]
    fn hunk_that_is_there_whole_counts_though_the_rest_of_its_commit_is_absent() {
        let two_lines: [&str; 2] = ["+open_the_first_gate;", "+open_the_other_gate;"];
        let history_of = |hunk: &[&str]| {
            let mut history = TestHistory::default();
            let mut diff = vec![("gate.c", hunk)];
            diff.extend(["a.c", "b.c", "c.c", "d.c"].map(|path| (path, &["+build_another_wall;"][..])));
            history.commit(&diff);
            history
        };

        let whole = candidates(&history_of(&two_lines), &two_lines);
        let half = candidates(&history_of(&two_lines), &two_lines[..1]);
        let short = candidates(&history_of(&two_lines[..1]), &two_lines[..1]);

        let commit = CommitOrdinal(0);
        assert_eq!([commits(&whole.added[0]), commits(&whole.added[1])], [[commit], [commit]]);
        assert_eq!(commits(&half.added[0]), []);
        assert_eq!(commits(&short.added[0]), []);
    }

    #[test]
    fn hunk_of_another_file_has_to_be_there_nearly_whole() {
        let copied = ["+open_the_first_gate;", "+open_the_other_gate;", "+open_the_upper_gate;"];
        let candidates_of_copy = |more: &[&str]| {
            let mut history = TestHistory::default();
            let commit = history.commit(&[("wall.c", &[&copied[..], more].concat())]);
            history.commit(&[("wall.c", &["+build_another_wall;"])]);
            (commit, candidates(&history, &copied))
        };

        let (commit, whole) = candidates_of_copy(&[]);
        assert_eq!(commits(&whole.added[0]), [commit]);
        let (_, part) = candidates_of_copy(&["+open_the_lower_gate;", "+open_the_outer_gate;"]);
        assert_eq!([0, 1, 2].map(|line| part.added[line].len()), [0; 3]);
    }

    #[test]
    fn dropped_commits_are_not_considered() {
        let mut history = TestHistory::default();
        let dropped = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        let other = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);

        let candidates = candidates_without(&history, &[dropped], &["+open_the_first_gate;"]);

        assert_eq!(commits(&candidates.added[0]), [other]);
    }

    #[test]
    fn line_that_is_little_alike_is_given_to_nobody() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["-open_the_first_gate;", "+open(gate, level, MAX, now);"])]);

        let candidates = candidates(&history, &["-open_the_first_gate;", "+open(gate, level, MIN, now);"]);

        assert_eq!(commits(&candidates.added[0]), []);
    }

    #[test]
    fn short_hunk_that_is_whole_in_its_place_explains_its_line_though_its_commit_is_absent() {
        let mut history = TestHistory::default();
        let absent: &[&str] = &["+build_another_long_wall();", "+paint_another_long_wall();"];
        let other: Vec<(&str, &[&str])> = (0..5).map(|_| ("wall.c", absent)).collect();
        let in_place: &[&str] = &[" before();", "+open_gate;", " after();"];
        let commit = history.commit(&[&[("gate.c", in_place)], &other[..]].concat());

        let here = candidates(&history, in_place);
        let elsewhere = candidates(&history, &[" other();", "+open_gate;", " place();"]);

        assert_eq!(commits(&here.added[0]), [commit]);
        assert_eq!(commits(&elsewhere.added[0]), []);
    }

    #[test]
    fn of_a_commit_that_is_hardly_there_only_whole_hunks_in_their_place_are_considered() {
        let mut history = TestHistory::default();
        let whole: &[&str] = &[" before();", "+open_the_first_gate;", " after();"];
        let half: &[&str] = &["+close_the_first_gate;", "+close_the_other_gate;"];
        let commit = history.commit(&[("gate.c", whole), ("gate.c", half)]);
        let release: &[(&str, &[&str])] = &[("gate.c", whole), ("gate.c", &["+close_the_first_gate;"])];
        let files = history.candidates(release);
        let (presences, explained) = history.presences(&files);
        let dismissed = Dismissed { otherwise_absent: commit_set([commit]), ..Dismissed::default() };

        let candidates = line_candidates(&files[0], &explained[0], &presences, &dismissed);

        assert_eq!(commits(&candidates.added[0]), [commit]);
        assert_eq!(commits(&candidates.added[1]), []);
    }

    #[test]
    fn commit_and_its_carrier_are_one_candidate_under_the_origins_name() {
        let mut history = TestHistory::default();
        let origin = history.commit(&[("gate.c", &["+open_the_first_gate;"])]);
        history.carrier(origin, &[("gate.c", &["+open_the_first_gate;"])]);

        let candidates = candidates(&history, &["+open_the_first_gate;"]);

        assert_eq!(commits(&candidates.added[0]), [origin]);
    }

    fn anchors_of(history: &TestHistory, release: Diff<'_>) -> Anchors {
        let files = history.candidates(release);
        let (presences, explained) = history.presences(&files);
        let weights: Vec<Vec<(CommitOrdinal, f32)>> = files
            .iter()
            .zip(&explained)
            .map(|(file, explained)| {
                let candidates = line_candidates(file, explained, &presences, &Dismissed::default());
                own_weights(file, &candidates, &Cancellation::default())
            })
            .collect();
        anchors(weights.iter().map(Vec::as_slice))
    }

    #[test]
    fn commit_has_something_of_its_own_where_no_other_has_the_line() {
        let mut history = TestHistory::default();
        let (shared, own): (&[&str], &[&str]) = (&["+open_the_first_gate;"], &["+open_the_other_gate;"]);
        history.commit(&[("gate.c", shared)]);
        let with_own = history.commit(&[("gate.c", shared), ("gate.c", own)]);

        let anchors = anchors_of(&history, &[("gate.c", shared), ("gate.c", own)]);

        assert_eq!(anchors.into_iter().collect::<Vec<_>>(), [with_own]);
    }

    #[test]
    fn copy_of_a_change_takes_nothing_from_what_the_first_has_of_its_own() {
        let mut history = TestHistory::default();
        let change: &[&str] = &["+open_the_first_gate;"];
        let first = history.commit(&[("gate.c", change)]);
        history.commit(&[("gate.c", change)]);

        let anchors = anchors_of(&history, &[("gate.c", change)]);

        assert_eq!(anchors.into_iter().collect::<Vec<_>>(), [first]);
    }

    #[test]
    fn short_line_is_nothing_of_its_own() {
        let mut history = TestHistory::default();
        history.commit(&[("gate.c", &["+i++;"])]);

        assert_eq!(anchors_of(&history, &[("gate.c", &["+i++;"])]), Anchors::default());
    }
}
