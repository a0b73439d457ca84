//! Makes the examples that the confidence of a release's lines is fitted to and judged by.
//!
//!     claim_examples --upstream REPO --index DIR --work DIR [--picked REPO...] > EXAMPLES

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use bstr::ByteSlice;
use clap::Parser;
use hunktrace_indexer::message::MessageFacts;
use hunktrace_tests::accuracy::blamed_release::{BlamedRelease, Draw};
use hunktrace_tests::accuracy::claim_examples::{KnownRelease, LeftOut, OpenWorld, Origins};
use hunktrace_tests::accuracy::history::History;

/// Shares of the origins that are left out.
const LEFT_OUT: [f64; 4] = [0.0, 0.2, 0.4, 0.6];

/// How many times as many files are drawn of releases that consist of backports.
const BACKPORTED: usize = 3;

/// Make the examples that the confidence of a release's lines is fitted to and judged by
#[derive(Parser)]
struct Args {
    /// The repository with mainline and the stable branches
    #[arg(long, value_name = "REPO")]
    upstream: PathBuf,
    /// The index of mainline alone
    #[arg(long, value_name = "DIR")]
    index: PathBuf,
    /// A folder for what git says of the releases: it is asked once
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
    /// What origins are left out by, and files drawn by
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many files of a release are drawn, whole folders at a time
    #[arg(long, value_name = "N", default_value_t = 500)]
    files: usize,
    /// Vendors of drawn commits that `tests/synthetic-vendor` has made; the first is fitted to, the others judge
    #[arg(long, value_name = "REPO")]
    picked: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    fs::create_dir_all(&args.work).with_context(|| format!("cannot make {}", args.work.display()))?;
    let history = History::new(&args.upstream);
    let world = OpenWorld::open(&args.index, args.seed)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let draw = Draw { files: args.files, seed: args.seed, from_end: false };
    let everything = Draw { files: usize::MAX, ..draw };

    for (part, base, release, older) in [
        ("fitted", "v2.6.32", "v2.6.33", "v2.6.33-rc1"),
        ("held out", "v2.6.32", "v2.6.35", "v2.6.33"),
        ("fitted", "v2.6.36", "v3.0", "v2.6.38"),
    ] {
        let blamed = BlamedRelease::new(&history, base, release, draw, &args.work)?;
        let origins = blamed.range.iter().map(|commit| (commit.clone(), vec![commit.clone()])).collect();
        let known = KnownRelease { part, name: release, base, blamed: &blamed, origins: &origins };
        write_all(&world, &known, &[LeftOut::Beyond(older)], &mut out)?;
    }
    // Stable commits adapt what they carry, as vendors do: one end of the draw is fitted to, the other judges. They are
    // small, and adapted lines are few, so more of their files are drawn.
    for (part, base, release, from_end) in [
        ("fitted", "v2.6.32", "v2.6.32.33", true),
        ("held out", "v2.6.32", "v2.6.32.33", false),
        ("held out", "v3.1", "v3.1.10", false),
    ] {
        let draw = Draw { from_end, files: BACKPORTED * draw.files, ..draw };
        let blamed = BlamedRelease::new(&history, base, release, draw, &args.work)?;
        let origins = carried(&history, &blamed.range)?;
        let known = KnownRelease { part, name: release, base, blamed: &blamed, origins: &origins };
        write_all(&world, &known, &[], &mut out)?;
    }
    for (place, picked) in args.picked.iter().enumerate() {
        let part = if place == 0 { "fitted" } else { "held out" };
        let work = args.work.join(format!("picked-{place}"));
        fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
        let blamed = BlamedRelease::new(&History::new(picked), "base", "picked", everything, &work)?;
        let origins = picks(picked)?;
        let name = format!("picked {}", place + 1);
        let known = KnownRelease { part, name: &name, base: "v2.6.32", blamed: &blamed, origins: &origins };
        write_all(&world, &known, &[], &mut out)?;
    }
    out.flush()?;
    Ok(())
}

fn write_all(
    world: &OpenWorld,
    known: &KnownRelease<'_>,
    others: &[LeftOut<'_>],
    out: &mut impl Write,
) -> anyhow::Result<()> {
    for left_out in LEFT_OUT.map(LeftOut::Share).iter().chain(others) {
        world.write_examples(known, *left_out, out)?;
    }
    Ok(())
}

/// What commits say to carry; those that say nothing are left out.
fn carried(history: &History, commits: &[String]) -> anyhow::Result<Origins> {
    let input = commits.join("\n") + "\n";
    let printed =
        history.git(&["log", "--no-walk=unsorted", "--stdin", "-z", "--format=%H%n%B"], input.as_bytes())?;
    let mut origins = Origins::new();
    for record in printed.split(|byte| *byte == 0) {
        let text = record.to_str_lossy();
        let Some((commit, message)) = text.split_once('\n') else { continue };
        let named = MessageFacts::parse(message).origins;
        if !named.is_empty() {
            origins.insert(commit.to_owned(), named.into_iter().map(|named| named.hex).collect());
        }
    }
    Ok(origins)
}

/// What the commits of a vendor of drawn commits were picked from.
fn picks(vendor: &Path) -> anyhow::Result<Origins> {
    let file = vendor.join("picks.tsv");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let pair = |line: &str| {
        let (picked, origin) = line.split_once('\t').with_context(|| format!("no pick: '{line}'"))?;
        Ok((picked.to_owned(), vec![origin.to_owned()]))
    };
    text.lines().map(pair).collect()
}
