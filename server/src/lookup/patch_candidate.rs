//! A commit that may be the origin of a whole patch, with the best of its hunks for each of the patch's.

use hunktrace_indexer::graph::CommitOrdinal;

use crate::hunks::comparison::MatchKind;
use crate::lookup::patch_part::Part;
use crate::lookup::rivalry::Contender;
use crate::lookup::verified_match::{MatchesByOrigin, VerifiedMatch};

/// A candidate for a whole patch.
pub(super) struct PatchCandidate<'a> {
    /// The commit.
    pub(super) origin: CommitOrdinal,
    /// The best of its hunks for each hunk of the patch.
    pub(super) by_hunk: Vec<Option<&'a VerifiedMatch>>,
    contender: Contender<'a>,
}

impl<'a> PatchCandidate<'a> {
    /// A candidate with its score.
    pub(super) fn new(
        score: f32,
        origin: CommitOrdinal,
        matches: &'a [MatchesByOrigin],
    ) -> PatchCandidate<'a> {
        let by_hunk: Vec<Option<&VerifiedMatch>> =
            matches.iter().map(|matches| matches.get(&origin)).collect();
        let agreed = by_hunk.iter().enumerate().filter_map(|(place, verified)| {
            verified.map(|verified| (place, verified.comparison.agreed.as_slice()))
        });
        let contender = Contender { score, agreed: agreed.collect() };
        PatchCandidate { origin, by_hunk, contender }
    }

    /// The contender for the whole patch.
    pub(super) fn contender(&self) -> &Contender<'a> {
        &self.contender
    }

    /// The contender for a part of the patch, which it explains as well as the score says.
    pub(super) fn contender_within(&self, part: &Part, score: f32) -> Contender<'a> {
        let agreed = self.contender.agreed.iter().filter(|(place, _)| part.has_hunk[*place]);
        Contender { score, agreed: agreed.copied().collect() }
    }

    /// How it matches: as well as the worst hunk that it answers for; of a patch that has others it is a part.
    pub(super) fn weakest_kind(&self, part: &Part) -> MatchKind {
        let kind = |place: usize| {
            self.by_hunk[place].map_or(MatchKind::Partial, |verified| verified.comparison.kind)
        };
        let weakest = part.places().map(kind).max().unwrap_or(MatchKind::Fuzzy);
        if part.is_whole() { weakest } else { weakest.max(MatchKind::Partial) }
    }
}
