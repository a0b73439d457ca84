//! Indexing runs that are killed at any moment.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::{Duration, Instant};

use hunktrace_tests::workplace::Workplace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// Commits of the repository that is indexed.
const COMMITS: usize = 150;

/// Commits between two commit points: few, so that kills hit commit points as often as what lies between them.
const COMMITS_BETWEEN: &str = "5";

/// Kills of runs that are under way.
const KILLS: u32 = 16;

/// Runs that are killed at the same time.
const AT_A_TIME: u32 = 4;

/// How long the first commit point may take; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// SIGKILL, which no process can catch.
const SIGKILL: i32 = 9;

#[test]
fn killed_runs_leave_an_index_that_opens_and_ends_as_an_undisturbed_one_does() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(COMMITS);
    let started = Instant::now();
    place.run(&arguments("undisturbed")).succeeded();
    let whole_run = started.elapsed();
    let digest = place.digest("undisturbed");

    // From before the first commit point to about the end, each time on an index of its own. Runs mostly wait for the
    // disk, so some may wait together.
    let kill_and_go_on = &|number: u32| {
        let delay = whole_run * number / KILLS;
        let index = format!("killed{number}");
        let mut run = start(&place, &index);
        wait_for_the_plan(&mut run);
        std::thread::sleep(delay);
        let was_killed = kill(run);
        assert_opens_or_is_said_to_be_absent(&place, &index);
        place.index(&index, "upstream");
        assert_eq!(place.digest(&index), digest, "killed after {delay:?}");
        assert_eq!(place.status(&index)["is_complete"], true);
        was_killed
    };
    let killed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_A_TIME)
            .map(|first| {
                let numbers = (first..KILLS).step_by(AT_A_TIME as usize);
                scope.spawn(move || numbers.filter(|number| kill_and_go_on(*number)).count())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("every kill is survived")).sum()
    });
    assert!(killed > 0, "every run was over before it was killed");
}

#[test]
fn index_survives_being_killed_again_and_again() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(COMMITS);
    place.index("undisturbed", "upstream");

    for number in 0..KILLS {
        let run = start(&place, "index");
        std::thread::sleep(Duration::from_millis(u64::from(number) * 12));
        kill(run);
        assert_opens_or_is_said_to_be_absent(&place, "index");
    }
    place.index("index", "upstream");

    assert_eq!(place.digest("index"), place.digest("undisturbed"));
}

#[test]
fn run_goes_on_from_the_last_commit_point_of_a_killed_one() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(COMMITS);
    let run = start(&place, "index");
    let commits = wait_for_commits(&place, "index");
    kill(run);

    let again = place.run(&["index", "--index", "index", "--repo", "upstream"]).succeeded();

    let said = again.stderr + &again.stdout;
    let is_told = said.contains("known already") || said.contains("nothing new");
    assert!(is_told, "{commits} commits were in the index: {said}");
}

#[test]
fn extending_run_that_is_killed_keeps_what_was_there() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.import_history(40);
    place.index("index", "upstream");
    repository.import_history(COMMITS);
    place.index("undisturbed", "upstream");

    for number in 0..6 {
        let mut run = start(&place, "index");
        wait_for_the_plan(&mut run);
        std::thread::sleep(Duration::from_millis(number * 15));
        kill(run);
        let commits = place.status("index")["commits"].as_u64();
        assert!(commits.is_some_and(|commits| commits >= 40), "{commits:?}");
    }
    place.index("index", "upstream");

    assert_eq!(place.digest("index"), place.digest("undisturbed"));
}

const fn arguments(index: &str) -> [&str; 7] {
    ["index", "--index", index, "--repo", "upstream", "--commit-every", COMMITS_BETWEEN]
}

fn start(place: &Workplace, index: &str) -> Child {
    place.command(&arguments(index)).spawn().expect("the program starts")
}

/// Waits until a run says how much there is to do, or ends because there is nothing.
fn wait_for_the_plan(run: &mut Child) {
    let stderr = run.stderr.take().expect("what the run says");
    let mut line = String::new();
    BufReader::new(stderr).read_line(&mut line).expect("the run's first line");
}

/// Waits until an index has a commit point, and returns how many commits it has then.
fn wait_for_commits(place: &Workplace, index: &str) -> u64 {
    let started = Instant::now();
    loop {
        assert!(started.elapsed() < PATIENCE, "there is still no commit point");
        let run = place.run(&["status", "--index", index, "--format", "jsonl"]);
        if run.code == Some(0) {
            let status: serde_json::Value = serde_json::from_str(&run.stdout).expect("a status");
            if let Some(commits @ 1..) = status["commits"].as_u64() {
                return commits;
            }
        }
    }
}

/// Whether the run was still under way.
fn kill(mut run: Child) -> bool {
    run.kill().expect("a process to kill");
    run.wait().expect("the run's end").signal() == Some(SIGKILL)
}

fn assert_opens_or_is_said_to_be_absent(place: &Workplace, index: &str) {
    let run = place.run(&["status", "--index", index]);
    match run.code {
        Some(0) => {}
        _ => assert!(run.stderr.contains("there is no index here"), "{run:?}"),
    }
}
