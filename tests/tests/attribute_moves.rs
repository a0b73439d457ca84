//! Files that a vendor has moved.

use std::fs;

use hunktrace_tests::records::records;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::vendor_release::{FILE, VENDOR_LINE, VendorRelease, with_lock};
use hunktrace_tests::workplace::Workplace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const NEW_FILE: &str = "drivers/staging/ember.c";

/// A release whose vendor has moved the driver with a backport and a line of its own, and another file as it is.
fn release_with_moves() -> VendorRelease {
    let release = VendorRelease::new(PROGRAM);
    let repository = &release.repository;
    repository.branch("moved", "v4.0");
    fs::create_dir_all(repository.path().join("drivers/staging")).expect("a folder");
    repository.git(&["mv", FILE, NEW_FILE]);
    repository.git(&["mv", "Makefile", "Kbuild"]);
    let finish = "\treturn ember_finish7(dev, level);\n";
    let text = edit(&with_lock(&c_file("ember", 8)), finish, &format!("{VENDOR_LINE}{finish}"));
    repository.commit_file(NEW_FILE, text, "a release with moved files");
    let args =
        ["--base", "upstream:v4.0", "--vendor", "upstream:moved", "--out", "out", "--repo", "upstream"];
    release
        .place
        .run(&[&["attribute", "--index", "index", "--git-branch", "apart"], &args[..]].concat())
        .succeeded();
    release
}

#[test]
fn moved_file_is_explained_by_what_changed_in_it() {
    let release = release_with_moves();

    let hunks = records(&release.read("hunks.jsonl"));
    assert_eq!(hunks.len(), 2, "only what changed, and nothing for the file that is as it was: {hunks:?}");
    for hunk in &hunks {
        assert_eq!((&hunk["file"], &hunk["old_path"]), (&NEW_FILE.into(), &FILE.into()));
    }
    let commits = records(&release.read("commits.jsonl"));
    assert_eq!(commits.len(), 1);
    assert_eq!(commits[0]["commit"], release.backported.as_str());
    assert_eq!(commits[0]["lines"], 2);
    let summary: serde_json::Value = serde_json::from_str(&release.read("summary.json")).expect("a summary");
    assert_eq!((&summary["moved_files"], &summary["all"]["lines"]), (&2.into(), &3.into()));
}

#[test]
fn series_and_branch_move_files_and_give_the_vendors_tree() {
    let release = release_with_moves();
    let repository = &release.repository;
    let vendor = repository.rev_parse("moved^{tree}");

    repository.git(&["checkout", "--quiet", "--detach", "v4.0"]);
    for name in release.series() {
        let patch = release.place.path("out/patches").join(name).display().to_string();
        repository.git(&["am", "--quiet", "--keep-cr", "--keep-non-patch", &patch]);
    }

    assert_eq!(repository.rev_parse("HEAD^{tree}"), vendor);
    assert_eq!(repository.rev_parse("apart^{tree}"), vendor);
    let moves = repository.git(&["show", "--format=%s", "--name-status", "-M", "apart~2"]);
    assert!(moves.contains(&format!("R100\t{FILE}\t{NEW_FILE}")), "{moves}");
    assert!(moves.contains("R100\tMakefile\tKbuild"), "{moves}");
}

#[test]
fn upstreams_renames_are_followed_however_much_the_file_has_changed() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.write("Makefile", "VERSION = 4\nPATCHLEVEL = 0\nSUBLEVEL = 0\nEXTRAVERSION =\n");
    let text = c_file("ember", 8);
    repository.commit_file(FILE, &text, "drivers: add ember");
    repository.tag("v4.0");
    fs::create_dir_all(repository.path().join("drivers/glow")).expect("a folder");
    repository.git(&["mv", FILE, "drivers/glow/core.c"]);
    repository.commit("ember: move the driver to a folder of its own");
    repository.git(&["mv", "drivers/glow/core.c", "drivers/glow/main.c"]);
    repository.commit("ember: call the file what it is");
    let text = with_lock(&text);
    repository.commit_file("drivers/glow/main.c", &text, "ember: take the lock around the state");
    place.index("index", "upstream");

    // The vendor has more code of its own than of upstream.
    repository.branch("vendor", "v4.0");
    fs::create_dir_all(repository.path().join("drivers/glow")).expect("a folder");
    repository.git(&["mv", FILE, "drivers/glow/main.c"]);
    repository.commit_file("drivers/glow/main.c", text + &c_file("quirk", 24), "vendor release 1");
    let trees = ["--base", "upstream:v4.0", "--vendor", "upstream:vendor", "--out", "out"];
    place.run(&[&["attribute", "--index", "index"], &trees[..]].concat()).succeeded();

    let read = |file: &str| fs::read_to_string(place.path("out").join(file)).expect(file);
    let hunks = records(&read("hunks.jsonl"));
    assert!(!hunks.is_empty());
    for hunk in &hunks {
        assert_eq!((&hunk["file"], &hunk["old_path"]), (&"drivers/glow/main.c".into(), &FILE.into()));
    }
    let commits = records(&read("commits.jsonl"));
    let subjects: Vec<_> = commits.iter().map(|commit| &commit["subject"]).collect();
    assert_eq!(subjects, ["ember: take the lock around the state"]);
}
