//! What the results of `attribute` and of `lookup` say of commits: a vendor's tree and his series as carriers.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use serde_json::Value;

use super::carrier::Carrier;
use super::error::NeighbourError;
use super::looked_up_series::{LookedUpFile, LookedUpPatch};
use super::series_files::vendor_of_series;

/// Why records were not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error(transparent)]
    Wrong(#[from] NeighbourError),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What a release that was taken apart, or a series that was looked up, has of commits.
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    is_series: bool,
    /// By the id of the commit, each with its place in the file.
    carriers: HashMap<String, Vec<(usize, Carrier)>>,
    /// Lines that cannot be read: who asks for a commit that one of them names is told so.
    damaged: Vec<Vec<u8>>,
}

impl Records {
    /// Reads what a release that was taken apart has: of all commits, or of some.
    ///
    /// # Errors
    /// Where it cannot be read, or nobody wants it any more.
    pub(super) fn of_tree(
        folder: &Path,
        only: Option<&[&str]>,
        stop: &Cancellation,
    ) -> Result<Records, Unread> {
        let summary =
            std::fs::read(folder.join("summary.json")).map_err(|error| unreadable(folder, &error))?;
        let summary: Value = serde_json::from_slice(&summary).map_err(|_| damaged(folder, "summary.json"))?;
        let own_name = folder.file_name().unwrap_or_default().to_string_lossy();
        let name = Some(text(&summary["name"])).filter(|name| !name.is_empty()).unwrap_or(&own_name);
        let carrier = |record: &Value| Carrier {
            kind: "tree",
            vendor: name.to_owned(),
            base: text(&summary["base_name"]).to_owned(),
            status: text(&record["status"]).to_owned(),
            confidence: record["confidence"].as_f64().unwrap_or_default(),
            lines: record["lines"].as_u64().unwrap_or_default(),
            hunks: record["hunks"].as_u64().unwrap_or_default(),
            missing: missing(&record["missing"]),
            superseded_by: text(&record["superseded_by"]).to_owned(),
            ..Carrier::default()
        };
        let mut records = Records::empty(folder, false);
        let read = |record: &Value| Some((text(&record["commit"]).to_owned(), carrier(record)));
        records.read(&folder.join("commits.jsonl"), only, stop, read)?;
        Ok(records)
    }

    /// Reads what `lookup` says of the patches of a series: of all commits, or of some.
    ///
    /// # Errors
    /// As [`Records::of_tree`].
    pub(super) fn of_series(
        file: &Path,
        only: Option<&[&str]>,
        stop: &Cancellation,
    ) -> Result<Records, Unread> {
        let vendor = vendor_of_series(file);
        let read = |record: &Value| {
            let candidate = &record["candidates"][0];
            let confidence = candidate["confidence"].as_f64().unwrap_or_default();
            let (patch, commit) = (text(&record["patch"]), text(&candidate["commit"]));
            let likely = LookedUpPatch::of(patch, commit, confidence, text(&candidate["match"]));
            likely.filter(|_| record["type"] == "patch").map(|patch| series_carrier(&vendor, patch))
        };
        let mut records = Records::empty(file, true);
        records.read(file, only, stop, read)?;
        Ok(records)
    }

    /// What the files of a series were said to have that was looked up.
    pub fn of_looked_up(series: &Path, files: impl IntoIterator<Item = LookedUpFile>) -> Records {
        let vendor = vendor_of_series(series);
        let mut records = Records::empty(series, true);
        let patches = files.into_iter().flat_map(|file| file.patches);
        for (place, patch) in patches.enumerate() {
            let (commit, carrier) = series_carrier(&vendor, patch);
            records.carriers.entry(commit).or_default().push((place, carrier));
        }
        records
    }

    fn empty(path: &Path, is_series: bool) -> Records {
        Records { path: path.to_owned(), is_series, carriers: HashMap::new(), damaged: Vec::new() }
    }

    /// Reads the lines of a file. Only those with one of the ids are parsed, where there are some.
    fn read(
        &mut self,
        file: &Path,
        only: Option<&[&str]>,
        stop: &Cancellation,
        carrier: impl Fn(&Value) -> Option<(String, Carrier)>,
    ) -> Result<(), Unread> {
        let opened = File::open(file).map_err(|error| unreadable(&self.path, &error))?;
        let mut lines = BufReader::with_capacity(1 << 16, opened);
        let (mut line, mut place) = (Vec::new(), 0);
        while read_line(&mut lines, &mut line).map_err(|error| unreadable(&self.path, &error))? {
            stop.check()?;
            place += 1;
            if only.is_some_and(|ids| !has_one_of(&line, ids)) {
                continue;
            }
            match serde_json::from_slice(&line) {
                Ok(record) => {
                    if let Some((commit, carrier)) = carrier(&record) {
                        self.carriers.entry(commit).or_default().push((place, carrier));
                    }
                }
                Err(_) => self.damaged.push(std::mem::take(&mut line)),
            }
        }
        Ok(())
    }

    /// What it has of a commit, of which any of `ids` is the name: the likeliest patch, or what is said first.
    ///
    /// # Errors
    /// Where the line about it is damaged.
    pub fn with(&self, ids: &[&str]) -> Result<Option<Carrier>, NeighbourError> {
        if self.damaged.iter().any(|line| has_one_of(line, ids)) {
            return Err(damaged(&self.path, if self.is_series { "" } else { "commits.jsonl" }));
        }
        let mut found: Vec<&(usize, Carrier)> =
            ids.iter().filter_map(|id| self.carriers.get(*id)).flatten().collect();
        found.sort_by_key(|(place, _)| *place);
        let carriers = found.into_iter().map(|(_, carrier)| carrier);
        let chosen = match self.is_series {
            true => carriers.max_by(|a, b| a.confidence.total_cmp(&b.confidence)),
            false => carriers.into_iter().next(),
        };
        Ok(chosen.cloned())
    }
}

/// A patch of a series as a carrier of its origin.
fn series_carrier(vendor: &str, patch: LookedUpPatch) -> (String, Carrier) {
    let carrier = Carrier {
        kind: "series",
        vendor: vendor.to_owned(),
        release: patch.patch,
        status: patch.r#match,
        confidence: patch.confidence,
        ..Carrier::default()
    };
    (patch.commit, carrier)
}

fn has_one_of(line: &[u8], ids: &[&str]) -> bool {
    ids.iter().any(|id| line.find(id).is_some())
}

fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(lines.read_until(b'\n', line)? > 0)
}

fn unreadable(path: &Path, error: &io::Error) -> NeighbourError {
    NeighbourError::new(path, format!("{}: cannot be read: {error}", path.display()))
}

fn damaged(path: &Path, file: &str) -> NeighbourError {
    let name = path.join(file);
    let name = name.to_string_lossy();
    let name = name.trim_end_matches('/');
    NeighbourError::new(
        path,
        format!("{name}: is damaged; write it again with the command that has written it"),
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Missing hunks, as a catalogue says them.
fn missing(hunks: &Value) -> Vec<String> {
    let said = |hunk: &Value| match hunk {
        Value::String(text) => text.clone(),
        hunk => format!("{}:{} {}", text(&hunk["file"]), hunk["old_start"], text(&hunk["reason"])),
    };
    hunks.as_array().map(|hunks| hunks.iter().map(said).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: &str = "{\"type\":\"patch\",\"patch\":\"1.patch\",\"candidates\":[{\"commit\":\"aaaa\",\"confidence\":0.6,\"match\":\"fuzzy\"}]}\n\
        {\"type\":\"hunk\",\"patch\":\"1.patch\",\"candidates\":[{\"commit\":\"aaaa\",\"confidence\":0.99,\"match\":\"exact\"}]}\n\
        {\"type\":\"patch\",\"patch\":\"2.patch\",\"candidates\":[{\"commit\":\"aaaa\",\"confidence\":0.9,\"match\":\"exact\"}]}\n\
        {\"type\":\"patch\",\"patch\":\"3.patch\",\"candidates\":[{\"commit\":\"bbbb\",\"confidence\":0.4,\"match\":\"fuzzy\"}]}\n\
        {\"type\":\"patch\",\"cccc\"\n";

    #[test]
    fn series_has_a_commit_in_its_likeliest_patch_however_much_of_it_was_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("suse.jsonl");
        std::fs::write(&file, SERIES).expect("written");
        for id in ["aaaa", "bbbb", "cccc", "dddd"] {
            let stop = Cancellation::default();
            let some = Records::of_series(&file, Some(&[id]), &stop).expect("read");
            let all = Records::of_series(&file, None, &stop).expect("read");
            let (some, all) = (some.with(&[id]), all.with(&[id]));
            assert_eq!(some, all);
            let patch = all.map(|found| found.map(|found| found.release));
            match id {
                "aaaa" => assert_eq!(patch, Ok(Some("2.patch".to_owned()))),
                "cccc" => {
                    let error = patch.expect_err("its line is damaged").to_string();
                    assert!(error.contains("suse.jsonl: is damaged"), "{error}");
                }
                _ => assert_eq!(patch, Ok(None)),
            }
        }
    }

    #[test]
    fn unwanted_records_are_not_read_to_their_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("suse.jsonl");
        std::fs::write(&file, SERIES).expect("written");
        let stop = Cancellation::default();
        stop.cancel();
        assert!(matches!(Records::of_series(&file, None, &stop), Err(Unread::Cancelled(_))));
    }
}
