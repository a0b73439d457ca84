//! Where `attribute` puts its result, and what it leaves alone.

use std::fs;

use arrow_ipc::reader::FileReader;
use hunktrace_tests::vendor_release::{TREES, VendorRelease};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

#[test]
fn folder_of_something_else_is_left_alone_though_it_has_a_summary() {
    let release = VendorRelease::new(PROGRAM);
    fs::create_dir(release.place.path("out")).expect("a folder");
    release.place.write("out/summary.json", "{}");
    release.place.write("out/letter.txt", "dear");

    let args = [&["attribute", "--index", "index", "--out", "out"], &TREES[..]].concat();
    let said = release.place.run(&args).failed(2);

    assert!(said.contains("holds no earlier result"), "{said}");
    assert_eq!(release.read("letter.txt"), "dear");
    assert!(!release.place.path("out.unfinished").exists());
}

#[test]
fn letter_beside_an_earlier_result_is_named_and_stays() {
    let release = VendorRelease::new(PROGRAM);
    release.take_apart();
    release.take_apart();
    release.place.write("out/letter.txt", "dear");

    let args = [&["attribute", "--index", "index", "--out", "out"], &TREES[..]].concat();
    let said = release.place.run(&args).failed(2);

    assert!(said.contains("letter.txt"), "{said}");
    assert_eq!(release.read("letter.txt"), "dear");
    release.read("report.html");
}

#[test]
fn records_are_the_same_where_nothing_else_is_written() {
    let release = VendorRelease::new(PROGRAM);
    release.take_apart();
    let records = ["hunks.jsonl", "commits.jsonl", "commits.csv"].map(|name| release.read(name));

    let args = ["attribute", "--index", "index", "--out", "out", "--records-only"];
    let said = release.place.run(&[&args, &TREES[..]].concat()).succeeded().stdout;

    assert!(said.contains("records  out\n") && !said.contains("report"), "{said}");
    assert_eq!(["hunks.jsonl", "commits.jsonl", "commits.csv"].map(|name| release.read(name)), records);
    let summary: serde_json::Value = serde_json::from_str(&release.read("summary.json")).expect("JSON");
    assert_eq!(summary["patches"], serde_json::Value::Null);
    let expected = [".hunktrace-result", "commits.csv", "commits.jsonl", "hunks.jsonl", "summary.json"];
    assert_eq!(written(&release), expected);

    let audit = ["audit", "--index", "index", "--taken", "out", "--report"];
    let said = release.place.run(&audit).failed(2);
    assert!(said.contains("out has no report") && said.contains("--records-only"), "{said}");
}

#[test]
fn runs_are_columns_where_tables_are_made_of_them() {
    let release = VendorRelease::new(PROGRAM);
    release.take_apart();
    let commits = release.read("commits.jsonl");
    let hunks = release.read("hunks.jsonl");
    let runs = hunks.lines().flat_map(|line| {
        let hunk: serde_json::Value = serde_json::from_str(line).expect("JSON");
        hunk["runs"].as_array().expect("a list").clone()
    });

    let args = ["attribute", "--index", "index", "--out", "out", "--arrow"];
    release.place.run(&[&args, &TREES[..]].concat()).failed(2);
    let args = [&args[..], &["--records-only"], &TREES[..]].concat();
    release.place.run(&args).succeeded();

    assert_eq!(written(&release), [".hunktrace-result", "commits.jsonl", "runs.arrow", "summary.json"]);
    assert_eq!(release.read("commits.jsonl"), commits);
    let table = fs::File::open(release.place.path("out/runs.arrow")).expect("the table");
    let mut batches = FileReader::try_new(table, None).expect("a file of Arrow");
    let rows = batches.try_fold(0, |rows, batch| batch.map(|batch| rows + batch.num_rows()));
    assert_eq!(rows.expect("readable rows"), runs.count());
}

/// The names of what is in the result's folder.
fn written(release: &VendorRelease) -> Vec<String> {
    let entries = fs::read_dir(release.place.path("out")).expect("the result");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn result_inside_the_vendors_folder_is_no_part_of_it() {
    let release = VendorRelease::new(PROGRAM);
    release.repository.git(&["worktree", "add", "--quiet", "--detach", "../vendor-tree", "vendor"]);
    let args = ["attribute", "--index", "index", "--base", "upstream:v4.0", "--vendor", "vendor-tree"];
    let args = [&args[..], &["--out", "vendor-tree/out"]].concat();
    let result =
        |name: &str| fs::read_to_string(release.place.path("vendor-tree/out").join(name)).expect(name);

    release.place.run(&args).succeeded();
    let hunks = result("hunks.jsonl");
    release.place.run(&args).succeeded();

    assert_eq!(result("hunks.jsonl"), hunks);
    assert!(hunks.contains("drivers/ember.c") && !hunks.contains("out/"), "{hunks}");
    assert!(result("summary.json").contains("results are written there"));
}

#[test]
fn archive_that_unpacks_to_more_than_a_kernel_is_refused_with_the_flag_that_allows_it() {
    let release = VendorRelease::new(PROGRAM);
    let tar = release.repository.git_with_input(&["archive", "--prefix=linux/", "vendor"], b"");
    release.place.write("vendor.tar", &tar);
    let zeros = "head -c 3000000 /dev/zero > linux/zeros";
    let line = format!(
        "mkdir linux && {zeros} && tar rf vendor.tar linux/zeros && gzip vendor.tar && \
                        head -c 1024 /dev/zero >> vendor.tar.gz"
    );
    hunktrace_tests::workplace::Run::of(release.place.shell(&line)).succeeded();
    let args = [
        "attribute",
        "--index",
        "index",
        "--base",
        "upstream:v4.0",
        "--vendor",
        "vendor.tar.gz",
        "--out",
        "out",
    ];

    let said = release.place.run(&[&args[..], &["--max-unpacked", "1"]].concat()).failed(2);
    assert!(said.contains("--max-unpacked"), "{said}");
    // Zeros behind the archive are no damage.
    release.place.run(&args).succeeded();
}
