//! The commits that have to be left out together, so that none of them tells what the others brought.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet, SubjectHash};
use hunktrace_server::index::origin::{carriers_of, origin_of};
use rustc_hash::FxHashMap;

/// Which commits of an index have one subject.
pub struct Kin(FxHashMap<SubjectHash, Vec<CommitOrdinal>>);

impl Kin {
    /// The subjects of an index.
    pub fn of(graph: &CommitGraph) -> Kin {
        let mut by_subject: FxHashMap<SubjectHash, Vec<CommitOrdinal>> = FxHashMap::default();
        for commit in CommitOrdinal::first(graph.len()) {
            by_subject.entry(graph.subject_hash(commit)).or_default().push(commit);
        }
        Kin(by_subject)
    }

    /// Adds a commit with its equals, origin and carriers, and all other commits of the same subject: a change that was
    /// taken back and made again.
    pub fn add(&self, graph: &CommitGraph, commit: CommitOrdinal, set: &mut CommitSet) {
        for other in self.0.get(&graph.subject_hash(commit)).into_iter().flatten() {
            let origin = origin_of(graph, *other);
            for kin in [*other, origin].into_iter().chain(carriers_of(graph, origin)) {
                set.insert(kin);
                for equal in graph.same_patch(kin) {
                    set.insert(equal);
                }
            }
        }
    }
}
