//! The runs of a release as columns, for programs that make tables of them.
//!
//! The file begins with a line of JSON: how many rows there are, and the columns with what they hold. Behind it stand the
//! columns' numbers in that order, little-endian, each sequence of them at a multiple of eight bytes:
//!
//! - `u32` and `f64`: a number for each row;
//! - `text`: a signed number of 32 bits for each row, the place of its text or -1 for none; one more such number than there
//!   are texts, where each begins; and the texts in UTF-8, each once.
//!
//! Rows and columns are those of `hunks.jsonl`, a row for each run. Reading them takes next to nothing, where reading lines
//! takes longer than a release that resembles the one before.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Result, Write};
use std::path::Path;

use bstr::ByteSlice;
use serde_json::{Value, json};

use super::comparison::ChangedFile;
use super::records::{rounded, side_name, write_commits, write_file};
use crate::answer::{Answer, AnsweredFile, AnsweredHunk, LineOrigin, LineRun};

/// Writes what tables are made of: `runs.columns` and `commits.jsonl`.
///
/// # Errors
/// Where a file cannot be written.
pub(super) fn write_columns(folder: &Path, files: &[ChangedFile], answer: &Answer) -> anyhow::Result<()> {
    write_file(folder, "runs.columns", |out| RunColumns::new(files, answer)?.write(out))?;
    write_commits(folder, answer)
}

/// Each sequence of numbers begins at a multiple of this.
const ALIGNMENT: usize = 8;

/// The place of a text that is not there.
const NONE: i32 = -1;

/// Texts of rows, each kept once.
#[derive(Default)]
struct Texts<'a> {
    places: HashMap<Cow<'a, str>, i32>,
    values: Vec<Cow<'a, str>>,
    rows: Vec<i32>,
}

impl<'a> Texts<'a> {
    fn place(&mut self, text: Cow<'a, str>) -> Result<i32> {
        if let Some(place) = self.places.get(&text) {
            return Ok(*place);
        }
        let place = small(self.values.len())?;
        self.places.insert(text.clone(), place);
        self.values.push(text);
        Ok(place)
    }

    /// Where each text begins, and where the last one ends.
    fn starts(&self) -> Result<Vec<i32>> {
        let ends = self.values.iter().scan(0, |end, text| {
            *end += text.len();
            Some(small(*end))
        });
        std::iter::once(Ok(0)).chain(ends).collect()
    }
}

/// The runs of a release, column by column.
#[derive(Default)]
struct RunColumns<'a> {
    file: Texts<'a>,
    old_path: Texts<'a>,
    old_start: Vec<u32>,
    old_lines: Vec<u32>,
    new_start: Vec<u32>,
    new_lines: Vec<u32>,
    side: Texts<'a>,
    start: Vec<u32>,
    lines: Vec<u32>,
    commit: Texts<'a>,
    confidence: Vec<f64>,
    r#match: Texts<'a>,
}

impl<'a> RunColumns<'a> {
    /// # Errors
    /// Where there are more different texts than the columns can tell apart.
    fn new(files: &'a [ChangedFile], answer: &'a Answer) -> Result<RunColumns<'a>> {
        let mut columns = RunColumns::default();
        let mut commits = vec![None; answer.commits.len()];
        for (file, answered) in files.iter().zip(&answer.files) {
            columns.add_file(file, answered, answer, &mut commits)?;
        }
        Ok(columns)
    }

    /// Adds the runs of a file. `commits` has the places of the ids of the commits that were met before.
    fn add_file(
        &mut self,
        file: &'a ChangedFile,
        answered: &'a AnsweredFile,
        answer: &'a Answer,
        commits: &mut [Option<i32>],
    ) -> Result<()> {
        if answered.hunks.iter().all(|hunk| hunk.runs.is_empty()) {
            return Ok(());
        }
        let path = self.file.place(file.path.to_str_lossy())?;
        let old_path = match &file.moved_from {
            Some(path) => self.old_path.place(path.to_str_lossy())?,
            None => NONE,
        };
        for hunk in &answered.hunks {
            for run in &hunk.runs {
                self.file.rows.push(path);
                self.old_path.rows.push(old_path);
                self.add_run(hunk, run)?;
                let commit = match &run.origin {
                    Some(origin) => self.commit_place(origin, answer, commits)?,
                    None => NONE,
                };
                self.commit.rows.push(commit);
            }
        }
        Ok(())
    }

    fn add_run(&mut self, hunk: &AnsweredHunk, run: &LineRun) -> Result<()> {
        self.old_start.push(hunk.old_start);
        self.old_lines.push(hunk.old_lines);
        self.new_start.push(hunk.new_start);
        self.new_lines.push(hunk.new_lines);
        let side = self.side.place(side_name(run.side).into())?;
        self.side.rows.push(side);
        self.start.push(run.start);
        self.lines.push(run.lines);
        self.confidence.push(run.origin.map_or(0.0, |origin| rounded(origin.confidence)));
        let kind = match run.origin {
            Some(origin) => self.r#match.place(origin.match_kind.name().into())?,
            None => NONE,
        };
        self.r#match.rows.push(kind);
        Ok(())
    }

    fn commit_place(
        &mut self,
        origin: &LineOrigin,
        answer: &'a Answer,
        commits: &mut [Option<i32>],
    ) -> Result<i32> {
        let known = commits.get(origin.commit.0 as usize).copied().flatten();
        if let Some(place) = known {
            return Ok(place);
        }
        let place = self.commit.place(answer.commit(origin.commit).id.as_str().into())?;
        if let Some(known) = commits.get_mut(origin.commit.0 as usize) {
            *known = Some(place);
        }
        Ok(place)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Where it cannot be written, or a column has too much text.
    fn write(&self, out: &mut impl Write) -> Result<()> {
        let mut out = Aligned { out, written: 0 };
        out.line(&json!({"rows": self.start.len(), "columns": self.columns()}))?;
        out.texts(&self.file)?;
        out.texts(&self.old_path)?;
        for numbers in [&self.old_start, &self.old_lines, &self.new_start, &self.new_lines] {
            out.numbers(numbers.iter().map(|number| number.to_le_bytes()))?;
        }
        out.texts(&self.side)?;
        for numbers in [&self.start, &self.lines] {
            out.numbers(numbers.iter().map(|number| number.to_le_bytes()))?;
        }
        out.texts(&self.commit)?;
        out.numbers(self.confidence.iter().map(|number| number.to_le_bytes()))?;
        out.texts(&self.r#match)
    }

    /// What the first line says of the columns, in the order in which they are written.
    fn columns(&self) -> Vec<Value> {
        let numbers = |name: &str, kind: &str| json!({"name": name, "kind": kind});
        let texts = |name: &str, texts: &Texts<'_>| {
            let bytes: usize = texts.values.iter().map(|text| text.len()).sum();
            json!({"name": name, "kind": "text", "texts": texts.values.len(), "bytes": bytes})
        };
        vec![
            texts("file", &self.file),
            texts("old_path", &self.old_path),
            numbers("old_start", "u32"),
            numbers("old_lines", "u32"),
            numbers("new_start", "u32"),
            numbers("new_lines", "u32"),
            texts("side", &self.side),
            numbers("start", "u32"),
            numbers("lines", "u32"),
            texts("commit", &self.commit),
            numbers("confidence", "f64"),
            texts("match", &self.r#match),
        ]
    }
}

/// Writes sequences that begin where they may.
struct Aligned<'w, W> {
    out: &'w mut W,
    written: usize,
}

impl<W: Write> Aligned<'_, W> {
    fn line(&mut self, value: &Value) -> Result<()> {
        self.bytes(format!("{value}\n").as_bytes())
    }

    fn numbers<const N: usize>(&mut self, numbers: impl Iterator<Item = [u8; N]>) -> Result<()> {
        let bytes: Vec<u8> = numbers.flatten().collect();
        self.bytes(&bytes)
    }

    fn texts(&mut self, texts: &Texts<'_>) -> Result<()> {
        self.numbers(texts.rows.iter().map(|place| place.to_le_bytes()))?;
        self.numbers(texts.starts()?.iter().map(|start| start.to_le_bytes()))?;
        self.bytes(texts.values.concat().as_bytes())
    }

    /// Writes bytes, and as many zeroes as the next sequence needs.
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes)?;
        let end = self.written + bytes.len();
        let next = end.next_multiple_of(ALIGNMENT);
        self.out.write_all(&[0; ALIGNMENT][..next - end])?;
        self.written = next;
        Ok(())
    }
}

/// A number as the columns have it.
fn small(number: usize) -> Result<i32> {
    i32::try_from(number).map_err(|_| std::io::Error::other("a release has more text than columns can hold"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Side, made_up};

    fn written(files: &[ChangedFile], answer: &Answer) -> (Value, Vec<u8>) {
        let mut bytes = Vec::new();
        RunColumns::new(files, answer).expect("columns").write(&mut bytes).expect("written");
        let line = bytes.find_byte(b'\n').expect("a line") + 1;
        let head = serde_json::from_slice(&bytes[..line]).expect("JSON");
        (head, bytes.split_off(line.next_multiple_of(ALIGNMENT)))
    }

    /// The numbers of 32 bits of a sequence, and the bytes behind it.
    fn taken(bytes: &[u8], count: usize) -> (Vec<i32>, &[u8]) {
        let numbers =
            bytes[..count * 4].chunks(4).map(|four| i32::from_le_bytes(four.try_into().expect("4")));
        (numbers.collect(), &bytes[(count * 4).next_multiple_of(ALIGNMENT)..])
    }

    #[test]
    fn each_text_stands_once_and_what_is_missing_has_none() {
        let files = [
            ChangedFile { path: "a.c".into(), ..ChangedFile::default() },
            ChangedFile { path: "b.c".into(), moved_from: Some("c.c".into()), ..ChangedFile::default() },
            ChangedFile { path: "empty".into(), ..ChangedFile::default() },
        ];
        let runs = vec![made_up::run(Side::Old, 3, 1, Some(1)), made_up::run(Side::New, 3, 2, None)];
        let hunk = AnsweredHunk { old_start: 3, old_lines: 1, new_start: 3, new_lines: 2, runs };
        let answered = |path: &str, hunks: Vec<AnsweredHunk>| AnsweredFile {
            path: path.into(),
            hunks,
            is_as_before: false,
        };
        let answer = Answer {
            files: vec![
                answered("a.c", vec![hunk.clone()]),
                answered("b.c", vec![hunk]),
                answered("empty", Vec::new()),
            ],
            commits: vec![made_up::commit("aa"), made_up::commit("bb")],
            ..Answer::default()
        };
        let (head, bytes) = written(&files, &answer);
        assert_eq!(head["rows"], 4);
        let names: Vec<&str> = head["columns"].as_array().expect("a list").iter().map(name_of).collect();
        assert_eq!(
            names.join(" "),
            "file old_path old_start old_lines new_start new_lines side start lines commit confidence match"
        );
        assert_eq!(head["columns"][0], json!({"name": "file", "kind": "text", "texts": 2, "bytes": 6}));
        assert_eq!(head["columns"][9], json!({"name": "commit", "kind": "text", "texts": 1, "bytes": 2}));

        let (files, rest) = taken(&bytes, 4);
        assert_eq!(files, [0, 0, 1, 1]);
        let (starts, rest) = taken(rest, 3);
        assert_eq!((starts, &rest[..8]), (vec![0, 3, 6], &b"a.cb.c\0\0"[..]));
        let (old_paths, rest) = taken(&rest[8..], 4);
        assert_eq!(old_paths, [NONE, NONE, 0, 0]);
        let (starts, rest) = taken(rest, 2);
        assert_eq!((starts, &rest[..8]), (vec![0, 3], &b"c.c\0\0\0\0\0"[..]));
        assert_eq!(taken(&rest[8..], 4).0, [3, 3, 3, 3]);

        let (matches, rest) = taken(&bytes[bytes.len() - 32..], 4);
        assert_eq!(matches, [0, NONE, 0, NONE]);
        assert_eq!((taken(rest, 2).0, &rest[8..]), (vec![0, 7], &b"changes\0"[..]));
    }

    fn name_of(column: &Value) -> &str {
        column["name"].as_str().expect("a name")
    }

    #[test]
    fn release_without_runs_has_columns_without_rows() {
        let (head, bytes) = written(&[], &Answer::default());
        assert_eq!((&head["rows"], bytes.len()), (&json!(0), 5 * ALIGNMENT));
    }
}
