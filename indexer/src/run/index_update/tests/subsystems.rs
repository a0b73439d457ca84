//! Which subsystems the commits of an index belong to, whatever runs have written it.

use super::*;
use crate::graph::{SUBSYSTEM_SECTIONS, without_sections};

const ONE_SECTION: &str = "MEMORY MANAGEMENT\nF:\tmm/\n";
const TWO_SECTIONS: &str =
    "MEMORY MANAGEMENT\nF:\tmm/\n\nFILE FIVE\nF:\tmm/file_5.c\n\nTHE REST\nF:\t*\nF:\t*/\n";

/// The subsystems of all commits.
fn subsystems(folder: &TempDir) -> Vec<Option<String>> {
    let snapshot = open(folder);
    let commits = CommitOrdinal::first(snapshot.graph().len());
    commits.map(|commit| snapshot.graph().subsystem(commit).map(str::to_owned)).collect()
}

fn release(folder: &TempDir) -> Option<String> {
    open(folder).graph().maintainers().map(|file| file.source.release.clone())
}

fn digest(folder: &TempDir) -> u128 {
    open(folder).content_digest().expect("an index")
}

#[test]
fn the_newest_release_tells_all_commits_and_what_comes_later() {
    let (extended, at_once) = (folder(), folder());
    let history =
        |commits: u32| LineHistory::of(commits).with_maintainers(&[(2, ONE_SECTION), (6, TWO_SECTIONS)]);
    index(&LineHistory::of(2), &extended);
    assert_eq!(subsystems(&extended), [None, None]);
    assert_eq!(release(&extended).as_deref(), Some("v1"));

    index(&history(6), &extended);
    let memory = Some("MEMORY MANAGEMENT".to_owned());
    assert_eq!(subsystems(&extended), vec![memory.clone(); 6]);
    assert_eq!(release(&extended).as_deref(), Some("v1.2"));

    index(&history(8), &extended);
    let mut expected = vec![memory; 8];
    expected[5] = Some("FILE FIVE".to_owned());
    assert_eq!(subsystems(&extended), expected);
    assert_eq!(release(&extended).as_deref(), Some("v1.6"));

    index(&history(8), &at_once);
    assert_eq!(subsystems(&at_once), expected);
    assert_eq!(digest(&extended), digest(&at_once));
    assert_ne!(digest(&at_once), {
        let other = folder();
        index(&LineHistory::of(8).with_maintainers(&[(2, ONE_SECTION), (6, ONE_SECTION)]), &other);
        digest(&other)
    });
}

#[test]
fn a_release_with_the_same_file_leaves_what_was_told() {
    let folder = folder();
    let history =
        |commits: u32| LineHistory::of(commits).with_maintainers(&[(2, TWO_SECTIONS), (7, TWO_SECTIONS)]);
    index(&history(6), &folder);
    let before = subsystems(&folder);
    index(&history(8), &folder);
    assert_eq!(release(&folder).as_deref(), Some("v1.7"));
    assert_eq!(subsystems(&folder)[..6], before);
    assert_eq!(before[5].as_deref(), Some("FILE FIVE"));
}

#[test]
fn an_index_without_subsystems_opens_and_the_next_run_adds_them() {
    let (old, fresh) = (folder(), folder());
    let history = || LineHistory::of(8).with_maintainers(&[(6, TWO_SECTIONS)]);
    index(&history(), &old);
    index(&history(), &fresh);
    let graph = old.path().join(&graph_files(&old)[0]);
    let without = without_sections(&fs::read(&graph).expect("the graph"), &SUBSYSTEM_SECTIONS);
    fs::write(&graph, without).expect("the graph");
    assert_eq!((subsystems(&old), release(&old)), (vec![None; 8], None));

    let summary = index(&history(), &old);
    assert_eq!(summary.new_commits, 0);
    assert_eq!(digest(&old), digest(&fresh));
    let generation = open(&old).generation().number;
    index(&history(), &old);
    assert_eq!(open(&old).generation().number, generation, "there was nothing new");
}

#[test]
fn a_file_that_cannot_be_used_is_noted_and_tells_nothing() {
    static HUGE: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let patterns: String = (0..5000).map(|number| format!("F:\tmm/*{number}\n")).collect();
        format!("MEMORY MANAGEMENT\n{patterns}")
    });
    static RELEASES: std::sync::LazyLock<[(u32, &str); 1]> =
        std::sync::LazyLock::new(|| [(3, HUGE.as_str())]);
    let folder = folder();
    let summary = index(&LineHistory::of(4).with_maintainers(&*RELEASES), &folder);
    assert_eq!((summary.unindexed, summary.unreadable), (1, 1));
    assert_eq!(subsystems(&folder), vec![None; 4]);
    let noted = open(&folder).graph().unindexed().expect("an index");
    assert!(noted[0].reason.starts_with("subsystems are not told by the file of v1.3: line "), "{noted:?}");
}
