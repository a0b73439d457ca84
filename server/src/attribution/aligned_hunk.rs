//! A hunk of history beside a file of the release: which of its lines the release has.

use std::sync::Arc;

use hunktrace_indexer::graph::CommitOrdinal;

use super::adapted_lines::{AdaptedPair, adapted_pairs};
use super::alignment::LinePair;
use super::laid_hunk::{FoundBy, LaidHunk, likeness, shared_surroundings};
use super::side::{BySide, Side};
use super::side_lines::{HistoryLine, SideLine, kept};

/// A line of a hunk, and the line of the release that it is or has become; both on the same side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedLine {
    /// Place among the hunk's lines of the side, from 0.
    pub candidate: u32,
    /// Place among the file's lines of the side, from 0.
    pub release: u32,
    /// Share of its neighbours that are the same, from 0 to 1.
    pub neighbours: f32,
}

/// A line of a hunk that the release has in an adapted form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptedLine {
    /// The two lines.
    pub pair: PairedLine,
    /// Share of common words, from 0 to 1.
    pub similarity: f32,
}

/// A hunk of history beside a file of the release. Copies share its lines.
#[derive(Clone)]
pub struct AlignedHunk {
    /// The commit that it belongs to.
    pub commit: CommitOrdinal,
    /// Its place among the commit's hunks, from 0.
    pub number: u32,
    /// How it was found.
    pub found_by: FoundBy,
    /// Its removed and added lines.
    pub lines: Arc<BySide<Vec<HistoryLine>>>,
    /// The lines that the release has too, sorted.
    pub pairs: BySide<Vec<PairedLine>>,
    /// The lines that the release has in an adapted form.
    pub adapted: BySide<Vec<AdaptedLine>>,
    /// What its lines weigh.
    pub total: f32,
    /// What its paired lines weigh; adapted ones count for the share of words that they have in common.
    pub matched: f32,
    /// How many of its equal lines' neighbours are the same in the release, as a share weighted by what the lines say.
    pub surroundings: f32,
    /// How like its paired lines and what stands around them are to the release's, from 0 to 1.
    pub likeness: f32,
    /// Whether another file of the release has it too, and has more of it.
    pub is_repeated: bool,
}

impl AlignedHunk {
    /// What is asked of a hunk that has been laid beside the lines of a file.
    pub fn new(hunk: LaidHunk, release: BySide<&[SideLine]>) -> AlignedHunk {
        let LaidHunk { commit, number, found_by, lines, pairs } = hunk;
        let adapted = adapted_pairs(&lines, &pairs, release);
        let total = lines.both().into_iter().flatten().map(|line| line.weight).sum();
        let surroundings = shared_surroundings(&lines, &pairs, &release);
        let likeness = likeness(&lines, &pairs, &release);
        let paired = |side: Side, pair: &LinePair| {
            let (own, other) = (&lines[side][pair.candidate as usize], &release[side][pair.release as usize]);
            let neighbours = own.neighbours_shared_with(other);
            PairedLine { candidate: pair.candidate, release: pair.release, neighbours }
        };
        let mut hunk = AlignedHunk {
            commit,
            number,
            found_by,
            pairs: BySide::from_fn(|side| pairs[side].iter().map(|pair| paired(side, pair)).collect()),
            adapted: BySide::from_fn(|side| {
                let adapted = adapted[side].iter();
                adapted
                    .map(|AdaptedPair { pair, similarity }| AdaptedLine {
                        pair: paired(side, pair),
                        similarity: *similarity,
                    })
                    .collect()
            }),
            lines: Arc::new(kept(&lines)),
            total,
            matched: 0.0,
            surroundings,
            likeness,
            is_repeated: false,
        };
        hunk.weigh_matches();
        hunk
    }

    /// Keeps the pairs of those of its lines that `keeps` wants, which are asked for by their side and place.
    pub fn retain_pairs(&mut self, mut keeps: impl FnMut(Side, u32) -> bool) {
        for side in Side::BOTH {
            self.pairs[side].retain(|pair| keeps(side, pair.candidate));
            self.adapted[side].retain(|adapted| keeps(side, adapted.pair.candidate));
        }
        self.weigh_matches();
    }

    /// Whether it counts like another form of the same hunk beside the same file.
    pub fn counts_as(&self, other: &AlignedHunk) -> bool {
        self.is_repeated == other.is_repeated && self.pairs == other.pairs && self.adapted == other.adapted
    }

    fn weigh_matches(&mut self) {
        let weight = |side: Side, pair: &PairedLine| self.lines[side][pair.candidate as usize].weight;
        let matched = BySide::from_fn(|side| {
            let exact = self.pairs[side].iter().map(|pair| weight(side, pair));
            let adapted =
                self.adapted[side].iter().map(|adapted| weight(side, &adapted.pair) * adapted.similarity);
            exact.chain(adapted).sum::<f32>()
        });
        self.matched = matched.both().into_iter().sum();
    }

    /// Share of the hunk that is in the release, from 0 to 1.
    pub fn share(&self) -> f32 {
        self.explained_share(0.0)
    }

    /// Share of the hunk that is in the release or, to this weight, explained by other commits, from 0 to 1.
    pub fn explained_share(&self, explained: f32) -> f32 {
        if self.total > 0.0 { ((self.matched + explained) / self.total).min(1.0) } else { 0.0 }
    }

    /// The lines of one side that the release does not have, adapted ones included.
    pub fn unpaired(&self, side: Side) -> impl Iterator<Item = HistoryLine> {
        let mut paired = self.pairs[side].iter().map(|pair| pair.candidate).peekable();
        let lines = self.lines[side].iter().zip(0u32..);
        lines.filter(move |(_, own)| paired.next_if_eq(own).is_none()).map(|(line, _)| *line)
    }
}
