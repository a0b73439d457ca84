//! What runs leave in a folder, and what a reader sees meanwhile: on a history of a few lines, kept in memory.

mod line_history;
mod subsystems;

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::fingerprint::{LineHasher, path_term};
use crate::hunk::Sign;
use crate::index::retrieval::{HunkRetrieval, RetrievalQuery, WeightedTerm};
use crate::index::snapshot::Snapshot;
use line_history::LineHistory;

const PACE: IndexPace = IndexPace { threads: 2, commit_interval: 3, commit_time: COMMIT_TIME };

/// How often a run is tried again whose folder is locked, ten milliseconds apart.
const LOCKED_TRIES: usize = 500;

/// A run. Other tests start git, and until it is there its process holds copies of all open files, the lock of the run
/// before included.
fn index(history: &LineHistory, folder: &TempDir) -> IndexSummary {
    let run = || index_history(history, folder.path(), PACE, &());
    let mut tries = 0;
    loop {
        match run() {
            Err(IndexError::Locked(_)) if tries < LOCKED_TRIES => tries += 1,
            done => return done.expect("a history in memory"),
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn open(folder: &TempDir) -> Snapshot {
    Snapshot::open_verified(folder.path(), &()).expect("an index")
}

/// The graph files in a folder, sorted.
fn graph_files(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("the folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut graphs: Vec<String> = names.filter(|name| name.starts_with("graph")).collect();
    graphs.sort();
    graphs
}

#[test]
fn every_commit_is_found_by_its_line() {
    let folder = folder();
    let summary = index(&LineHistory::of(8), &folder);
    assert_eq!(
        summary,
        IndexSummary { new_commits: 8, new_hunks: 8, total_commits: 8, ..IndexSummary::default() }
    );
    let snapshot = open(&folder);
    let mut hasher = LineHasher::default();
    for number in 0..8 {
        let term = hasher.hash(Sign::Added, LineHistory::line(number).as_bytes()).into();
        assert_eq!(snapshot.frequencies(&[term]).expect("an index"), [1]);
        let terms = vec![WeightedTerm { term, weight: 1.0, frequency: 1 }];
        let query = RetrievalQuery { terms, limit: 3, ..RetrievalQuery::default() };
        let found = snapshot.search(&query).expect("an index");
        assert_eq!(found.iter().map(|hunk| hunk.commit).collect::<Vec<_>>(), [CommitOrdinal(number)]);
        assert_eq!(snapshot.hunks_of(CommitOrdinal(number)).expect("an index").len(), 1);

        let loaded = snapshot.load(&[found[0].id]).expect("an index");
        assert_eq!(loaded[0].path(), LineHistory::path(number).as_str());
        assert!(snapshot.has_path(path_term(loaded[0].path())).expect("an index"));
        let subject = snapshot.commit_subject(CommitOrdinal(number)).expect("an index");
        assert_eq!(subject, Some(LineHistory::subject(number)));
    }
    assert!(!snapshot.has_path(path_term(b"no/such/file")).expect("an index"));
}

#[test]
fn an_index_that_is_extended_has_the_content_of_one_that_is_built_at_once() {
    let (at_once, extended) = (folder(), folder());
    index(&LineHistory::of(8), &at_once);
    for commits in [2, 5, 8] {
        index(&LineHistory::of(commits), &extended);
    }
    let digest = |folder: &TempDir| {
        let snapshot = open(folder);
        (snapshot.content_digest().expect("an index"), snapshot.history_digest().expect("an index"))
    };
    assert_eq!(digest(&extended), digest(&at_once));

    let shorter = self::folder();
    index(&LineHistory::of(7), &shorter);
    let (one, other) = (digest(&shorter), digest(&at_once));
    assert!(one.0 != other.0 && one.1 != other.1, "{one:x?} {other:x?}");
}

#[test]
fn every_message_is_kept_whole_whatever_runs_and_merges_do() {
    const BODY: &str = "\nWhy, and how.\n\nSigned-off-by: A <a@example.org>\n";
    let (at_once, extended, other) = (folder(), folder(), folder());
    index(&LineHistory::of(8).with_body(BODY), &at_once);
    for commits in [1, 3, 8] {
        index(&LineHistory::of(commits).with_body(BODY), &extended);
    }
    for snapshot in [open(&at_once), open(&extended)] {
        for number in 0..8 {
            let message =
                snapshot.commit_message(CommitOrdinal(number)).expect("an index").expect("a message");
            assert_eq!(message.text(), format!("{}\n{BODY}", LineHistory::subject(number)));
        }
    }
    index(&LineHistory::of(8).with_body("\nWhy, and when.\n"), &other);
    let digest = |folder: &TempDir| open(folder).content_digest().expect("an index");
    assert_eq!(digest(&extended), digest(&at_once));
    assert_ne!(digest(&other), digest(&at_once), "the digest covers what stands below the subject");
}

#[test]
fn a_run_that_finds_nothing_new_writes_nothing() {
    let folder = folder();
    index(&LineHistory::of(4), &folder);
    let before = open(&folder).generation().clone();
    assert!(before.is_complete);
    assert_eq!(index(&LineHistory::of(4), &folder).new_commits, 0);
    assert_eq!(*open(&folder).generation(), before);
}

#[test]
fn the_next_run_removes_what_a_killed_one_has_left() {
    let folder = folder();
    index(&LineHistory::of(2), &folder);
    let current = graph_files(&folder);
    for remains in ["graph-9.bin", "graph-9.bin.new"] {
        fs::write(folder.path().join(remains), "half").expect("a file");
    }
    index(&LineHistory::of(2), &folder);
    assert_eq!(graph_files(&folder), current);
}

#[test]
fn a_snapshot_stays_what_it_is_while_the_index_is_replaced() {
    let folder = folder();
    index(&LineHistory::of(3), &folder);
    let old = open(&folder);
    let digest = old.content_digest().expect("an index");
    assert!(!old.is_outdated());

    index(&LineHistory::of(8), &folder);
    assert!(old.is_outdated());
    assert_eq!((old.graph().len(), old.hunk_count()), (3, 3));
    assert_eq!(old.content_digest().expect("what it was"), digest);
    let new = open(&folder);
    assert_eq!((new.graph().len(), new.hunk_count()), (8, 8));
    assert!(new.generation().number > old.generation().number);
    assert_eq!(graph_files(&folder), [format!("graph-{}.bin", new.generation().number)]);
}

/// Stops the run after a number of commits.
struct StopAfter(usize, std::sync::atomic::AtomicUsize);

impl StopAfter {
    fn commits(commits: usize) -> StopAfter {
        StopAfter(commits, std::sync::atomic::AtomicUsize::new(0))
    }
}

impl IndexProgress for StopAfter {
    fn planned(&self, _: usize, _: usize) {}
    fn indexed(&self, _: usize) {
        self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    fn passed_over(&self, _: usize) {}
    fn merging(&self) {}
    fn is_stopped(&self) -> bool {
        self.1.load(std::sync::atomic::Ordering::Relaxed) >= self.0
    }
}

fn digest(folder: &TempDir) -> u128 {
    open(folder).content_digest().expect("an index")
}

#[test]
fn a_run_that_is_stopped_keeps_what_is_done_and_the_next_goes_on() {
    // More commits than a chunk has, and no commit point between them.
    const COMMITS: u32 = 300;
    let whole = folder();
    index(&LineHistory::of(COMMITS), &whole);
    for threads in [1, 2] {
        let stopped = folder();
        let outcome = index_history(
            &LineHistory::of(COMMITS),
            stopped.path(),
            IndexPace::usual(threads),
            &StopAfter::commits(70),
        );
        let Err(IndexError::Interrupted { commits, left }) = outcome else { panic!("{outcome:?}") };
        let kept = open(&stopped);
        assert!(!kept.generation().is_complete);
        assert_eq!((kept.graph().len(), left), (commits, COMMITS as usize - commits));
        assert!((70..COMMITS as usize).contains(&commits), "{commits} commits");
        assert_eq!(kept.hunk_count(), commits as u64);

        assert_eq!(index(&LineHistory::of(COMMITS), &stopped).new_commits, left);
        assert_eq!(digest(&stopped), digest(&whole));
    }
}

#[test]
fn a_run_that_is_stopped_before_its_first_commit_leaves_no_commit_point() {
    let folder = folder();
    let outcome =
        index_history(&LineHistory::of(3), folder.path(), IndexPace::usual(1), &StopAfter::commits(0));
    assert!(matches!(outcome, Err(IndexError::Interrupted { commits: 0, left: 3 })), "{outcome:?}");
    assert!(matches!(Snapshot::open(folder.path()), Err(IndexError::Absent(_))));
}

#[test]
fn commit_points_come_by_time_as_well_as_by_number() {
    // One more than an epoch has.
    let commits = 4096 + 1;
    let history = LineHistory::of(commits);
    let generations = |commit_time| {
        let folder = folder();
        let pace = IndexPace { commit_time, ..IndexPace::usual(2) };
        index_history(&history, folder.path(), pace, &()).expect("a history in memory");
        (open(&folder).generation().number, digest(&folder))
    };
    let (by_number, by_time) = (generations(Duration::MAX), generations(Duration::ZERO));
    assert_eq!((by_number.0, by_time.0), (1, 2));
    assert_eq!(by_number.1, by_time.1);
}

#[test]
fn what_a_stopped_run_has_left_unmerged_is_merged_by_the_next_though_nothing_is_new() {
    /// Stops the run when it begins to tidy up.
    #[derive(Default)]
    struct StopTidying(std::sync::atomic::AtomicBool);

    impl IndexProgress for StopTidying {
        fn planned(&self, _: usize, _: usize) {}
        fn indexed(&self, _: usize) {}
        fn passed_over(&self, _: usize) {}
        fn merging(&self) {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        fn is_stopped(&self) -> bool {
            self.0.load(std::sync::atomic::Ordering::Relaxed)
        }
    }

    let folder = folder();
    let pace = IndexPace { threads: 1, commit_interval: 2, commit_time: COMMIT_TIME };
    let outcome = index_history(&LineHistory::of(8), folder.path(), pace, &StopTidying::default());
    assert!(matches!(outcome, Err(IndexError::Stopped)));
    let left = open(&folder);
    assert!(left.generation().is_complete && left.segment_count() > 1, "{} segments", left.segment_count());
    let digest = left.content_digest().expect("an index");

    assert_eq!(index(&LineHistory::of(8), &folder).new_commits, 0);
    let tidied = open(&folder);
    assert_eq!(tidied.segment_count(), 1);
    assert_eq!(tidied.content_digest().expect("an index"), digest);
}

#[test]
fn a_damaged_segment_is_not_merged() {
    let folder = folder();
    index(&LineHistory::of(4), &folder);
    let segments = fs::read_dir(folder.path().join("segments")).expect("the folder");
    let mut paths = segments.map(|entry| entry.expect("an entry").path());
    let records = paths.find(|path| path.extension().is_some_and(|own| own == "records")).expect("records");
    let mut bytes = fs::read(&records).expect("the records");
    bytes[10] ^= 1;
    fs::write(&records, bytes).expect("the records");
    let outcome = index_history(&LineHistory::of(8), folder.path(), PACE, &());
    assert!(matches!(outcome, Err(IndexError::Damaged { .. })), "{outcome:?}");
}

#[test]
fn an_index_of_format_5_is_read_and_raised_by_the_first_run_that_adds_something() {
    let folder = folder();
    index(&LineHistory::of(4), &folder);
    let format = folder.path().join("FORMAT");
    fs::write(&format, "hunktrace index, format 5\n").expect("the format");
    index(&LineHistory::of(4), &folder);
    assert_eq!(open(&folder).graph().len(), 4);
    assert_eq!(fs::read_to_string(&format).expect("the format"), "hunktrace index, format 5\n");
    index(&LineHistory::of(8), &folder);
    assert_eq!(fs::read_to_string(&format).expect("the format"), "hunktrace index, format 6\n");
    assert_eq!(open(&folder).graph().len(), 8);
}

#[test]
fn a_damaged_or_missing_graph_is_named_when_the_index_is_opened() {
    let folder = folder();
    index(&LineHistory::of(2), &folder);
    let name = graph_files(&folder).remove(0);
    let path = folder.path().join(&name);
    let whole = fs::read(&path).expect("the graph");
    let mut damaged = whole.clone();
    damaged[40] ^= 1;
    fs::write(&path, &damaged).expect("the graph");
    let named = || {
        let error = Snapshot::open(folder.path()).err().expect("a damaged index");
        assert!(matches!(&error, IndexError::Damaged { message, .. } if message.contains(&name)), "{error}");
    };
    named();
    fs::remove_file(&path).expect("the graph");
    named();
    fs::write(&path, &whole).expect("the graph");
    assert_eq!(open(&folder).graph().len(), 2);
}

#[test]
fn an_index_without_a_commit_point_is_absent_to_readers() {
    let folder = folder();
    IndexFolder::open_or_create(folder.path()).expect("an empty folder");
    assert!(matches!(Snapshot::open(folder.path()), Err(IndexError::Absent(_))));
}
