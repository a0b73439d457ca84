//! Building and extending an index.

use hunktrace_tests::workplace::Workplace;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

#[test]
fn second_run_indexes_only_what_is_new() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.commit_file("a.c", "one\n", "a: one");
    repository.commit_file("a.c", "one\ntwo\n", "a: two");
    place.index("index", "upstream");
    repository.commit_file("a.c", "one\ntwo\nthree\n", "a: three");

    let printed = place.index("index", "upstream");

    assert!(printed.contains("indexed 1 commit with 1 hunk"), "{printed}");
    assert!(printed.contains("3 commits in all"), "{printed}");
}

#[test]
fn extended_index_equals_one_built_at_once() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.import_history(30);
    repository.tag("v1.0");
    place.index("extended", "upstream");
    repository.import_history(20);
    repository.tag("v1.1");
    place.index("extended", "upstream");
    place.index("fresh", "upstream");

    assert_eq!(place.digest("extended"), place.digest("fresh"));
}

#[test]
fn tag_set_later_changes_the_release_of_known_commits() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    let commit = repository.commit_file("a.c", "one\n", "a: one");
    place.index("extended", "upstream");
    assert!(place.show("extended", &commit)["first_release"].is_null());
    repository.tag("v1.0");

    place.index("extended", "upstream");
    place.index("fresh", "upstream");

    assert_eq!(place.show("extended", &commit)["first_release"], "v1.0");
    assert_eq!(place.digest("extended"), place.digest("fresh"));
}

#[test]
fn side_branch_found_later_is_added() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    let root = repository.commit_file("a.c", "one\n", "a: one");
    repository.commit_file("a.c", "one\ntwo\n", "a: two");
    place.index("extended", "upstream");
    repository.branch("stable", &root);
    let stable = repository.commit_file("b.c", "stable\n", "b: stable");
    place.index("extended", "upstream");
    place.index("fresh", "upstream");

    assert_eq!(place.show("extended", &stable)["hunk_count"], 1);
    assert_eq!(place.digest("extended"), place.digest("fresh"));
}

#[test]
fn commit_that_several_references_reach_is_indexed_once() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    let root = repository.commit_file("a.c", "one\n", "a: one");
    repository.tag("v1.0");
    repository.branch("first", &root);
    repository.branch("second", &root);
    repository.commit_file("a.c", "one\ntwo\n", "a: two");
    repository.branch("third", "second");

    place.index("index", "upstream");

    let status = place.status("index");
    assert_eq!((&status["commits"], &status["hunks"]), (&2.into(), &2.into()), "{status}");
}

#[test]
fn several_repositories_share_one_index() {
    let place = Workplace::new(PROGRAM);
    let mainline = place.repository("mainline");
    mainline.commit_file("a.c", "one\n", "a: one");
    mainline.git(&["clone", "--quiet", ".", "../stable"]);
    let stable = hunktrace_tests::git_repository::GitRepository::open(place.path("stable"));
    let only_stable = stable.commit_file("a.c", "one\nstable\n", "a: stable");
    let only_mainline = mainline.commit_file("a.c", "one\ntwo\n", "a: two");

    place.run(&["index", "--index", "index", "--repo", "mainline", "--repo", "stable"]).succeeded();

    assert_eq!(place.status("index")["commits"], 3);
    assert_eq!(place.show("index", &only_stable)["subject"], "a: stable");
    assert_eq!(place.show("index", &only_mainline)["subject"], "a: two");
}

#[test]
fn ref_flag_limits_what_is_indexed() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    let root = repository.commit_file("a.c", "one\n", "a: one");
    repository.branch("other", &root);
    let other = repository.commit_file("b.c", "other\n", "b: other");
    repository.checkout("master");
    repository.commit_file("a.c", "one\ntwo\n", "a: two");

    place.run(&["index", "--index", "index", "--repo", "upstream", "--ref", "master"]).succeeded();

    assert_eq!(place.status("index")["commits"], 2);
    place.run(&["show", "--index", "index", &other]).failed(2);
}

#[test]
fn unknown_ref_is_refused_by_its_name() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").commit_file("a.c", "one\n", "a: one");

    let run = place.run(&["index", "--index", "index", "--repo", "upstream", "--ref", "linux-9.9.y"]);

    let message = run.failed(2);
    assert!(message.contains("linux-9.9.y"), "{message}");
}

#[test]
fn run_without_news_leaves_the_index_as_it_is() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(10);
    place.index("index", "upstream");
    let (status, digest) = (place.status("index"), place.digest("index"));

    let printed = place.index("index", "upstream");

    assert!(printed.contains("nothing new; 10 commits are indexed"), "{printed}");
    assert_eq!(place.status("index"), status);
    assert_eq!(place.digest("index"), digest);
}

#[test]
fn content_does_not_depend_on_the_number_of_threads() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(60);

    for (index, threads) in [("one", "1"), ("four", "4")] {
        place.run(&["index", "--index", index, "--repo", "upstream", "--threads", threads]).succeeded();
    }

    assert_eq!(place.digest("one"), place.digest("four"));
}

#[test]
fn content_does_not_depend_on_commit_points() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(23);
    place.index("at_once", "upstream");

    place.run(&["index", "--index", "often", "--repo", "upstream", "--commit-every", "5"]).succeeded();

    assert_eq!(place.digest("often"), place.digest("at_once"));
}

#[test]
fn digest_tells_different_histories_apart() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.commit_file("a.c", "one\n", "a: one");
    place.index("before", "upstream");
    repository.commit_file("a.c", "two\n", "a: two");
    place.index("after", "upstream");

    assert_ne!(place.digest("before"), place.digest("after"));
}

#[test]
fn quiet_run_prints_nothing() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").commit_file("a.c", "one\n", "a: one");

    let run = place.run(&["index", "--index", "index", "--repo", "upstream", "--quiet"]).succeeded();

    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}

#[test]
fn references_of_a_pattern_are_indexed_and_skipped_ones_named() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    let root = repository.commit_file("a.c", "one\n", "a: one");
    let pulled = repository.commit_file("a.c", "one\ntwo\n", "a: two");
    repository.git(&["update-ref", "refs/pull/1/head", &pulled]);
    repository.git(&["update-ref", "refs/pull/2/head", "HEAD^{tree}"]);
    repository.git(&["reset", "--quiet", "--hard", &root]);

    let printed = place.index("index", "upstream");
    assert!(
        printed.contains("\n2 skipped references beside branches and tags: 2 in refs/pull; --ref"),
        "{printed}"
    );
    let args = ["index", "--index", "index", "--repo", "upstream", "--ref", "refs/pull/*"];
    let printed = place.run(&args).succeeded().stdout;
    assert!(printed.contains("indexed 1 commit with 1 hunk"), "{printed}");
    assert!(printed.contains("\n1 skipped reference without a commit: refs/pull/2/head\n"), "{printed}");
    assert_eq!(place.show("index", &pulled)["commit"], pulled);
}
