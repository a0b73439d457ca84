//! `serve --repo`: a server that keeps the index of a clone, and follows it.

use std::time::{Duration, Instant};

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::server::Server;
use hunktrace_tests::workplace::Workplace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const LOG: &str = "server.log";

/// How long following may take; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many commits a server has.
fn commits(place: &Workplace, server: &Server) -> u64 {
    let told = place.run(&["status", "--server", server.url(), "--format", "jsonl"]).succeeded().stdout;
    let status: serde_json::Value = serde_json::from_str(&told).expect("a record");
    status["commits"].as_u64().expect("a number")
}

fn wait_for_commits(place: &Workplace, server: &Server, wanted: u64) {
    let started = Instant::now();
    while commits(place, server) != wanted {
        assert!(started.elapsed() < PATIENCE, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn follow(place: &Workplace, repository: &str) -> Server {
    let serve = ["serve", "--repo", repository, "--listen", "127.0.0.1:0", "--follow-interval", "50ms"];
    Server::spawn_logging(place.command(&serve), place, LOG)
}

#[test]
fn clone_is_followed_and_nothing_is_fetched() {
    let place = Workplace::new(PROGRAM);
    let upstream = place.repository("upstream");
    upstream.import_history(3);
    upstream.git(&["clone", "--quiet", "--mirror", ".", "../clone.git"]);
    let clone = GitRepository::open(place.path("clone.git"));
    let mut server = follow(&place, "clone.git");
    assert_eq!(commits(&place, &server), 3);

    let fix = upstream.commit_file("fix.c", "int fixed;\n", "fix: mend it");
    // The clone has a reference of its own meanwhile; only that is seen.
    let first = clone.git(&["rev-list", "--max-parents=0", "--all"]);
    let tree = clone.git(&["rev-parse", &format!("{}^{{tree}}", first.trim())]);
    let author = ["-c", "user.name=A", "-c", "user.email=a@b"];
    let own = clone.git(&[&author[..], &["commit-tree", "-m", "own", tree.trim()]].concat());
    clone.git(&["update-ref", "refs/heads/own", own.trim()]);
    wait_for_commits(&place, &server, 4);
    place.run(&["show", "--server", server.url(), &fix]).failed(2);

    clone.git(&["fetch", "--quiet", "origin", "+refs/heads/*:refs/heads/*"]);
    wait_for_commits(&place, &server, 5);
    place.run(&["show", "--server", server.url(), &fix]).succeeded();

    // Signals are the service's, though it has indexed before.
    server.signal(libc::SIGHUP);
    server.wait_for_log("were read again");
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
}

#[test]
fn repository_that_goes_away_is_told_and_the_index_is_served_on() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(3);
    let server = follow(&place, "upstream");

    std::fs::rename(place.path("upstream"), place.path("away")).expect("it is moved");
    server.wait_for_log("the index cannot be extended");

    assert_eq!(commits(&place, &server), 3);
    std::fs::rename(place.path("away"), place.path("upstream")).expect("it is moved back");
    place.repository("upstream").commit_file("x.c", "int x;\n", "add x");
    wait_for_commits(&place, &server, 4);
}
