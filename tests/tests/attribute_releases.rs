//! Several releases of one vendor, in their order.

use std::fs;

use hunktrace_tests::records::records;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::vendor_release::{FILE, VendorRelease, with_level, with_lock};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// Three releases: the second one adds a commit that the third one has dropped again.
struct Releases {
    release: VendorRelease,
}

const TREES: [&str; 8] =
    ["--base", "upstream:v4.0", "--vendor", "upstream:a", "--vendor", "upstream:b", "--vendor", "upstream:c"];

impl Releases {
    fn new() -> Releases {
        let release = VendorRelease::new(PROGRAM);
        let base = c_file("ember", 8);
        let own = |text: &str| {
            edit(text, "\treturn ember_finish7(dev, level);\n", "\treturn vendor_finish(dev, level);\n")
        };
        let texts = [with_lock(&base), with_level(&with_lock(&base)), own(&with_lock(&base))];
        for (name, text) in ["a", "b", "c"].into_iter().zip(texts) {
            release.repository.branch(name, "v4.0");
            release.repository.commit_file(FILE, text, "a vendor release");
        }
        Releases { release }
    }

    fn take_apart(&self, more: &[&str]) -> String {
        let args = [&["attribute", "--index", "index", "--out", "out"], &TREES[..], more].concat();
        self.release.place.run(&args).succeeded().stdout
    }
}

#[test]
fn commits_are_said_to_come_and_to_go() {
    let releases = Releases::new();

    let printed = releases.take_apart(&[]);

    let VendorRelease { backported, left_out, .. } = &releases.release;
    let commits = records(&releases.release.read("releases.jsonl"));
    let seen: Vec<Value> = commits
        .iter()
        .map(|commit| {
            json!([commit["commit"], commit["first_appeared"], commit["disappeared"], commit["status"]])
        })
        .collect();
    let expected = [
        json!([backported, "01-a", null, {"01-a": "complete", "02-b": "complete", "03-c": "complete"}]),
        json!([left_out, "02-b", "03-c", {"01-a": null, "02-b": "complete", "03-c": null}]),
    ];
    assert_eq!(seen, expected);
    assert_eq!(commits[1]["subject"], "ember: work the level out in one place");
    let table = releases.release.read("releases.csv");
    assert!(
        table.contains(&format!("{left_out},ember: work the level out in one place,02-b,03-c,,complete,\n")),
        "{table}"
    );
    assert!(printed.contains("1 commit new, 0 commits gone"), "{printed}");
    assert!(printed.contains("0 commits new, 1 commit gone"), "{printed}");
}

#[test]
fn commit_that_the_next_base_contains_is_not_said_to_be_gone() {
    let release = VendorRelease::new(PROGRAM);
    let repository = &release.repository;
    repository.branch("next", "v4.1");
    repository.write("Makefile", "VERSION = 4\nPATCHLEVEL = 1\nSUBLEVEL = 0\nEXTRAVERSION =\n");
    let own = edit(
        &with_level(&with_lock(&c_file("ember", 8))),
        "\treturn ember_finish7(dev, level);\n",
        "\treturn vendor_finish(dev, level);\n",
    );
    repository.commit_file(FILE, own, "vendor release 2");
    let trees = ["--base", "auto", "--vendor", "upstream:vendor", "--vendor", "upstream:next"];
    let args =
        [&["attribute", "--index", "index", "--repo", "upstream", "--out", "out"], &trees[..]].concat();

    let printed = release.place.run(&args).succeeded().stdout;

    let commits = records(&release.read("releases.jsonl"));
    let seen: Vec<Value> = commits
        .iter()
        .map(|commit| json!([commit["commit"], commit["disappeared"], commit["status"]]))
        .collect();
    let status = json!({"01-vendor": "complete", "02-next": "in base"});
    assert_eq!(seen, [json!([release.backported, null, status])]);
    assert!(printed.contains("0 commits new, 0 commits gone"), "{printed}");
}

#[test]
fn each_release_is_written_as_if_it_were_the_only_one() {
    let releases = Releases::new();
    releases.take_apart(&[]);

    let args = [
        "attribute",
        "--index",
        "index",
        "--out",
        "alone",
        "--base",
        "upstream:v4.0",
        "--vendor",
        "upstream:b",
    ];
    releases.release.place.run(&args).succeeded();

    let read = |path: &str| fs::read_to_string(releases.release.place.path(path)).expect(path);
    for file in ["hunks.jsonl", "commits.jsonl", "commits.csv", "patches/series", "report.html"] {
        assert_eq!(read(&format!("out/02-b/{file}")), read(&format!("alone/{file}")), "{file}");
    }
    let summary: Value = serde_json::from_str(&releases.release.read("summary.json")).expect("a summary");
    assert_eq!(summary["releases"][2]["gone_commits"], 1);
}

#[test]
fn page_leads_to_each_releases_report_and_lists_what_changed() {
    let releases = Releases::new();
    releases.take_apart(&[]);

    let page = releases.release.read("report.html");

    for name in ["01-a", "02-b", "03-c"] {
        assert!(page.contains(&format!("href=\"{name}/report.html\"")), "{name}");
        assert!(releases.release.place.path(&format!("out/{name}/report.html")).is_file(), "{name}");
    }
    let link = format!("href=\"02-b/report.html#commit={}\"", releases.release.left_out);
    assert_eq!(page.matches(&link).count(), 2, "once new, once gone");
}

#[test]
fn each_release_gets_a_branch() {
    let releases = Releases::new();
    let repository = &releases.release.repository;

    releases.take_apart(&["--repo", "upstream", "--git-branch", "apart"]);

    for (branch, release) in [("apart-01-a", "a"), ("apart-02-b", "b"), ("apart-03-c", "c")] {
        assert_eq!(
            repository.rev_parse(&format!("{branch}^{{tree}}")),
            repository.rev_parse(&format!("{release}^{{tree}}"))
        );
    }
}

#[test]
fn failure_with_a_later_release_leaves_nothing_of_the_earlier_ones() {
    let releases = Releases::new();
    let repository = &releases.release.repository;
    let trees = ["--base", "upstream:v4.0", "--vendor", "upstream:a", "--vendor", "upstream:nowhere"];
    let args =
        [&["attribute", "--index", "index", "--out", "out"], &trees[..], &["--repo", "upstream"]].concat();

    let message = releases.release.place.run(&[&args[..], &["--git-branch", "apart"]].concat()).failed(2);

    assert!(message.contains("nowhere"), "{message}");
    assert!(!releases.release.place.path("out").exists());
    assert!(!releases.release.place.path("out.unfinished").exists());
    assert_eq!(repository.git(&["for-each-ref", "refs/heads/apart*", "refs/hunktrace"]), "");
}
