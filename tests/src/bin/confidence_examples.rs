//! Makes the examples that the confidence model is fitted to and judged by.
//!
//!     confidence_examples --upstream REPO --index DIR --truth DIR --work DIR > EXAMPLES

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use hunktrace_tests::accuracy::examples::write_examples;
use hunktrace_tests::accuracy::history::History;
use hunktrace_tests::accuracy::leave_one_out::LeaveOneOut;
use hunktrace_tests::accuracy::perturbation::Perturbation;
use hunktrace_tests::accuracy::perturbed_queries::{Half, Sample};
use hunktrace_tests::accuracy::program::{Program, run_in_place_of_harness};
use hunktrace_tests::accuracy::query::QuerySet;
use hunktrace_tests::accuracy::real_queries;
use hunktrace_tests::accuracy::truth::{Equivalents, read_commits, read_origins};

/// Make the examples that the confidence model is fitted to and judged by
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
    /// The folder with the known origins
    #[arg(long, value_name = "DIR")]
    truth: PathBuf,
    /// A folder for the queries
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
    /// What the perturbed hunks are drawn by
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many hunks are perturbed in each way, and ten times as many patches
    #[arg(long, value_name = "N", default_value_t = 400)]
    samples: usize,
    /// The program to ask [default: the one that this one is built with]
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
    let leave_one_out = LeaveOneOut::open(&args.index)?;

    let history = History::new(&args.upstream);
    let equivalents = Equivalents::read(&args.truth.join("equivalent-commits.tsv"))?;
    let origins = read_origins(&args.truth.join("stable-2.6.32.tsv"))?;
    let absent = read_commits(&args.truth.join("absent-3.1.y.txt"))?;
    let mut out = BufWriter::new(std::io::stdout().lock());

    for set in [
        real_queries::backports("2.6.32.y", &history, &origins, &equivalents)?,
        real_queries::absent("absent", &history, &absent)?,
    ] {
        write_examples("real", &set, &program.answers(&set, &args.work)?, &mut out)?;
    }
    // What the real sets ask for is not fitted to.
    let known: HashSet<String> = origins.iter().flat_map(|(_, origins)| origins).cloned().collect();
    for (part, half) in [("fitted", Half::Fitted), ("held out", Half::HeldOut)] {
        let sample = Sample::draw(&history, &args.mainline, half, &known, args.samples * 2, args.seed)?;
        let mut sets: Vec<QuerySet> = Perturbation::ALL
            .iter()
            .map(|kind| sample.single_hunks(*kind, args.samples, &equivalents))
            .collect();
        sets.push(sample.whole_patches(args.samples * 4, &equivalents));
        for set in sets {
            write_examples(part, &set, &program.answers(&set, &args.work)?, &mut out)?;
            let (absent, answers) = leave_one_out.answers(&set)?;
            write_examples(part, &absent, &answers, &mut out)?;
        }
    }
    out.flush()?;
    Ok(())
}
