//! The records of an attributed release, for programs: JSON lines, a table and a summary.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use bstr::ByteSlice;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::comparison::ChangedFile;
use super::inputs::inputs_record;
use super::release_request::ReleaseRequest;
use super::release_summary::ReleaseSummary;
use super::staging::SUMMARY_FILE;
use super::totals::FolderTotals;
use crate::answer::{Answer, AnsweredFile, AnsweredHunk, LineRun, ReleaseCommit, Side};
use crate::csv_row::csv_row;

/// Files whose records are held at a time: enough to keep every core busy.
const FILES_AT_A_TIME: usize = 1024;

/// Writes `hunks.jsonl`, `commits.jsonl` and `commits.csv`.
///
/// # Errors
/// Where a file cannot be written.
pub(super) fn write_records(folder: &Path, files: &[ChangedFile], answer: &Answer) -> anyhow::Result<()> {
    write_hunks(folder, files, answer)?;
    write_commits(folder, answer)?;
    write_file(folder, "commits.csv", |out| {
        writeln!(
            out,
            "commit,status,confidence,lines,hunks,missing_hunks,subject,author,date,first_release,carriers,superseded_by,subsystem"
        )?;
        answer.commits.iter().try_for_each(|commit| writeln!(out, "{}", commit_row(commit, answer)))
    })
}

fn write_hunks(folder: &Path, files: &[ChangedFile], answer: &Answer) -> anyhow::Result<()> {
    write_file(folder, "hunks.jsonl", |out| {
        let files: Vec<(&ChangedFile, &AnsweredFile)> = files.iter().zip(&answer.files).collect();
        for batch in files.chunks(FILES_AT_A_TIME) {
            let records = batch.par_iter().map(|(file, answered)| hunk_records(file, answered, answer));
            records
                .collect::<serde_json::Result<Vec<Vec<u8>>>>()?
                .iter()
                .try_for_each(|records| out.write_all(records))?;
        }
        Ok(())
    })
}

/// Writes `commits.jsonl`.
///
/// # Errors
/// Where the file cannot be written.
pub(super) fn write_commits(folder: &Path, answer: &Answer) -> anyhow::Result<()> {
    write_file(folder, "commits.jsonl", |out| {
        answer.commits.iter().try_for_each(|commit| writeln!(out, "{}", commit_record(commit, answer)))
    })
}

/// Writes `summary.json`.
///
/// # Errors
/// Where the file cannot be written.
pub(super) fn write_summary(
    folder: &Path,
    request: &ReleaseRequest<'_>,
    summary: &ReleaseSummary,
) -> anyhow::Result<()> {
    let folders: serde_json::Map<String, Value> =
        summary.totals.folders.iter().map(|(name, folder)| (name.clone(), totals_record(folder))).collect();
    let timings: serde_json::Map<String, Value> = summary
        .timings
        .iter()
        .map(|(step, time)| (step.clone(), json!((time.as_secs_f64() * 1000.0).round() / 1000.0)))
        .collect();
    let unreadable: Vec<Value> =
        summary.unreadable.iter().map(|file| json!({"file": file.path, "reason": file.reason})).collect();
    let value = json!({
        "name": request.name,
        "base_name": request.base_name,
        "all": totals_record(&summary.totals.all),
        "folders": folders,
        "subsystems": summary.subsystems,
        "commits": summary.commits,
        "implied_commits": summary.implied,
        "patches": summary.patches,
        "package_patches": summary.package_patches,
        "timings_seconds": timings,
        "versions": {"hunktrace": env!("CARGO_PKG_VERSION")},
        "inputs": inputs_record(request),
        "moved_files": summary.moved_files,
        "index_reach": summary.reach.record(),
        "notes": summary.notes,
        "unreadable": unreadable,
    });
    write_file(folder, SUMMARY_FILE, |out| writeln!(out, "{value:#}"))
}

/// Counts and shares as a record.
pub(super) fn totals_record(totals: &FolderTotals) -> Value {
    json!({
        "files": totals.files,
        "hunks": totals.hunks,
        "lines": totals.lines,
        "explained": totals.explained,
        "share": rounded(totals.share()),
    })
}

/// Writes a file of the result.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn write_file(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let path = folder.join(name);
    let written = File::create(&path).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written.with_context(|| format!("{}: cannot be written", path.display()))
}

/// The records of a file's hunks, a line each.
fn hunk_records(file: &ChangedFile, answered: &AnsweredFile, answer: &Answer) -> serde_json::Result<Vec<u8>> {
    let path = file.path.to_str_lossy();
    let old_path = file.moved_from.as_ref().map(|path| path.to_str_lossy());
    let mut records = Vec::new();
    for hunk in &answered.hunks {
        serde_json::to_writer(&mut records, &HunkRecord::new(&path, old_path.as_deref(), hunk, answer))?;
        records.push(b'\n');
    }
    Ok(records)
}

/// A hunk and where its lines come from. There are hundreds of thousands, so they are written without a tree of values, but
/// as one: the names sorted.
#[derive(Serialize)]
struct HunkRecord<'a> {
    file: &'a str,
    new_lines: u32,
    new_start: u32,
    old_lines: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_path: Option<&'a str>,
    old_start: u32,
    runs: Vec<RunRecord<'a>>,
}

#[derive(Serialize)]
struct RunRecord<'a> {
    commit: Option<&'a str>,
    confidence: f64,
    lines: u32,
    r#match: &'static str,
    side: &'static str,
    start: u32,
}

impl<'a> HunkRecord<'a> {
    fn new(
        file: &'a str,
        old_path: Option<&'a str>,
        hunk: &AnsweredHunk,
        answer: &'a Answer,
    ) -> HunkRecord<'a> {
        let run = |run: &LineRun| RunRecord {
            side: side_name(run.side),
            start: run.start,
            lines: run.lines,
            commit: run.origin.map(|origin| answer.commit(origin.commit).id.as_str()),
            confidence: run.origin.map_or(0.0, |origin| rounded(origin.confidence)),
            r#match: run.origin.map_or("none", |origin| origin.match_kind.name()),
        };
        HunkRecord {
            file,
            old_start: hunk.old_start,
            old_lines: hunk.old_lines,
            new_start: hunk.new_start,
            new_lines: hunk.new_lines,
            runs: hunk.runs.iter().map(run).collect(),
            old_path,
        }
    }
}

pub(super) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Old => "old",
        Side::New => "new",
    }
}

fn commit_record(commit: &ReleaseCommit, answer: &Answer) -> Value {
    let missing: Vec<Value> = commit
        .missing
        .iter()
        .map(|hunk| json!({"file": hunk.file, "old_start": hunk.old_start, "reason": hunk.reason.name()}))
        .collect();
    json!({
        "commit": commit.id,
        "status": commit.status.name(),
        "confidence": rounded(commit.confidence),
        "lines": commit.lines,
        "hunks": commit.hunks,
        "missing_hunks": missing.len(),
        "subject": commit.subject,
        "author": commit.author,
        "date": commit.author_date,
        "first_release": commit.first_release,
        "subsystem": commit.subsystem,
        "carriers": commit.carriers,
        "unindexed_origin": commit.unindexed_origin,
        "read_from": commit.read_from,
        "superseded_by": superseded_by(commit, answer),
        "missing": missing,
    })
}

/// The commit that has superseded an implied one.
fn superseded_by<'a>(commit: &ReleaseCommit, answer: &'a Answer) -> Option<&'a str> {
    commit.superseded_by.map(|by| answer.commit(by).id.as_str())
}

fn commit_row(commit: &ReleaseCommit, answer: &Answer) -> String {
    let fields = [
        commit.id.clone(),
        commit.status.name().to_owned(),
        rounded(commit.confidence).to_string(),
        commit.lines.to_string(),
        commit.hunks.to_string(),
        commit.missing.len().to_string(),
        commit.subject.clone(),
        commit.author.clone(),
        commit.author_date.clone(),
        commit.first_release.clone().unwrap_or_default(),
        commit.carriers.join(" "),
        superseded_by(commit, answer).unwrap_or_default().to_owned(),
        commit.subsystem.clone().unwrap_or_default(),
    ];
    csv_row(&fields)
}

pub(super) fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{CommitIndex, CommitStatus, MissingHunk, MissingReason, made_up};

    fn answer(commits: Vec<ReleaseCommit>) -> Answer {
        Answer { commits, ..Answer::default() }
    }

    fn hunk(runs: Vec<LineRun>) -> AnsweredHunk {
        AnsweredHunk { old_start: 3, old_lines: 1, new_start: 3, new_lines: 2, runs }
    }

    fn hunk_record(file: &ChangedFile, hunk: AnsweredHunk, answer: &Answer) -> Value {
        let answered = AnsweredFile { path: file.path.clone(), hunks: vec![hunk], is_as_before: false };
        serde_json::from_slice(&hunk_records(file, &answered, answer).expect("a record")).expect("one value")
    }

    fn file() -> ChangedFile {
        ChangedFile { path: "a.c".into(), ..ChangedFile::default() }
    }

    #[test]
    fn runs_name_their_commit_and_how_they_match() {
        let hunk = hunk(vec![made_up::run(Side::Old, 3, 1, Some(1)), made_up::run(Side::New, 3, 2, None)]);
        let record = hunk_record(&file(), hunk, &answer(vec![made_up::commit("aa"), made_up::commit("bb")]));
        let expected = json!({
            "file": "a.c", "old_start": 3, "old_lines": 1, "new_start": 3, "new_lines": 2,
            "runs": [
                {"side": "old", "start": 3, "lines": 1, "commit": "bb", "confidence": 0.75, "match": "changes"},
                {"side": "new", "start": 3, "lines": 2, "commit": null, "confidence": 0.0, "match": "none"},
            ],
        });
        assert_eq!(record, expected);
    }

    #[test]
    fn moved_files_have_their_old_path_as_well() {
        let moved = ChangedFile { moved_from: Some("b.c".into()), ..file() };
        let record = hunk_record(&moved, hunk(Vec::new()), &Answer::default());
        assert_eq!((&record["file"], &record["old_path"]), (&json!("a.c"), &json!("b.c")));
        assert_eq!(hunk_record(&file(), hunk(Vec::new()), &Answer::default()).get("old_path"), None);
    }

    #[test]
    fn commits_say_what_is_missing_and_why() {
        let missing = MissingHunk { file: "b.c".to_owned(), old_start: 7, reason: MissingReason::LeftOut };
        let commit = ReleaseCommit {
            status: CommitStatus::Partial,
            missing: vec![missing],
            carriers: vec!["dd".to_owned(), "ee".to_owned()],
            unindexed_origin: Some("aa".to_owned()),
            read_from: Some("dd".to_owned()),
            ..made_up::commit("aa")
        };
        let answer = answer(vec![commit.clone()]);
        let record = commit_record(&commit, &answer);
        assert_eq!(record["status"], "partial");
        assert_eq!(record["missing_hunks"], 1);
        assert_eq!((&record["unindexed_origin"], &record["read_from"]), (&json!("aa"), &json!("dd")));
        assert_eq!(record["missing"], json!([{"file": "b.c", "old_start": 7, "reason": "left out"}]));
        assert_eq!(record["superseded_by"], Value::Null);
        assert_eq!(record["subsystem"], "MEMORY MANAGEMENT");
        assert_eq!(
            commit_row(&commit, &answer),
            "aa,partial,0.968,3,1,1,mm: do not leak a page,A B <a@b.example>,2009-02-03T10:20:30+01:00,v2.6.33-rc1,dd ee,,MEMORY MANAGEMENT"
        );
    }

    #[test]
    fn implied_commits_name_what_has_superseded_them() {
        let implied = ReleaseCommit {
            status: CommitStatus::Implied,
            superseded_by: Some(CommitIndex(1)),
            first_release: None,
            subsystem: None,
            ..made_up::commit("aa")
        };
        let answer = answer(vec![implied.clone(), made_up::commit("bb")]);
        let record = commit_record(&implied, &answer);
        assert_eq!((&record["status"], &record["superseded_by"]), (&json!("implied"), &json!("bb")));
        assert_eq!(record["first_release"], Value::Null);
        assert!(commit_row(&implied, &answer).ends_with(",,,bb,"), "{}", commit_row(&implied, &answer));
    }
}
