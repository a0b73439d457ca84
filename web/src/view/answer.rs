//! What was found for a text.

use hunktrace_proto::v1;
use hunktrace_release::lookup_record::{match_kind_name, patch_lines};
use serde::Serialize;
use utoipa::ToSchema;

use super::diff::{DiffRow, HunkView, side_by_side};
use super::named::{NamedCommit, commit_page, non_empty, text_of};
use crate::permalink::Permalink;
use crate::place::{Form, Place};

/// Patches of one text that a page shows; the JSON twin has them all.
pub const SHOWN_PATCHES: usize = 50;

/// Hunks of one text that a page shows beside their best candidate.
pub const SHOWN_HUNKS: usize = 60;

/// What was found for a text.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AnswerView {
    /// The page of this answer, to be sent to others.
    pub page: String,
    /// Whether that works for ever; else the server keeps the text for a while.
    pub is_lasting: bool,
    /// The text, as it was asked.
    pub text: String,
    /// What could not be read of it.
    pub problems: Vec<String>,
    /// What was found, in the records of `hunktrace lookup --format jsonl`: of each patch its hunks, then the patch.
    #[schema(value_type = Vec<Object>)]
    pub records: Vec<serde_json::Value>,
    /// The same for people.
    #[serde(skip)]
    pub patches: Vec<PatchView>,
}

/// A patch, and where it may have come from.
#[derive(Clone, Debug)]
pub struct PatchView {
    /// What the text calls it.
    pub subject: Option<String>,
    /// Candidates for all of it, the best first.
    pub candidates: Vec<CandidateView>,
    /// What it says of its own origin, and what its code says of that.
    pub claims: Vec<String>,
    /// What the base has of it already, or what it undoes.
    pub notes: Vec<String>,
    /// Its hunks.
    pub hunks: Vec<HunkAnswerView>,
}

/// A hunk, and where it may have come from.
#[derive(Clone, Debug)]
pub struct HunkAnswerView {
    /// The hunk.
    pub hunk: HunkView,
    /// The best candidate's hunk.
    pub upstream: Option<HunkView>,
    /// Both beside each other.
    pub rows: Vec<DiffRow>,
    /// Candidates, the best first.
    pub candidates: Vec<CandidateView>,
}

/// A candidate.
#[derive(Clone, Debug)]
pub struct CandidateView {
    /// The commit.
    pub commit: NamedCommit,
    /// Probability that it is the origin, from 0 to 1.
    pub confidence: f64,
    /// How it matches, in a word.
    pub match_kind: &'static str,
    /// The file of its best matching hunk.
    pub file: String,
    /// The subsystem that it belongs to.
    pub subsystem: Option<String>,
    /// Why it is no perfect match.
    pub reasons: Vec<String>,
    /// Commits that carry it.
    pub carriers: Vec<String>,
    /// Commits that undo it.
    pub reverted_by: Vec<NamedCommit>,
    /// Commits that mend it.
    pub fixed_by: Vec<NamedCommit>,
    /// Vendor releases that have it, in words; none where that is not known.
    pub releases: Vec<String>,
}

impl AnswerView {
    /// An answer of the service.
    ///
    /// # Errors
    /// Where a record cannot be written.
    pub fn of(text: &[u8], link: &Permalink, answer: &v1::LookupResponse) -> serde_json::Result<AnswerView> {
        let mut records = Vec::new();
        for patch in &answer.patches {
            for line in patch_lines(&patch.name, patch)?.lines() {
                records.push(serde_json::from_str(line)?);
            }
        }
        Ok(AnswerView {
            page: format!("{}?{}", Place::Answer.path(Form::Html), link.query),
            is_lasting: link.is_lasting,
            text: text_of(text),
            problems: answer.problems.iter().map(|problem| problem.message.clone()).collect(),
            records,
            patches: answer.patches.iter().map(patch_view).collect(),
        })
    }

    /// The likeliest origin of all.
    pub fn best(&self) -> Option<&CandidateView> {
        let all = self.patches.iter().flat_map(|patch| patch.candidates.first());
        all.max_by(|a, b| a.confidence.total_cmp(&b.confidence))
    }
}

fn patch_view(patch: &v1::Patch) -> PatchView {
    let mut notes = Vec::new();
    if let Some(v1::InBase { candidate: Some(candidate), base, .. }) = patch.in_base.as_deref() {
        notes.push(format!("{base} has it already: {} {}", candidate.commit, candidate.subject));
    }
    if let Some(undone) = &patch.reverts {
        notes.push(format!("it undoes {} {}", undone.commit, undone.subject));
    }
    PatchView {
        subject: non_empty(&patch.subject),
        candidates: patch.candidates.iter().map(candidate_view).collect(),
        claims: patch.claimed.iter().map(claim_text).collect(),
        notes,
        hunks: patch.hunks.iter().map(hunk_view).collect(),
    }
}

fn claim_text(claim: &v1::Claim) -> String {
    let named = if claim.named.is_empty() { "that it is not upstream" } else { &claim.named };
    let verdict = match claim.verdict() {
        v1::ClaimVerdict::Agrees => "the code agrees",
        v1::ClaimVerdict::Disagrees => "the code disagrees",
        _ => "the code does not say",
    };
    match claim.found.as_str() {
        "" => format!("it says {named}: {verdict}"),
        found => format!("it says {named}: {verdict}, and has {found}"),
    }
}

fn hunk_view(hunk: &v1::HunkAnswer) -> HunkAnswerView {
    let asked = v1::CandidateHunk {
        new_path: hunk.file.clone(),
        old_start: hunk.old_start,
        old_lines: hunk.old_lines,
        new_start: hunk.new_start,
        new_lines: hunk.new_lines,
        body: hunk.body.clone(),
        ..v1::CandidateHunk::default()
    };
    let upstream = hunk.candidates.first().and_then(|candidate| candidate.hunk.as_deref());
    HunkAnswerView {
        hunk: HunkView::of(&asked),
        upstream: upstream.map(HunkView::of),
        rows: upstream.map(|upstream| side_by_side(&hunk.body, &upstream.body)).unwrap_or_default(),
        candidates: hunk.candidates.iter().map(candidate_view).collect(),
    }
}

fn candidate_view(candidate: &v1::Candidate) -> CandidateView {
    let named = |ids: &[String]| ids.iter().map(|id| NamedCommit::of(id, &candidate.related)).collect();
    CandidateView {
        commit: NamedCommit {
            commit: candidate.commit.clone(),
            subject: candidate.subject.clone(),
            first_release: non_empty(&candidate.first_release),
            page: commit_page(&candidate.commit),
        },
        confidence: candidate.confidence,
        match_kind: match_kind_name(candidate),
        file: candidate.file.clone(),
        subsystem: non_empty(&candidate.subsystem),
        reasons: candidate.reasons.clone(),
        carriers: candidate.carriers.clone(),
        reverted_by: named(&candidate.reverted_by),
        fixed_by: named(&candidate.fixed_by),
        releases: Vec::new(),
    }
}
