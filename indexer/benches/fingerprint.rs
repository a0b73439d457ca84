//! How long it takes to hash a hunk's lines, and to write and read what is stored of it.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use hunktrace_indexer::fingerprint::{LineHasher, sampled_terms};
use hunktrace_indexer::git::line_diff::diff_lines;
use hunktrace_indexer::hunk::Hunk;
use hunktrace_indexer::normalize::normalize_line;
use hunktrace_indexer::segment::stored_hunk::{FileSide, StoredHunk};

mod source_text;
use source_text::{changed, source};

/// Hunks as a usual change of a file gives them.
fn hunks() -> Vec<Hunk> {
    let old = source(0, 1000);
    diff_lines(&old, &changed(&old, 40))
}

fn normalize(bench: &mut Criterion) {
    let text = source(0, 1000);
    let mut group = bench.benchmark_group("line");
    group.throughput(Throughput::Bytes(text.len() as u64));
    let mut out = Vec::new();
    group.bench_function("normalise 1,000", |b| {
        b.iter(|| {
            for line in black_box(&text).split(|byte| *byte == b'\n') {
                out.clear();
                normalize_line(line, &mut out);
            }
        })
    });
    group.finish();
}

fn terms(bench: &mut Criterion) {
    let hunks = hunks();
    let long = diff_lines(b"", &source(1, 10_000));
    let mut group = bench.benchmark_group("terms");
    let mut hasher = LineHasher::default();
    for (name, hunks) in [("small hunks", &hunks), ("a hunk of 10,000 lines", &long)] {
        group.throughput(Throughput::Elements(hunks.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let terms = |hunk: &Hunk| sampled_terms(&hasher.all_terms(hunk)).count();
                black_box(hunks).iter().map(terms).sum::<usize>()
            })
        });
    }
    group.finish();
}

fn records(bench: &mut Criterion) {
    let side = || Some(FileSide { path: "drivers/net/file.c".into(), mode: 0o100644, blob: None });
    let stored: Vec<StoredHunk> =
        hunks().into_iter().map(|hunk| StoredHunk { old: side(), new: side(), hunk: Some(hunk) }).collect();
    let encoded: Vec<Vec<u8>> = stored.iter().map(StoredHunk::encode).collect();
    let mut group = bench.benchmark_group("stored hunk");
    group.throughput(Throughput::Elements(stored.len() as u64));
    group.bench_function("write", |b| {
        b.iter(|| black_box(&stored).iter().map(|hunk| hunk.encode().len()).sum::<usize>())
    });
    group.bench_function("read", |b| {
        b.iter(|| black_box(&encoded).iter().filter(|bytes| StoredHunk::decode(bytes).is_ok()).count())
    });
    group.finish();
}

fn main() {
    let mut bench = Criterion::default().configure_from_args();
    normalize(&mut bench);
    terms(&mut bench);
    records(&mut bench);
    bench.final_summary();
}
