//! Tests of whole reports: which files are written, and when.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hunktrace_indexer::hunk::{Hunk, Sign};
use serde_json::{Value, json};

use super::*;
use crate::answer::made_up::{self, run};
use crate::answer::{CommitIndex, CommitStatus, LineRun, MissingHunk, MissingReason, ReleaseCommit, Side};

/// The number of `changes` in the page's list of match kinds.
const CHANGES: u8 = 2;

/// A hunk, and the runs of its lines.
type MadeUpHunk = (Hunk, Vec<LineRun>);

/// A file and its hunks.
struct MadeUpFile {
    path: String,
    hunks: Vec<MadeUpHunk>,
}

/// A hunk of one context line, `-old`, `+new` and `+more`: the first two are of one commit, the last of another.
fn hunk(first: Option<u32>, second: Option<u32>) -> MadeUpHunk {
    let mut hunk = Hunk { old_start: 7, old_lines: 2, new_start: 9, new_lines: 3, ..Hunk::default() };
    hunk.push_line(Sign::Context, b"same", true);
    hunk.push_line(Sign::Removed, b"old", true);
    hunk.push_line(Sign::Added, b"new \xff</script>", true);
    hunk.push_line(Sign::Added, b"more", false);
    let runs = vec![run(Side::Old, 8, 1, first), run(Side::New, 10, 1, first), run(Side::New, 11, 1, second)];
    (hunk, runs)
}

fn file(path: &str, hunks: Vec<MadeUpHunk>) -> MadeUpFile {
    MadeUpFile { path: path.to_owned(), hunks }
}

fn commit(subject: &str, first_release: Option<&str>) -> ReleaseCommit {
    ReleaseCommit {
        status: CommitStatus::Partial,
        confidence: 0.5,
        missing: vec![MissingHunk { file: "a.c".into(), old_start: 3, reason: MissingReason::LeftOut }],
        subject: subject.into(),
        first_release: first_release.map(str::to_owned),
        carriers: vec!["89abcdef".into()],
        superseded_by: Some(CommitIndex(0)),
        ..made_up::commit("0123456789abcdef0123456789abcdef01234567")
    }
}

fn add(writer: &mut ReportWriter, file: &MadeUpFile) -> Result<(), Error> {
    let hunks = file.hunks.iter().map(|(hunk, runs)| ReportHunk { hunk, runs }).collect();
    writer.add_file(&ReportFile { path: file.path.as_str().into(), notes: &[], hunks })
}

fn write(dir: &Path, files: &[MadeUpFile], commits: &[ReleaseCommit]) -> Result<(), Error> {
    let mut writer = ReportWriter::new(dir)?;
    files.iter().try_for_each(|file| add(&mut writer, file))?;
    writer.finish(commits, &ReportSummary { vendor: "vendor".into(), ..ReportSummary::default() })
}

/// What a data file hands to the page.
fn data(dir: &Path, name: &str) -> Value {
    let script = fs::read_to_string(dir.join(format!("report-data/{name}.js"))).unwrap();
    let value = script.strip_prefix(&format!("hunktraceData(\"{name}\",")).unwrap();
    serde_json::from_str(value.strip_suffix(");\n").unwrap()).unwrap()
}

/// Every file below a folder, by path.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            found.extend(
                contents(&entry.path()).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)),
            );
        } else {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

#[test]
fn lines_and_origins_are_written_by_file() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[file("a.c", vec![hunk(Some(0), None)])], &[commit("s", Some("v3.0"))]).unwrap();
    let expected = json!([{"notes": [], "hunks": [{
        "at": [7, 2, 9, 3],
        "section": "",
        "body": " same\n-old\n+new \u{fffd}</script>\n+more\n\\ No newline at end of file\n",
        "runs": [1, 0, 750, CHANGES, 1, 0, 750, CHANGES, 1, -1, 0, 0],
    }]}]);
    assert_eq!(data(dir.path(), "files-0"), expected);
}

#[test]
fn commits_know_where_their_lines_begin_on_either_side() {
    let dir = tempfile::tempdir().unwrap();
    let files = [file("a.c", vec![]), file("b.c", vec![hunk(Some(1), Some(0))])];
    write(dir.path(), &files, &[commit("s", Some("v3.0")), commit("t", Some("v3.1"))]).unwrap();
    let details = data(dir.path(), "commits-0");
    let (removed, added) = ([1, 0, 8, 1, 0, 750, CHANGES.into()], [1, 1, 10, 0, 1, 750, CHANGES.into()]);
    assert_eq!(details[1]["places"], json!([removed, added].concat()));
    assert_eq!(details[0]["places"], json!([1, 1, 11, 0, 1, 750, CHANGES]));
    assert_eq!(details[0]["missing"], json!([["a.c:3", "left out"]]));
    assert_eq!(details[0]["carriers"], json!(["89abcdef"]));
    assert_eq!(details[0]["superseded_by"], json!([0]));
}

#[test]
fn index_has_a_column_for_everything_that_lists_show() {
    let dir = tempfile::tempdir().unwrap();
    let files =
        [file("a.c", vec![hunk(Some(1), None)]), file("b.c", vec![hunk(Some(1), Some(1)), hunk(None, None)])];
    let unknown = ReleaseCommit { subsystem: None, ..commit("t", Some("v2.6.39")) };
    write(dir.path(), &files, &[commit("s", Some("v3.0")), unknown]).unwrap();
    let index = data(dir.path(), "index");
    assert_eq!(
        index["files"],
        json!({"path": ["a.c", "b.c"], "note": ["", ""], "hunks": [1, 2], "changed": [3, 6], "explained": [2, 3]})
    );
    let commits = &index["commits"];
    assert_eq!(commits["releases"], json!(["v2.6.39", "v3.0"]));
    assert_eq!(commits["release"], json!([1, 0]));
    assert_eq!(commits["subsystems"], json!(["", "MEMORY MANAGEMENT"]));
    assert_eq!(commits["subsystem"], json!([1, 0]));
    assert_eq!(commits["files"], json!([[], [0, 1]]));
    assert_eq!(commits["status"], json!([1, 1]));
    assert_eq!(commits["confidence"], json!([500, 500]));
    assert_eq!(index["chunks"], json!({"files": [0], "commits": [0]}));
}

#[test]
fn large_releases_take_several_data_files() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<MadeUpFile> = (0..4)
        .map(|number| {
            let mut large = hunk(None, None);
            large.0.push_line(Sign::Context, "x".repeat(200 * 1024).as_bytes(), true);
            file(&format!("{number}.c"), vec![large])
        })
        .collect();
    write(dir.path(), &files, &[]).unwrap();
    assert_eq!(data(dir.path(), "index")["chunks"], json!({"files": [0, 3], "commits": []}));
    assert_eq!(data(dir.path(), "files-0").as_array().unwrap().len(), 3);
    assert_eq!(data(dir.path(), "files-1").as_array().unwrap().len(), 1);
}

#[test]
fn the_same_release_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        let files = [file("a.c", vec![hunk(Some(0), Some(1))])];
        write(&dir.path().join(name), &files, &[commit("s", None), commit("t", Some("v3.0-rc1"))]).unwrap();
    }
    assert_eq!(contents(&dir.path().join("one")), contents(&dir.path().join("two")));
}

#[test]
fn nothing_is_seen_of_an_unfinished_report() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = ReportWriter::new(dir.path()).unwrap();
    add(&mut writer, &file("a.c", vec![hunk(None, None)])).unwrap();
    let visible = contents(dir.path());
    assert!(!visible.keys().any(|path| path.starts_with("report.html") || path.starts_with("report-data")));
    drop(writer);
    assert!(contents(dir.path()).is_empty());
}

#[test]
fn a_report_replaces_an_earlier_one_and_what_a_killed_run_left() {
    let dir = tempfile::tempdir().unwrap();
    for left in ["report-data", "report.unfinished/report-data"] {
        fs::create_dir_all(dir.path().join(left)).unwrap();
        fs::write(dir.path().join(left).join("files-99.js"), "old").unwrap();
    }
    write(dir.path(), &[file("a.c", vec![])], &[commit("s", None)]).unwrap();
    let names: Vec<String> = contents(dir.path()).into_keys().collect();
    assert_eq!(
        names,
        [
            "report-data/audit.js",
            "report-data/commits-0.js",
            "report-data/files-0.js",
            "report-data/index.js",
            "report.html"
        ]
    );
}

#[test]
fn an_unexpected_line_count_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut short = hunk(None, None);
    short.1.pop();
    let error = write(dir.path(), &[file("a.c", vec![short])], &[]).unwrap_err();
    assert_eq!(error.to_string(), "a.c: the runs of the hunk at new line 9 cover 2 of its 3 changed lines");
}

#[test]
fn an_origin_that_is_not_listed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let error =
        write(dir.path(), &[file("a.c", vec![hunk(Some(1), None)])], &[commit("s", None)]).unwrap_err();
    assert_eq!(error.to_string(), "commit number 1 is named as an origin, but there are only 1 commits");
    assert!(contents(dir.path()).is_empty());
}

#[test]
fn an_empty_release_has_a_report() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[], &[]).unwrap();
    assert!(dir.path().join("report.html").exists());
    assert_eq!(data(dir.path(), "index")["files"]["path"], json!([]));
}
