//! What people see at 60, 100 and 160 columns, kept as snapshots: `tests/snapshots/terminal`.
//!
//! Texts have their colours as marks; pictures show them on dark and on light terminals. What depends on the time, the
//! machine or the version is replaced by `⟨…⟩`.

use std::path::PathBuf;

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::terminal::{Screen, assert_pictures, assert_snapshot};
use hunktrace_tests::workplace::Workplace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const COLUMNS: [u16; 3] = [60, 100, 160];

/// The columns at which pictures are taken.
const PICTURED: u16 = 100;

/// The sample that comes with the program: a small kernel, its index, and a vendor's patches and release.
struct Sample {
    place: Workplace,
}

impl Sample {
    fn new() -> Sample {
        let place = Workplace::new(PROGRAM);
        place.run(&["demo", "--dir", "sample"]).succeeded();
        Sample { place }
    }

    /// The id of the commit with this subject on a branch.
    fn commit(&self, branch: &str, subject: &str) -> String {
        let repository = GitRepository::open(self.place.path("sample/upstream.git"));
        let found = repository.git(&["log", "--format=%h %s", "--abbrev=12", branch]);
        let line = found.lines().find_map(|line| line.split_once(' ').filter(|(_, own)| *own == subject));
        line.expect("a commit of the sample").0.to_owned()
    }

    /// Compares what a command shows, once it is made the same on every machine and at any time.
    #[track_caller]
    fn assert_shown(&self, name: &str, args: &[&str], steady: impl Fn(&str) -> String) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots/terminal");
        for columns in COLUMNS {
            let mut command = self.place.command(args);
            command.current_dir(self.place.path("sample"));
            let mut screen = Screen::of(command, columns);
            assert_eq!(screen.code, Some(0), "{}", screen.stderr);
            screen.shown = steady(&screen.shown);
            assert_snapshot(&folder, &format!("{name}-{columns}.txt"), &screen.with_marks());
            if columns == PICTURED {
                assert_pictures(&folder, name, &screen.shown);
            }
        }
    }
}

fn as_it_is(shown: &str) -> String {
    shown.to_owned()
}

/// The lines with another one in place of each that `replace` knows.
fn lines_with(shown: &str, replace: impl Fn(&str) -> Option<String>) -> String {
    shown.lines().map(|line| replace(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

#[test]
fn one_patch() {
    let sample = Sample::new();
    let args = ["lookup", "--index", "upstream.index", "--base", "v1.0", "0002-adapted-backport.patch"];
    sample.assert_shown("one-patch", &args, as_it_is);
}

#[test]
fn series_of_nineteen() {
    let sample = Sample::new();
    let repository = GitRepository::open(sample.place.path("sample/upstream.git"));
    let mut series = repository.git(&["format-patch", "--stdout", "v1.0..master"]) + "\n";
    for vendor in ["0002-adapted-backport.patch", "0003-squashed-backports.patch", "0004-vendor-only.patch"] {
        let patch = std::fs::read_to_string(sample.place.path(&format!("sample/{vendor}"))).expect("a patch");
        series += &patch;
        series += "\n";
    }
    sample.place.write("sample/series.mbox", series);
    let args = ["lookup", "--index", "upstream.index", "--base", "v1.0", "series.mbox"];
    sample.assert_shown("series", &args, as_it_is);
    let args = ["lookup", "--oneline", "--index", "upstream.index", "--base", "v1.0", "series.mbox"];
    sample.assert_shown("series-oneline", &args, as_it_is);
}

#[test]
fn explanation() {
    let sample = Sample::new();
    let args =
        ["lookup", "--explain", "--index", "upstream.index", "--base", "v1.0", "0002-adapted-backport.patch"];
    sample.assert_shown("explain", &args, as_it_is);
}

#[test]
fn commits_that_were_undone_and_carried() {
    let sample = Sample::new();
    let undone = sample.commit("master", "mm: stash: poison freed objects");
    let carried = sample.commit("master", "net: ember: free the receive buffers");
    let args = ["show", "--index", "upstream.index", "--base", "v1.1-rc1", "--hunks", &undone, &carried];
    sample.assert_shown("show", &args, as_it_is);
}

#[test]
fn status() {
    let sample = Sample::new();
    let steady = |shown: &str| {
        lines_with(shown, |line| {
            let (name, what) = [("written", "when"), ("size", "how much"), ("program", "version")]
                .into_iter()
                .find(|(name, _)| line.contains(&format!("{name:<8}\x1b")))?;
            let (before, _) = line.split_once(&format!("{name:<8}"))?;
            Some(format!("{before}{name:<8}\x1b[0m  ⟨{what}⟩"))
        })
    };
    sample.assert_shown("status", &["status", "--index", "upstream.index"], steady);
}

#[test]
fn release_taken_apart() {
    let sample = Sample::new();
    let args = [
        "attribute",
        "--index",
        "upstream.index",
        "--base",
        "upstream.git:v1.0",
        "--vendor",
        "vendor-1.0",
        "--out",
        "again",
    ];
    // How long steps take is told only where they take long.
    let steady = |shown: &str| {
        let is_timing = |line: &&str| {
            let mut words = line.split_whitespace();
            words.next().is_some_and(|seconds| seconds.parse::<f64>().is_ok()) && words.next() == Some("s")
        };
        shown.lines().filter(|line| !is_timing(line)).map(|line| line.to_owned() + "\n").collect()
    };
    sample.assert_shown("attribute", &args, steady);
}
