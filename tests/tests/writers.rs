//! Indexes that cannot be written or read: in use, damaged, foreign, absent, or on a full disk.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::workplace::{Run, Workplace};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// A folder with a repository of some commits, and an index of it.
fn indexed(commits: usize) -> Workplace {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(commits);
    place.index("index", "upstream");
    place
}

/// A run that writes to an index, stopped in the middle of it, and killed when it is dropped.
struct StoppedWriter(Child);

impl StoppedWriter {
    /// Adds history to the repository, and stops the run that is to index it.
    fn start(place: &Workplace, index: &str) -> StoppedWriter {
        // A commit point for every few commits takes far longer than it takes to stop the run.
        GitRepository::open(place.path("upstream")).import_history(400);
        let args = ["index", "--index", index, "--repo", "upstream", "--commit-every", "1"];
        let mut run = place.command(&args).spawn().expect("the program starts");
        wait_for_the_plan(&mut run);
        send("STOP", &run);
        StoppedWriter(run)
    }
}

impl Drop for StoppedWriter {
    fn drop(&mut self) {
        // If it has ended, there is nothing to kill.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Waits until a run says how much there is to do: it holds the lock of its index then.
fn wait_for_the_plan(run: &mut Child) {
    let mut said = BufReader::new(run.stderr.take().expect("what it says"));
    let mut line = String::new();
    said.read_line(&mut line).expect("its first line");
    assert!(line.contains("to index"), "{line}");
}

fn send(signal: &str, run: &Child) {
    let kill = Command::new("kill").args([format!("-{signal}"), run.id().to_string()]).status();
    assert!(kill.expect("kill starts").success());
}

/// A file of the folder whose name ends like this.
fn file_of(place: &Workplace, folder: &str, end: &str) -> PathBuf {
    let mut files = fs::read_dir(place.path(folder)).expect("the folder").filter_map(|entry| {
        let path = entry.expect("an entry").path();
        path.to_string_lossy().ends_with(end).then_some(path)
    });
    files.next().unwrap_or_else(|| panic!("no file *{end} in {folder}"))
}

fn flip_a_byte(path: &Path) {
    let mut bytes = fs::read(path).expect("the file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    fs::write(path, bytes).expect("the file");
}

#[test]
fn second_writer_is_told_that_the_index_is_in_use() {
    let place = indexed(3);
    let writer = StoppedWriter::start(&place, "index");

    let message = place.run(&["index", "--index", "index", "--repo", "upstream"]).failed(2);

    assert!(message.contains("index: another process is writing to this index"), "{message}");
    drop(writer);
    place.index("index", "upstream");
}

#[test]
fn readers_work_while_an_index_is_written() {
    let place = indexed(3);
    let _writer = StoppedWriter::start(&place, "index");

    assert!(place.status("index")["commits"].as_u64().is_some_and(|commits| commits >= 3));
    place.digest("index");
}

#[test]
fn repository_whose_index_is_being_written_is_looked_up_as_it_stands() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    let commit = repository.commit_file("a.c", "some line that is rare\n", "a: add a line");
    let args = ["lookup", "--repo", "upstream", "--format", "jsonl", "-"];
    let patch = repository.format_patch(&commit);
    place.run_with_input(&args, &patch).succeeded();
    let cached = fs::read_dir(place.cache().join("hunktrace")).expect("the cache").next();
    let cached = cached.expect("an index").expect("an entry").path();
    let _writer = StoppedWriter::start(&place, &cached.to_string_lossy());

    let run = place.run_with_input(&args, &patch).succeeded();

    assert!(run.stdout.contains(&commit), "{run:?}");
    assert!(run.stderr.contains("another process is extending the index"), "{run:?}");
}

#[test]
fn foreign_folder_is_left_alone() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").commit_file("a.c", "one\n", "a: one");
    fs::create_dir(place.path("photos")).expect("a folder");
    place.write("photos/sea.jpg", "a photo");

    let message = place.run(&["index", "--index", "photos", "--repo", "upstream"]).failed(2);

    assert!(message.contains("photos: is not empty and holds no index; name an empty"), "{message}");
    assert_eq!(fs::read_dir(place.path("photos")).expect("the folder").count(), 1);
}

#[test]
fn index_of_another_format_is_refused_with_both_formats() {
    let place = indexed(3);
    place.write("index/FORMAT", "hunktrace index, format 999\n");

    for args in [
        &["status", "--index", "index"][..],
        &["verify", "--index", "index"],
        &["index", "--index", "index", "--repo", "upstream"],
        &["serve", "--index", "index", "--listen", "127.0.0.1:0"],
    ] {
        let message = place.run(args).failed(2);
        assert!(message.contains("format 999") && message.contains("this program reads format"), "{message}");
    }
}

#[test]
fn missing_index_is_named_with_the_way_to_build_one() {
    let place = Workplace::new(PROGRAM);
    place.write("fix.patch", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n");

    for args in [
        &["status", "--index", "missing"][..],
        &["verify", "--index", "missing"],
        &["show", "--index", "missing", "12345678"],
        &["lookup", "--index", "missing", "fix.patch"],
    ] {
        let message = place.run(args).failed(2);
        assert!(message.contains("missing: there is no index here; build one with"), "{message}");
    }
}

#[test]
fn repository_that_is_none_is_named() {
    let place = Workplace::new(PROGRAM);

    let message = place.run(&["index", "--index", "index", "--repo", "nowhere"]).failed(2);

    assert!(message.contains("nowhere: cannot open as a git repository"), "{message}");
    assert!(!place.path("index").exists(), "nothing is left behind");
}

#[test]
fn damaged_graph_is_found() {
    let place = indexed(20);
    flip_a_byte(&file_of(&place, "index", ".bin"));

    let run = place.run(&["verify", "--index", "index"]);

    assert!(matches!(run.code, Some(1 | 2)), "{run:?}");
    assert!(run.stderr.contains("damaged") && run.stderr.contains("build it anew"), "{run:?}");
}

#[test]
fn damage_anywhere_in_the_segments_is_found() {
    const PLACES: usize = 8;
    let place = indexed(20);
    for end in [".store", ".term", ".idx", ".fast"] {
        let file = file_of(&place, "index/segments", end);
        let sound = fs::read(&file).expect("the file");
        for part in 0..PLACES {
            let position = sound.len() * part / PLACES;
            let mut damaged = sound.clone();
            damaged[position] ^= 0x40;
            fs::write(&file, damaged).expect("the file");

            let run = place.run(&["verify", "--index", "index"]);

            assert!(matches!(run.code, Some(1 | 2)), "byte {position} of *{end}: {run:?}");
            assert!(run.stderr.contains("build it anew"), "byte {position} of *{end}: {run:?}");
        }
        fs::write(&file, sound).expect("the file");
    }
    place.digest("index");
}

#[test]
fn missing_graph_is_found() {
    let place = indexed(20);
    fs::remove_file(file_of(&place, "index", ".bin")).expect("the graph's file");

    let run = place.run(&["verify", "--index", "index"]);

    assert!(matches!(run.code, Some(1 | 2)), "{run:?}");
    assert!(run.stderr.contains("index"), "{run:?}");
}

#[test]
fn lock_left_by_a_dead_process_is_no_hindrance() {
    let place = indexed(3);
    drop(StoppedWriter::start(&place, "index"));

    place.index("index", "upstream");
}

#[test]
fn interrupted_run_leaves_an_index_that_the_next_one_completes() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(60);
    place.index("fresh", "upstream");
    let args = ["index", "--index", "index", "--repo", "upstream", "--commit-every", "1"];
    let mut run = place.command(&args).spawn().expect("the program starts");
    wait_for_the_plan(&mut run);
    send("INT", &run);

    let status = run.wait().expect("the run's end");

    assert!(matches!(status.code(), Some(0 | 130)), "{status}");
    place.index("index", "upstream");
    assert_eq!(place.digest("index"), place.digest("fresh"));
}

#[test]
fn interrupted_run_keeps_what_it_has_done_and_says_how_much_that_is() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(4000);
    // Without a commit point on the way.
    let mut run =
        place.command(&["index", "--index", "index", "--repo", "upstream"]).spawn().expect("the program");
    let mut said =
        BufReader::new(run.stderr.take().expect("what the run says")).lines().map_while(Result::ok);
    said.next().expect("the plan");
    send("INT", &run);
    let said: Vec<String> = said.collect();

    assert_eq!(run.wait().expect("the run's end").code(), Some(130), "{said:?}");
    let last = said.last().expect("what became of it");
    if last == "hunktrace: stopped before the first commit was indexed" {
        let said = place.run(&["status", "--index", "index"]).failed(2);
        assert!(said.contains("there is no index here"), "{said}");
        return;
    }
    let counts = last.strip_prefix("hunktrace: stopped; the index has ");
    let numbers = counts.unwrap_or_else(|| panic!("{said:?}")).split(' ').map(|word| word.replace(',', ""));
    let numbers: Vec<u64> = numbers.filter_map(|word| word.parse().ok()).collect();
    assert!(numbers[0] > 0 && numbers[0] + numbers[1] == 4000, "{last}");
    assert_eq!(place.status("index")["commits"], numbers[0]);
}

/// The blocks of 1 KiB that a file may have where the disk is full, for several stages of an extending run.
const FULL_AFTER: [u32; 5] = [0, 1, 4, 16, 32];

#[test]
fn full_disk_is_a_clear_error_and_leaves_the_index_as_it_was() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.import_history(20);
    place.index("index", "upstream");
    let (digest, status) = (place.digest("index"), place.status("index"));
    repository.import_history(600);
    place.index("fresh", "upstream");

    let mut failures = 0;
    for blocks in FULL_AFTER {
        // A process that ignores SIGXFSZ gets an error from a write beyond the limit, as on a full disk.
        let line = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec \"$PROGRAM\" index --index index --repo upstream --quiet"
        );
        let run = Run::of(place.shell(&line));
        if run.code == Some(0) {
            break;
        }
        failures += 1;
        let message = run.failed(2);
        assert!(message.contains("index") && message.contains("too large"), "{blocks}: {message}");
        assert!(!message.contains("panicked"), "{blocks}: {message}");
        assert_eq!(place.digest("index"), digest, "after {blocks} blocks");
        assert_eq!(place.status("index")["generation"], status["generation"], "after {blocks} blocks");
    }
    assert!(failures > 0, "no limit was too low");

    place.index("index", "upstream");
    assert_eq!(place.digest("index"), place.digest("fresh"));
}

#[test]
fn full_disk_while_the_first_index_is_built_can_be_gone_on_from() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(200);
    let line = "trap '' XFSZ; ulimit -f 1; exec \"$PROGRAM\" index --index index --repo upstream --quiet";

    let message = Run::of(place.shell(line)).failed(2);

    assert!(!message.contains("panicked"), "{message}");
    place.index("index", "upstream");
    place.index("fresh", "upstream");
    assert_eq!(place.digest("index"), place.digest("fresh"));
}
