//! Where a line of a hunk would stand in the release, by the lines that both have.

use super::alignment::LinePair;
use super::side::{BySide, Side};
use super::side_lines::{BodyPlace, SideLine};

/// A line that the candidate and the release both have. Sorted by where it stands in the candidate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct CommonLine {
    /// Its place in the candidate's body.
    candidate: u32,
    /// Its place in the release.
    release: BodyPlace,
}

/// The lines that a candidate has in common with the release, removed and added ones together.
pub struct CommonLines(Vec<CommonLine>);

impl CommonLines {
    /// The lines that are paired.
    pub fn new(
        candidate: &BySide<Vec<SideLine>>,
        pairs: &BySide<Vec<LinePair>>,
        release: &BySide<&[SideLine]>,
    ) -> CommonLines {
        let mut common = Vec::new();
        for side in Side::BOTH {
            common.extend(pairs[side].iter().map(|pair| CommonLine {
                candidate: candidate[side][pair.candidate as usize].place.line,
                release: release[side][pair.release as usize].place,
            }));
        }
        common.sort_unstable();
        CommonLines(common)
    }

    /// Whether no line is common.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where a line of the candidate's body would stand in the release: as far from the nearest common line as in the
    /// candidate. None where no line is common.
    pub fn expected_place(&self, line: u32) -> Option<BodyPlace> {
        let CommonLines(common) = self;
        let after = common.partition_point(|common| common.candidate < line);
        let beside =
            [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|at| common.get(at));
        let nearest = beside.min_by_key(|common| common.candidate.abs_diff(line))?;
        let expected = nearest.release.line.saturating_add(line).saturating_sub(nearest.candidate);
        Some(BodyPlace { line: expected, ..nearest.release })
    }
}
