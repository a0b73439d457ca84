//! Measures how time, memory, size and latency grow with the history.
//!
//!     measure_growth corpus PROGRAM REPOSITORY BRANCH FOLDER PATCH...
//!     measure_growth simulated PROGRAM REPOSITORY COMMITS FOLDER PATCH...
//!
//! PROGRAM is `hunktrace`, built for release. `corpus` indexes what leads up to the first commit of BRANCH (first
//! parents) that has at least an eighth, a quarter and a half of all commits behind it, and then all references;
//! `simulated` a history of COMMITS commits that is made of replicas of REPOSITORY's, in three steps: up to the
//! 1,010th commit from the end, up to the 10th, and the rest. `corpus` has to come first. FOLDER keeps the indexes
//! and the figures, a line each in `figures.jsonl`; an index that is there already is not measured again. The hunks of
//! the patches are looked up, each by itself: those of every other patch to warm a server up, those of the others to be
//! measured. The machine should be idle.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use hunktrace_indexer::run::index_update::{IndexPace, index_history};
use hunktrace_indexer::run::progress::IndexProgress;
use hunktrace_indexer::run::repository_history::RepositoryHistory;
use hunktrace_tests::growth::common_lines::CommonLines;
use hunktrace_tests::growth::figures::Figures;
use hunktrace_tests::growth::replicated_history::ReplicatedHistory;
use hunktrace_tests::speed::runs::{Run, run};
use hunktrace_tests::speed::warm_server::HalvedHunks;

// Linked for its allocator: what is measured is to be like the program itself.
use hunktrace_client as _;

type AnyError = Box<dyn Error + Send + Sync>;

/// The parts of the corpus, by what divides it, with the names of their indexes.
const PARTS: [(usize, &str); 3] = [(8, "eighth"), (4, "quarter"), (2, "half")];

/// The index of the whole corpus.
const WHOLE: &str = "whole";

/// The index of the simulated history.
const SIMULATED: &str = "simulated";

/// The last commits of the simulated history that extend its index: first most of them, then the rest.
const EXTENSIONS: [usize; 2] = [1010, 10];

const USAGE: &str = "usage: measure_growth corpus PROGRAM REPOSITORY BRANCH FOLDER PATCH...\n\
                     \x20      measure_growth simulated PROGRAM REPOSITORY COMMITS FOLDER PATCH...";

fn main() -> Result<(), AnyError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["corpus", program, repository, branch, folder, ref patches @ ..] if !patches.is_empty() => {
            let measurement = Measurement::new(program, repository, folder, patches)?;
            for (divisor, name) in PARTS {
                let revision = revision_at(repository, branch, divisor)?;
                measurement.corpus(name, Some(&revision))?;
            }
            measurement.corpus(WHOLE, None)
        }
        ["simulated", program, repository, commits, folder, ref patches @ ..] if !patches.is_empty() => {
            Measurement::new(program, repository, folder, patches)?.simulated(commits.parse()?)
        }
        ["fill", repository, corpus_index, index, commits] => {
            fill(Path::new(repository), Path::new(corpus_index), Path::new(index), commits.parse()?)
        }
        _ => Err(USAGE.into()),
    }
}

struct Measurement<'a> {
    program: &'a str,
    repository: &'a str,
    folder: &'a Path,
    hunks: HalvedHunks,
}

impl<'a> Measurement<'a> {
    fn new(
        program: &'a str,
        repository: &'a str,
        folder: &'a str,
        patches: &[&str],
    ) -> Result<Measurement<'a>, AnyError> {
        let hunks = HalvedHunks::of(patches)?;
        let folder = Path::new(folder);
        std::fs::create_dir_all(folder)?;
        Ok(Measurement { program, repository, folder, hunks })
    }

    /// Indexes what a revision contains, or everything, with the program itself.
    fn corpus(&self, name: &str, revision: Option<&str>) -> Result<(), AnyError> {
        let index = self.folder.join(name);
        if index.exists() {
            return Ok(());
        }
        let mut command = Command::new(self.program);
        command.args(["index", "--quiet", "--index"]).arg(&index).args(["--repo", self.repository]);
        let run = run(command.args(revision.map(|revision| format!("--ref={revision}"))))?;
        let figures = Figures::measure(name, run, self.program, &index, &self.hunks)?;
        self.note(&figures, revision.unwrap_or("all references"))
    }

    /// Indexes replicas, in a process of its own so that its memory can be told.
    fn simulated(&self, commits: usize) -> Result<(), AnyError> {
        let index = self.folder.join(SIMULATED);
        let fill_up_to = |commits: usize| -> Result<Run, AnyError> {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["fill", self.repository]).arg(self.folder.join(WHOLE));
            Ok(run(command.arg(&index).arg(commits.to_string()))?)
        };
        let [many, few] = EXTENSIONS;
        let filled = fill_up_to(commits.saturating_sub(many))?;
        for (steps, end) in [(many - few, few), (few, 0)] {
            let extended = fill_up_to(commits.saturating_sub(end))?;
            let seconds = extended.wall.as_secs_f64();
            say(&format!(
                "extending {SIMULATED} by {steps} commits, planning of replicas included: {seconds:.2} s"
            ))?;
        }
        let mut figures = Figures::measure(SIMULATED, filled, self.program, &index, &self.hunks)?;
        figures.is_simulated = true;
        self.note(&figures, "replicas")
    }

    fn note(&self, figures: &Figures, what: &str) -> Result<(), AnyError> {
        let file = self.folder.join("figures.jsonl");
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
        writeln!(file, "{}", serde_json::to_string(figures)?)?;
        say(&format!(
            "{} ({what}): {} commits, {} hunks, {:.1} s",
            figures.name, figures.commits, figures.hunks, figures.seconds
        ))
    }
}

/// The first commit of a branch, by first parents, with at least one in `divisor` of all commits behind it.
fn revision_at(repository: &str, branch: &str, divisor: usize) -> Result<String, AnyError> {
    let count = |revision: &str| -> Result<usize, AnyError> {
        Ok(git(repository, &["rev-list", "--count", revision])?.trim().parse()?)
    };
    let wanted = count("--all")? / divisor;
    let line = git(repository, &["rev-list", "--first-parent", "--reverse", branch])?;
    let line: Vec<&str> = line.lines().collect();
    let (mut low, mut high) = (0, line.len().saturating_sub(1));
    while low < high {
        let middle = (low + high) / 2;
        if count(line[middle])? < wanted {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(line.get(low).ok_or("the branch has no commit")?.to_string())
}

fn git(repository: &str, arguments: &[&str]) -> Result<String, AnyError> {
    let output = Command::new("git").args(["-C", repository]).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("git {arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Builds or extends the index of a history made of replicas.
fn fill(repository: &Path, corpus_index: &Path, index: &Path, commits: usize) -> Result<(), AnyError> {
    let started = Instant::now();
    let original = RepositoryHistory::open(&[repository.to_owned()], &[])?;
    let common = CommonLines::of_index(corpus_index)?;
    let history = ReplicatedHistory::new(&original, &common, commits);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pace = IndexPace::usual(threads);
    log(started.elapsed(), &format!("{} lines are common", common.len()))?;
    let progress = Milestones { started, indexed: Default::default() };
    let summary = index_history(&history, index, pace, &progress)?;
    log(
        started.elapsed(),
        &format!("{} commits and {} hunks are new", summary.new_commits, summary.new_hunks),
    )
}

/// Says now and then how far indexing has come.
struct Milestones {
    started: Instant,
    indexed: std::sync::atomic::AtomicUsize,
}

/// Commits between two milestones.
const MILESTONE_COMMITS: usize = 65_536;

impl IndexProgress for Milestones {
    fn planned(&self, commits: usize, known: usize) {
        // What cannot be said is no reason to stop a measurement.
        let _ = log(self.started.elapsed(), &format!("{commits} commits are planned, {known} known"));
    }

    fn indexed(&self, _: usize) {
        let indexed = 1 + self.indexed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if indexed.is_multiple_of(MILESTONE_COMMITS) {
            let _ = log(self.started.elapsed(), &format!("{indexed} commits are compared"));
        }
    }

    fn passed_over(&self, _: usize) {}

    fn merging(&self) {
        let _ = log(self.started.elapsed(), "merging");
    }

    fn is_stopped(&self) -> bool {
        false
    }
}

fn log(at: Duration, line: &str) -> Result<(), AnyError> {
    Ok(writeln!(std::io::stderr(), "{:8.1} s  {line}", at.as_secs_f64())?)
}

fn say(line: &str) -> Result<(), AnyError> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
