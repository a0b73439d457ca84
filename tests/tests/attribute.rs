//! Taking a release apart.

use hunktrace_tests::records::records;
use hunktrace_tests::vendor_release::{TREES, VendorRelease};
use hunktrace_tests::workplace::Run;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

#[test]
fn backported_lines_name_their_commit_and_the_vendors_own_name_none() {
    let release = VendorRelease::new(PROGRAM);
    release.take_apart();

    let commits = records(&release.read("commits.jsonl"));
    let named: Vec<&str> = commits.iter().filter_map(|commit| commit["commit"].as_str()).collect();
    assert_eq!(named, [release.backported.as_str()], "{} is in no release", release.left_out);
    assert_eq!(commits[0]["status"], "complete");
    assert_eq!(commits[0]["first_release"], "v4.1");

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
    let release = VendorRelease::new(PROGRAM);
    release.take_apart();

    release.repository.git(&["checkout", "--quiet", "--detach", "v4.0"]);
    let patches = release.place.path("out").join("patches");
    for name in release.series() {
        let patch = patches.join(name).display().to_string();
        release.repository.git(&["am", "--quiet", "--keep-cr", "--keep-non-patch", &patch]);
    }

    assert_eq!(release.repository.rev_parse("HEAD^{tree}"), release.repository.rev_parse("vendor^{tree}"));
    let subjects = release.repository.git(&["log", "--format=%s", "v4.0..HEAD"]);
    assert!(subjects.contains("ember: take the lock around the state"), "{subjects}");
}

#[test]
fn vendors_own_changes_are_dated_by_the_vendors_release_or_as_asked() {
    let release = VendorRelease::new(PROGRAM);
    let args = [&["attribute", "--index", "index", "--out", "out"], &TREES[..]].concat();
    let dates = |source_date: Option<&str>| {
        let mut command = release.place.command(&args);
        command.envs(source_date.map(|date| ("SOURCE_DATE_EPOCH", date)));
        Run::of(command).succeeded();
        let patches = release.series().into_iter().map(|name| release.read(&format!("patches/{name}")));
        let date = |patch: String| patch.lines().find(|line| line.starts_with("Date: ")).map(str::to_owned);
        patches.map(|patch| date(patch).expect("a date")).collect::<Vec<_>>()
    };
    let date_of = |format: &str, commit: &str| {
        release.repository.git(&["log", "-1", "--date=format-local:%a, %-d %b %Y %T +0000", format, commit])
    };
    let upstream = date_of("--format=Date: %ad", &release.backported);
    let vendor = date_of("--format=Date: %cd", "vendor");
    assert_eq!(dates(None), [upstream.clone(), vendor]);
    assert_eq!(dates(Some("1233652830")), [upstream, "Date: Tue, 3 Feb 2009 09:20:30 +0000".to_owned()]);

    let mut command = release.place.command(&args);
    command.env("SOURCE_DATE_EPOCH", "yesterday");
    let message = Run::of(command).failed(2);
    assert!(message.contains("SOURCE_DATE_EPOCH: \"yesterday\" is no number"), "{message}");
}

#[test]
fn failed_run_leaves_an_earlier_result_as_it_was() {
    let release = VendorRelease::new(PROGRAM);
    release.take_apart();
    let before = release.read("summary.json");

    let args = ["attribute", "--index", "index", "--base", "upstream:v4.0", "--vendor", "upstream:nowhere"];
    let message = release.place.run(&[&args[..], &["--out", "out"]].concat()).failed(2);

    assert!(message.contains("nowhere"), "{message}");
    assert_eq!(release.read("summary.json"), before);
    assert!(!release.place.path("out.unfinished").exists());
}

#[test]
fn server_gives_the_same_records_as_the_embedded_service() {
    let release = VendorRelease::new(PROGRAM);
    release.take_apart();
    let embedded = (release.read("hunks.jsonl"), release.read("commits.jsonl"));

    let server = hunktrace_tests::server::Server::start(&release.place, "index");
    let args = ["--base", "upstream:v4.0", "--vendor", "upstream:vendor", "--out", "out"];
    release.place.run(&[&["attribute", "--server", server.url()], &args[..]].concat()).succeeded();

    assert_eq!((release.read("hunks.jsonl"), release.read("commits.jsonl")), embedded);
}
