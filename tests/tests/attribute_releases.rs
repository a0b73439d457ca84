//! Several releases of one vendor, in their order.

use std::fs;

use hunktrace_tests::records::records;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::vendor_release::{FILE, VendorRelease, with_level, with_lock};
use hunktrace_tests::workplace::Workplace;
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
            // A change that all of them have.
            release.repository.write("drivers/coal.c", c_file("coal", 2));
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
        table.contains(&format!(
            "{left_out},ember: work the level out in one place,02-b,03-c,removed,,,complete,\n"
        )),
        "{table}"
    );
    assert!(printed.contains("1 commit new, 0 commits gone"), "{printed}");
    let gone = "0 commits new, 1 commit gone (0 superseded, 0 no longer provable, 1 removed)";
    assert!(printed.contains(gone), "{printed}");
    assert_eq!(commits[1]["gone"], json!({"03-c": {"why": "removed", "by": null}}));
}

/// A file that no release changes.
const OTHER: &str = "drivers/coal.c";

#[test]
fn commit_whose_lines_were_rewritten_and_one_whose_lines_count_for_another_are_not_said_to_be_removed() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    let (base, other) = (c_file("ember", 8), c_file("coal", 8));
    repository.write("Makefile", "VERSION = 4\nPATCHLEVEL = 0\nSUBLEVEL = 0\nEXTRAVERSION =\n");
    repository.write(OTHER, &other);
    repository.commit_file(FILE, &base, "drivers: add ember and coal");
    repository.tag("v4.0");
    let check = |text: &str, driver: &str, lines: &str| {
        let state = format!("\tdev->{driver}_state4 = level;\n");
        edit(text, &state, &format!("{lines}{state}"))
    };
    let ember_lines = "\tember_check_limit(dev, level);\n\tember_note_level(dev, level);\n";
    let more = "\tember_tell_watchers(dev, level);\n\tember_wake_sleepers(dev, level);\n";
    let other_checked = check(&other, "coal", "\tcoal_check_limit(dev, level);\n");
    repository.write(OTHER, &other_checked);
    let text = check(&base, "ember", ember_lines);
    let checked = repository.commit_file(FILE, &text, "ember, coal: check the limit");
    repository.write(OTHER, edit(&other_checked, "arg * 2;", "coal_scale(dev, arg, 2);"));
    let text = with_level(&text);
    let levelled = repository.commit_file(FILE, &text, "ember, coal: scale");
    let rescaled = |text: &str| edit(text, "ember_level(dev, 1)", "ember_scaled_level(dev, arg, 1)");
    let rewriting = repository.commit_file(FILE, rescaled(&text), "ember: scale the level");
    repository.branch("stable", "v4.0");
    let whole = check(&base, "ember", &format!("{ember_lines}{more}"));
    let claiming = repository.commit_file(FILE, &whole, "ember: check, tell and wake");
    place.index("index", "upstream");
    repository.branch("a", "v4.0");
    repository.commit_file(FILE, &text, "release a");
    repository.branch("b", "v4.0");
    repository.commit_file(FILE, rescaled(&with_level(&whole)), "release b");

    let printed = place
        .run(&[
            "attribute",
            "--index",
            "index",
            "--out",
            "out",
            "--base",
            "upstream:v4.0",
            "--vendor",
            "upstream:a",
            "--vendor",
            "upstream:b",
        ])
        .succeeded()
        .stdout;

    let said = fs::read_to_string(place.path("out/releases.jsonl")).expect("the records");
    let gone: Vec<Value> = records(&said)
        .iter()
        .filter(|commit| !commit["disappeared"].is_null())
        .map(|commit| json!([commit["commit"], commit["gone"]["02-b"]]))
        .collect();
    let expected = [
        json!([checked, {"why": "no longer provable", "by": claiming}]),
        json!([levelled, {"why": "superseded", "by": rewriting}]),
    ];
    assert_eq!(gone, expected);
    assert!(printed.contains("(1 superseded, 1 no longer provable, 0 removed)"), "{printed}");
    let page = fs::read_to_string(place.path("out/report.html")).expect("the page");
    for (commit, verb) in [(&claiming, "no longer provable counts for"), (&rewriting, "superseded by")] {
        let link = format!("<td>{verb} <a href=\"02-b/report.html#commit={commit}\">");
        assert!(page.contains(&link), "{link} is not in {page}");
    }
}

#[test]
fn update_is_taken_apart_against_the_release_before() {
    let releases = Releases::new();

    let printed = releases.take_apart(&["--against-previous"]);

    let VendorRelease { place, left_out, .. } = &releases.release;
    let commits = |folder: &str| -> Vec<Value> {
        let commits = records(&releases.release.read(&format!("{folder}/commits.jsonl")));
        commits.iter().map(|commit| json!([commit["commit"], commit["status"], commit["lines"]])).collect()
    };
    assert!(!place.path("out/01-a/update").exists(), "nothing comes before the first release");
    assert_eq!(commits("02-b/update"), [json!([left_out, "complete", 2])]);
    assert_eq!(
        commits("03-c/update"),
        [json!(null); 0],
        "it takes the commit back, and has a change of its own"
    );
    let series = releases.release.read("02-b/update/patches/series");
    assert_eq!(series.lines().filter(|line| line.starts_with("0")).count(), 1, "{series}");
    let update: Value =
        serde_json::from_str(&releases.release.read("02-b/update/summary.json")).expect("a summary");
    assert_eq!((&update["name"], &update["base_name"]), (&json!("b since a"), &json!("a")));
    assert_eq!(update["inputs"]["base_revision"], "v4.0");
    let all: Value = serde_json::from_str(&releases.release.read("summary.json")).expect("a summary");
    assert_eq!(all["releases"][1]["update"]["folder"], "02-b/update");
    assert_eq!(all["releases"][0].get("update"), None);
    assert!(releases.release.read("report.html").contains("href=\"02-b/update/report.html\""));
    assert!(printed.contains("against the release before: 100.0 % of 2 changed lines"), "{printed}");
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
    let one: Value = serde_json::from_str(&read("alone/summary.json")).expect("a summary");
    let digest = &releases.release.place.status("index")["history_digest"];
    assert_eq!(&one["inputs"]["index"]["history_digest"], digest);
    assert_eq!(one["index_reach"]["newest_release"], "v4.1");
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
