//! The catalogue of a vendor's releases, and the questions to it.

use std::process::Stdio;

use hunktrace_tests::records::records;
use hunktrace_tests::server::Server;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::vendor_release::{FILE, VendorRelease, with_level, with_lock};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// What adds the releases of the list.
const ADD: [&str; 9] =
    ["catalogue", "add", "c.sqlite", "--index", "index", "--base", "upstream:v4.0", "--list", "releases.tsv"];

/// Three releases: the second one adds a commit that the third one has dropped again, and a line of the vendor's own.
struct Releases {
    release: VendorRelease,
}

impl Releases {
    fn new() -> Releases {
        let release = VendorRelease::new(PROGRAM);
        let base = c_file("ember", 8);
        let own = |text: &str| {
            edit(text, "\treturn ember_finish7(dev, level);\n", "\treturn vendor_finish(dev, level);\n")
        };
        let texts = [with_lock(&base), with_level(&with_lock(&base)), own(&with_lock(&base))];
        for (name, text) in ["k-1.el8", "k-2.el8", "k-3.el8"].into_iter().zip(texts) {
            release.repository.branch(name, "v4.0");
            release.repository.commit_file(FILE, text, "a vendor release");
        }
        let changelog = "* Wed Jun 22 2011 A Person <a@example.org> [2.el8]\n\
            - [drivers] ember: work the level out in one place (A Person) [697453] {CVE-2011-1234}\n\
            - [drivers] ember: something that nobody has done (A Person) [697454]\n";
        release.place.write("k-2.log", changelog);
        release.place.write(
            "releases.tsv",
            "# the releases\nk-1.el8\tupstream:k-1.el8\nk-2.el8\tupstream:k-2.el8\t2011-06-22\tk-2.log\nk-3.el8\tupstream:k-3.el8\n",
        );
        Releases { release }
    }

    fn add(&self) -> String {
        self.release.place.run(&ADD).succeeded().stdout
    }

    fn ask(&self, args: &[&str]) -> String {
        let args = [args, &["--catalogue", "c.sqlite"]].concat();
        self.release.place.run(&args).succeeded().stdout
    }

    fn refused(&self, args: &[&str]) -> String {
        let args = [args, &["--catalogue", "c.sqlite"]].concat();
        self.release.place.run(&args).failed(2)
    }
}

#[test]
fn releases_are_listed_in_their_order_and_added_once() {
    let releases = Releases::new();

    let first = releases.add();
    assert!(
        first.contains("k-2.el8: 2 commits") && first.contains("1 of 2 entries have a commit"),
        "{first}"
    );
    assert_eq!(releases.add(), "", "what is there is passed over");

    let listed = releases
        .release
        .place
        .run(&["catalogue", "list", "c.sqlite", "--format", "jsonl"])
        .succeeded()
        .stdout;
    let listed = records(&listed);
    let told: Vec<Value> =
        listed.iter().map(|release| json!([release["release"], release["place"], release["date"]])).collect();
    assert_eq!(
        told,
        [json!(["k-1.el8", 1, null]), json!(["k-2.el8", 2, "2011-06-22"]), json!(["k-3.el8", 3, null])]
    );
    let checked = releases.release.place.run(&["catalogue", "check", "c.sqlite"]).succeeded().stdout;
    assert_eq!(checked, "c.sqlite: sound, 3 releases\n");
}

#[test]
fn releases_before_one_that_is_refused_are_stored() {
    let releases = Releases::new();
    let place = &releases.release.place;
    let listed = "k-1.el8\tupstream:k-1.el8\nk-2.el8\tupstream:k-2.el8\nk-1.el8\tupstream:k-3.el8\n";
    place.write("releases.tsv", listed);

    let refused = place.run(&ADD).failed(2);

    assert!(refused.contains("the catalogue has k-1.el8 already, read from upstream"), "{refused}");
    let checked = place.run(&["catalogue", "check", "c.sqlite"]).succeeded().stdout;
    assert_eq!(checked, "c.sqlite: sound, 2 releases\n");
}

#[test]
fn releases_added_in_one_run_are_stored_as_if_they_had_come_one_by_one() {
    let releases = Releases::new();
    releases.add();
    let place = &releases.release.place;
    for (name, more) in [
        ("k-1.el8", &[][..]),
        ("k-2.el8", &["--date", "2011-06-22", "--changelog", "k-2.log"]),
        ("k-3.el8", &[]),
    ] {
        let tree = format!("upstream:{name}");
        let args = [
            "catalogue",
            "add",
            "single.sqlite",
            "--index",
            "index",
            "--base",
            "upstream:v4.0",
            "--name",
            name,
        ];
        place.run(&[&args[..], more, &[&tree]].concat()).succeeded();
    }

    let questions: [&[&str]; 4] = [
        &["history", FILE],
        &["history", &releases.release.left_out[..12]],
        &["compare", "k-1.el8", "k-3.el8"],
        &["compare", "k-2.el8", "k-3.el8"],
    ];
    for question in questions {
        let ask = |catalogue: &str| {
            place
                .run(&[question, &["--catalogue", catalogue, "--format", "jsonl"]].concat())
                .succeeded()
                .stdout
        };
        assert_eq!(ask("single.sqlite"), ask("c.sqlite"), "{question:?}");
    }
    let commits = |catalogue: &str| {
        place.run(&["catalogue", "commits", catalogue, "--format", "jsonl"]).succeeded().stdout
    };
    assert_eq!(commits("single.sqlite"), commits("c.sqlite"));
}

#[test]
fn history_says_since_when_until_when_and_what_the_vendor_says() {
    let releases = Releases::new();
    releases.add();
    let VendorRelease { backported, left_out, .. } = &releases.release;

    let of_commit = records(&releases.ask(&["history", &left_out[..12], "--format", "jsonl"]));
    let stretch = &of_commit[0]["releases"][0];
    assert_eq!(
        json!([stretch["first"], stretch["last"], stretch["gone_with"], stretch["status"]]),
        json!(["k-2.el8", "k-2.el8", "k-3.el8", "complete"])
    );
    assert_eq!(of_commit[0]["cves"], json!(["CVE-2011-1234"]));
    assert_eq!(of_commit[0]["changelog"][0]["release"], "k-2.el8");

    let of_cve = records(&releases.ask(&["history", "cve-2011-1234", "--format", "jsonl"]));
    assert_eq!(of_cve[0]["commit"], json!(left_out));

    let of_path = records(&releases.ask(&["history", FILE, "--format", "jsonl"]));
    let commits: Vec<&Value> =
        of_path.iter().filter(|record| record["type"] == "history").map(|record| &record["commit"]).collect();
    assert_eq!(commits, [&json!(backported), &json!(left_out)]);
    assert_eq!(of_path.last().expect("own lines")["release"], "k-3.el8");

    let text = releases.ask(&["history", &backported[..12]]);
    assert!(text.contains("k-1.el8 to k-3.el8 (the newest): complete"), "{text}");
}

#[test]
fn comparison_names_what_came_and_went_and_puts_the_trace_first() {
    let releases = Releases::new();
    releases.add();
    let left_out = &releases.release.left_out;

    let changes = records(&releases.ask(&["compare", "k-1.el8", "k-2.el8", "--format", "jsonl"]));
    assert_eq!(json!([changes[1]["commit"], changes[1]["change"]]), json!([left_out, "new"]));

    let trace = "RIP: 0010:ember_step1+0x1a/0x2b [ember]\n";
    let args = ["compare", "2.el8", "3.el8", "--oops", "-", "--format", "jsonl", "--catalogue", "c.sqlite"];
    let found = records(&releases.release.place.run_with_input(&args, trace).succeeded().stdout);
    assert_eq!(json!([found[1]["commit"], found[1]["change"]]), json!([left_out, "gone"]));
    assert!(found.iter().any(|record| record["type"] == "own"), "{found:?}");
}

#[test]
fn later_fix_that_no_release_has_is_told_beside_its_commit() {
    let releases = Releases::new();
    let left_out = &releases.release.left_out;
    let repository = &releases.release.repository;
    repository.branch("later", "v4.1");
    let message = format!("ember: count levels from one\n\nFixes: {} (\"ember: work\")", &left_out[..12]);
    let fix = repository.commit_file("drivers/other.c", c_file("other", 2), &message);
    repository.tag("v4.2");
    let args = ["index", "--index", "index", "--repo", "upstream", "--ref", "v4.2"];
    releases.release.place.run(&args).succeeded();
    releases.add();

    let changes = records(&releases.ask(&["compare", "k-1.el8", "k-2.el8", "--format", "jsonl"]));
    let later = json!([{"commit": fix, "subject": "ember: count levels from one", "relation": "fixes", "since": null,
        "first_release": "v4.2"}]);
    assert_eq!(json!([changes[1]["commit"], changes[1]["later"]]), json!([left_out, later]));
    let text = releases.ask(&["history", left_out]);
    assert!(text.contains("ember: count levels from one (v4.2; no release has it)"), "{text}");
}

#[test]
fn extracted_patch_applies_to_the_release_before() {
    let releases = Releases::new();
    releases.add();
    let left_out = &releases.release.left_out;

    let patch = releases.ask(&["extract", left_out, "--release", "k-2.el8"]);
    assert!(patch.contains("Applies-to: k-1.el8\n"), "{patch}");
    let told =
        &records(&releases.ask(&["extract", left_out, "--release", "k-2.el8", "--format", "jsonl"]))[0];
    let hunk = &told["files"][0]["hunks"][0];
    assert!(patch.contains(&format!("\n@@ -{},", hunk["old_start"])), "{patch}");
    assert_eq!(hunk["functions"], told["files"][0]["functions"]);

    let repository = &releases.release.repository;
    repository.checkout("k-1.el8");
    repository.git_with_input(&["apply", "--index", "-"], patch.as_bytes());
    let wanted = repository.git(&["rev-parse", &format!("k-2.el8:{FILE}")]);
    assert_eq!(repository.git(&["rev-parse", &format!(":{FILE}")]), wanted);
}

#[test]
fn show_names_the_vendors_that_have_a_commit() {
    let releases = Releases::new();
    releases.add();
    let show = |commit: &str, format: &str| {
        let args = ["show", "--index", "index", commit, "--neighbours", "c.sqlite", "--format", format];
        releases.release.place.run(&args).succeeded().stdout
    };
    let VendorRelease { backported, left_out, .. } = &releases.release;

    let gone = &records(&show(left_out, "jsonl"))[0]["neighbours"];
    assert_eq!(
        json!([gone[0]["release"], gone[0]["is_newest"], gone[0]["status"]]),
        json!(["k-2.el8", false, "complete"])
    );
    let text = show(backported, "text");
    assert!(
        text.contains("who has it") && text.contains("k-3.el8 (the newest, on v4.0): complete"),
        "{text}"
    );
}

#[test]
fn changelog_and_code_are_held_against_each_other() {
    let releases = Releases::new();
    releases.add();

    let said =
        releases.release.place.run(&["catalogue", "changelog", "c.sqlite", "k-2.el8"]).succeeded().stdout;
    assert!(said.contains("1 of 2 changelog entries have a commit"), "{said}");
    assert!(said.contains("something that nobody has done"), "{said}");
    let without = releases.release.place.run(&["catalogue", "changelog", "c.sqlite", "k-1.el8"]).failed(2);
    assert!(without.contains("was added without a changelog"), "{without}");
}

#[test]
fn what_is_not_there_is_said_with_the_remedy() {
    let releases = Releases::new();
    releases.add();

    for (args, remedy) in [
        (&["history", "net/none.c"][..], "give a path from the top"),
        (&["history", "ffffffff"], "hunktrace show ffffffff"),
        (&["history", "CVE-1999-1234"], "hunktrace audit"),
        (&["compare", "k-1.el8", "k-9"], "it has k-"),
        (&["extract", "ffffffff", "--release", "k-1.el8"], "no release of the catalogue has a commit"),
    ] {
        let error = releases.refused(args);
        assert!(error.contains(remedy), "{error}");
    }
    let absent = releases.release.place.run(&["catalogue", "list", "none.sqlite"]).failed(2);
    assert!(absent.contains("hunktrace catalogue add"), "{absent}");
    releases.release.place.write("other", "no database");
    let foreign = releases.release.place.run(&["catalogue", "list", "other"]).failed(2);
    assert!(foreign.contains("is no catalogue of hunktrace"), "{foreign}");
}

#[test]
fn server_answers_the_same() {
    let releases = Releases::new();
    releases.add();
    let place = &releases.release.place;
    let args = ["serve", "--index", "index", "--listen", "127.0.0.1:0", "--catalogue", "c.sqlite"];
    let server = Server::spawn(place.command(&args));

    let asked = ["history", &releases.release.left_out[..12], "--server", server.url(), "--format", "jsonl"];
    let answer = place.run(&asked).succeeded().stdout;

    assert_eq!(answer, releases.ask(&["history", &releases.release.left_out[..12], "--format", "jsonl"]));
}

#[test]
fn run_that_is_killed_goes_on_where_it_stopped() {
    let releases = Releases::new();
    let place = &releases.release.place;
    let args = [
        "catalogue",
        "add",
        "c.sqlite",
        "--index",
        "index",
        "--base",
        "upstream:v4.0",
        "--list",
        "releases.tsv",
    ];
    let mut killed =
        place.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    // Wherever the kill falls, what was said to be stored is there, and nothing else.
    std::thread::sleep(std::time::Duration::from_millis(150));
    killed.kill().expect("killed");
    killed.wait().expect("ended");

    releases.add();

    let listed = place.run(&["catalogue", "list", "c.sqlite", "--format", "jsonl"]).succeeded().stdout;
    let names: Vec<Value> =
        records(&listed).into_iter().map(|mut release| release["release"].take()).collect();
    assert_eq!(names, ["k-1.el8", "k-2.el8", "k-3.el8"]);
    place.run(&["catalogue", "check", "c.sqlite"]).succeeded();
}
