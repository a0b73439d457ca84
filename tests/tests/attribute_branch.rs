//! A release written as a branch of commits.

use hunktrace_tests::vendor_release::{FILE, TREES, VendorRelease};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// The flags that ask for a branch, beside where answers come from.
fn attribute<'a>(source: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&["attribute", "--out", "out"], source, &TREES[..], more].concat()
}

#[test]
fn branch_begins_at_the_base_and_ends_with_the_vendors_tree() {
    let release = VendorRelease::new(PROGRAM);
    let asked = ["--index", "index", "--repo", "upstream"];

    let run = release.place.run(&attribute(&asked, &["--git-branch", "apart"])).succeeded();

    let repository = &release.repository;
    assert!(
        run.stdout.contains(&format!("branch apart ({})", repository.rev_parse("apart"))),
        "{}",
        run.stdout
    );
    assert_eq!(repository.rev_parse("apart^{tree}"), repository.rev_parse("vendor^{tree}"));
    assert_eq!(repository.git(&["merge-base", "apart", "v4.0"]), repository.rev_parse("v4.0"));
    let log = |range: &str| repository.git(&["log", "--reverse", "--format=%an <%ae> %aI %s", range]);
    let upstream = repository.git(&["log", "-1", "--format=%an <%ae> %aI %s", &release.backported]);
    let commits = log("v4.0..apart");
    let commits: Vec<&str> = commits.lines().collect();
    assert_eq!(commits[0], upstream);
    assert!(commits[1].ends_with(" drivers: the vendor's own changes"), "{commits:?}");
    assert_eq!(commits.len(), 2);
    let body = repository.git(&["log", "-1", "--format=%b", "apart~"]);
    assert!(body.contains(&format!("Origin: {} (v4.1)", release.backported)), "{body}");
}

#[test]
fn branch_that_is_there_already_is_left_alone_and_nothing_is_written() {
    let release = VendorRelease::new(PROGRAM);
    let repository = &release.repository;
    repository.git(&["branch", "apart", "v4.1"]);
    let asked = ["--index", "index", "--repo", "upstream"];

    let message = release.place.run(&attribute(&asked, &["--git-branch", "apart"])).failed(2);

    assert!(message.contains("has a branch apart already"), "{message}");
    assert!(message.contains("git branch -D apart"), "{message}");
    assert_eq!(repository.rev_parse("apart"), repository.rev_parse("v4.1"));
    assert!(!release.place.path("out").exists());
    assert!(!release.place.path("out.unfinished").exists());
}

#[test]
fn branch_is_written_beside_a_server_too() {
    let release = VendorRelease::new(PROGRAM);
    let server = hunktrace_tests::server::Server::start(&release.place, "index");
    let asked = ["--server", server.url(), "--repo", "upstream"];

    release.place.run(&attribute(&asked, &["--git-branch", "apart"])).succeeded();

    let repository = &release.repository;
    assert_eq!(repository.rev_parse("apart^{tree}"), repository.rev_parse("vendor^{tree}"));
}

#[test]
fn repository_alone_is_asked_by_its_own_index() {
    let release = VendorRelease::new(PROGRAM);
    // The vendor's release comes from elsewhere, or it would be in the index.
    release.repository.git(&["clone", "--quiet", "--bare", ".", "../vendor.git"]);
    release.repository.checkout("master");
    release.repository.git(&["branch", "-D", "vendor"]);
    let args = ["--repo", "upstream", "--base", "auto", "--vendor", "vendor.git:vendor", "--out", "out"];

    release.place.run(&[&["attribute"], &args[..], &["--git-branch", "apart"]].concat()).succeeded();

    assert!(release.place.cache().join("hunktrace").is_dir());
    assert!(release.read("commits.jsonl").contains(&release.backported));
    release.repository.checkout("apart");
    assert!(release.repository.git(&["show", &format!("apart:{FILE}")]).contains("vendor_quirk"));
}

#[test]
fn branch_of_a_base_on_disk_begins_at_its_release() {
    let release = VendorRelease::new(PROGRAM);
    let repository = &release.repository;
    repository.git(&["archive", "--format=tar", "--prefix=linux-4.0/", "--output=../base.tar", "v4.0"]);
    let args = ["--base", "base.tar", "--vendor", "upstream:vendor", "--out", "out", "--git-branch", "apart"];

    release
        .place
        .run(&[&["attribute", "--index", "index", "--repo", "upstream"], &args[..]].concat())
        .succeeded();

    assert_eq!(repository.git(&["merge-base", "apart", "v4.0"]), repository.rev_parse("v4.0"));
    assert_eq!(repository.rev_parse("apart^{tree}"), repository.rev_parse("vendor^{tree}"));
}

#[test]
fn branch_of_a_base_that_no_commit_has_is_refused() {
    let release = VendorRelease::new(PROGRAM);
    let repository = &release.repository;
    repository.checkout("v4.0");
    repository.write("drivers/extra.c", "int extra;\n");
    let args = ["--base", "upstream", "--vendor", "upstream:vendor", "--out", "out", "--git-branch", "apart"];

    let message = release
        .place
        .run(&[&["attribute", "--index", "index", "--repo", "upstream"], &args[..]].concat())
        .failed(2);

    assert!(message.contains("has another tree than the base: drivers/extra.c differs"), "{message}");
    assert!(!release.place.path("out").exists());
    assert_eq!(repository.git(&["for-each-ref", "refs/heads/apart", "refs/hunktrace"]), "");
}

#[test]
fn branch_is_refused_at_once_where_a_file_of_the_vendors_cannot_be_read() {
    let release = VendorRelease::new(PROGRAM);
    let repository = &release.repository;
    repository.commit_file("firmware/ember.fw", "microcode\n", "vendor release 2");
    let blob = repository.rev_parse("vendor:firmware/ember.fw");
    let (folder, name) = blob.split_at(2);
    std::fs::remove_file(repository.path().join(".git/objects").join(folder).join(name)).unwrap();
    let asked = ["--index", "index", "--repo", "upstream"];

    let message = release.place.run(&attribute(&asked, &["--git-branch", "apart"])).failed(2);

    assert!(message.contains("firmware/ember.fw cannot be read (1 in all)"), "{message}");
    assert!(message.contains("or leave out --git-branch"), "{message}");
    assert!(!release.place.path("out").exists());
    assert!(!release.place.path("out.unfinished").exists());
    assert_eq!(repository.git(&["for-each-ref", "refs/heads/apart", "refs/hunktrace"]), "");
}
