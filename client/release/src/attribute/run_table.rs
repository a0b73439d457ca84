//! The runs of a release as a table of Arrow, for programs that make tables of them.
//!
//! Columns are those of `hunks.jsonl`, with a row for each run; texts are dictionaries. Reading such a file takes next to
//! nothing, where reading lines takes longer than a release that resembles the one before.

use std::io::{Error, Result, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringDictionaryBuilder, UInt32Builder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::FileWriter;
use arrow_schema::ArrowError;
use bstr::ByteSlice;

use super::comparison::ChangedFile;
use super::records::{rounded, side_name, write_commits, write_file};
use crate::answer::{Answer, AnsweredFile, AnsweredHunk, LineRun};

/// Where the table is, below the folder of a release.
const FILE: &str = "runs.arrow";

/// Writes what tables are made of: `runs.arrow` and `commits.jsonl`.
///
/// # Errors
/// Where a file cannot be written.
pub(super) fn write_table(folder: &Path, files: &[ChangedFile], answer: &Answer) -> anyhow::Result<()> {
    write_file(folder, FILE, |out| write(&runs_of(files, answer)?, out))?;
    write_commits(folder, answer)
}

/// Writes a table in Arrow's format for files.
fn write(table: &RecordBatch, out: &mut impl Write) -> Result<()> {
    let written = || {
        let mut writer = FileWriter::try_new(out, &table.schema())?;
        writer.write(table)?;
        writer.finish()
    };
    written().map_err(as_io_error)
}

fn as_io_error(error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => Error::other(other),
    }
}

/// The rows of all runs.
///
/// # Errors
/// Where there is more text than a column can hold, 2 GiB.
fn runs_of(files: &[ChangedFile], answer: &Answer) -> Result<RecordBatch> {
    let bytes =
        files.iter().map(|file| file.path.len() + file.moved_from.as_ref().map_or(0, |path| path.len()));
    // What is no UTF-8 becomes up to three times as long.
    if bytes.sum::<usize>() > i32::MAX as usize / 3 {
        return Err(Error::other("the names of the release's files are more text than a table can hold"));
    }
    let mut rows = RunRows::default();
    for (file, answered) in files.iter().zip(&answer.files) {
        rows.add_file(file, answered, answer).map_err(as_io_error)?;
    }
    rows.finish().map_err(as_io_error)
}

type Texts = StringDictionaryBuilder<Int32Type>;

/// The runs of a release, column by column.
#[derive(Default)]
struct RunRows {
    file: Texts,
    old_path: Texts,
    old_start: UInt32Builder,
    old_lines: UInt32Builder,
    new_start: UInt32Builder,
    new_lines: UInt32Builder,
    side: Texts,
    start: UInt32Builder,
    lines: UInt32Builder,
    commit: Texts,
    confidence: Float64Builder,
    r#match: Texts,
}

impl RunRows {
    fn add_file(
        &mut self,
        file: &ChangedFile,
        answered: &AnsweredFile,
        answer: &Answer,
    ) -> std::result::Result<(), ArrowError> {
        let count = answered.hunks.iter().map(|hunk| hunk.runs.len()).sum();
        if count == 0 {
            return Ok(());
        }
        self.file.append_n(file.path.to_str_lossy(), count)?;
        match &file.moved_from {
            Some(path) => drop(self.old_path.append_n(path.to_str_lossy(), count)?),
            None => self.old_path.append_nulls(count),
        }
        for hunk in &answered.hunks {
            for run in &hunk.runs {
                self.add_run(hunk, run, answer)?;
            }
        }
        Ok(())
    }

    fn add_run(
        &mut self,
        hunk: &AnsweredHunk,
        run: &LineRun,
        answer: &Answer,
    ) -> std::result::Result<(), ArrowError> {
        self.old_start.append_value(hunk.old_start);
        self.old_lines.append_value(hunk.old_lines);
        self.new_start.append_value(hunk.new_start);
        self.new_lines.append_value(hunk.new_lines);
        self.side.append(side_name(run.side))?;
        self.start.append_value(run.start);
        self.lines.append_value(run.lines);
        self.confidence.append_value(run.origin.map_or(0.0, |origin| rounded(origin.confidence)));
        match &run.origin {
            Some(origin) => {
                self.commit.append(&answer.commit(origin.commit).id)?;
                self.r#match.append(origin.match_kind.name())?;
            }
            None => {
                self.commit.append_null();
                self.r#match.append_null();
            }
        }
        Ok(())
    }

    fn finish(mut self) -> std::result::Result<RecordBatch, ArrowError> {
        let column = |array: ArrayRef| array;
        RecordBatch::try_from_iter_with_nullable([
            ("file", column(Arc::new(self.file.finish())), false),
            ("old_path", Arc::new(self.old_path.finish()), true),
            ("old_start", Arc::new(self.old_start.finish()), false),
            ("old_lines", Arc::new(self.old_lines.finish()), false),
            ("new_start", Arc::new(self.new_start.finish()), false),
            ("new_lines", Arc::new(self.new_lines.finish()), false),
            ("side", Arc::new(self.side.finish()), false),
            ("start", Arc::new(self.start.finish()), false),
            ("lines", Arc::new(self.lines.finish()), false),
            ("commit", Arc::new(self.commit.finish()), true),
            ("confidence", Arc::new(self.confidence.finish()), false),
            ("match", Arc::new(self.r#match.finish()), true),
        ])
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use arrow_array::cast::AsArray;
    use arrow_array::types::UInt32Type;
    use arrow_array::{Array, StringArray};
    use arrow_ipc::reader::FileReader;

    use super::*;
    use crate::answer::{Side, made_up};

    fn read(files: &[ChangedFile], answer: &Answer) -> RecordBatch {
        let mut bytes = Vec::new();
        write(&runs_of(files, answer).expect("a table"), &mut bytes).expect("written");
        let mut batches = FileReader::try_new(Cursor::new(bytes), None).expect("a file of Arrow");
        batches.next().expect("rows").expect("readable rows")
    }

    /// The texts of a column, and how many different ones it keeps.
    fn texts(table: &RecordBatch, name: &str) -> (Vec<Option<String>>, usize) {
        let column = table.column_by_name(name).expect(name).as_dictionary::<Int32Type>();
        let rows = column.downcast_dict::<StringArray>().expect("texts").into_iter();
        (rows.map(|text| text.map(str::to_owned)).collect(), column.values().len())
    }

    fn answered(path: &str, hunks: Vec<AnsweredHunk>) -> AnsweredFile {
        AnsweredFile { path: path.into(), hunks, is_as_before: false }
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
        let answer = Answer {
            files: vec![
                answered("a.c", vec![hunk.clone()]),
                answered("b.c", vec![hunk]),
                answered("empty", Vec::new()),
            ],
            commits: vec![made_up::commit("aa"), made_up::commit("bb")],
            ..Answer::default()
        };

        let table = read(&files, &answer);

        let names: Vec<String> =
            table.schema().fields().iter().map(|field| field.name().to_owned()).collect();
        assert_eq!(
            names.join(" "),
            "file old_path old_start old_lines new_start new_lines side start lines commit confidence match"
        );
        let expected =
            |rows: [&str; 4]| rows.map(|text| (!text.is_empty()).then(|| text.to_owned())).to_vec();
        assert_eq!(texts(&table, "file"), (expected(["a.c", "a.c", "b.c", "b.c"]), 2));
        assert_eq!(texts(&table, "old_path"), (expected(["", "", "c.c", "c.c"]), 1));
        assert_eq!(texts(&table, "commit"), (expected(["bb", "", "bb", ""]), 1));
        assert_eq!(texts(&table, "match"), (expected(["changes", "", "changes", ""]), 1));
        let lines = table.column_by_name("lines").expect("lines").as_primitive::<UInt32Type>();
        assert_eq!(lines.values().as_ref(), [1, 2, 1, 2]);
    }

    #[test]
    fn release_without_runs_has_no_rows() {
        let files = [ChangedFile { path: "empty".into(), ..ChangedFile::default() }];
        let answer = Answer { files: vec![answered("empty", Vec::new())], ..Answer::default() };
        assert_eq!(read(&files, &answer).num_rows(), 0);
    }
}
