//! Which commits may have brought each changed line of a file, the best first.

use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::hunks::comparison::MatchKind;

use super::candidates::{AlignedHunk, FileCandidates};
use super::presence::{HunkExplained, Presences};

/// Who owns a line or may own it, and what speaks for that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineOwner {
    /// The origin.
    pub commit: CommitOrdinal,
    /// Which of the file's candidate hunks; none where the line was given to the commit for its neighbours' sake.
    pub hunk: Option<u32>,
    /// Share of the commit that is present.
    pub presence: f32,
    /// Share of the hunk that is present.
    pub share: f32,
    /// Share of the line's neighbours that agree.
    pub neighbours: f32,
    /// How well all that speaks for it.
    pub score: f32,
    /// Score ahead of the best candidate of another commit.
    pub lead: f32,
    /// How the line matches.
    pub kind: MatchKind,
}

/// What counts for a line's candidate: presence of its commit, share of its hunk, agreement of the neighbours.
const SCORE_WEIGHTS: [f32; 3] = [1.0, 0.8, 0.6];

/// Added to the score of a line that its commit has moved there from elsewhere in the file.
const MOVED_BONUS: f32 = 0.5;

/// Taken from the score of an adapted line, for the share of its words that differ.
const ADAPTED_MALUS: f32 = 2.0;

/// A commit of which less than this is present explains nothing, unless one of its hunks is there nearly whole.
const MIN_PRESENCE: f32 = 0.25;

/// A hunk that is there to this share explains its lines even if its commit is otherwise absent.
const WHOLE_HUNK_SHARE: f32 = 0.9;

/// ... if it says at least this much.
const WHOLE_HUNK_WEIGHT: f32 = 2.0;

/// A hunk of another file has to be there to this share, lest every `#include` be taken for a copy.
const FOREIGN_HUNK_SHARE: f32 = 0.7;

/// ... and to say at least this much.
const FOREIGN_HUNK_WEIGHT: f32 = 3.0;

/// A commit has something of its own if lines of at least this weight could come from no other.
const MIN_ANCHOR_WEIGHT: f32 = 0.5;

/// A rival this far behind does not count as one.
const RIVAL_MARGIN: f32 = 1.0;

/// For each line of a file's removed and added lines, one candidate for each commit, the best first.
pub type LineCandidates = [Vec<Vec<LineOwner>>; 2];

/// Commits that explain lines which no other commit explains.
pub type Anchors = FxHashSet<CommitOrdinal>;

/// The candidates of each line of a file; commits in `dropped` are not considered. Equals are in the order of history.
pub fn line_candidates(
    file: &FileCandidates,
    explained: &[HunkExplained],
    presences: &Presences,
    dropped: &CommitSet,
) -> LineCandidates {
    [0, 1].map(|side| {
        let lines = &file.sides[side].lines;
        let mut candidates: Vec<Vec<LineOwner>> = vec![Vec::new(); lines.len()];
        for ((hunk, number), explained) in file.hunks.iter().zip(0u32..).zip(explained) {
            let Some(presence) = presences.get(&hunk.commit) else { continue };
            let present = presence.explained_share();
            if dropped.contains(presence.origin) || !is_eligible(present, hunk) {
                continue;
            }
            let share = hunk.explained_share(explained.weight);
            let kind = if hunk.share() >= 0.999 { MatchKind::Changes } else { MatchKind::Partial };
            let equal = hunk.pairs[side].iter().map(|(own, at)| (*own, *at, 1.0));
            let adapted = hunk.adapted[side].iter().map(|pair| (pair.own, pair.at, pair.similarity));
            for (own, at, similarity) in equal.chain(adapted) {
                let (own, line) = (&hunk.sides[side][own as usize], &lines[at as usize]);
                let same = |a: u64, b: u64| if a == b && a != 0 { 0.5 } else { 0.0 };
                let neighbours = same(own.before, line.before) + same(own.after, line.after);
                let is_moved = file.moved.contains(&(hunk.commit, own.bare));
                let score = SCORE_WEIGHTS[0] * present
                    + SCORE_WEIGHTS[1] * share
                    + SCORE_WEIGHTS[2] * neighbours
                    + if is_moved { MOVED_BONUS } else { 0.0 }
                    - ADAPTED_MALUS * (1.0 - similarity);
                let kind = if similarity < 1.0 { MatchKind::Fuzzy } else { kind };
                candidates[at as usize].push(LineOwner {
                    commit: presence.origin,
                    hunk: Some(number),
                    presence: present,
                    share,
                    neighbours,
                    score,
                    lead: score,
                    kind,
                });
            }
        }
        for line in &mut candidates {
            if line.iter().any(|owner| owner.kind != MatchKind::Fuzzy) {
                line.retain(|owner| owner.kind != MatchKind::Fuzzy);
            }
            line.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.commit.cmp(&b.commit)));
            let mut seen: Vec<CommitOrdinal> = Vec::new();
            line.retain(|owner| {
                !seen.contains(&owner.commit) && {
                    seen.push(owner.commit);
                    true
                }
            });
        }
        candidates
    })
}

/// The commits that have something of their own in the release.
pub fn anchors(files: &[FileCandidates], candidates: &[LineCandidates]) -> Anchors {
    let mut weights: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
    for (file, candidates) in files.iter().zip(candidates) {
        for (side, candidates) in file.sides.iter().zip(candidates) {
            for (line, candidates) in side.lines.iter().zip(candidates) {
                let Some(best) = candidates.first() else { continue };
                let has_rival =
                    candidates.get(1).is_some_and(|rival| rival.score >= best.score - RIVAL_MARGIN);
                if !has_rival {
                    *weights.entry(best.commit).or_default() += line.weight;
                }
            }
        }
    }
    weights.into_iter().filter(|(_, weight)| *weight >= MIN_ANCHOR_WEIGHT).map(|(commit, _)| commit).collect()
}

fn is_eligible(present: f32, hunk: &AlignedHunk) -> bool {
    if hunk.is_foreign && (hunk.share() < FOREIGN_HUNK_SHARE || hunk.matched < FOREIGN_HUNK_WEIGHT) {
        return false;
    }
    present >= MIN_PRESENCE || hunk.share() >= WHOLE_HUNK_SHARE && hunk.matched >= WHOLE_HUNK_WEIGHT
}
