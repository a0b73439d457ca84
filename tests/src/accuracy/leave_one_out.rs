//! Queries asked of an index without their origin: the engine is told to leave it out.
//!
//! This makes examples of absent code from any history. The program itself has no way to leave single commits out, so
//! the library answers here.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use gix::ObjectId;
use hunktrace_indexer::graph::CommitSet;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_indexer::patch;
use hunktrace_server::hunks::query::query_hunks;
use hunktrace_server::lookup::candidate::Candidate;
use hunktrace_server::lookup::prepared_cache::PreparedCache;
use hunktrace_server::lookup::{Lookup, LookupOptions};

use crate::accuracy::kin::Kin;
use crate::accuracy::program::{Answer, Claim, EvidenceValue};
use crate::accuracy::query::{Query, QuerySet};

/// How many candidates are asked for.
const CANDIDATES: usize = 10;

/// An index from which each query's origin can be left out.
pub struct LeaveOneOut {
    snapshot: Snapshot,
    prepared: PreparedCache,
    kin: Kin,
}

impl LeaveOneOut {
    /// Opens an index.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(index: &Path) -> anyhow::Result<LeaveOneOut> {
        let snapshot = Snapshot::open(index)?;
        let kin = Kin::of(snapshot.graph());
        Ok(LeaveOneOut { snapshot, prepared: PreparedCache::default(), kin })
    }

    /// The answers to a set, each without the right ones, and the set as one of absent code.
    ///
    /// # Errors
    /// Where the index cannot be read or does not have the origins.
    pub fn answers(&self, set: &QuerySet) -> anyhow::Result<(QuerySet, Vec<Answer>)> {
        let answers = set
            .queries
            .iter()
            .map(|query| self.answer(query, &self.left_out(query)?))
            .collect::<anyhow::Result<_>>()?;
        let without = |query: &Query| Query { right: [].into(), right_by_hunk: Vec::new(), ..query.clone() };
        let name = format!("{} left out", set.name);
        let queries = set.queries.iter().map(without).collect();
        Ok((QuerySet { name, queries, is_absent: true }, answers))
    }

    /// The answers to patches of several commits with all of these left out except the one that the patch is named by,
    /// and the patches as those of this one commit and of the vendor's own work.
    ///
    /// A patch is passed over if its kept commit is not indexed, or has the same subject as one of the others.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn answers_but_for_one(&self, set: &QuerySet) -> anyhow::Result<(QuerySet, Vec<Answer>)> {
        let (mut queries, mut answers) = (Vec::new(), Vec::new());
        for query in &set.queries {
            let is_kept = |right: &BTreeSet<String>| right.contains(&query.name);
            let (kept, others): (Vec<_>, Vec<_>) =
                query.right_by_hunk.iter().partition(|right| is_kept(right));
            let others: BTreeSet<String> = others.into_iter().flatten().cloned().collect();
            let excluded = self.kin_of(&others)?;
            let kept_commit = self.snapshot.graph().find(&ObjectId::from_hex(query.name.as_bytes())?);
            // Commits of the same subject cannot be left out apart from each other.
            if kept.is_empty()
                || excluded.is_empty()
                || kept_commit.is_none_or(|kept| excluded.contains(kept))
            {
                continue;
            }
            let or_none = |right: &BTreeSet<String>| if is_kept(right) { right.clone() } else { [].into() };
            queries.push(Query {
                right: kept.into_iter().flatten().cloned().collect(),
                right_by_hunk: query.right_by_hunk.iter().map(or_none).collect(),
                ..query.clone()
            });
            answers.push(self.answer(query, &excluded)?);
        }
        let name = format!("{} but for one left out", set.name);
        Ok((QuerySet { name, queries, is_absent: false }, answers))
    }

    fn answer(&self, query: &Query, excluded: &CommitSet) -> anyhow::Result<Answer> {
        let options = LookupOptions { excluded: Some(excluded), max_candidates: CANDIDATES };
        let mut answer = Answer::default();
        for patch in &patch::parse(&query.text).patches {
            let mut lookup = Lookup::new(self.snapshot.graph(), &self.snapshot, &self.prepared);
            let found = lookup.patch(&query_hunks(patch), &options)?;
            let claims = |candidates: &[Candidate]| candidates.iter().map(|one| self.claim(one)).collect();
            answer.hunks.extend(found.hunks.iter().map(|candidates| -> Vec<Claim> { claims(candidates) }));
            answer.patch = claims(&found.candidates);
        }
        Ok(answer)
    }

    fn left_out(&self, query: &Query) -> anyhow::Result<CommitSet> {
        let set = self.kin_of(&query.right)?;
        (!set.is_empty())
            .then_some(set)
            .with_context(|| format!("the origin of {} is not indexed", query.name))
    }

    /// Commits and their kin.
    fn kin_of(&self, commits: &BTreeSet<String>) -> anyhow::Result<CommitSet> {
        let graph = self.snapshot.graph();
        let mut set = CommitSet::default();
        for commit in commits {
            let id = ObjectId::from_hex(commit.as_bytes())?;
            // An equal of the origin may be on a branch that is not indexed.
            if let Some(commit) = graph.find(&id) {
                self.kin.add(graph, commit, &mut set);
            }
        }
        Ok(set)
    }

    fn claim(&self, candidate: &Candidate) -> Claim {
        let value = |evidence: &hunktrace_server::confidence::evidence::Evidence| EvidenceValue {
            name: evidence.name().to_owned(),
            value: f64::from(evidence.value),
        };
        Claim {
            commit: self.snapshot.graph().id(candidate.origin).to_string(),
            confidence: f64::from(candidate.confidence.0),
            evidence: candidate.evidence.iter().map(value).collect(),
        }
    }
}
