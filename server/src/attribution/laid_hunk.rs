//! A hunk of history laid beside a file of the release, with all that is known of its lines.
//!
//! Of the thousands of hunks that a file's history has, few are laid beside it at a time: what is asked later is much less
//! (`aligned_hunk`).

use hunktrace_indexer::graph::CommitOrdinal;

use super::alignment::{LinePair, LinePlaces, TakenLines};
use super::lines_in_place::pair_lines_in_place;
use super::side::{BySide, Side};
use super::side_lines::SideLine;

/// How a hunk came to be a candidate of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// It is of the same file, under one of the names that the file had.
    Path,
    /// It is of another file and has the same lines: moved or copied code.
    Lines,
}

impl FoundBy {
    /// Whether it is of the same file.
    pub fn is_own(self) -> bool {
        self == FoundBy::Path
    }
}

/// A hunk of history before it is aligned.
pub struct HistoryHunk {
    /// The commit that it belongs to.
    pub commit: CommitOrdinal,
    /// Its place among the commit's hunks, from 0.
    pub number: u32,
    /// Its removed and added lines.
    pub lines: BySide<Vec<SideLine>>,
}

/// A hunk of history laid beside a file: which of its lines are equal to which lines of the file.
pub struct LaidHunk {
    /// The commit that it belongs to.
    pub commit: CommitOrdinal,
    /// Its place among the commit's hunks, from 0.
    pub number: u32,
    /// How it was found.
    pub found_by: FoundBy,
    /// Its removed and added lines.
    pub lines: BySide<Vec<SideLine>>,
    /// The lines that the file has too, sorted.
    pub pairs: BySide<Vec<LinePair>>,
}

impl LaidHunk {
    /// Lays a hunk beside the lines of a file. Lines in `taken` are passed over, and what is paired is added there.
    pub fn new(
        hunk: HistoryHunk,
        found_by: FoundBy,
        places: &BySide<LinePlaces<'_>>,
        taken: &mut BySide<TakenLines>,
    ) -> LaidHunk {
        let HistoryHunk { commit, number, lines } = hunk;
        let mut pairs = BySide::from_fn(|side| places[side].align(&lines[side], &mut taken[side]));
        let release = BySide::from_fn(|side| places[side].lines());
        pair_lines_in_place(&lines, &mut pairs, &release, taken);
        LaidHunk { commit, number, found_by, lines, pairs }
    }

    /// Whether the file has none of its lines.
    pub fn is_absent(&self) -> bool {
        self.pairs.both().into_iter().all(Vec::is_empty)
    }

    /// What its lines weigh.
    pub fn total(&self) -> f32 {
        self.lines.both().into_iter().flatten().map(|line| line.weight).sum()
    }

    /// Share of the hunk that the file has line by line, from 0 to 1.
    pub fn equal_share(&self) -> f32 {
        let total = self.total();
        if total > 0.0 { (self.weight_of(&self.pairs) / total).min(1.0) } else { 0.0 }
    }

    /// What those of its lines weigh that are in `pairs`.
    fn weight_of(&self, pairs: &BySide<Vec<LinePair>>) -> f32 {
        let of_side = |side: Side| {
            let lines = pairs[side].iter().map(|pair| &self.lines[side][pair.candidate as usize]);
            lines.map(|line| line.weight).sum::<f32>()
        };
        Side::BOTH.into_iter().map(of_side).sum()
    }
}

/// How much of what tells a line from equal ones the paired lines have in common, weighted by what the lines say.
pub fn likeness(
    lines: &BySide<Vec<SideLine>>,
    pairs: &BySide<Vec<LinePair>>,
    release: &BySide<&[SideLine]>,
) -> f32 {
    shared_of_pairs(lines, pairs, release, |own, other| {
        let (of_both, own_ones) = own.details.shared_with(&other.details);
        (of_both as f32, own_ones as f32)
    })
}

/// Which share of the paired lines' neighbours are the same in the release, weighted by what the lines say.
pub fn shared_surroundings(
    lines: &BySide<Vec<SideLine>>,
    pairs: &BySide<Vec<LinePair>>,
    release: &BySide<&[SideLine]>,
) -> f32 {
    shared_of_pairs(lines, pairs, release, |own, other| (own.neighbours_shared_with(other), 1.0))
}

/// The share that paired lines with a word have in common: `shared` says of a pair how much that is, and of how much; each
/// counts by what the line says.
fn shared_of_pairs(
    lines: &BySide<Vec<SideLine>>,
    pairs: &BySide<Vec<LinePair>>,
    release: &BySide<&[SideLine]>,
    shared: impl Fn(&SideLine, &SideLine) -> (f32, f32),
) -> f32 {
    let (mut in_common, mut all) = (0.0, 0.0);
    for side in Side::BOTH {
        for pair in &pairs[side] {
            let (own, other) = (&lines[side][pair.candidate as usize], &release[side][pair.release as usize]);
            if own.has_word() {
                let (shared, of) = shared(own, other);
                in_common += own.weight * shared;
                all += own.weight * of;
            }
        }
    }
    if all > 0.0 { in_common / all } else { 0.0 }
}
