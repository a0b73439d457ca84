//! Attributions that are stopped in the middle.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::time::Duration;
use std::{fs, thread};

use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::vendor_release::{FILE, TREES, VendorRelease};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// How long a step may take that takes next to no time.
const PATIENCE: Duration = Duration::from_secs(60);

const SIGINT: i32 = libc::SIGINT;
const SIGTERM: i32 = libc::SIGTERM;
const SIGHUP: i32 = libc::SIGHUP;

/// The steps of a run, as it says them on standard error.
const STEPS: [&str; 5] = [
    "comparing the trees",
    "gathering candidates",
    "writing the records",
    "writing the patch series",
    "writing the report",
];

fn send(signal: i32, process: &Child) {
    let sent =
        std::process::Command::new("kill").args([format!("-{signal}"), process.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the signal is sent");
}

/// A run that asks a server which takes the question and never answers.
fn run_that_waits(release: &VendorRelease, silent: &TcpListener) -> Child {
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let args = [&["attribute", "--server", &url, "--out", "out"], &TREES[..]].concat();
    let process = release.place.command(&args).spawn().expect("the program starts");
    wait_for(&release.place.path("out.unfinished"));
    process
}

fn wait_for(path: &Path) {
    const STEP: Duration = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    while !path.exists() {
        assert!(waited < PATIENCE, "{} does not come", path.display());
        thread::sleep(STEP);
        waited += STEP;
    }
}

#[test]
fn interrupted_run_removes_what_it_has_and_leaves_the_earlier_result() {
    let release = VendorRelease::new(PROGRAM);
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    for (signal, is_there) in [(SIGINT, false), (SIGTERM, false), (SIGHUP, false), (SIGINT, true)] {
        if is_there {
            release.take_apart();
        }
        let process = run_that_waits(&release, &silent);

        send(signal, &process);

        let output = process.wait_with_output().expect("the run ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{said}");
        assert!(
            said.contains(if is_there { "stopped; out is as it was" } else { "stopped; out was not made" }),
            "{said}"
        );
        assert!(!release.place.path("out.unfinished").exists());
        assert_eq!(release.place.path("out/summary.json").exists(), is_there);
    }
}

#[test]
fn killed_run_leaves_no_folder_that_looks_complete_and_the_next_one_cleans_up() {
    let release = VendorRelease::new(PROGRAM);
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut process = run_that_waits(&release, &silent);

    process.kill().expect("the signal is sent");
    process.wait().expect("the run ends");

    assert!(!release.place.path("out").exists());
    release.take_apart();
    assert!(!release.place.path("out.unfinished").exists());
    release.read("report.html");
}

#[test]
fn run_that_is_killed_at_any_step_leaves_a_whole_result_the_earlier_one_or_its_own() {
    let release = VendorRelease::new(PROGRAM);
    release.repository.branch("next", "vendor");
    let text =
        edit(&c_file("ember", 8), "\tint level = dev->ember_reg[3] + arg * 3;\n", "\tint level = arg;\n");
    release.repository.commit_file(FILE, text, "another release");
    release.take_apart();
    let earlier = Records::read(&release);
    let args = [
        "attribute",
        "--index",
        "index",
        "--base",
        "upstream:v4.0",
        "--vendor",
        "upstream:next",
        "--out",
        "out",
    ];
    release.place.run(&args).succeeded();
    let later = Records::read(&release);
    assert_ne!(earlier, later);

    let mut killed = 0;
    for step in STEPS {
        release.take_apart();
        let mut process = release.place.command(&args).spawn().expect("the program starts");
        let mut said = BufReader::new(process.stderr.take().expect("what it says")).lines();
        let has_come = said.any(|line| line.expect("a line").contains(step));
        assert!(has_come, "the run does not say '{step}'");

        process.kill().expect("the signal is sent");

        killed += usize::from(process.wait().expect("the run ends").code().is_none());
        let found = Records::read(&release);
        assert!(found == earlier || found == later, "killed at '{step}'");
    }
    assert!(killed > 0, "every run was over before it was killed");
}

/// What programs read of a result.
#[derive(PartialEq, Debug)]
struct Records {
    hunks: String,
    commits: String,
    series: Vec<String>,
    patches: usize,
}

impl Records {
    fn read(release: &VendorRelease) -> Records {
        release.read("summary.json");
        release.read("report.html");
        let patches = fs::read_dir(release.place.path("out/patches")).expect("the patches").count();
        Records {
            hunks: release.read("hunks.jsonl"),
            commits: release.read("commits.jsonl"),
            series: release.series(),
            patches,
        }
    }
}
