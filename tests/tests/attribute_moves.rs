//! Files that a vendor has moved.

use std::fs;

use hunktrace_tests::records::records;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::vendor_release::{FILE, VENDOR_LINE, VendorRelease, with_lock};

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
