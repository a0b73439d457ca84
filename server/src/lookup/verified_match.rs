//! A hunk of history that was compared with a hunk of the query, and how well it explains it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use bstr::BString;
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::retrieval::HunkId;

use crate::hunks::comparison::{Comparison, MatchKind};
use crate::hunks::prepared_hunk::PreparedHunk;

/// From this score on a hunk counts as found in a commit. Tuned: see `docs/constants.md`, `FOUND_SCORE`.
pub(super) const FOUND_SCORE: f32 = 0.4;

/// A commit's best hunk for one hunk of the query.
#[derive(Clone, Debug)]
pub(super) struct VerifiedMatch {
    /// The commit that the hunk belongs to: an origin, or a carrier of one.
    pub(super) commit: CommitOrdinal,
    /// The hunk.
    pub(super) hunk: HunkId,
    /// How it agrees.
    pub(super) comparison: Comparison,
    /// The file that it changes.
    pub(super) file: BString,
    /// How well it explains the query's hunk, from 0 to 1 and a little more.
    pub(super) score: f32,
    /// What was compared, where it is not the hunk as it stands in history.
    pub(super) read_as: Option<ReadAs>,
}

/// A hunk of history in the form in which the query has it.
#[derive(Clone, Debug)]
pub(super) struct ReadAs {
    /// The form.
    pub(super) hunk: Arc<PreparedHunk>,
    /// Other hunks of the same commit that are in it.
    pub(super) joined: Vec<HunkId>,
}

/// For each origin the best hunk of it or of its carriers for one hunk of the query.
pub(super) type MatchesByOrigin = BTreeMap<CommitOrdinal, VerifiedMatch>;

impl VerifiedMatch {
    /// A compared hunk with its score.
    pub(super) fn new(
        commit: CommitOrdinal,
        hunk: HunkId,
        comparison: Comparison,
        file: BString,
    ) -> VerifiedMatch {
        let score = HUNK_SCORE_WEIGHTS.score(&comparison);
        VerifiedMatch { commit, hunk, comparison, file, score, read_as: None }
    }

    /// The same hunk in another form, compared anew.
    pub(super) fn read_as(&self, read_as: ReadAs, comparison: Comparison) -> VerifiedMatch {
        let VerifiedMatch { commit, hunk, file, .. } = self;
        VerifiedMatch {
            read_as: Some(read_as),
            ..VerifiedMatch::new(*commit, *hunk, comparison, file.clone())
        }
    }

    /// The hunks of its commit that are found in the query's hunk.
    pub(super) fn hunks(&self) -> impl Iterator<Item = HunkId> {
        let joined = self.read_as.iter().flat_map(|form| form.joined.iter().copied());
        std::iter::once(self.hunk).chain(joined)
    }

    /// Whether the query's hunk counts as found in the commit.
    pub(super) fn is_found(&self) -> bool {
        self.score >= FOUND_SCORE
    }

    /// Whether it represents an origin better than another match: by score, then as the origin's own hunk, then as the
    /// earlier commit's.
    fn is_better_than(&self, known: &VerifiedMatch, origin: CommitOrdinal) -> bool {
        let key = |verified: &VerifiedMatch| (verified.commit == origin, Reverse(verified.commit));
        self.score.total_cmp(&known.score).then_with(|| key(self).cmp(&key(known))).is_gt()
    }
}

/// Keeps a match if its origin has no better one.
pub(super) fn keep_best(matches: &mut MatchesByOrigin, origin: CommitOrdinal, new: VerifiedMatch) {
    match matches.get(&origin) {
        Some(known) if !new.is_better_than(known, origin) => {}
        _ => drop(matches.insert(origin, new)),
    }
}

/// What each way in which two hunks agree counts for the score; together 1, but for edits, which stand in for lines.
struct HunkScoreWeights {
    /// Of [`Comparison::similarity`].
    similarity: f32,
    /// Of [`Comparison::soft_similarity`].
    soft_similarity: f32,
    /// What [`Comparison::edit`] counts for the soft similarity where it is more.
    edit: f32,
    /// Of [`Comparison::context`].
    context: f32,
    /// Of [`Comparison::path`].
    path: f32,
    /// Of [`Comparison::section`].
    section: f32,
    /// Of [`Comparison::position`].
    position: f32,
    /// Of [`Comparison::section`] once more: the share of all else that is taken away in another function. Twins, functions or
    /// drivers that are copies of each other, agree in all else.
    another_function: f32,
    /// What is added for lines that are equal byte for byte, and not only when normalised: it decides between equals.
    same_bytes: f32,
}

/// The changed lines count most; where the hunk stands only decides between hunks with the same lines. Tuned: see
/// `docs/constants.md`, `HUNK_SCORE_WEIGHTS`, with a row for each field.
const HUNK_SCORE_WEIGHTS: HunkScoreWeights = HunkScoreWeights {
    similarity: 0.35,
    soft_similarity: 0.35,
    edit: 1.0,
    context: 0.12,
    path: 0.10,
    section: 0.04,
    position: 0.04,
    another_function: 0.1,
    same_bytes: 0.02,
};

impl HunkScoreWeights {
    /// How well a hunk explains another, from 0 to 1 and a little more.
    fn score(&self, comparison: &Comparison) -> f32 {
        let has_same_bytes = matches!(comparison.kind, MatchKind::Exact | MatchKind::Changes);
        let bonus = if has_same_bytes { self.same_bytes } else { 0.0 };
        let soft_similarity = comparison.soft_similarity.max(self.edit * comparison.edit);
        let agreement = self.similarity * comparison.similarity
            + self.soft_similarity * soft_similarity
            + self.context * comparison.context
            + self.path * comparison.path
            + self.section * comparison.section
            + self.position * comparison.position
            + bonus;
        (1.0 - self.another_function * (1.0 - comparison.section)) * agreement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A match of a commit's hunk that agrees wholly but for the similarity of its lines.
    fn verified(commit: u32, similarity: f32) -> VerifiedMatch {
        let comparison = Comparison {
            kind: MatchKind::Fuzzy,
            similarity,
            soft_similarity: similarity,
            context: 1.0,
            path: 1.0,
            section: 1.0,
            position: 1.0,
            edit: similarity,
            agreed: Vec::new(),
        };
        VerifiedMatch::new(CommitOrdinal(commit), HunkId(0), comparison, "fs/a.c".into())
    }

    /// Which commit's hunk represents origin 1 where these are compared in turn.
    fn representative(compared: [VerifiedMatch; 2]) -> u32 {
        let origin = CommitOrdinal(1);
        let mut matches = MatchesByOrigin::new();
        compared.into_iter().for_each(|verified| keep_best(&mut matches, origin, verified));
        assert_eq!(matches.len(), 1);
        matches[&origin].commit.0
    }

    #[test]
    fn hunk_that_agrees_wholly_scores_one_and_equal_bytes_a_little_more() {
        let whole = verified(1, 1.0);
        assert!((whole.score - 1.0).abs() < 1e-6, "{}", whole.score);
        let comparison = Comparison { kind: MatchKind::Changes, ..whole.comparison.clone() };
        let same_bytes = VerifiedMatch::new(whole.commit, whole.hunk, comparison, whole.file.clone());
        assert!((same_bytes.score - 1.02).abs() < 1e-6, "{}", same_bytes.score);
    }

    #[test]
    fn hunk_whose_lines_do_not_agree_is_not_found() {
        assert!(verified(1, 0.5).is_found() && !verified(1, 0.0).is_found());
    }

    #[test]
    fn better_hunk_represents_its_origin() {
        assert_eq!(representative([verified(2, 0.5), verified(3, 0.9)]), 3);
        assert_eq!(representative([verified(3, 0.9), verified(1, 0.5)]), 3);
    }

    #[test]
    fn of_equal_hunks_the_origins_own_counts_and_then_the_earliest() {
        assert_eq!(representative([verified(0, 0.5), verified(1, 0.5)]), 1);
        assert_eq!(representative([verified(3, 0.5), verified(2, 0.5)]), 2);
        assert_eq!(representative([verified(2, 0.5), verified(3, 0.5)]), 2);
    }
}
