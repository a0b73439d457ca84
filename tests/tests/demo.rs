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
