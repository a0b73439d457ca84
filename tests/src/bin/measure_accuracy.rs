//! Measures how often the program finds the origin of a change, and how honest it is about it, beside the other ways
//! of finding one on the same queries.
//!
//!     measure_accuracy --upstream REPO --index DIR --truth DIR --work DIR [--seed N] [--samples N]
//!
//! Prints tables, and writes them to `accuracy.md` in the work folder, with all figures in `accuracy.json`.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use gix::ObjectId;
use hunktrace_indexer::snapshot::Snapshot;
use hunktrace_tests::accuracy::history::History;
use hunktrace_tests::accuracy::leave_one_out::LeaveOneOut;
use hunktrace_tests::accuracy::line_overlap::LineOverlap;
use hunktrace_tests::accuracy::patch_id::PatchIds;
use hunktrace_tests::accuracy::perturbation::Perturbation;
use hunktrace_tests::accuracy::perturbed_queries::{Half, Sample};
use hunktrace_tests::accuracy::program::{Answer, Program, run_in_place_of_harness};
use hunktrace_tests::accuracy::query::QuerySet;
use hunktrace_tests::accuracy::real_queries;
use hunktrace_tests::accuracy::release::{ReleaseScore, ReleaseTruth, read_attributed};
use hunktrace_tests::accuracy::report::{Report, SetReport};
use hunktrace_tests::accuracy::score::{Score, score};
use hunktrace_tests::accuracy::subject_line::SubjectLines;
use hunktrace_tests::accuracy::truth::{Equivalents, read_commits, read_origins};

/// The release that is taken apart, and what it is based on.
const RELEASE: (&str, &str) = ("v2.6.32", "v2.6.32.33");

/// Measure how often the program finds the origin of a change, and how honest it is about it
#[derive(Parser)]
struct Args {
    /// The repository with mainline and the stable branches
    #[arg(long, value_name = "REPO")]
    upstream: PathBuf,
    /// The index of mainline alone; it is built where there is none
    #[arg(long, value_name = "DIR")]
    index: PathBuf,
    /// The revision up to which mainline is indexed
    #[arg(long, value_name = "REV", default_value = "master")]
    mainline: String,
    /// The folder with the known origins; without it only mainline's own hunks are asked for
    #[arg(long, value_name = "DIR")]
    truth: Option<PathBuf>,
    /// A folder for the queries, the answers and the tables
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
    /// What the perturbed hunks are drawn by
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many hunks are perturbed in each way
    #[arg(long, value_name = "N", default_value_t = 400)]
    samples: usize,
    /// The program to measure [default: the one that this one is built with]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    if let Some(code) = run_in_place_of_harness() {
        return Ok(code);
    }
    run(&Args::parse())?;
    Ok(ExitCode::SUCCESS)
}

fn run(args: &Args) -> anyhow::Result<()> {
    std::fs::create_dir_all(&args.work).with_context(|| format!("cannot make {}", args.work.display()))?;
    let program = Program::new(args.program.clone(), &args.index)?;
    program.build_index(&args.upstream, &args.mainline)?;
    let history = History::new(&args.upstream);
    let ways = OtherWays {
        patch_ids: PatchIds::of_history(&history, &args.mainline, &args.work)?,
        subjects: SubjectLines::of_history(&history, &args.mainline)?,
    };

    let mut report = Report::default();
    let sets = sets(args, &history, &ways)?;
    for set in &sets {
        let answers = program.answers(set, &args.work)?;
        let ours = score(set, &answers);
        report.sets.push(ways.report(&history, set, ours)?);
    }
    add_line_overlap(args, &sets, &mut report)?;
    add_left_out(args, &sets, &mut report)?;
    report.release = squashed_release(args, &history, &program)?;

    let text = report.markdown();
    std::fs::write(args.work.join("accuracy.md"), &text)?;
    std::fs::write(args.work.join("accuracy.json"), serde_json::to_vec_pretty(&report)?)?;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// All sets of queries: real ones, then those made of mainline's own hunks.
fn sets(args: &Args, history: &History, ways: &OtherWays) -> anyhow::Result<Vec<QuerySet>> {
    let mut sets = Vec::new();
    if let Some(truth) = &args.truth {
        let equivalents = Equivalents::read(&truth.join("equivalent-commits.tsv"))?;
        let origins = read_origins(&truth.join("stable-2.6.32.tsv"))?;
        let absent = read_commits(&truth.join("absent-3.1.y.txt"))?;
        sets.push(real_queries::backports("2.6.32.y", history, &origins, &equivalents)?);
        sets.push(real_queries::absent("absent", history, &absent)?);
    }
    let equivalents = ways.patch_ids.equivalents();
    let sample =
        Sample::draw(history, &args.mainline, Half::HeldOut, &HashSet::new(), args.samples, args.seed)?;
    for kind in Perturbation::ALL {
        sets.push(sample.single_hunks(kind, args.samples, &equivalents));
    }
    sets.push(sample.whole_patches(args.samples, &equivalents));
    Ok(sets)
}

/// The ways that need no index.
struct OtherWays {
    patch_ids: PatchIds,
    subjects: SubjectLines,
}

impl OtherWays {
    fn report(&self, history: &History, set: &QuerySet, ours: Score) -> anyhow::Result<SetReport> {
        let of = |answers: Vec<Answer>| score(set, &answers);
        Ok(SetReport {
            name: set.name.clone(),
            is_absent: set.is_absent,
            hunktrace: ours,
            patch_id: Some(of(self.patch_ids.answers(history, set)?)),
            subject_line: self.subjects.answers(set).map(of),
            line_overlap: None,
        })
    }
}

/// Line overlap holds all lines in memory, so it comes after everything that is timed or runs beside it.
fn add_line_overlap(args: &Args, sets: &[QuerySet], report: &mut Report) -> anyhow::Result<()> {
    let snapshot = Snapshot::open(&args.index)?;
    let overlap = LineOverlap::of_index(&snapshot)?;
    for (set, row) in sets.iter().zip(&mut report.sets) {
        row.line_overlap = Some(score(set, &overlap.answers(set)));
    }
    Ok(())
}

/// The same hunks, unchanged and perturbed, with their origin left out of the index.
fn add_left_out(args: &Args, sets: &[QuerySet], report: &mut Report) -> anyhow::Result<()> {
    let leave_one_out = LeaveOneOut::open(&args.index)?;
    let made = |set: &&QuerySet| set.queries.iter().all(|query| query.subject.is_none());
    for set in sets.iter().filter(made) {
        let (absent, answers) = leave_one_out.answers(set)?;
        report.sets.push(SetReport {
            name: absent.name.clone(),
            is_absent: true,
            hunktrace: score(&absent, &answers),
            patch_id: None,
            subject_line: None,
            line_overlap: None,
        });
    }
    Ok(())
}

/// A squashed release has neither patches nor subjects, so only line overlap is left to compare with.
fn squashed_release(
    args: &Args,
    history: &History,
    program: &Program,
) -> anyhow::Result<Vec<(String, ReleaseScore)>> {
    let Some(truth) = &args.truth else { return Ok(Vec::new()) };
    let equivalents = Equivalents::read(&truth.join("equivalent-commits.tsv"))?;
    let (base, release) = RELEASE;
    let known = ReleaseTruth::read(&truth.join("squash-2.6.32.33.tsv"), &equivalents)?;
    let folder = program.attribute(&args.upstream, base, release, &args.work)?;
    let ours = known.score(&read_attributed(&folder, &equivalents)?);

    let snapshot = Snapshot::open(&args.index)?;
    let base_id = ObjectId::from_hex(history.commit_id(base)?.as_bytes())?;
    let base_commit = snapshot.graph().find(&base_id).context("the index does not have the base")?;
    let diff = history.git(&["diff", "--no-renames", base, release], b"")?;
    let overlap = LineOverlap::of_index(&snapshot)?.attributed(&diff, base_commit, &equivalents);
    Ok(vec![
        (format!("{release}, hunktrace"), ours),
        (format!("{release}, line overlap"), known.score(&overlap)),
    ])
}
