//! Measures how often the program finds the origin of a change, and how honest it is about it.
//!
//!     measure_accuracy --upstream REPO --index DIR --truth DIR --work DIR [--seed N] [--samples N]
//!
//! Prints a table, and writes it with all figures to the work folder.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use hunktrace_tests::accuracy::history::History;
use hunktrace_tests::accuracy::perturbation::Perturbation;
use hunktrace_tests::accuracy::perturbed_queries::{Half, Sample};
use hunktrace_tests::accuracy::program::Program;
use hunktrace_tests::accuracy::query::QuerySet;
use hunktrace_tests::accuracy::real_queries;
use hunktrace_tests::accuracy::score::{Score, score};
use hunktrace_tests::accuracy::table::{Table, share};
use hunktrace_tests::accuracy::truth::{Equivalents, read_commits, read_origins};

/// Measure how often the program finds the origin of a change, and how honest it is about it.
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
    /// A folder for the queries, the answers and the table
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
    /// What the perturbed hunks are drawn by
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many hunks are perturbed in each way
    #[arg(long, value_name = "N", default_value_t = 400)]
    samples: usize,
    /// The program to measure [default: the one beside this one]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.work).with_context(|| format!("cannot make {}", args.work.display()))?;
    let beside = std::env::current_exe()?.with_file_name("hunktrace_under_test");
    let program = Program { file: args.program.clone().unwrap_or(beside), index: args.index.clone() };
    program.build_index(&args.upstream, &args.mainline)?;

    let mut table = Table::new(&[
        "set",
        "patches",
        "commit right first",
        "hunks",
        "hunk right first",
        "hunk right in ten",
        "calibration error: patch",
        "hunk",
        "claimed at 0.5: patch",
        "hunk",
    ]);
    for set in sets(&args)? {
        let answers = program.answers(&set, &args.work)?;
        table.push(row(&set, &score(&set, &answers)));
    }
    let text = table.markdown();
    std::fs::write(args.work.join("accuracy.md"), &text)?;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// All sets of queries: real ones, then those made of mainline's own hunks.
fn sets(args: &Args) -> anyhow::Result<Vec<QuerySet>> {
    let history = History::new(&args.upstream);
    let equivalents = Equivalents::read(&args.truth.join("equivalent-commits.tsv"))?;
    let origins = read_origins(&args.truth.join("stable-2.6.32.tsv"))?;
    let absent = read_commits(&args.truth.join("absent-3.1.y.txt"))?;
    let mut sets = vec![
        real_queries::backports("2.6.32.y", &history, &origins, &equivalents)?,
        real_queries::absent("absent", &history, &absent)?,
    ];
    let sample =
        Sample::draw(&history, &args.mainline, Half::HeldOut, &HashSet::new(), args.samples, args.seed)?;
    for kind in Perturbation::ALL {
        sets.push(sample.perturbed(kind, args.samples, &equivalents));
    }
    Ok(sets)
}

fn row(set: &QuerySet, score: &Score) -> Vec<String> {
    let (patches, hunks) = (&score.patches, &score.hunks);
    let of_present = |value: f64| if set.is_absent { String::new() } else { share(value) };
    vec![
        set.name.clone(),
        patches.asked.to_string(),
        of_present(patches.right_first),
        hunks.asked.to_string(),
        of_present(hunks.right_first),
        of_present(hunks.right_in_ten),
        of_present(patches.calibration_error),
        of_present(hunks.calibration_error),
        if set.is_absent { share(patches.claimed) } else { String::new() },
        if set.is_absent { share(hunks.claimed) } else { String::new() },
    ]
}
