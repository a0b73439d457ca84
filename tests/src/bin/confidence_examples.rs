//! Makes the examples that the confidence model is fitted to and judged by.
//!
//!     confidence_examples --upstream REPO --index DIR --truth DIR --work DIR [--others FILE] > EXAMPLES

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use hunktrace_tests::accuracy::examples::write_examples;
use hunktrace_tests::accuracy::leave_one_out::LeaveOneOut;
use hunktrace_tests::accuracy::other_backports::OtherBackports;
use hunktrace_tests::accuracy::perturbation::Perturbation;
use hunktrace_tests::accuracy::perturbed_queries::{Half, Sample};
use hunktrace_tests::accuracy::program::{Program, run_in_place_of_harness};
use hunktrace_tests::accuracy::query::QuerySet;
use hunktrace_tests::accuracy::setting::{KnownOrigins, Setting};
use hunktrace_tests::accuracy::squashed_series::squashed_series;

/// How many whole patches there are for each perturbed hunk of a kind.
const WHOLE_PATCHES: usize = 4;

/// Make the examples that the confidence model is fitted to and judged by: perturbed hunks, whole patches, squashed
/// series, and the real commits
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    setting: Setting,
    /// The folder with the known origins
    #[arg(long, value_name = "DIR")]
    truth: PathBuf,
    /// A table of backports in other repositories: what they are for (fitted or real), name, repository, index, table of
    /// origins, and groups of equal commits or '-'
    #[arg(long, value_name = "FILE")]
    others: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    if let Some(code) = run_in_place_of_harness() {
        return Ok(code);
    }
    run(&Args::parse())?;
    Ok(ExitCode::SUCCESS)
}

fn run(args: &Args) -> anyhow::Result<()> {
    let Setting { mainline, samples, seed, work, .. } = &args.setting;
    let (program, history) = args.setting.prepare()?;
    let leave_one_out = LeaveOneOut::open(&args.setting.index)?;
    let truth = KnownOrigins::read(&args.truth)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for set in truth.sets(&history)? {
        write_examples("real", &set, &program.answers(&set, work)?, &mut out)?;
    }
    for other in args.others.as_deref().map(OtherBackports::read).transpose()?.into_iter().flatten() {
        let set = other.set()?;
        let program = Program { index: other.index.clone(), ..program.clone() };
        write_examples(&other.part, &set, &program.answers(&set, work)?, &mut out)?;
        if other.part == "fitted" {
            let (absent, answers) = LeaveOneOut::open(&other.index)?.answers(&set)?;
            write_examples(&other.part, &absent, &answers, &mut out)?;
        }
    }
    // What the real sets ask for is not fitted to.
    let known: HashSet<String> = truth.origins.iter().flat_map(|(_, origins)| origins).cloned().collect();
    for (part, half) in [("fitted", Half::Fitted), ("held out", Half::HeldOut)] {
        let sample = Sample::draw(&history, mainline, half, &known, samples * 2, *seed)?;
        let mut sets: Vec<QuerySet> = Perturbation::ALL
            .iter()
            .map(|kind| sample.single_hunks(*kind, *samples, &truth.equivalents))
            .collect();
        sets.push(sample.whole_patches(samples * WHOLE_PATCHES, &truth.equivalents));
        sets.push(squashed_series(&sample, &history, *samples, &truth.equivalents)?);
        for set in sets {
            write_examples(part, &set, &program.answers(&set, work)?, &mut out)?;
            let (absent, answers) = leave_one_out.answers(&set)?;
            write_examples(part, &absent, &answers, &mut out)?;
            let (partly, answers) = leave_one_out.answers_but_for_one(&set)?;
            write_examples(part, &partly, &answers, &mut out)?;
        }
    }
    out.flush()?;
    Ok(())
}
