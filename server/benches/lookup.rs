//! What the parts of a lookup take, in an index of a generated history.

use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use criterion::Criterion;
use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::graph::CommitOrdinal;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_indexer::run::index_update::{IndexPace, IndexRequest, update_index};
use hunktrace_indexer::segment::stored_hunk::StoredHunk;
use hunktrace_server::hunks::comparison::compare;
use hunktrace_server::hunks::line_weights::LineWeights;
use hunktrace_server::hunks::prepared_hunk::PreparedHunk;
use hunktrace_server::hunks::query::QueryHunk;
use hunktrace_server::lookup::prepared_cache::PreparedCache;
use hunktrace_server::lookup::{Lookup, LookupOptions};

const COMMITS: usize = 1500;
const FILES: usize = 60;
const FILE_LINES: usize = 240;

/// Places of a file that a commit changes, far enough apart for a hunk each.
const CHANGES: usize = 3;

const FIRST_DATE: usize = 1_000_000_000;

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    /// A line of source: some are common, most stand in one place.
    fn line(&mut self) -> String {
        match self.below(8) {
            0 => "\t}\n".to_owned(),
            1 => "\n".to_owned(),
            2 => format!("\treturn {};\n", self.below(4)),
            _ => {
                let (target, call, value) = (self.below(400), self.below(3000), self.below(50));
                format!("\tstate_{target} = compute_{call}(context, {value});\n")
            }
        }
    }
}

/// A history as `git fast-import` reads it.
fn history() -> String {
    let mut dice = Dice(7);
    let mut files: Vec<Vec<String>> =
        (0..FILES).map(|_| (0..FILE_LINES).map(|_| dice.line()).collect()).collect();
    let mut stream = String::new();
    for number in 0..COMMITS {
        let file = if number < FILES { number } else { dice.below(FILES) };
        if number >= FILES {
            for change in 0..CHANGES {
                let place = change * FILE_LINES / CHANGES + dice.below(40);
                files[file][place] = dice.line();
                files[file][place + 1] = dice.line();
            }
        }
        let (subject, date) = (format!("part {file}: change {number}"), FIRST_DATE + number);
        let content = files[file].concat();
        // Writing to a string cannot fail.
        let _ = write!(
            stream,
            "commit refs/heads/master\ncommitter Ada Author <ada@example.org> {date} +0000\n\
             data {}\n{subject}\nM 100644 inline drivers/part{}/file{file}.c\ndata {}\n{content}\n",
            subject.len(),
            file % 7,
            content.len()
        );
    }
    stream
}

fn small_index(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let (repository, index) = (folder.join("repository"), folder.join("index"));
    let git = || {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").arg("-C").arg(folder);
        git
    };
    let made = git().args(["init", "--quiet", "--bare", "repository"]).status()?;
    let mut import =
        git().args(["-C", "repository", "fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    import.stdin.take().ok_or("git takes no input")?.write_all(history().as_bytes())?;
    if !made.success() || !import.wait()?.success() {
        return Err("git did not make the repository".into());
    }
    let request = IndexRequest {
        index: index.clone(),
        repositories: vec![repository],
        revisions: Vec::new(),
        pace: IndexPace { threads: 1, commit_interval: COMMITS },
    };
    update_index(&request, &())?;
    Ok(index)
}

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
