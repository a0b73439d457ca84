//! An index in memory, made of hand-written commits, for tests of what answers questions with an index.
//!
//! It holds what a real index holds: the hunks, found by the lines that they share with a query, and the commit graph.
//! Commits are numbered in the order in which they are written, from 0.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::ByteSlice;
use gix::ObjectId;
use hunktrace_indexer::fingerprint::{IndexTerm, LineHasher, sampled_terms};
use hunktrace_indexer::graph::{
    CommitGraph, CommitOrdinal, CommitSet, GraphBuilder, GraphEntry, NamedCommit, Relation, SubjectHash,
};
use hunktrace_indexer::hunk::{Hunk, HunkLines, Sign};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, HunkRetrieval, RetrievalQuery};
use hunktrace_indexer::patch_fingerprint::PatchFingerprint;
use hunktrace_indexer::segment::stored_hunk::{FileSide, HunkView, StoredHunk};
use tantivy::directory::OwnedBytes;

/// A commit, written by hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct WrittenCommit {
    /// Its hunks, in order.
    pub(crate) hunks: Vec<StoredHunk>,
    /// Its parents: earlier commits.
    pub(crate) parents: Vec<CommitOrdinal>,
    /// The commits that it says to carry, to undo or to mend.
    pub(crate) names: Vec<(Relation, CommitOrdinal)>,
    /// The id of an origin that it says to carry and that is not indexed; empty for none.
    pub(crate) absent_origin: &'static str,
    /// Commit date in seconds since 1970, UTC.
    pub(crate) committed_at: i64,
}

/// A commit of some hunks that stands alone.
pub(crate) fn commit(hunks: impl IntoIterator<Item = StoredHunk>) -> WrittenCommit {
    WrittenCommit { hunks: hunks.into_iter().collect(), ..WrittenCommit::default() }
}

/// A commit of some hunks that says to carry another one.
pub(crate) fn carrier(origin: CommitOrdinal, hunks: impl IntoIterator<Item = StoredHunk>) -> WrittenCommit {
    WrittenCommit { names: vec![(Relation::Origin, origin)], ..commit(hunks) }
}

/// A commit of some hunks that says to carry one that is not indexed.
pub(crate) fn absent_carrier(
    origin: &'static str,
    hunks: impl IntoIterator<Item = StoredHunk>,
) -> WrittenCommit {
    WrittenCommit { absent_origin: origin, ..commit(hunks) }
}

/// A hunk of a file that keeps its path, at a line of the old and the new side; the body is as in a unified diff.
pub(crate) fn hunk_at(path: &str, line: u32, body: &str) -> StoredHunk {
    let side = || Some(FileSide { path: path.into(), mode: 0o100644, blob: None });
    let lines_of = |other: Sign| {
        HunkLines::of(body.as_bytes().as_bstr()).filter(|line| line.sign != other).count() as u32
    };
    let hunk = Hunk {
        old_start: line,
        old_lines: lines_of(Sign::Added),
        new_start: line,
        new_lines: lines_of(Sign::Removed),
        section: "".into(),
        body: body.into(),
    };
    StoredHunk { old: side(), new: side(), hunk: Some(hunk) }
}

/// The id of a commit, by its number.
pub(crate) fn id_of(commit: CommitOrdinal) -> ObjectId {
    let mut bytes = [0; 20];
    bytes[..4].copy_from_slice(&(commit.0 + 1).to_be_bytes());
    ObjectId::Sha1(bytes)
}

/// Some commits as a set.
pub(crate) fn commit_set(commits: impl IntoIterator<Item = CommitOrdinal>) -> CommitSet {
    let mut set = CommitSet::default();
    for commit in commits {
        set.insert(commit);
    }
    set
}

/// A hunk of the index.
struct IndexedHunk {
    commit: CommitOrdinal,
    number: u32,
    stored: StoredHunk,
    /// Sorted.
    terms: Vec<IndexTerm>,
    /// How many terms the lines give before long hunks are sampled.
    line_count: usize,
}

/// An index of hand-written commits.
pub(crate) struct MemoryIndex {
    hunks: Vec<IndexedHunk>,
    /// The graph of its commits.
    pub(crate) graph: CommitGraph,
    loaded: AtomicUsize,
}

impl MemoryIndex {
    /// An index of commits, numbered in their order.
    pub(crate) fn of(commits: impl IntoIterator<Item = WrittenCommit>) -> MemoryIndex {
        let mut builder = GraphBuilder::default();
        let mut hunks = Vec::new();
        let mut hasher = LineHasher::default();
        for (written, number) in commits.into_iter().zip(0..) {
            let commit = CommitOrdinal(number);
            builder.push(graph_entry(commit, &written));
            for (stored, number) in written.hunks.into_iter().zip(0..) {
                let lines = stored.line_terms(&mut hasher);
                let mut terms: Vec<IndexTerm> = sampled_terms(&lines).collect();
                terms.sort_unstable();
                hunks.push(IndexedHunk { commit, number, stored, terms, line_count: lines.len() });
            }
        }
        let graph = CommitGraph::open(&OwnedBytes::new(builder.to_bytes())).expect("a graph just written");
        MemoryIndex { hunks, graph, loaded: AtomicUsize::new(0) }
    }

    /// How many hunks were loaded from it so far.
    pub(crate) fn loaded(&self) -> usize {
        self.loaded.load(Ordering::Relaxed)
    }

    fn found(&self, places: impl Iterator<Item = usize>) -> Vec<FoundHunk> {
        places.map(|place| self.found_at(place, 0.0)).collect()
    }

    fn found_at(&self, place: usize, agreement: f32) -> FoundHunk {
        let IndexedHunk { commit, number, .. } = self.hunks[place];
        FoundHunk { id: HunkId(place as u64), commit, number, agreement }
    }

    fn places(&self, is_wanted: impl Fn(&IndexedHunk) -> bool) -> impl Iterator<Item = usize> {
        self.hunks.iter().enumerate().filter(move |(_, hunk)| is_wanted(hunk)).map(|(place, _)| place)
    }
}

fn graph_entry(commit: CommitOrdinal, written: &WrittenCommit) -> GraphEntry {
    let mut changes = DefaultHasher::new();
    for stored in &written.hunks {
        // Like the real fingerprint it is blind to positions.
        (stored.path(), stored.hunk.as_ref().map(|hunk| &hunk.body)).hash(&mut changes);
    }
    let name = |(relation, named): &(Relation, CommitOrdinal)| NamedCommit {
        relation: *relation,
        hex: Some(id_of(*named).to_string()),
        subject: None,
        is_pick: false,
    };
    let absent = NamedCommit {
        relation: Relation::Origin,
        hex: Some(written.absent_origin.to_owned()),
        subject: None,
        is_pick: false,
    };
    let absent = Some(absent).filter(|_| !written.absent_origin.is_empty());
    GraphEntry {
        id: id_of(commit),
        parents: written.parents.iter().map(|parent| id_of(*parent)).collect(),
        committed_at: written.committed_at,
        patch: PatchFingerprint::from_number(changes.finish()).filter(|_| !written.hunks.is_empty()),
        subject: SubjectHash(u64::from(commit.0)),
        hunks: written.hunks.len() as u32,
        names: written.names.iter().map(name).chain(absent).collect(),
    }
}

impl HunkRetrieval for MemoryIndex {
    fn hunk_count(&self) -> u64 {
        self.hunks.len() as u64
    }

    fn frequencies(&self, terms: &[IndexTerm]) -> Result<Vec<u32>, IndexError> {
        let frequency = |term: &IndexTerm| {
            self.hunks.iter().filter(|hunk| hunk.terms.binary_search(term).is_ok()).count() as u32
        };
        Ok(terms.iter().map(frequency).collect())
    }

    fn search(&self, query: &RetrievalQuery<'_>) -> Result<Vec<FoundHunk>, IndexError> {
        let query_weight: f32 = query.terms.iter().map(|term| term.weight).sum();
        let average_weight = query_weight / query.terms.len().max(1) as f32;
        let is_wanted = |hunk: &IndexedHunk| query.excluded.is_none_or(|set| !set.contains(hunk.commit));
        let mut found = Vec::new();
        for place in self.places(is_wanted) {
            let hunk = &self.hunks[place];
            let common = query.terms.iter().filter(|term| hunk.terms.binary_search(&term.term).is_ok());
            let (mut weight, mut count) = (0.0, 0);
            common.for_each(|term| (weight, count) = (weight + term.weight, count + 1));
            let has_path = hunk.stored.path_terms().any(|path| query.paths.contains(&path));
            if count > 0 || has_path {
                let own_terms = hunk.line_count.saturating_sub(count) as f32;
                let either = query_weight + own_terms * average_weight;
                let share = if either > 0.0 { weight / either } else { 0.0 };
                found.push(self.found_at(place, share + if has_path { query.path_bonus } else { 0.0 }));
            }
        }
        found.sort_by(|a, b| {
            b.agreement.total_cmp(&a.agreement).then_with(|| (a.commit, a.number).cmp(&(b.commit, b.number)))
        });
        let least = query.least_share * found.first().map_or(0.0, |best| best.agreement);
        found.retain(|hunk| hunk.agreement >= least);
        found.truncate(query.limit);
        Ok(found)
    }

    fn hunks_of(&self, commit: CommitOrdinal) -> Result<Vec<FoundHunk>, IndexError> {
        Ok(self.found(self.places(|hunk| hunk.commit == commit)))
    }

    fn hunks_of_path(
        &self,
        path: IndexTerm,
        excluded: Option<&CommitSet>,
    ) -> Result<Vec<FoundHunk>, IndexError> {
        let is_wanted = |hunk: &IndexedHunk| {
            excluded.is_none_or(|set| !set.contains(hunk.commit))
                && hunk.stored.path_terms().any(|own| own == path)
        };
        Ok(self.found(self.places(is_wanted)))
    }

    fn visit(&self, hunks: &[HunkId], visit: &mut dyn FnMut(usize, &HunkView<'_>)) -> Result<(), IndexError> {
        self.loaded.fetch_add(hunks.len(), Ordering::Relaxed);
        for (place, id) in hunks.iter().enumerate() {
            visit(place, &self.hunks[id.0 as usize].stored.view());
        }
        Ok(())
    }
}

mod tests {
    use super::*;

    const BODY: &str = " int before;\n-\told_call(x);\n+\tnew_call(x, 1);\n int after;\n";

    #[test]
    fn hunks_are_found_by_the_lines_that_they_share() {
        let index = MemoryIndex::of([
            commit([hunk_at("fs/a.c", 7, "+\tunrelated = 1;\n+\tcounted += 2;\n+\tset_aside = 3;\n")]),
            commit([hunk_at("fs/b.c", 7, BODY), hunk_at("fs/c.c", 9, "+\tnew_call(x, 1);\n")]),
        ]);
        let mut hasher = LineHasher::default();
        let terms = index.hunks[1].stored.line_terms(&mut hasher);
        let terms: Vec<IndexTerm> = sampled_terms(&terms).collect();
        assert_eq!(index.frequencies(&terms).unwrap().iter().sum::<u32>(), 5);

        let weighted = |term: &IndexTerm| hunktrace_indexer::index::retrieval::WeightedTerm {
            term: *term,
            weight: 1.0,
            frequency: 1,
        };
        let mut query = RetrievalQuery {
            terms: terms.iter().map(weighted).collect(),
            limit: 10,
            ..RetrievalQuery::default()
        };
        let found = |query: &RetrievalQuery<'_>| {
            let found = index.search(query).unwrap();
            found.iter().map(|hunk| (hunk.commit.0, hunk.number, hunk.agreement)).collect::<Vec<_>>()
        };
        assert_eq!(found(&query), [(1, 0, 1.0), (1, 1, 0.25)]);

        query.paths = vec![hunktrace_indexer::fingerprint::path_term(b"fs/a.c")];
        query.path_bonus = 0.5;
        assert_eq!(found(&query), [(1, 0, 1.0), (0, 0, 0.5), (1, 1, 0.25)]);

        let base = commit_set([CommitOrdinal(1)]);
        query.excluded = Some(&base);
        assert_eq!(found(&query), [(0, 0, 0.5)]);
    }

    #[test]
    fn graph_knows_what_commits_carry_and_which_are_the_same() {
        let change = || [hunk_at("fs/a.c", 7, BODY)];
        let index = MemoryIndex::of([
            commit(change()),
            carrier(CommitOrdinal(0), [hunk_at("fs/a.c", 8, "+\tadapted();\n")]),
            WrittenCommit { parents: vec![CommitOrdinal(1)], ..commit(change()) },
        ]);
        let graph = &index.graph;
        assert_eq!(graph.related(Relation::Origin, CommitOrdinal(1)), [CommitOrdinal(0)]);
        assert_eq!(graph.same_patch(CommitOrdinal(0)), [CommitOrdinal(2)]);
        assert_eq!(graph.ancestors(CommitOrdinal(2)), commit_set([CommitOrdinal(1), CommitOrdinal(2)]));
    }
}
