//! What the confidence of lines is fitted to: a release taken apart with a part of its origins left out, and for each
//! claim the evidence and whether it is right.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::path::Path;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet, FoundCommit};
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_server::attribution::claim_evidence::ClaimEvidenceKind;
use hunktrace_server::attribution::claims::claims;
use hunktrace_server::attribution::progress::{AttributionPhase, AttributionProgress};
use hunktrace_server::attribution::side::Side;
use hunktrace_server::attribution::{ReleaseQuestion, assign_release};
use hunktrace_server::index::base_content::contained_in;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::accuracy::blamed_release::BlamedRelease;
use crate::accuracy::kin::Kin;

/// The origins of a release's commits as far as they are known, by commit; a commit that is not there is not judged.
pub type Origins = HashMap<String, Vec<String>>;

/// Which origins are left out of the index.
#[derive(Clone, Copy, Debug)]
pub enum LeftOut<'a> {
    /// Each with this probability.
    Share(f64),
    /// All that this revision does not contain: the release is newer than the index.
    Beyond(&'a str),
}

/// An index from which origins of releases can be left out.
pub struct OpenWorld {
    snapshot: Snapshot,
    kin: Kin,
    seed: u64,
}

/// A release with its truth.
pub struct KnownRelease<'a> {
    /// Whether the model is fitted to it or judged by it.
    pub part: &'a str,
    /// What the release is called.
    pub name: &'a str,
    /// What the release was made from.
    pub base: &'a str,
    /// Its lines and their commits.
    pub blamed: &'a BlamedRelease,
    /// The origins of these.
    pub origins: &'a Origins,
}

#[derive(Serialize)]
struct Example<'a> {
    part: &'a str,
    set: &'a str,
    left_out: String,
    side: &'a str,
    commit: u32,
    /// Lines whose origin is known.
    known: usize,
    /// Those of them that come from the claimed commit.
    right: usize,
    commit_right: bool,
    evidence: BTreeMap<&'a str, f32>,
}

#[derive(Serialize)]
struct Total<'a> {
    part: &'a str,
    set: &'a str,
    left_out: String,
    /// Changed lines whose origin is known.
    known_in_all: usize,
}

impl OpenWorld {
    /// Opens an index.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(index: &Path, seed: u64) -> anyhow::Result<OpenWorld> {
        let snapshot = Snapshot::open(index)?;
        let kin = Kin::of(snapshot.graph());
        Ok(OpenWorld { snapshot, kin, seed })
    }

    /// Takes a release apart and writes what is claimed, a JSON object a claim.
    ///
    /// # Errors
    /// Where the index cannot be read, lacks the base, or the examples cannot be written.
    pub fn write_examples(
        &self,
        release: &KnownRelease<'_>,
        left_out: LeftOut<'_>,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let graph = self.snapshot.graph();
        let mut excluded = contained_in(graph, self.commit(release.base)?);
        let indexed = self.indexed_origins(release);
        self.leave_out(&indexed, left_out, &mut excluded)?;
        let mut files = release.blamed.files.clone();
        let question =
            ReleaseQuestion { excluded: &excluded, asked_after: &CommitSet::default(), is_followed: false };
        let assigned = assign_release(graph, &self.snapshot, &mut files, &question, &Unwatched::default())?;
        let present: HashSet<CommitOrdinal> =
            indexed.values().flatten().flat_map(|origin| with_equals(graph, *origin)).collect();

        let (part, set) = (release.part, release.name);
        let left_out = match left_out {
            LeftOut::Share(share) => share.to_string(),
            LeftOut::Beyond(revision) => format!("beyond {revision}"),
        };
        let mut known_in_all = 0;
        for (claims, commits) in claims(&assigned.files, &assigned.owners).iter().zip(&release.blamed.commits)
        {
            let is_known =
                |commit: &&Option<String>| commit.as_ref().is_some_and(|commit| indexed.contains_key(commit));
            known_in_all += commits.both().into_iter().flatten().filter(is_known).count();
            for claim in claims {
                let lines = &commits[claim.side][claim.start..claim.start + claim.lines];
                let origins = lines.iter().flatten().filter_map(|commit| indexed.get(commit));
                let is_right = |origins: &&Vec<CommitOrdinal>| {
                    origins.iter().any(|origin| self.is_same(graph, *origin, claim.commit))
                };
                let example = Example {
                    part,
                    set,
                    left_out: left_out.clone(),
                    side: if claim.side == Side::Added { "new" } else { "old" },
                    commit: claim.commit.0,
                    known: origins.clone().count(),
                    right: origins.filter(is_right).count(),
                    commit_right: present.contains(&claim.commit),
                    evidence: ClaimEvidenceKind::ALL
                        .iter()
                        .map(|kind| (kind.name(), claim.evidence.value(*kind)))
                        .collect(),
                };
                serde_json::to_writer(&mut *out, &example)?;
                out.write_all(b"\n")?;
            }
        }
        serde_json::to_writer(&mut *out, &Total { part, set, left_out, known_in_all })?;
        out.write_all(b"\n")?;
        Ok(())
    }

    /// Whether two commits make the same change, or are called the same: a patch may have been applied to two branches.
    fn is_same(&self, graph: &CommitGraph, a: CommitOrdinal, b: CommitOrdinal) -> bool {
        a == b || graph.subject_hash(a) == graph.subject_hash(b) || graph.same_patch(a).contains(&b)
    }

    fn commit(&self, revision: &str) -> anyhow::Result<CommitOrdinal> {
        let graph = self.snapshot.graph();
        let tag = graph.tags().iter().find(|tag| tag.name == revision);
        let commit = tag.and_then(|tag| graph.find(&tag.commit));
        commit.ok_or_else(|| anyhow::anyhow!("{revision} is no tag of the index"))
    }

    /// The origins that are indexed of each commit whose origins are known.
    fn indexed_origins<'a>(&self, release: &KnownRelease<'a>) -> HashMap<&'a String, Vec<CommitOrdinal>> {
        let graph = self.snapshot.graph();
        let find = |origin: &String| match graph.find_abbreviated(origin) {
            FoundCommit::One(commit) => Some(commit),
            FoundCommit::None | FoundCommit::Several(_) => None,
        };
        let origins = release.origins.iter();
        origins.map(|(commit, origins)| (commit, origins.iter().filter_map(find).collect())).collect()
    }

    fn leave_out(
        &self,
        origins: &HashMap<&String, Vec<CommitOrdinal>>,
        left_out: LeftOut<'_>,
        excluded: &mut CommitSet,
    ) -> anyhow::Result<()> {
        let graph = self.snapshot.graph();
        match left_out {
            LeftOut::Share(share) => {
                for origin in origins.values().flatten() {
                    let hash = xxh3_64_with_seed(graph.id(*origin).as_bytes(), self.seed);
                    if (hash as f64) < share * u64::MAX as f64 {
                        self.kin.add(graph, *origin, excluded);
                    }
                }
            }
            LeftOut::Beyond(revision) => {
                let indexed = graph.ancestors(self.commit(revision)?);
                for commit in CommitOrdinal::first(graph.len()).filter(|commit| !indexed.contains(*commit)) {
                    excluded.insert(commit);
                }
            }
        }
        Ok(())
    }
}

fn with_equals(graph: &CommitGraph, commit: CommitOrdinal) -> Vec<CommitOrdinal> {
    let mut all = graph.same_patch(commit);
    all.push(commit);
    all
}

/// Work that nobody watches or stops.
#[derive(Default)]
struct Unwatched(Cancellation);

impl AttributionProgress for Unwatched {
    fn advanced(&self, _phase: AttributionPhase, _done: usize, _total: usize) {}

    fn cancellation(&self) -> &Cancellation {
        &self.0
    }
}
