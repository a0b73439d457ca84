//! Measures how often the program finds the origin of a change and how well its confidence is calibrated, beside the
//! other ways of finding one on the same queries.
//!
//!     measure_accuracy --upstream REPO --index DIR --truth DIR --work DIR [--seed N] [--samples N]
//!
//! Prints tables, and writes them to `accuracy.md` in the work folder, with all figures in `accuracy.json`.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use gix::ObjectId;
use hunktrace_indexer::index::snapshot::Snapshot;
use hunktrace_tests::accuracy::history::History;
use hunktrace_tests::accuracy::leave_one_out::LeaveOneOut;
use hunktrace_tests::accuracy::line_overlap::LineOverlap;
use hunktrace_tests::accuracy::patch_id::PatchIds;
use hunktrace_tests::accuracy::perturbation::Perturbation;
use hunktrace_tests::accuracy::perturbed_queries::{Half, Sample};
use hunktrace_tests::accuracy::program::{Answer, Program, run_in_place_of_harness};
use hunktrace_tests::accuracy::query::QuerySet;
use hunktrace_tests::accuracy::release::{ReleaseScore, ReleaseTruth, read_attributed};
use hunktrace_tests::accuracy::report::{Report, SetReport};
use hunktrace_tests::accuracy::score::{Score, score};
use hunktrace_tests::accuracy::setting::{KnownOrigins, Setting};
use hunktrace_tests::accuracy::squashed_series::squashed_series;
use hunktrace_tests::accuracy::subject_line::SubjectLines;
use hunktrace_tests::accuracy::truth::Equivalents;

/// The release that is taken apart, and what it is based on.
const RELEASE: (&str, &str) = ("v2.6.32", "v2.6.32.33");

/// Measure how often the program finds the origin of a change, and how well its confidence is calibrated
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    setting: Setting,
    /// The folder with the known origins; without it only mainline's own hunks are asked for
    #[arg(long, value_name = "DIR")]
    truth: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    if let Some(code) = run_in_place_of_harness() {
        return Ok(code);
    }
    run(&Args::parse())?;
    Ok(ExitCode::SUCCESS)
}

fn run(args: &Args) -> anyhow::Result<()> {
    let Setting { index, mainline, work, .. } = &args.setting;
    let (program, history) = args.setting.prepare()?;
    let ways = OtherWays {
        patch_ids: PatchIds::of_history(&history, mainline, work)?,
        subjects: SubjectLines::of_history(&history, mainline)?,
    };

    let mut report = Report::default();
    let sets = sets(args, &history, &ways)?;
    for set in &sets {
        let answers = program.answers(set, work)?;
        let ours = score(set, &answers);
        report.sets.push(ways.report(&history, set, ours)?);
    }
    add_line_overlap(index, &sets, &mut report)?;
    add_left_out(index, &sets, &mut report)?;
    report.release = squashed_release(args, &history, &program)?;

    let text = report.markdown();
    std::fs::write(work.join("accuracy.md"), &text)?;
    std::fs::write(work.join("accuracy.json"), serde_json::to_vec_pretty(&report)?)?;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// All sets of queries: real ones, then those made of mainline's own hunks.
fn sets(args: &Args, history: &History, ways: &OtherWays) -> anyhow::Result<Vec<QuerySet>> {
    let mut sets = Vec::new();
    if let Some(truth) = &args.truth {
        sets.extend(KnownOrigins::read(truth)?.sets(history)?);
    }
    let Setting { mainline, samples, seed, .. } = &args.setting;
    let equivalents = ways.patch_ids.equivalents();
    let sample = Sample::draw(history, mainline, Half::HeldOut, &HashSet::new(), *samples, *seed)?;
    for kind in Perturbation::ALL {
        sets.push(sample.single_hunks(kind, *samples, &equivalents));
    }
    sets.push(sample.whole_patches(*samples, &equivalents));
    sets.push(squashed_series(&sample, history, *samples, &equivalents)?);
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
fn add_line_overlap(index: &Path, sets: &[QuerySet], report: &mut Report) -> anyhow::Result<()> {
    let snapshot = Snapshot::open(index)?;
    let overlap = LineOverlap::of_index(&snapshot)?;
    for (set, row) in sets.iter().zip(&mut report.sets) {
        row.line_overlap = Some(score(set, &overlap.answers(set)));
    }
    Ok(())
}

/// The same hunks, unchanged and perturbed, with their origin left out of the index; and patches of several commits with
/// all but one of these left out.
fn add_left_out(index: &Path, sets: &[QuerySet], report: &mut Report) -> anyhow::Result<()> {
    let leave_one_out = LeaveOneOut::open(index)?;
    let made = |set: &&QuerySet| set.queries.iter().all(|query| query.subject.is_none());
    for set in sets.iter().filter(made) {
        let but_for_one = leave_one_out.answers_but_for_one(set)?;
        for (set, answers) in [leave_one_out.answers(set)?, but_for_one] {
            if set.queries.is_empty() {
                continue;
            }
            report.sets.push(SetReport {
                name: set.name.clone(),
                is_absent: set.is_absent,
                hunktrace: score(&set, &answers),
                patch_id: None,
                subject_line: None,
                line_overlap: None,
            });
        }
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
    let folder = program.attribute(&args.setting.upstream, base, release, &args.setting.work)?;
    let ours = known.score(&read_attributed(&folder, &equivalents)?);

    let snapshot = Snapshot::open(&args.setting.index)?;
    let base_id = ObjectId::from_hex(history.commit_id(base)?.as_bytes())?;
    let base_commit = snapshot.graph().find(&base_id).context("the index does not have the base")?;
    let diff = history.git(&["diff", "--no-renames", base, release], b"")?;
    let overlap = LineOverlap::of_index(&snapshot)?.attributed(&diff, base_commit, &equivalents);
    Ok(vec![
        (format!("{release}, hunktrace"), ours),
        (format!("{release}, line overlap"), known.score(&overlap)),
    ])
}
