//! Taking a release apart.

use std::fs;

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::records::records;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::workplace::Workplace;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const FILE: &str = "drivers/ember.c";

/// An upstream repository with an index, and a vendor branch that squashes one of two fixes with a change of its own.
struct Release {
    place: Workplace,
    repository: GitRepository,
    backported: String,
    left_out: String,
}

const VENDOR_LINE: &str = "\tdev->vendor_quirk = vendor_default_quirk(dev);\n";

impl Release {
    fn new() -> Release {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("upstream");
        let base = c_file("ember", 8);
        repository.commit_file(FILE, &base, "drivers: add ember");
        repository.tag("v1.0");
        let from = "\tdev->ember_state4 = level;\n";
        let to = "\tspin_lock(&dev->ember_lock);\n\tdev->ember_state4 = level;\n\tspin_unlock(&dev->ember_lock);\n";
        let fixed = edit(&base, from, to);
        let backported = repository.commit_file(FILE, &fixed, "ember: take the lock around the state");
        let other = edit(
            &fixed,
            "\tint level = dev->ember_reg[1] + arg * 1;\n",
            "\tint level = ember_level(dev, 1);\n",
        );
        let left_out = repository.commit_file(FILE, other, "ember: work the level out in one place");
        repository.tag("v1.1");
        place.index("index", "upstream");

        repository.branch("vendor", "v1.0");
        repository.checkout("vendor");
        let finish = "\treturn ember_finish7(dev, level);\n";
        let own = edit(&fixed, finish, &format!("{VENDOR_LINE}{finish}"));
        repository.commit_file(FILE, own, "vendor release 1");
        Release { place, repository, backported, left_out }
    }

    /// Takes the release apart into `out`.
    fn take_apart(&self) {
        let args = ["--base", "upstream:v1.0", "--vendor", "upstream:vendor", "--out", "out"];
        self.place.run(&[&["attribute", "--index", "index"], &args[..]].concat()).succeeded();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.place.path("out").join(file)).expect(file)
    }
}

#[test]
fn backported_lines_name_their_commit_and_the_vendors_own_name_none() {
    let release = Release::new();
    release.take_apart();

    let commits = records(&release.read("commits.jsonl"));
    let named: Vec<&str> = commits.iter().filter_map(|commit| commit["commit"].as_str()).collect();
    assert_eq!(named, [release.backported.as_str()], "{} is in no release", release.left_out);
    assert_eq!(commits[0]["status"], "complete");
    assert_eq!(commits[0]["first_release"], "v1.1");

    let hunks = records(&release.read("hunks.jsonl"));
    let owners: Vec<&Value> = hunks
        .iter()
        .flat_map(|hunk| hunk["runs"].as_array().expect("runs"))
        .map(|run| &run["commit"])
        .collect();
    assert!(owners.contains(&&Value::Null), "{owners:?}");
    assert!(owners.contains(&&Value::from(release.backported.clone())), "{owners:?}");
}

#[test]
fn series_applied_with_git_gives_the_vendors_tree() {
    let release = Release::new();
    release.take_apart();

    release.repository.git(&["checkout", "--quiet", "--detach", "v1.0"]);
    let patches = release.place.path("out").join("patches");
    let series = release.read("patches/series");
    for name in series.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let patch = patches.join(name).display().to_string();
        release.repository.git(&["am", "--quiet", "--keep-cr", "--keep-non-patch", &patch]);
    }

    assert_eq!(release.repository.rev_parse("HEAD^{tree}"), release.repository.rev_parse("vendor^{tree}"));
    let subjects = release.repository.git(&["log", "--format=%s", "v1.0..HEAD"]);
    assert!(subjects.contains("ember: take the lock around the state"), "{subjects}");
}

#[test]
fn failed_run_leaves_an_earlier_result_as_it_was() {
    let release = Release::new();
    release.take_apart();
    let before = release.read("summary.json");

    let args = ["attribute", "--index", "index", "--base", "upstream:v1.0", "--vendor", "upstream:nowhere"];
    let message = release.place.run(&[&args[..], &["--out", "out"]].concat()).failed(2);

    assert!(message.contains("nowhere"), "{message}");
    assert_eq!(release.read("summary.json"), before);
    assert!(!release.place.path("out.unfinished").exists());
}

#[test]
fn server_gives_the_same_records_as_the_embedded_service() {
    let release = Release::new();
    release.take_apart();
    let embedded = (release.read("hunks.jsonl"), release.read("commits.jsonl"));

    let server = hunktrace_tests::server::Server::start(&release.place, "index");
    let args = ["--base", "upstream:v1.0", "--vendor", "upstream:vendor", "--out", "out"];
    release.place.run(&[&["attribute", "--server", server.url()], &args[..]].concat()).succeeded();

    assert_eq!((release.read("hunks.jsonl"), release.read("commits.jsonl")), embedded);
}
