//! What the parts of a lookup take, in an index of a generated history.

use std::error::Error;
use std::hint::black_box;

use criterion::Criterion;
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_indexer::segment::stored_hunk::StoredHunk;
use hunktrace_server::hunks::comparison::compare;
use hunktrace_server::hunks::line_weights::LineWeights;
use hunktrace_server::hunks::prepared_hunk::PreparedHunk;
use hunktrace_server::hunks::query::QueryHunk;
use hunktrace_server::lookup::prepared_cache::PreparedCache;
use hunktrace_server::lookup::{Lookup, LookupOptions};

mod small_history;
use small_history::{COMMITS, FILES, small_index};

/// The hunks of the later commits, as patches ask for them.
fn patches(snapshot: &Snapshot) -> Result<Vec<Vec<QueryHunk>>, Box<dyn Error>> {
    let mut patches = Vec::new();
    for commit in FILES..COMMITS {
        let found = snapshot.hunks_of(CommitOrdinal(commit as u32))?;
        let ids: Vec<_> = found.iter().map(|hunk| hunk.id).collect();
        let hunks = snapshot.load(&ids)?.into_iter().map(|stored| QueryHunk { stored, line: 1 });
        patches.push(hunks.collect());
    }
    Ok(patches)
}

fn lookups(criterion: &mut Criterion) {
    if let Err(error) = try_lookups(criterion) {
        panic!("the benchmark cannot be prepared: {error}");
    }
}

fn try_lookups(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let snapshot = Snapshot::open(&small_index(folder.path())?)?;
    let patches = patches(&snapshot)?;
    let hunks: Vec<&QueryHunk> = patches.iter().flatten().collect();
    let prepared_cache = PreparedCache::default();
    let options = LookupOptions { excluded: None, max_candidates: 10 };
    let look_up = |hunks: &[QueryHunk]| {
        Lookup::new(snapshot.graph(), &snapshot, &prepared_cache).patch(hunks, &options)
    };

    let mut places = (0..hunks.len()).cycle();
    criterion.bench_function("lookup/hunk", |bencher| {
        bencher.iter(|| {
            let place = places.next().unwrap_or(0);
            look_up(std::slice::from_ref(hunks[place]))
        });
    });
    let mut places = (0..patches.len()).cycle();
    criterion.bench_function("lookup/patch of three hunks", |bencher| {
        bencher.iter(|| look_up(&patches[places.next().unwrap_or(0)]));
    });

    let mut hasher = LineHasher::default();
    let mut places = (0..hunks.len()).cycle();
    criterion.bench_function("prepare a hunk", |bencher| {
        bencher.iter(|| PreparedHunk::new(&hunks[places.next().unwrap_or(0)].stored.view(), &mut hasher));
    });
    let mut prepared = |stored: &StoredHunk| PreparedHunk::new(&stored.view(), &mut hasher);
    let query = prepared(&hunks[0].stored);
    let mut weights = LineWeights::new(&snapshot);
    weights.learn(query.informative(), &Cancellation::default())?;
    for (name, candidate) in
        [("the same", prepared(&hunks[0].stored)), ("another", prepared(&hunks[1].stored))]
    {
        criterion.bench_function(&format!("compare/{name} hunk"), |bencher| {
            bencher.iter(|| compare(black_box(&query), black_box(&candidate), &weights));
        });
    }
    Ok(())
}

fn main() {
    let mut bench = Criterion::default().configure_from_args();
    lookups(&mut bench);
    bench.final_summary();
}
