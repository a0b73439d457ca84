//! The version that the build gives the program.

use std::fs;
use std::path::Path;

use crate::build_script::{changed_with_the_commit, version};
use crate::test_git::{git, git_line};

/// A repository with a commit, and the version that it gives.
fn repository(folder: &Path) -> String {
    git(folder, &["init", "--quiet"]);
    git(folder, &["commit", "--quiet", "--allow-empty", "--message=begin"]);
    let [commit, date] =
        ["%H", "%cs"].map(|form| git_line(folder, &["log", "-1", &format!("--format={form}")]));
    format!("1.2.3 ({} {date})", &commit[..12])
}

#[test]
fn version_names_the_commit_and_its_date() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(version(folder.path(), "1.2.3"), "1.2.3", "there is nothing yet");
    let expected = repository(folder.path());
    assert_eq!(version(folder.path(), "1.2.3"), expected);
}

#[test]
fn sources_unpacked_inside_another_repository_are_of_none_of_its_commits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    repository(folder.path());
    let inside = folder.path().join("unpacked");
    fs::create_dir(&inside).expect("a folder");
    assert_eq!(version(&inside, "1.2.3"), "1.2.3");
    assert!(changed_with_the_commit(&inside).is_empty());
}

#[test]
fn only_files_that_are_there_are_watched_and_a_commit_changes_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    repository(folder.path());
    let watched = changed_with_the_commit(folder.path());
    let content = || watched.iter().map(|path| fs::read(path).expect("a watched file")).collect::<Vec<_>>();
    let before = content();
    assert!(!before.is_empty());
    git(folder.path(), &["commit", "--quiet", "--allow-empty", "--message=more"]);
    assert_ne!(content(), before);
}
