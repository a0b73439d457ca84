//! How the time grows with the size of what is asked: each step asks twice as much as the one before.

use std::error::Error;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::git::line_diff::diff_lines;
use hunktrace_indexer::graph::{CommitOrdinal, CommitSet};
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_server::attribution::kept_release::KeptRelease;
use hunktrace_server::attribution::progress::{AttributionPhase, AttributionProgress};
use hunktrace_server::attribution::release::ReleaseFile;
use hunktrace_server::attribution::{ReleaseQuestion, attribute_release};
use hunktrace_server::hunks::query::QueryHunk;
use hunktrace_server::lookup::prepared_cache::PreparedCache;
use hunktrace_server::lookup::{Lookup, LookupOptions};

mod small_history;
use small_history::{COMMITS, FILES, small_index};

/// Nobody listens, and nobody stops it.
#[derive(Default)]
struct Quiet(Cancellation);

impl AttributionProgress for Quiet {
    fn advanced(&self, _: AttributionPhase, _: usize, _: usize) {}

    fn cancellation(&self) -> &Cancellation {
        &self.0
    }
}

/// A new file that nobody explains, of lines without a word or with one.
fn unowned_lines(criterion: &mut Criterion, snapshot: &Snapshot) {
    let mut group = criterion.benchmark_group("attribute a new file of the vendor's own");
    group.sample_size(10);
    for (name, line) in [("without a word", "}\n"), ("with a word", "int vendor_value;\n")] {
        for lines in [50_000, 100_000, 200_000, 400_000] {
            let text = line.repeat(lines);
            let file = ReleaseFile {
                new_path: Some("drivers/vendor.c".into()),
                hunks: diff_lines(b"", text.as_bytes()),
                ..ReleaseFile::default()
            };
            group.throughput(Throughput::Elements(lines as u64));
            group.bench_function(format!("{lines} lines {name}"), |bencher| {
                let attribute = |mut release: Vec<ReleaseFile>| {
                    let none = CommitSet::default();
                    let question =
                        ReleaseQuestion { excluded: &none, asked_after: &none, is_followed: false };
                    let (mut kept, graph) = (KeptRelease::default(), snapshot.graph());
                    attribute_release(graph, snapshot, &mut release, &question, &mut kept, &Quiet::default())
                        .map(|attribution| attribution.files.len())
                };
                bencher.iter_batched(|| vec![file.clone()], attribute, BatchSize::LargeInput);
            });
        }
    }
    group.finish();
}

/// A patch of many hunks of a history.
fn many_hunks(criterion: &mut Criterion, snapshot: &Snapshot) -> Result<(), Box<dyn Error>> {
    let mut hunks: Vec<QueryHunk> = Vec::new();
    for commit in FILES..COMMITS {
        let ids: Vec<_> =
            snapshot.hunks_of(CommitOrdinal(commit as u32))?.iter().map(|hunk| hunk.id).collect();
        hunks.extend(snapshot.load(&ids)?.into_iter().map(|stored| QueryHunk { stored, line: 1 }));
    }
    let mut group = criterion.benchmark_group("look up a patch");
    group.sample_size(10);
    let cache = PreparedCache::default();
    let options = LookupOptions { excluded: None, max_candidates: 5 };
    for count in [1000, 2000, 4000, 8000] {
        let patch: Vec<QueryHunk> = hunks.iter().cycle().take(count).cloned().collect();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{count} hunks"), |bencher| {
            bencher
                .iter(|| Lookup::new(snapshot.graph(), snapshot, &cache).patch(black_box(&patch), &options));
        });
    }
    group.finish();
    Ok(())
}

fn growth(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let snapshot = Snapshot::open(&small_index(folder.path())?)?;
    unowned_lines(criterion, &snapshot);
    many_hunks(criterion, &snapshot)
}

fn main() {
    let mut bench = Criterion::default().configure_from_args();
    if let Err(error) = growth(&mut bench) {
        panic!("the benchmark cannot be prepared: {error}");
    }
    bench.final_summary();
}
