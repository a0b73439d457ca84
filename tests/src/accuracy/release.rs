//! A squashed release taken apart, line by line and commit by commit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::accuracy::truth::Equivalents;

/// What a release's added lines come from, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct ReleaseTruth {
    /// The origins of a file's line, by path and line number, one commit for each group of equals.
    known: BTreeMap<(String, u32), BTreeSet<String>>,
    unknown: BTreeSet<(String, u32)>,
}

/// What is claimed of a release.
#[derive(Clone, Debug, Default)]
pub struct Attributed {
    /// The commit of an added line, and how sure that is.
    pub lines: BTreeMap<(String, u32), (String, f64)>,
    /// The commits that are claimed, and whether one is claimed without a line of its own.
    pub commits: BTreeMap<String, bool>,
}

/// The figures of a release; shares from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ReleaseScore {
    /// Lines with a known origin.
    pub lines: usize,
    /// Of these, how many are given to a right commit.
    pub lines_right: f64,
    /// The harmonic mean of the commits' precision and recall; only commits that the truth knows are judged.
    pub commits_f1: f64,
    /// The mean distance, by bins of a tenth, between confidence and the share of lines that are right.
    pub calibration_error: f64,
}

#[derive(Deserialize)]
struct HunkRecord {
    file: String,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    side: String,
    start: u32,
    lines: u32,
    commit: Option<String>,
    confidence: f64,
}

#[derive(Deserialize)]
struct CommitRecord {
    commit: String,
    status: String,
}

impl ReleaseTruth {
    /// Reads a table of files, lines, vendor commits and origins.
    ///
    /// # Errors
    /// Where the file cannot be read or is no such table.
    pub fn read(file: &Path, equivalents: &Equivalents) -> anyhow::Result<ReleaseTruth> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut truth = ReleaseTruth::default();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [path, number, _, origins] = cells[..] else {
                anyhow::bail!("{}: not four columns in '{line}'", file.display());
            };
            let at = (path.to_owned(), number.parse()?);
            match origins {
                "" => drop(truth.unknown.insert(at)),
                _ => {
                    let origins = origins.split(',').map(|origin| equivalents.one_of(origin)).collect();
                    truth.known.insert(at, origins);
                }
            }
        }
        Ok(truth)
    }

    /// Scores what is said of the release.
    pub fn score(&self, said: &Attributed) -> ReleaseScore {
        let mut bins = [(0usize, 0.0f64); 10];
        let (mut right, mut attributed) = (0usize, 0usize);
        for (at, origins) in &self.known {
            let Some((commit, confidence)) = said.lines.get(at) else { continue };
            let is_right = origins.contains(commit);
            let bin = &mut bins[((confidence * 10.0) as usize).min(9)];
            *bin = (bin.0 + usize::from(is_right), bin.1 + confidence);
            attributed += 1;
            right += usize::from(is_right);
        }
        let error: f64 = bins.iter().map(|(right, sum)| (*right as f64 - sum).abs()).sum();
        ReleaseScore {
            lines: self.known.len(),
            lines_right: right as f64 / self.known.len().max(1) as f64,
            commits_f1: self.commits_f1(said),
            calibration_error: error / attributed.max(1) as f64,
        }
    }

    fn commits_f1(&self, said: &Attributed) -> f64 {
        let origins: BTreeSet<&String> = self.known.values().flatten().collect();
        let commits_at = |is_wanted: &dyn Fn(&(String, u32)) -> bool| -> BTreeSet<&String> {
            said.lines.iter().filter(|(at, _)| is_wanted(at)).map(|(_, (commit, _))| commit).collect()
        };
        let on_unknown = commits_at(&|at| self.unknown.contains(at));
        let on_others = commits_at(&|at| !self.unknown.contains(at));
        // Claims that rest on lines of unknown origin alone cannot be judged.
        let judged: Vec<&String> = said
            .commits
            .iter()
            .filter(|(commit, is_implied)| {
                !**is_implied && (on_others.contains(commit) || !on_unknown.contains(commit))
            })
            .map(|(commit, _)| commit)
            .collect();
        let hits = judged.iter().filter(|commit| origins.contains(**commit)).count();
        let precision = hits as f64 / judged.len().max(1) as f64;
        let found = origins.iter().filter(|commit| said.commits.contains_key(**commit)).count();
        let recall = found as f64 / origins.len().max(1) as f64;
        2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE)
    }
}

/// Reads the records that `hunktrace attribute` has written to a folder.
///
/// # Errors
/// Where they cannot be read.
pub fn read_attributed(folder: &Path, equivalents: &Equivalents) -> anyhow::Result<Attributed> {
    let mut said = Attributed::default();
    for hunk in records::<HunkRecord>(&folder.join("hunks.jsonl"))? {
        for run in hunk.runs.into_iter().filter(|run| run.side == "new") {
            let Some(commit) = run.commit else { continue };
            for line in run.start..run.start.saturating_add(run.lines) {
                let value = (equivalents.one_of(&commit), run.confidence);
                said.lines.insert((hunk.file.clone(), line), value);
            }
        }
    }
    for commit in records::<CommitRecord>(&folder.join("commits.jsonl"))? {
        said.commits.insert(equivalents.one_of(&commit.commit), commit.status == "implied");
    }
    ensure!(!said.commits.is_empty(), "{} names no commit", folder.display());
    Ok(said)
}

fn records<T: for<'de> Deserialize<'de>>(file: &Path) -> anyhow::Result<Vec<T>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let record = |line| serde_json::from_str(line).with_context(|| format!("{}: no record", file.display()));
    text.lines().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32) -> (String, u32) {
        ("a.c".to_owned(), line)
    }

    fn truth() -> ReleaseTruth {
        let origin = |commit: &str| BTreeSet::from([commit.to_owned()]);
        ReleaseTruth {
            known: [(at(1), origin("a")), (at(2), origin("a")), (at(3), origin("b"))].into(),
            unknown: [at(9)].into(),
        }
    }

    fn said(lines: &[(u32, &str)]) -> Attributed {
        Attributed {
            lines: lines.iter().map(|(line, commit)| (at(*line), ((*commit).to_owned(), 1.0))).collect(),
            commits: lines.iter().map(|(_, commit)| ((*commit).to_owned(), false)).collect(),
        }
    }

    #[test]
    fn lines_that_nobody_gives_are_not_right() {
        let score = truth().score(&said(&[(1, "a"), (3, "a")]));
        assert!((score.lines_right - 1.0 / 3.0).abs() < 1e-9);
        assert!((score.calibration_error - 0.5).abs() < 1e-9);
    }

    #[test]
    fn commits_on_lines_of_unknown_origin_are_not_judged() {
        let all = [(1, "a"), (2, "a"), (3, "b")];
        assert!((truth().score(&said(&all)).commits_f1 - 1.0).abs() < 1e-9);
        let with_unknown = [(1, "a"), (2, "a"), (3, "b"), (9, "x")];
        assert!((truth().score(&said(&with_unknown)).commits_f1 - 1.0).abs() < 1e-9);
        let with_wrong = [(1, "a"), (2, "x"), (3, "b")];
        assert!((truth().score(&said(&with_wrong)).commits_f1 - 0.8).abs() < 1e-9);
    }
}
