//! The subsystems of commits, by the `MAINTAINERS` file of the newest release.

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::records::records;
use hunktrace_tests::server::Server;
use hunktrace_tests::source_text::c_file;
use hunktrace_tests::web_client::get;
use hunktrace_tests::workplace::Workplace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// What upstream says of its parts in v1.0, and in v1.1 with a section of its own for the driver.
const OF_V1_0: &str = "List of maintainers

NETWORKING DRIVERS
M:	Net <net@example.org>
F:	drivers/net/
X:	drivers/net/wireless/

THE REST
F:	*
F:	*/
";
const OF_V1_1: &str = "EMBER ETHERNET DRIVER
F:	drivers/net/ember*

";

/// A repository with a release that has such a file, a commit to a driver, and one to several parts.
struct History {
    place: Workplace,
    repository: GitRepository,
    driver: String,
    wireless: String,
}

impl History {
    fn new() -> History {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("upstream");
        repository.write("MAINTAINERS", OF_V1_0);
        repository.write("drivers/net/wireless/radio.c", c_file("radio", 8));
        repository.commit_file("drivers/net/ember.c", c_file("ember", 8), "net: add ember");
        repository.tag("v1.0");
        let text = c_file("ember", 8) + "int ember_reset(struct device *dev)\n{\n\treturn dev->ember;\n}\n";
        let driver = repository.commit_file("drivers/net/ember.c", text, "ember: fix the reset");
        let text = c_file("radio", 8) + "int radio_reset(struct device *dev)\n{\n\treturn dev->radio;\n}\n";
        let wireless = repository.commit_file("drivers/net/wireless/radio.c", text, "radio: add a reset");
        place.index("index", "upstream");
        History { place, repository, driver, wireless }
    }
}

#[test]
fn a_commit_has_the_subsystem_of_the_newest_release() {
    let History { place, repository, driver, wireless } = History::new();
    assert_eq!(place.show("index", &driver)["subsystem"], "NETWORKING DRIVERS");
    assert!(place.show("index", &wireless)["subsystem"].is_null());
    let status = place.status("index");
    assert_eq!((&status["maintainers_release"], &status["subsystem_count"]), (&"v1.0".into(), &1.into()));

    let added = repository.commit_file("MAINTAINERS", OF_V1_1.to_owned() + OF_V1_0, "MAINTAINERS: add ember");
    place.index("index", "upstream");
    assert_eq!(place.show("index", &driver)["subsystem"], "NETWORKING DRIVERS", "it is not released yet");
    repository.tag("v1.1");
    place.index("index", "upstream");

    assert_eq!(place.show("index", &driver)["subsystem"], "EMBER ETHERNET DRIVER");
    assert!(place.show("index", &added)["subsystem"].is_null());
    assert_eq!(place.status("index")["maintainers_release"], "v1.1");
    place.index("fresh", "upstream");
    assert_eq!(place.digest("index"), place.digest("fresh"));
    place.run(&["verify", "--index", "index"]).succeeded();
}

#[test]
fn people_and_programs_are_told_the_subsystem() {
    let History { place, repository, driver, .. } = History::new();
    let shown = place.run(&["show", "--index", "index", &driver]).succeeded().stdout;
    assert!(shown.contains("  subsystem       NETWORKING DRIVERS\n  purpose         fix\n"), "{shown}");

    place.write("query.patch", repository.format_patch(&driver));
    let found =
        place.run(&["lookup", "--index", "index", "--base", "v1.0", "query.patch"]).succeeded().stdout;
    assert!(found.contains("NETWORKING DRIVERS, fix"), "{found}");
    let jsonl = ["lookup", "--index", "index", "--base", "v1.0", "--format", "jsonl", "query.patch"];
    for record in records(&place.run(&jsonl).succeeded().stdout) {
        assert_eq!(record["candidates"][0]["subsystem"], "NETWORKING DRIVERS", "{record}");
    }
}

#[test]
fn a_release_that_is_taken_apart_has_the_subsystems_of_its_commits() {
    let History { place, repository, driver, .. } = History::new();
    repository.branch("vendor", "v1.0");
    repository.git(&["cherry-pick", &driver]);
    let trees = ["--index", "index", "--base", "upstream:v1.0", "--vendor", "upstream:vendor"];
    place.run(&[&["attribute", "--out", "taken"], &trees[..]].concat()).succeeded();

    let read = |name: &str| std::fs::read_to_string(place.path("taken").join(name)).expect("a record");
    let commits = records(&read("commits.jsonl"));
    assert_eq!(commits.len(), 1, "{commits:?}");
    assert_eq!(
        (&commits[0]["commit"], &commits[0]["subsystem"]),
        (&driver.as_str().into(), &"NETWORKING DRIVERS".into())
    );
    assert!(read("commits.csv").lines().nth(1).is_some_and(|row| row.ends_with(",NETWORKING DRIVERS")));
    let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).expect("JSON");
    assert_eq!(summary["subsystems"]["NETWORKING DRIVERS"]["commits"], 1);

    let checked = place.run(&[&["check", "--format", "jsonl"], &trees[..], &[&driver]].concat()).succeeded();
    assert_eq!(records(&checked.stdout)[0]["subsystem"], "NETWORKING DRIVERS");
}

#[test]
fn a_catalogue_takes_subsystems_from_the_index_and_a_later_index_tells_them_anew() {
    let History { place, repository, driver, .. } = History::new();
    for vendor in ["vendor-1", "vendor-2"] {
        repository.branch(vendor, "v1.0");
        repository.git(&["cherry-pick", &driver]);
    }
    let add = |vendor: &str| {
        let release = format!("upstream:{vendor}");
        let args = ["catalogue", "add", "c.sqlite", "--index", "index", "--base", "upstream:v1.0", &release];
        place.run(&args).succeeded();
        let asked = ["history", &driver, "--catalogue", "c.sqlite", "--format", "jsonl"];
        records(&place.run(&asked).succeeded().stdout)[0]["subsystem"].clone()
    };
    assert_eq!(add("vendor-1"), "NETWORKING DRIVERS");
    repository.checkout("master");
    repository.commit_file("MAINTAINERS", OF_V1_1.to_owned() + OF_V1_0, "MAINTAINERS: add ember");
    repository.tag("v1.1");
    place.index("index", "upstream");
    assert_eq!(add("vendor-2"), "EMBER ETHERNET DRIVER");
}

#[test]
fn the_page_of_a_commit_has_its_subsystem() {
    let History { place, driver, .. } = History::new();
    let serve = ["serve", "--index", "index", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let server = Server::spawn(place.command(&serve));
    let address = server.pages();
    let page = get(&address, &format!("/commit/{driver}.html")).body;
    assert!(page.contains("<dt>subsystem</dt><dd>NETWORKING DRIVERS</dd>"), "{page}");
    let twin = get(&address, &format!("/commit/{driver}.json")).json();
    assert_eq!(twin["subsystem"], "NETWORKING DRIVERS");
}

#[test]
fn a_project_without_such_a_file_has_no_subsystems() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    let commit = repository.commit_file("src/core.c", c_file("core", 4), "core: add it");
    repository.tag("v250");
    place.index("index", "upstream");

    assert!(place.show("index", &commit)["subsystem"].is_null());
    let shown = place.run(&["show", "--index", "index", &commit]).succeeded().stdout;
    assert!(!shown.contains("subsystem"), "{shown}");
    assert_eq!(place.status("index")["subsystem_count"], 0);
}

#[test]
fn what_another_repository_adds_is_told_by_the_file_that_is_kept() {
    let History { place, repository, .. } = History::new();
    let upstream = format!("file://{}", repository.path().display());
    repository.git(&["clone", "--quiet", "--depth=1", "--no-tags", &upstream, "../stable"]);
    let stable = GitRepository::open(place.path("stable"));
    stable.set_date(1_100_000_000);
    let text = c_file("ember", 8) + "int ember_stop(struct device *dev)\n{\n\treturn dev->stop;\n}\n";
    let commit = stable.commit_file("drivers/net/ember.c", text, "ember: add a stop");
    place.index("index", "stable");

    assert_eq!(place.show("index", &commit)["subsystem"], "NETWORKING DRIVERS");
    assert_eq!(place.status("index")["maintainers_release"], "v1.0");
}
