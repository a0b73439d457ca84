//! Answers put into the messages of the wire contract.

use std::sync::Arc;

use hunktrace_indexer::graph::{CommitOrdinal, Relation};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::segment::stored_hunk::{FileSide, StoredHunk};
use hunktrace_proto::v1;

use crate::confidence::Evidence;
use crate::index::live_index::LiveSnapshot;
use crate::index::origin::carriers_of;
use crate::lookup::Candidate;

/// Puts answers from one generation of the index into messages.
pub struct AnswerWriter<'a> {
    live: &'a LiveSnapshot,
    explain: bool,
}

impl<'a> AnswerWriter<'a> {
    /// A writer; with `explain` candidates come with their hunk and the evidence.
    pub fn new(live: &'a LiveSnapshot, explain: bool) -> AnswerWriter<'a> {
        AnswerWriter { live, explain }
    }

    /// A candidate as a message.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn candidate(&self, candidate: &Candidate) -> Result<v1::Candidate, IndexError> {
        let mut message = v1::Candidate {
            confidence: rounded(candidate.confidence.0),
            r#match: v1::MatchKind::from(candidate.kind).into(),
            similarity: rounded(candidate.similarity),
            file: candidate.file.to_string(),
            ..self.commit_part(candidate.origin)?.as_ref().clone()
        };
        if self.explain {
            let (commit, hunk) = candidate.best;
            let stored = self.live.snapshot.load(&[hunk])?;
            message.hunk = stored.into_iter().next().map(|stored| self.hunk(commit, stored));
            message.evidence = evidence(&candidate.evidence);
        }
        Ok(message)
    }

    /// What a candidate says of its commit, whatever was asked.
    fn commit_part(&self, commit: CommitOrdinal) -> Result<Arc<v1::Candidate>, IndexError> {
        let LiveSnapshot { snapshot, kept, .. } = self.live;
        if let Some(part) = kept.commits.get(&commit) {
            return Ok(part);
        }
        let graph = snapshot.graph();
        let part = Arc::new(v1::Candidate {
            commit: graph.id(commit).to_string(),
            subject: snapshot.commit_subject(commit)?.unwrap_or_default(),
            first_release: graph.first_release(commit).unwrap_or_default().to_owned(),
            carriers: self.ids(&carriers_of(graph, commit)),
            equivalents: self.ids(&graph.same_patch(commit)),
            reverted_by: self.ids(&graph.relating(Relation::Reverts, commit)),
            reverts: self.ids(&graph.related(Relation::Reverts, commit)),
            ..v1::Candidate::default()
        });
        kept.commits.insert(commit, Arc::clone(&part));
        Ok(part)
    }

    /// A stored hunk as a message.
    pub fn hunk(&self, commit: CommitOrdinal, stored: StoredHunk) -> v1::CandidateHunk {
        let path =
            |side: &Option<FileSide>| side.as_ref().map(|side| side.path.to_string()).unwrap_or_default();
        let (old_path, new_path) = (path(&stored.old), path(&stored.new));
        let lines = stored.header_lines();
        let hunk = stored.hunk.unwrap_or_else(|| {
            let mut hunk = hunktrace_indexer::hunk::Hunk::default();
            lines.iter().for_each(|(sign, text)| hunk.push_line(*sign, text, true));
            hunk
        });
        v1::CandidateHunk {
            commit: self.live.snapshot.graph().id(commit).to_string(),
            old_path,
            new_path,
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            section: hunk.section.to_string(),
            body: hunk.body.into(),
        }
    }

    /// Commits' ids in hexadecimal digits.
    pub fn ids(&self, commits: &[CommitOrdinal]) -> Vec<String> {
        commits.iter().map(|commit| self.live.snapshot.graph().id(*commit).to_string()).collect()
    }
}

/// Four decimals: more would only show the noise of the last bits.
pub(crate) fn rounded(value: f32) -> f64 {
    (f64::from(value) * 10_000.0).round() / 10_000.0
}

/// The evidence, the weightiest first.
fn evidence(evidence: &[Evidence]) -> Vec<v1::Evidence> {
    let mut sorted = evidence.to_vec();
    sorted.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    sorted
        .iter()
        .map(|evidence| v1::Evidence {
            name: evidence.name.to_owned(),
            value: rounded(evidence.value),
            weight: rounded(evidence.weight),
            text: evidence.words(),
        })
        .collect()
}
