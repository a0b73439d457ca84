//! One answer for one change: carriers of an origin that is not indexed, copies that a base has, claims, and what is undone.

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::records::records;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::workplace::Workplace;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// An origin that no repository here has.
const ABSENT: &str = "0123456789abcdef0123456789abcdef01234567";

const FILE: &str = "drivers/ember.c";

/// What the change mends, and into what.
const FAULT: &str = "\tdev->ember_state4 = level;\n";
const MENDED: &str =
    "\tspin_lock(&dev->ember_lock);\n\tdev->ember_state4 = level;\n\tspin_unlock(&dev->ember_lock);\n";

/// A repository with a base, tagged `base`, and on one branch after the other the same change with these messages.
struct History {
    place: Workplace,
    repository: GitRepository,
    commits: Vec<String>,
}

impl History {
    fn new(messages: &[&str]) -> History {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("upstream");
        for name in ["other", "more", "last"] {
            repository.write(&format!("lib/{name}.c"), c_file(name, 8));
        }
        repository.commit_file(FILE, before(), "drivers: add ember and others");
        repository.tag("base");
        let mut commits = Vec::new();
        for (number, message) in messages.iter().enumerate() {
            repository.branch(&format!("branch{number}"), "base");
            repository.commit_file("README", format!("branch {number}\n"), "doc: name the branch");
            commits.push(repository.commit_file(FILE, after(), message));
        }
        place.index("index", "upstream");
        History { place, repository, commits }
    }

    /// The records for a patch with this head.
    fn look_up(&self, head: &str, args: &[&str]) -> Vec<Value> {
        self.place.write("query.patch", format!("{head}{}", self.diff()));
        let fixed = ["lookup", "--index", "index", "--format", "jsonl", "query.patch"];
        records(&self.place.run(&[&fixed, args].concat()).succeeded().stdout)
    }

    fn text(&self, args: &[&str]) -> String {
        let fixed = ["lookup", "--index", "index", "query.patch"];
        self.place.run(&[&fixed, args].concat()).succeeded().stdout
    }

    fn diff(&self) -> String {
        self.repository.git(&["diff", "base", "branch0", "--", FILE]) + "\n"
    }
}

fn before() -> String {
    c_file("ember", 8)
}

fn after() -> String {
    edit(&before(), FAULT, MENDED)
}

fn patch_of(records: &[Value]) -> &Value {
    records.last().expect("a record for the patch")
}

fn mail(body: &str) -> String {
    format!("From: A <a@example.org>\nSubject: [PATCH] vendor: lock it\n\n{body}\n---\n")
}

#[test]
fn carriers_of_an_origin_that_is_not_indexed_are_one_answer_that_names_it() {
    let first = format!("ember: take the lock\n\ncommit {ABSENT} upstream.");
    let second = format!("ember: take the lock \n\n[ Upstream commit {} ]", &ABSENT[..12]);
    let history = History::new(&[&first, &second]);

    let found = history.look_up("", &[]);

    let candidates = patch_of(&found)["candidates"].as_array().expect("candidates").clone();
    assert_eq!(candidates[0]["commit"], ABSENT);
    assert!(candidates[0]["confidence"].as_f64() > Some(0.9), "{candidates:?}");
    assert_eq!(candidates[0]["unindexed_origin"], ABSENT);
    assert_eq!(candidates[0]["read_from"], history.commits[0]);
    assert_eq!(candidates[0]["carriers"], serde_json::json!(history.commits));
    assert!(candidates[1..].iter().all(|other| other["confidence"].as_f64() < Some(0.1)), "{candidates:?}");
    let text = history.text(&[]);
    assert!(text.contains("0123456789ab") && text.contains("not indexed; named by its carriers"), "{text}");

    let shown = history.place.show("index", &ABSENT[..10]);
    assert_eq!((&shown["commit"], &shown["read_from"]), (&ABSENT.into(), &history.commits[0].clone().into()));
    assert_eq!(shown["carriers"], serde_json::json!(history.commits));
    assert_eq!(shown["subject"], "ember: take the lock");
}

#[test]
fn pick_of_a_commit_that_nobody_keeps_answers_by_its_own_id() {
    let history = History::new(&[&format!("ember: take the lock\n\n(cherry picked from commit {ABSENT})")]);

    let found = history.look_up("", &[]);

    let best = &patch_of(&found)["candidates"][0];
    assert_eq!(
        (&best["commit"], &best["unindexed_origin"]),
        (&history.commits[0].clone().into(), &ABSENT.into())
    );
    assert_eq!(best.get("read_from"), None);
    assert!(history.text(&[]).contains("carries 0123456789ab, which is not indexed"));
}

#[test]
fn base_contains_equal_copies_and_carriers_of_the_same_origin_and_says_so() {
    for messages in [
        ["ember: take the lock".to_owned(), "ember: take the lock".to_owned()],
        [
            format!("ember: take the lock\n\ncommit {ABSENT} upstream."),
            format!("ember: lock\n\n[ Upstream commit {ABSENT} ]"),
        ],
    ] {
        let history = History::new(&[&messages[0], &messages[1]]);

        let found = history.look_up("", &["--base", "branch1"]);

        let patch = patch_of(&found);
        assert_eq!(patch["candidates"], serde_json::json!([]), "{messages:?}");
        assert_eq!(patch["in_base"]["base"], "branch1");
        assert_eq!(patch["in_base"]["held_as"], history.commits[1].clone());
        assert!(patch["in_base"]["confidence"].as_f64() > Some(0.9), "{patch}");
        assert_eq!(found[0]["in_base"]["held_as"], history.commits[1].clone());
        let held_as = format!("(as {})", &history.commits[1][..12]);
        let text = history.text(&["--base", "branch1"]);
        assert!(text.contains("already in branch1: >99 %") && text.contains(&held_as), "{text}");
    }
}

#[test]
fn attribution_names_the_origin_of_a_carrier_and_marks_that_it_is_not_indexed() {
    let history = History::new(&[&format!("ember: take the lock\n\ncommit {ABSENT} upstream.\n\nWhy.")]);
    let trees = ["--base", "upstream:base", "--vendor", "upstream:branch0", "--out", "out"];

    history.place.run(&[&["attribute", "--quiet", "--index", "index"], &trees[..]].concat()).succeeded();

    let read = |name: &str| std::fs::read_to_string(history.place.path("out").join(name)).expect("a file");
    let commits = records(&read("commits.jsonl"));
    let origin = commits.iter().find(|commit| commit["commit"] == ABSENT).expect("the origin");
    assert_eq!(origin["read_from"], history.commits[0]);
    assert!(read("hunks.jsonl").contains(&format!("\"commit\":\"{ABSENT}\"")));
    let series = std::fs::read_dir(history.place.path("out/patches")).expect("the series");
    let paths = series.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    let patches: Vec<String> = paths.map(|path| std::fs::read_to_string(path).expect("a patch")).collect();
    let patch = patches.iter().find(|patch| patch.contains(&format!("Origin: {ABSENT}"))).expect("its patch");
    assert!(patch.contains("Why.\n"), "{patch}");
    let mark = format!("\nNot-indexed: the origin; read from its carrier {}\n", history.commits[0]);
    assert!(patch.contains(&mark), "{patch}");
}

#[test]
fn attribution_leaves_out_what_the_base_has_as_an_equal_copy() {
    let history = History::new(&["ember: take the lock", "ember: take the lock"]);
    let fixed = ["attribute", "--quiet", "--index", "index", "--vendor", "upstream:branch0"];
    // The tree is that of the common base, and the revision one that has the change as well.
    let asked = ["--base", "upstream:base", "--base-revision", "branch1", "--out", "out"];

    history.place.run(&[&fixed[..], &asked].concat()).succeeded();

    let commits = std::fs::read_to_string(history.place.path("out/commits.jsonl")).expect("commits");
    assert!(!commits.contains(&history.commits[0]), "{commits}");
}

#[test]
fn claims_of_a_patch_are_answered() {
    let history =
        History::new(&["ember: take the lock", &format!("ember: lock\n\ncommit {ABSENT} upstream.")]);
    let other = history.repository.rev_parse("base");
    let origin = &history.commits[0];
    let claimed = |body: &str| patch_of(&history.look_up(&mail(body), &[]))["claimed"].clone();

    let agrees = claimed(&format!("commit {origin} upstream."));
    assert_eq!(agrees[0]["verdict"], "agrees", "{agrees}");
    assert_eq!(
        (&agrees[0]["source"], &agrees[0]["commits"][0]),
        (&"message".into(), &origin.as_str().into())
    );

    let disagrees = claimed(&format!("(cherry picked from commit {other})"));
    assert_eq!(
        (&disagrees[0]["verdict"], &disagrees[0]["found"]),
        (&"disagrees".into(), &origin.as_str().into())
    );
    let text = history.text(&[]);
    assert!(text.contains(&format!("says {}, code says {}", &other[..12], &origin[..12])), "{text}");

    let unknown = claimed(&format!("Git-commit: {}", "f".repeat(40)));
    assert_eq!((&unknown[0]["verdict"], &unknown[0]["commits"]), (&"unknown".into(), &serde_json::json!([])));

    let own = claimed("Patch-mainline: Never, ours");
    assert_eq!((&own[0]["source"], &own[0]["verdict"]), (&"not upstream".into(), &"disagrees".into()));
    assert_eq!(claimed(&format!("Fixes: {origin}")), serde_json::json!([]));
}

#[test]
fn patch_that_undoes_a_commit_says_so() {
    let history = History::new(&["ember: take the lock"]);
    let reversed = history.repository.git(&["diff", "-R", "base", "branch0", "--", FILE]) + "\n";
    history.place.write("query.patch", reversed);

    let args = ["lookup", "--index", "index", "--format", "jsonl", "query.patch"];
    let found = records(&history.place.run(&args).succeeded().stdout);

    assert_eq!(patch_of(&found)["reverts"]["commit"], history.commits[0].clone(), "{found:?}");
    assert_eq!(found[0]["reverts"]["commit"], history.commits[0].clone());
    let text = history.text(&[]);
    assert!(text.contains(&format!("reverts {}", &history.commits[0][..12])), "{text}");
}
