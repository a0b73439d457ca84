//! The demonstration, which is the first thing that a new user runs.

use hunktrace_tests::workplace::Workplace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

#[test]
fn demo_finds_the_origins_of_its_patches() {
    let place = Workplace::new(PROGRAM);

    let run = place.run(&["demo"]).succeeded();

    assert!(run.stdout.contains("$ hunktrace index"), "{}", run.stdout);
    assert!(run.stdout.contains("0001-exact-backport.patch: "), "{}", run.stdout);
    assert!(run.stdout.contains("exact "), "{}", run.stdout);
}

#[test]
fn demo_takes_a_release_apart_and_says_where_the_report_is() {
    let place = Workplace::new(PROGRAM);

    let run = place.run(&["demo", "--dir", "sample"]).succeeded();

    let report = run.stdout.lines().find_map(|line| line.strip_prefix("The report opens in a browser: "));
    let report = std::path::Path::new(report.expect("the report's place"));
    assert!(report.is_file(), "{}", report.display());
    let commits = std::fs::read_to_string(report.with_file_name("commits.csv")).expect("the commits");
    for subject in
        ["pebblefs: check a block number before reading it", "lib: ring: do not write into a full ring"]
    {
        assert!(commits.contains(subject), "{commits}");
    }
}

#[test]
fn demo_keeps_its_sample_where_it_is_told_to() {
    let place = Workplace::new(PROGRAM);

    place.run(&["demo", "--dir", "sample"]).succeeded();

    assert_ne!(place.status("sample/upstream.index")["commits"], 0);
    place.digest("sample/upstream.index");
}

#[test]
fn demo_touches_no_folder_that_is_in_use() {
    let place = Workplace::new(PROGRAM);
    place.repository("work");
    place.write("work/notes", "mine\n");

    let message = place.run(&["demo", "--dir", "work"]).failed(2);

    assert!(message.contains("work: is not empty"), "{message}");
}
