//! How long it takes to compare two versions of a file, and to read a patch.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use hunktrace_indexer::git::line_diff::diff_lines;
use hunktrace_indexer::patch;

mod source_text;
use source_text::{changed, patch_text, source};

/// Lines of a usual kernel file.
const FILE_LINES: usize = 1000;

fn line_diff(bench: &mut Criterion) {
    let old = source(0, FILE_LINES);
    let mut group = bench.benchmark_group("line diff");
    group.throughput(Throughput::Bytes(2 * old.len() as u64));
    for (name, every) in [("a few changes", 250), ("many changes", 10)] {
        let new = changed(&old, every);
        group.bench_function(name, |b| b.iter(|| diff_lines(black_box(&old), black_box(&new))));
    }
    let other = source(1, FILE_LINES);
    group.bench_function("a rewritten file", |b| b.iter(|| diff_lines(black_box(&old), black_box(&other))));
    group.finish();
}

/// Texts of two lines in turn, each twice as long as the one before: the time for a line may hardly grow.
fn growth_on_repetitive_text(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("line diff of repetitive text");
    group.sample_size(10);
    for lines in [40_000, 80_000, 160_000, 320_000] {
        let old = b"a\nb\n".repeat(lines / 2);
        let new = [&b"b\na\n".repeat(lines * 5 / 12)[..], b"c\n"].concat();
        group.throughput(Throughput::Elements(lines as u64));
        group.bench_function(format!("{lines} lines"), |b| {
            b.iter(|| diff_lines(black_box(&old), black_box(&new)));
        });
    }
    group.finish();
}

fn parse(bench: &mut Criterion) {
    let text = patch_text(100);
    let mut group = bench.benchmark_group("patch");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("parse 100 files", |b| b.iter(|| patch::parse(black_box(&text))));
    group.finish();
}

fn main() {
    let mut bench = Criterion::default().configure_from_args();
    line_diff(&mut bench);
    growth_on_repetitive_text(&mut bench);
    parse(&mut bench);
    bench.final_summary();
}
