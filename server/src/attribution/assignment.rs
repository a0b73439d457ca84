//! Every changed line of a file goes to the commit that explains it best.

use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use rustc_hash::FxHashMap;

use crate::comparison::MatchKind;

use super::candidates::{AlignedHunk, FileCandidates};
use super::presence::Presences;
use super::release::TRIVIAL_WEIGHT;

/// Who owns a line, and how sure that is.
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
    /// Score ahead of the best candidate of another commit.
    pub lead: f32,
    /// How the line matches.
    pub kind: MatchKind,
}

/// The owners of a file's removed and added lines.
pub type FileOwners = [Vec<Option<LineOwner>>; 2];

/// What counts for a line's candidate: presence of its commit, share of its hunk, agreement of the neighbours.
const SCORE_WEIGHTS: [f32; 3] = [1.0, 0.8, 0.6];

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

/// A commit that owns less than this share of what it has in the release is left out in the next round.
const MIN_OWNED_SHARE: f32 = 0.1;

/// Lines that no candidate has go to the commit that owns at least this share of their change.
const ADOPTING_SHARE: f32 = 0.5;

/// Gives each line of a file to its best candidate; commits in `dropped` are not considered.
pub fn assign(file: &FileCandidates, presences: &Presences, dropped: &CommitSet) -> FileOwners {
    let mut owners: FileOwners = [0, 1].map(|side| best_candidates(file, side, presences, dropped));
    adopt(file, &mut owners);
    owners
}

fn best_candidates(
    file: &FileCandidates,
    side: usize,
    presences: &Presences,
    dropped: &CommitSet,
) -> Vec<Option<LineOwner>> {
    let lines = &file.sides[side].lines;
    let mut best: Vec<Option<(f32, LineOwner)>> = vec![None; lines.len()];
    for (number, hunk) in file.hunks.iter().enumerate() {
        let Some(presence) = presences.get(&hunk.commit) else { continue };
        let present = presence.explained_share();
        if dropped.contains(presence.origin) || !is_eligible(present, hunk) {
            continue;
        }
        for (own, at) in &hunk.pairs[side] {
            let (own, line) = (&hunk.sides[side][*own as usize], &lines[*at as usize]);
            let same = |a: u64, b: u64| if a == b && a != 0 { 0.5 } else { 0.0 };
            let neighbours = same(own.before, line.before) + same(own.after, line.after);
            let share = hunk.share();
            let score = SCORE_WEIGHTS[0] * present + SCORE_WEIGHTS[1] * share + SCORE_WEIGHTS[2] * neighbours;
            let owner = LineOwner {
                commit: presence.origin,
                hunk: Some(number as u32),
                presence: present,
                share,
                neighbours,
                lead: score,
                kind: if share >= 0.999 { MatchKind::Changes } else { MatchKind::Partial },
            };
            let place = &mut best[*at as usize];
            *place = Some(match place.take() {
                None => (score, owner),
                Some((known_score, known)) => better_of((score, owner), (known_score, known)),
            });
        }
    }
    best.into_iter().map(|best| best.map(|(_, owner)| owner)).collect()
}

fn is_eligible(present: f32, hunk: &AlignedHunk) -> bool {
    if hunk.is_foreign && (hunk.share() < FOREIGN_HUNK_SHARE || hunk.matched < FOREIGN_HUNK_WEIGHT) {
        return false;
    }
    present >= MIN_PRESENCE || hunk.share() >= WHOLE_HUNK_SHARE && hunk.matched >= WHOLE_HUNK_WEIGHT
}

/// Keeps the better one, with its lead over the other where that belongs to another commit; equals go to the earlier.
fn better_of(a: (f32, LineOwner), b: (f32, LineOwner)) -> (f32, LineOwner) {
    let a_wins = a.0 > b.0 || a.0 == b.0 && a.1.commit < b.1.commit;
    let (winner, loser) = if a_wins { (a, b) } else { (b, a) };
    let lead = if winner.1.commit == loser.1.commit {
        winner.1.lead.min(loser.1.lead.max(winner.1.lead))
    } else {
        winner.1.lead.min(winner.0 - loser.0)
    };
    (winner.0, LineOwner { lead, ..winner.1 })
}

/// Gives lines without an owner to the owner of their neighbours.
///
/// Blank lines and braces follow whatever stands beside them. Lines that say something are adopted where one commit
/// owns most of the change that they belong to: the vendor has adapted them.
fn adopt(file: &FileCandidates, owners: &mut FileOwners) {
    for change in changes(file) {
        let mut owned: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
        let mut total = 0.0;
        for (side, at) in &change {
            let weight = file.sides[*side].lines[*at].weight;
            total += weight;
            if let Some(owner) = owners[*side][*at] {
                *owned.entry(owner.commit).or_default() += weight;
            }
        }
        let main = owned.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
        let adopting =
            main.filter(|(_, weight)| **weight >= ADOPTING_SHARE * total).map(|(commit, _)| *commit);
        for (place, (side, at)) in change.iter().enumerate() {
            if owners[*side][*at].is_some() {
                continue;
            }
            let is_trivial = file.sides[*side].lines[*at].weight <= TRIVIAL_WEIGHT;
            let owner_at = |place: usize| change.get(place).and_then(|(side, at)| owners[*side][*at]);
            let neighbour = place.checked_sub(1).and_then(owner_at).or_else(|| {
                // Runs of trivial lines take the next owner below where there is none above.
                (place + 1..change.len()).find_map(owner_at)
            });
            let adopted =
                if is_trivial { neighbour } else { neighbour.filter(|owner| Some(owner.commit) == adopting) };
            if let Some(owner) = adopted {
                owners[*side][*at] = Some(LineOwner { hunk: None, kind: MatchKind::Fuzzy, ..owner });
            }
        }
    }
}

/// The runs of changed lines without context between, each in the order of the diff, as (side, line).
fn changes(file: &FileCandidates) -> Vec<Vec<(usize, usize)>> {
    let mut all: Vec<(u32, u32, usize, usize)> = Vec::new();
    for side in [0, 1] {
        let lines = file.sides[side].lines.iter().enumerate();
        all.extend(lines.map(|(at, line)| (line.hunk, line.place, side, at)));
    }
    all.sort_unstable();
    let mut changes: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut last = None;
    for (hunk, place, side, at) in all {
        if last != Some((hunk, place.wrapping_sub(1))) {
            changes.push(Vec::new());
        }
        if let Some(change) = changes.last_mut() {
            change.push((side, at));
        }
        last = Some((hunk, place));
    }
    changes
}

/// The commits that own so little of what they have in the release that others explain it better.
pub fn hardly_owning(
    files: &[FileCandidates],
    owners: &[FileOwners],
    presences: &Presences,
) -> Vec<CommitOrdinal> {
    let mut owned: FxHashMap<CommitOrdinal, f32> = FxHashMap::default();
    for (file, owners) in files.iter().zip(owners) {
        for side in [0, 1] {
            for (line, owner) in file.sides[side].lines.iter().zip(&owners[side]) {
                if let Some(owner) = owner {
                    *owned.entry(owner.commit).or_default() += line.weight;
                }
            }
        }
    }
    let hardly = |(commit, weight): (&CommitOrdinal, &f32)| {
        let matched = presences.get(commit).map_or(0.0, |presence| presence.matched);
        (*weight < MIN_OWNED_SHARE * matched).then_some(*commit)
    };
    let mut commits: Vec<CommitOrdinal> = owned.iter().filter_map(hardly).collect();
    commits.sort_unstable();
    commits
}
