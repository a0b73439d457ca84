//! What comes with the program besides answers: the cache of indexes, completions, man pages, and several commits at once.

use std::fs;

use hunktrace_tests::source_text::c_file;
use hunktrace_tests::workplace::Workplace;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// A place with the cached indexes of two repositories, of which the second is gone since.
fn two_cached() -> Workplace {
    let place = Workplace::new(PROGRAM);
    for name in ["stays", "goes"] {
        place.repository(name).commit_file("drivers/ember.c", c_file(name, 3), "drivers: add ember");
        place.run(&["status", "--repo", name]).succeeded();
    }
    fs::remove_dir_all(place.path("goes")).expect("a repository to remove");
    place
}

/// The cached indexes, by the names of their repositories.
fn cached(place: &Workplace) -> Vec<(String, Value)> {
    let listed = place.run(&["cache", "list", "--format", "jsonl"]).succeeded().stdout;
    let records = listed.lines().map(|line| serde_json::from_str::<Value>(line).expect("a record"));
    let name = |record: &Value| {
        let path = record["repository"].as_str().unwrap_or_default().trim_end_matches("/.git").to_owned();
        path.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let mut named: Vec<(String, Value)> = records.map(|record| (name(&record), record)).collect();
    named.sort_by(|a, b| b.0.cmp(&a.0));
    named
}

#[test]
fn cached_indexes_are_listed_with_size_and_repository() {
    let place = two_cached();
    let found = cached(&place);
    let seen: Vec<(&str, bool)> =
        found.iter().map(|(name, record)| (name.as_str(), record["is_gone"] == true)).collect();
    assert_eq!(seen, [("stays", false), ("goes", true)]);
    assert!(found.iter().all(|(_, record)| record["bytes"].as_u64() > Some(0)), "{found:?}");
    let text = place.run(&["cache", "list"]).succeeded().stdout;
    assert!(text.contains("(gone)") && text.ends_with(" MB\n") | text.ends_with(" kB\n"), "{text}");
}

#[test]
fn prune_removes_the_indexes_of_repositories_that_are_gone() {
    let place = two_cached();
    let said = place.run(&["cache", "prune", "--gone", "--dry-run"]).succeeded().stdout;
    assert!(said.contains("1 index would be removed"), "{said}");
    assert_eq!(cached(&place).len(), 2, "it was only said");
    let said = place.run(&["cache", "prune", "--gone"]).succeeded().stdout;
    assert!(said.contains("1 index removed"), "{said}");
    let left: Vec<String> = cached(&place).into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, ["stays"]);
}

#[test]
fn prune_says_which_indexes_are_meant() {
    let place = two_cached();
    let said = place.run(&["cache", "prune"]).failed(2);
    assert!(said.contains("--gone") && said.contains("--older-than") && said.contains("--all"), "{said}");
    place.run(&["cache", "prune", "--older-than", "1"]).succeeded();
    assert_eq!(cached(&place).len(), 2, "both were asked just now");
    place.run(&["cache", "prune", "--all"]).succeeded();
    assert_eq!(place.run(&["cache", "list"]).succeeded().stdout, "no index is cached\n");
}

#[test]
fn completions_are_those_of_the_shell() {
    let place = Workplace::new(PROGRAM);
    for (shell, mark) in
        [("bash", "complete -F _hunktrace"), ("zsh", "#compdef hunktrace"), ("fish", "complete -c hunktrace")]
    {
        let script = place.run(&["completions", shell]).succeeded().stdout;
        assert!(script.contains(mark) && script.contains("min-confidence"), "{shell}");
    }
}

#[test]
fn man_pages_are_written_for_every_command() {
    let place = Workplace::new(PROGRAM);
    place.run(&["man", "--out", "man1"]).succeeded();
    for page in ["hunktrace.1", "hunktrace-lookup.1", "hunktrace-cache-prune.1"] {
        let text = fs::read_to_string(place.path("man1").join(page)).expect("a page");
        assert!(text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
}

#[test]
fn several_commits_are_shown_and_the_base_is_held_against_each() {
    let place = Workplace::new(PROGRAM);
    let upstream = place.repository("upstream");
    let first = upstream.commit_file("a.c", c_file("a", 3), "a: add");
    upstream.tag("v1.0");
    let second = upstream.commit_file("b.c", c_file("b", 3), "b: add");
    place.index("index", "upstream");

    let args = ["show", "--index", "index", "--base", "v1.0", "--format", "jsonl", &first, &second];
    let shown = place.run(&args).succeeded().stdout;
    let held: Vec<Value> = shown
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a record")["in_base"].clone())
        .collect();
    assert_eq!(held, [true, false]);
    let text = place.run(&["show", "--index", "index", "--base", "v1.0", &first]).succeeded().stdout;
    assert!(text.contains("\n  base            in v1.0\n"), "{text}");

    let run = place.run(&["show", "--index", "index", "0123456789", &second]);
    assert_eq!(run.code, Some(1), "one of them is answered");
    assert!(run.stdout.contains("b: add") && run.stderr.contains("0123456789"), "{run:?}");
}
