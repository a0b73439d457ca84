//! A long list of values, in data files of a size that loads at once.

use serde::Serialize;

use super::data_file::{self, append_json};
use super::error::Error;
use super::unfinished_report::UnfinishedReport;

/// When a data file has this many bytes, the next value begins another one. Texts of a kernel release make some
/// hundred files of this size, and each loads in a few milliseconds.
const CHUNK_BYTES: usize = 512 * 1024;

/// Writes values to the data files `KIND-0`, `KIND-1` and so on; a value is never split.
#[derive(Debug)]
pub(super) struct Chunks {
    kind: &'static str,
    script: Vec<u8>,
    values: u32,
    firsts: Vec<u32>,
}

impl Chunks {
    /// A list whose data files are named after `kind`.
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, script: Vec::new(), values: 0, firsts: Vec::new() }
    }

    /// Appends a value; its place is the number of values before it.
    pub(super) fn push(&mut self, report: &UnfinishedReport, value: &impl Serialize) -> Result<(), Error> {
        let mut json = Vec::new();
        append_json(&mut json, value).map_err(Error::Json)?;
        self.push_json(report, &json)
    }

    /// Appends a value that is written as JSON already.
    pub(super) fn push_json(&mut self, report: &UnfinishedReport, json: &[u8]) -> Result<(), Error> {
        if self.script.is_empty() {
            self.script.extend_from_slice(data_file::opening(&self.name(self.firsts.len())).as_bytes());
            self.script.push(b'[');
            self.firsts.push(self.values);
        } else {
            self.script.extend_from_slice(b",\n");
        }
        self.script.extend_from_slice(json);
        self.values += 1;
        if self.script.len() >= CHUNK_BYTES { self.close(report) } else { Ok(()) }
    }

    /// Writes what is left. Gives the place of the first value of every data file.
    pub(super) fn finish(mut self, report: &UnfinishedReport) -> Result<Vec<u32>, Error> {
        if !self.script.is_empty() {
            self.close(report)?;
        }
        Ok(self.firsts)
    }

    fn close(&mut self, report: &UnfinishedReport) -> Result<(), Error> {
        self.script.push(b']');
        self.script.extend_from_slice(data_file::CLOSING);
        report.write_data(&self.name(self.firsts.len() - 1), &self.script)?;
        self.script.clear();
        Ok(())
    }

    fn name(&self, number: usize) -> String {
        format!("{}-{number}", self.kind)
    }
}
