//! What is answered: a commit that may be the origin, with what speaks for it.

use bstr::BString;
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::retrieval::HunkId;

use crate::confidence::Confidence;
use crate::confidence::evidence::Evidence;
use crate::confidence::model::confidence;
use crate::hunks::comparison::MatchKind;
use crate::lookup::verified_match::VerifiedMatch;

/// A commit that may be the origin.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The origin.
    pub origin: CommitOrdinal,
    /// How sure that is.
    pub confidence: Confidence,
    /// How the changed lines agree.
    pub kind: MatchKind,
    /// Weighted share of the changed lines that agree.
    pub similarity: f32,
    /// The file of the best matching hunk.
    pub file: BString,
    /// The best matching hunk and the commit that it belongs to: the origin or a carrier.
    pub best: (CommitOrdinal, HunkId),
    /// What speaks for and against it.
    pub evidence: Vec<Evidence>,
}

impl Candidate {
    /// The origin of a match, as sure as the evidence says.
    pub(super) fn new(origin: CommitOrdinal, best: &VerifiedMatch, evidence: Vec<Evidence>) -> Candidate {
        Candidate {
            origin,
            confidence: confidence(&evidence),
            kind: best.comparison.kind,
            similarity: best.comparison.similarity,
            file: best.file.clone(),
            best: (best.commit, best.hunk),
            evidence,
        }
    }
}
