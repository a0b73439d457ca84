//! How long it takes to index a small history, to find hunks in it by their lines, and to load them.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput};
use gix::ObjectId;
use gix::objs::tree::EntryKind;
use hunktrace_indexer::fingerprint::{LineHasher, sampled_terms};
use hunktrace_indexer::git::commit_diff::{FileDiff, Unindexed};
use hunktrace_indexer::git::file_change::{FileChange, FileVersion};
use hunktrace_indexer::git::line_diff::diff_lines;
use hunktrace_indexer::git::repository::RepositoryError;
use hunktrace_indexer::graph::{IndexedRef, ReleaseTag, UnindexedItem};
use hunktrace_indexer::index::retrieval::{HunkId, HunkRetrieval, RetrievalQuery, WeightedTerm};
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_indexer::run::history::{HistoryPlan, PlannedCommit};
use hunktrace_indexer::run::history_source::{CommitSource, HistorySource};
use hunktrace_indexer::run::index_update::{IndexPace, index_history};

mod source_text;
use source_text::{changed, source};

/// Commits of the history, enough for a dictionary.
const COMMITS: u32 = 5000;

/// A line of commits, each of which changes a file of its own.
struct GeneratedHistory;

fn id(kind: u8, number: u32) -> ObjectId {
    let mut bytes = [kind; 20];
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9E37_79B1).to_be_bytes());
    bytes[4..8].copy_from_slice(&number.to_be_bytes());
    ObjectId::Sha1(bytes)
}

fn number_of(id: &ObjectId) -> u32 {
    id.as_slice()[4..8].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

impl HistorySource for GeneratedHistory {
    fn plan(&self, is_known: &dyn Fn(&ObjectId) -> bool) -> HistoryPlan {
        let commit = |number: u32| PlannedCommit {
            id: id(1, number),
            repository: 0,
            parents: number.checked_sub(1).map(|parent| id(1, parent)).into_iter().collect(),
            committed_at: i64::from(number),
            is_boundary: false,
        };
        let commits = (0..COMMITS).map(commit).filter(|commit| !is_known(&commit.id)).collect();
        HistoryPlan { commits, unreadable: Vec::new() }
    }

    fn commit_sources(&self) -> Vec<Box<dyn CommitSource + '_>> {
        vec![Box::new(GeneratedCommits { data: Vec::new() })]
    }

    fn refs(&self) -> Vec<IndexedRef> {
        Vec::new()
    }

    fn release_tags(&self) -> Vec<ReleaseTag> {
        Vec::new()
    }

    fn unindexed(&self) -> Vec<UnindexedItem> {
        Vec::new()
    }
}

struct GeneratedCommits {
    data: Vec<u8>,
}

impl CommitSource for GeneratedCommits {
    fn commit_data(&mut self, id_of_commit: &ObjectId) -> Result<&[u8], RepositoryError> {
        let number = number_of(id_of_commit);
        let person = format!("A <a@example.org> {number} +0000");
        let tree = id(2, number);
        self.data =
            format!("tree {tree}\nauthor {person}\ncommitter {person}\n\nchange {number}\n").into_bytes();
        Ok(&self.data)
    }

    fn diff(
        &mut self,
        _: Option<&ObjectId>,
        tree: &ObjectId,
        _: &mut Vec<Unindexed>,
        emit: &mut dyn FnMut(FileDiff),
    ) -> Result<(), RepositoryError> {
        let number = number_of(tree);
        let version = || FileVersion {
            path: format!("drivers/net/file{number}.c").into(),
            mode: EntryKind::Blob.into(),
            id: id(3, number),
        };
        let old = source(number as usize, 48);
        let hunks = diff_lines(&old, &changed(&old, 24));
        let change = FileChange { old: Some(version()), new: Some(version()) };
        emit(FileDiff { change, hunks, is_binary: false });
        Ok(())
    }
}

fn build(folder: &Path) {
    let pace = IndexPace::usual(2);
    index_history(&GeneratedHistory, folder, pace, &()).expect("a new folder can be written");
}

fn indexing(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("index");
    group.sample_size(10).throughput(Throughput::Elements(u64::from(COMMITS)));
    group.bench_function("build", |b| {
        b.iter_with_large_drop(|| {
            let folder = tempfile::tempdir().expect("a folder can be made");
            build(folder.path());
            folder
        })
    });
    group.finish();
}

fn searching(bench: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    build(folder.path());
    let snapshot = Snapshot::open(folder.path()).expect("the index was just built");
    let old = source(4711, 48);
    let hunks = diff_lines(&old, &changed(&old, 24));
    let hashes = LineHasher::default().all_terms(&hunks[0]);
    let terms: Vec<_> = sampled_terms(&hashes).collect();

    let mut group = bench.benchmark_group("index");
    group.bench_function("open", |b| b.iter(|| Snapshot::open(black_box(folder.path()))));
    group.bench_function("frequencies", |b| b.iter(|| snapshot.frequencies(black_box(&terms))));
    let frequencies = snapshot.frequencies(&terms).expect("the index can be read");
    let weighted = terms.iter().zip(frequencies);
    let weighted = weighted.map(|(term, frequency)| WeightedTerm { term: *term, weight: 1.0, frequency });
    let query = RetrievalQuery { terms: weighted.collect(), limit: 48, ..RetrievalQuery::default() };
    group.bench_function("search", |b| b.iter(|| snapshot.search(black_box(&query))));
    let found = snapshot.search(&query).expect("the index can be read");
    let ids: Vec<HunkId> = found.iter().map(|hunk| hunk.id).take(10).collect();
    group.bench_function("load ten hunks", |b| b.iter(|| snapshot.load(black_box(&ids))));
    group.finish();
}

fn main() {
    let mut bench = Criterion::default().configure_from_args();
    indexing(&mut bench);
    searching(&mut bench);
    bench.final_summary();
}
