//! What speaks for a claim: one table of its kinds.
//!
//! Every kind is a share from 0 to 1, and the more there is of it, the more it speaks for the claim. A new kind is a row
//! here and a value in `claims.rs`. `tests/fit-line-confidence` reads the names from the rows and writes the coefficients.

/// A kind of evidence, in the order in which kinds are weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimEvidenceKind {
    /// Share of the commit that is in the release or explained.
    Presence,
    /// Share of the hunk that is in the release or explained.
    HunkShare,
    /// Whether the hunk is there with every line that says something, or what is not there is explained.
    WholeHunk,
    /// Share of the lines' neighbours that agree.
    Neighbours,
    /// How many of the neighbours of all of the hunk's lines agree.
    Surroundings,
    /// Lead ahead of the candidates of other changes.
    Lead,
    /// Share of the lines that the commit has itself; the others follow their neighbours.
    OwnLines,
    /// Share of the lines that are equal; the others are adapted.
    EqualLines,
    /// Whether the hunk is of this file's history; else it was found by its lines.
    OwnFile,
    /// Whether the hunk is of this file's history, or most of its commit is there: code that has moved comes with all of
    /// its commit, and code that is merely alike with some of it.
    OwnFileOrCommit,
    /// What the lines say.
    Substance,
    /// What the hunk's lines say that the release has.
    HunkSubstance,
    /// What the lines say that the commit owns in the whole release.
    CommitSubstance,
    /// Share of the lines of the same change that somebody explains.
    ExplainedAround,
    /// Share of the lines of the file that somebody explains.
    ExplainedFile,
    /// Share of the lines of the release that somebody explains.
    ExplainedRelease,
}

/// How many kinds there are.
pub const KINDS: usize = ClaimEvidenceKind::ALL.len();

impl ClaimEvidenceKind {
    /// All kinds, in their order.
    pub const ALL: [ClaimEvidenceKind; 16] = [
        Self::Presence,
        Self::HunkShare,
        Self::WholeHunk,
        Self::Neighbours,
        Self::Surroundings,
        Self::Lead,
        Self::OwnLines,
        Self::EqualLines,
        Self::OwnFile,
        Self::OwnFileOrCommit,
        Self::Substance,
        Self::HunkSubstance,
        Self::CommitSubstance,
        Self::ExplainedAround,
        Self::ExplainedFile,
        Self::ExplainedRelease,
    ];

    /// Its name in examples.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Presence => "presence",
            Self::HunkShare => "hunk share",
            Self::WholeHunk => "whole hunk",
            Self::Neighbours => "neighbours",
            Self::Surroundings => "surroundings",
            Self::Lead => "lead",
            Self::OwnLines => "own lines",
            Self::EqualLines => "equal lines",
            Self::OwnFile => "own file",
            Self::OwnFileOrCommit => "own file or commit",
            Self::Substance => "substance",
            Self::HunkSubstance => "hunk substance",
            Self::CommitSubstance => "commit substance",
            Self::ExplainedAround => "explained around",
            Self::ExplainedFile => "explained file",
            Self::ExplainedRelease => "explained release",
        }
    }
}

/// How much there is of each kind, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClaimEvidence(pub [f32; KINDS]);

impl ClaimEvidence {
    /// How much there is of a kind.
    pub fn value(&self, kind: ClaimEvidenceKind) -> f32 {
        self.0[kind as usize]
    }

    /// Sets how much there is of a kind; more than all of it is all of it.
    pub fn set(&mut self, kind: ClaimEvidenceKind, share: f32) {
        self.0[kind as usize] = share.clamp(0.0, 1.0);
    }
}
