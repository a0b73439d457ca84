//! What the results of `attribute` and of `lookup` say of a commit: a vendor's tree and his series as carriers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use bstr::ByteSlice;
use serde_json::Value;

/// From so likely an origin on a patch of a series is said to carry a commit.
const LIKELY: f64 = 0.5;

/// What every SQLite file begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// How a neighbour has a commit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbour {
    /// `catalogue`, `tree` or `series`.
    pub kind: &'static str,
    /// Who it is.
    pub vendor: String,
    /// The release of a catalogue, or the patch of a series; empty of a tree.
    pub release: String,
    /// The release's date, YYYY-MM-DD; empty where it is not known.
    pub date: String,
    /// What it was forked from; empty where that is not known.
    pub base: String,
    /// Whether it is the vendor's newest release.
    pub is_newest: bool,
    /// The first release that has it so.
    pub since: String,
    /// `complete`, `partial` or `implied`, or how a patch matches.
    pub status: String,
    /// Probability that it has the commit.
    pub confidence: f64,
    /// Changed lines; 0 where that is not known.
    pub lines: u64,
    /// Hunks; 0 where that is not known.
    pub hunks: u64,
    /// Hunks that are missing: `FILE:LINE reason`.
    pub missing: Vec<String>,
    /// What superseded it.
    pub superseded_by: String,
}

/// What a neighbour is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeighbourKind {
    /// A catalogue of a vendor's releases.
    Catalogue,
    /// A release that `attribute` has taken apart.
    Tree,
    /// What `lookup` says of the patches of a series.
    Series,
}

impl NeighbourKind {
    /// Finds out what is at a path.
    ///
    /// # Errors
    /// Where nothing is, or something else.
    pub fn of(path: &Path) -> anyhow::Result<NeighbourKind> {
        let name = path.display();
        let gone = || {
            format!(
                "{name}: cannot be read; bring it back, or forget it with 'hunktrace index --forget-neighbour {name}'"
            )
        };
        if path.metadata().with_context(gone)?.is_dir() {
            return match ["summary.json", "commits.jsonl"].iter().all(|file| path.join(file).is_file()) {
                true => Ok(NeighbourKind::Tree),
                false => bail!(
                    "{name}: has no summary.json and commits.jsonl; name the folder of one release that 'hunktrace attribute' has written"
                ),
            };
        }
        let mut start = Vec::new();
        File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start)).with_context(gone)?;
        if start.starts_with(SQLITE) {
            Ok(NeighbourKind::Catalogue)
        } else if start.starts_with(b"{\"type\":") {
            Ok(NeighbourKind::Series)
        } else {
            bail!(
                "{name}: is neither a catalogue nor what 'hunktrace lookup --format jsonl' prints of a series; give one of those, or \
                 the result of 'hunktrace attribute'"
            )
        }
    }
}

/// What a release that was taken apart has of a commit, of which any of `ids` is the name.
///
/// # Errors
/// Where it cannot be read.
pub fn in_tree(folder: &Path, ids: &[&str]) -> anyhow::Result<Option<Neighbour>> {
    let summary_path = folder.join("summary.json");
    let summary = std::fs::read(&summary_path).with_context(|| summary_path.display().to_string())?;
    let summary: Value = serde_json::from_slice(&summary).with_context(|| damaged(&summary_path))?;
    let found =
        records_with(&folder.join("commits.jsonl"), ids, |record| ids.contains(&text(&record["commit"])))?;
    let own_name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = Some(text(&summary["name"])).filter(|name| !name.is_empty()).unwrap_or(&own_name);
    Ok(found.into_iter().next().map(|record| Neighbour {
        kind: "tree",
        vendor: name.to_owned(),
        base: text(&summary["base_name"]).to_owned(),
        is_newest: false,
        status: text(&record["status"]).to_owned(),
        confidence: record["confidence"].as_f64().unwrap_or_default(),
        lines: record["lines"].as_u64().unwrap_or_default(),
        hunks: record["hunks"].as_u64().unwrap_or_default(),
        missing: missing(&record["missing"]),
        superseded_by: text(&record["superseded_by"]).to_owned(),
        ..Neighbour::default()
    }))
}

/// The likeliest patch of a series that a commit is the origin of.
///
/// # Errors
/// Where what `lookup` says of it cannot be read.
pub fn in_series(file: &Path, ids: &[&str]) -> anyhow::Result<Option<Neighbour>> {
    let of_patch = |record: &Value| {
        let candidate = &record["candidates"][0];
        let is_it = ids.contains(&text(&candidate["commit"]));
        let confidence = candidate["confidence"].as_f64().unwrap_or_default();
        record["type"] == "patch" && is_it && confidence >= LIKELY
    };
    let found = records_with(file, ids, of_patch)?;
    let vendor = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let carried = found.into_iter().map(|record| {
        let candidate = &record["candidates"][0];
        Neighbour {
            kind: "series",
            vendor: vendor.clone(),
            release: text(&record["patch"]).to_owned(),
            status: text(&candidate["match"]).to_owned(),
            confidence: candidate["confidence"].as_f64().unwrap_or_default(),
            ..Neighbour::default()
        }
    });
    Ok(carried.max_by(|a, b| a.confidence.total_cmp(&b.confidence)))
}

/// The JSON lines of a file that are wanted. Only those with one of the ids are parsed.
fn records_with(path: &Path, ids: &[&str], is_wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Vec<Value>> {
    let unreadable = || path.display().to_string();
    let mut lines = BufReader::with_capacity(1 << 16, File::open(path).with_context(unreadable)?);
    let (mut line, mut found) = (Vec::new(), Vec::new());
    while read_line(&mut lines, &mut line).with_context(unreadable)? {
        if ids.iter().any(|id| line.find(id).is_some()) {
            let record: Value = serde_json::from_slice(&line).with_context(|| damaged(path))?;
            if is_wanted(&record) {
                found.push(record);
            }
        }
    }
    Ok(found)
}

fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(lines.read_until(b'\n', line)? > 0)
}

fn damaged(path: &Path) -> String {
    format!("{}: is damaged; write it again with the command that has written it", path.display())
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
