//! Answers put into the messages of the wire contract.

use std::sync::Arc;

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, Relation};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::segment::stored_hunk::{FileSide, StoredHunk};
use hunktrace_proto::v1;

use crate::confidence::evidence::Evidence;
use crate::confidence::reasons::reasons;
use crate::index::base_content::BaseContent;
use crate::index::later_commits::{fixes_of, reverts_of};
use crate::index::origin::carriers_of;
use crate::lookup::candidate::Candidate;
use crate::wire::messages_call::message_of;
use crate::wire::origin_name::OriginName;
use crate::wire::purpose_view::purpose_of;
use crate::wire::related_commits::{commit_ids, is_undone, related_commits};
use crate::wire::served_index::ServedSnapshot;

/// Puts answers from one generation of the index into messages.
pub(crate) struct AnswerWriter<'a> {
    served: &'a ServedSnapshot,
    retrieval: &'a dyn HunkRetrieval,
    explain: bool,
    with_message: bool,
    with_purpose: bool,
}

impl<'a> AnswerWriter<'a> {
    /// A writer of what a request asks for; `retrieval` has the hunks of the index.
    pub(crate) fn new(
        served: &'a ServedSnapshot,
        retrieval: &'a dyn HunkRetrieval,
        request: &v1::LookupRequest,
    ) -> AnswerWriter<'a> {
        let v1::LookupRequest { explain, with_message, with_purpose, .. } = *request;
        AnswerWriter { served, retrieval, explain, with_message, with_purpose }
    }

    /// A candidate as a message.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub(crate) fn candidate(&self, candidate: &Candidate) -> Result<v1::Candidate, IndexError> {
        let mut message = v1::Candidate {
            confidence: rounded(candidate.confidence.0),
            r#match: v1::MatchKind::from(candidate.kind).into(),
            similarity: rounded(candidate.similarity),
            file: candidate.file.to_string(),
            ..self.commit_part(candidate.origin)?.as_ref().clone()
        };
        let snapshot = &self.served.live.snapshot;
        if self.with_message {
            message.message = message_of(snapshot, candidate.origin)?;
        }
        if self.with_purpose {
            message.purpose = self.purpose(candidate.origin)?.as_ref().clone().map(Box::new);
        }
        if self.explain {
            let (commit, hunk) = candidate.best;
            let stored = self.retrieval.load(&[hunk])?;
            message.hunk = stored
                .into_iter()
                .next()
                .map(|stored| Box::new(hunk_message(snapshot.graph(), commit, stored)));
            message.reasons = reasons(&candidate.evidence);
            message.evidence = evidence(&candidate.evidence);
        }
        Ok(message)
    }

    /// The hunks of the index.
    pub(crate) fn retrieval(&self) -> &'a dyn HunkRetrieval {
        self.retrieval
    }

    /// The graph of the index.
    pub(crate) fn graph(&self) -> &'a CommitGraph {
        self.served.live.snapshot.graph()
    }

    /// What a base has already, as a message; `name` is what the base was asked for by.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub(crate) fn in_base(
        &self,
        candidate: &Candidate,
        base: &BaseContent,
        name: &str,
    ) -> Result<v1::InBase, IndexError> {
        let held_as = base.held_as(self.graph(), candidate.origin);
        Ok(v1::InBase {
            candidate: Some(self.candidate(candidate)?),
            held_as: held_as.map(|commit| self.graph().id(commit).to_string()).unwrap_or_default(),
            base: name.to_owned(),
        })
    }

    /// What a commit is for.
    fn purpose(&self, commit: CommitOrdinal) -> Result<Arc<Option<v1::Purpose>>, IndexError> {
        let ServedSnapshot { live, cache, .. } = self.served;
        if let Some(purpose) = cache.purposes.get(commit) {
            return Ok(purpose);
        }
        let purpose = Arc::new(purpose_of(&live.snapshot, commit)?);
        cache.purposes.insert(commit, Arc::clone(&purpose));
        Ok(purpose)
    }

    /// What every candidate says of its commit: the part that does not depend on the question.
    fn commit_part(&self, commit: CommitOrdinal) -> Result<Arc<v1::Candidate>, IndexError> {
        let ServedSnapshot { live, cache, .. } = self.served;
        if let Some(part) = cache.commits.get(commit) {
            return Ok(part);
        }
        let graph = live.snapshot.graph();
        let name = OriginName::of(graph, commit);
        let carriers = carriers_of(graph, commit);
        let reverted_by = reverts_of(graph, commit);
        let fixed_by = fixes_of(graph, commit, &carriers);
        let undone_carriers: Vec<CommitOrdinal> =
            carriers.iter().copied().filter(|carrier| is_undone(graph, *carrier)).collect();
        let related = [&reverted_by[..], &fixed_by, &undone_carriers].concat();
        // Where the origin is not indexed, the commit that stands for it is listed in front of its other carriers.
        let release = |commit: CommitOrdinal| graph.first_release(commit).unwrap_or_default().to_owned();
        let own_release = Some(release(commit)).filter(|_| !name.read_from.is_empty());
        let part = Arc::new(v1::Candidate {
            subject: live.snapshot.commit_subject(commit)?.unwrap_or_default(),
            first_release: release(commit),
            carriers: name.carriers(commit_ids(graph, &carriers)),
            carrier_releases: own_release.into_iter().chain(carriers.iter().copied().map(release)).collect(),
            equivalents: commit_ids(graph, &graph.same_patch(commit)),
            reverted_by: commit_ids(graph, &reverted_by),
            fixed_by: commit_ids(graph, &fixed_by),
            related: related_commits(&live.snapshot, &related)?,
            reverts: commit_ids(graph, &graph.related(Relation::Reverts, commit)),
            unreferenced: graph.is_unreferenced(commit),
            subsystem: graph.subsystem(commit).unwrap_or_default().to_owned(),
            commit: name.commit,
            unindexed_origin: name.unindexed_origin,
            read_from: name.read_from,
            ..v1::Candidate::default()
        });
        cache.commits.insert(commit, Arc::clone(&part));
        Ok(part)
    }
}

/// A stored hunk as a message.
pub(crate) fn hunk_message(
    graph: &CommitGraph,
    commit: CommitOrdinal,
    stored: StoredHunk,
) -> v1::CandidateHunk {
    let path = |side: &Option<FileSide>| side.as_ref().map(|side| side.path.to_string()).unwrap_or_default();
    let (old_path, new_path) = (path(&stored.old), path(&stored.new));
    let lines = stored.header_lines();
    let hunk = stored.hunk.unwrap_or_else(|| {
        let mut hunk = hunktrace_indexer::hunk::Hunk::default();
        lines.iter().for_each(|(sign, text)| hunk.push_line(*sign, text, true));
        hunk
    });
    v1::CandidateHunk {
        commit: graph.id(commit).to_string(),
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
            name: evidence.name().to_owned(),
            value: rounded(evidence.value),
            weight: rounded(evidence.weight),
            text: evidence.words(),
        })
        .collect()
}
