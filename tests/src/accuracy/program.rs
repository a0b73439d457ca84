//! The program's own answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::accuracy::query::{Query, QuerySet};

/// A candidate as the program prints it.
#[derive(Clone, Debug, Deserialize)]
pub struct Claim {
    /// The commit.
    pub commit: String,
    /// How sure the program is.
    pub confidence: f64,
    /// What speaks for and against it.
    #[serde(default)]
    pub evidence: Vec<EvidenceValue>,
}

impl Claim {
    /// A claim with confidence 1: the simpler ways give none.
    pub fn certain(commit: &str) -> Claim {
        Claim { commit: commit.to_owned(), confidence: 1.0, evidence: Vec::new() }
    }
}

/// One thing that speaks for or against a candidate.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EvidenceValue {
    /// Its name.
    pub name: String,
    /// How much of it there is.
    pub value: f64,
}

/// What was answered to a query, best first.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The candidates of each hunk.
    pub hunks: Vec<Vec<Claim>>,
    /// The candidates of the patch as a whole.
    pub patch: Vec<Claim>,
}

#[derive(Deserialize)]
struct Record {
    r#type: String,
    patch: String,
    candidates: Vec<Claim>,
}

/// The `hunktrace` program, and the index that it is asked.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program's file.
    pub file: PathBuf,
    /// The folder of the index.
    pub index: PathBuf,
}

/// Set for a harness that is started as the program itself.
const BE_THE_PROGRAM: &str = "HUNKTRACE_HARNESS_IS_PROGRAM";

/// Runs the program in place of the harness if a harness has started this process as the program.
///
/// So one command builds both, and what is measured is never older than the harness.
pub fn run_in_place_of_harness() -> Option<ExitCode> {
    std::env::var_os(BE_THE_PROGRAM).map(|_| hunktrace_client::run())
}

impl Program {
    /// The program in `file`; without one, the harness itself is the program.
    ///
    /// # Errors
    /// Where the harness cannot find its own file.
    pub fn new(file: Option<PathBuf>, index: &Path) -> anyhow::Result<Program> {
        let file = file.map_or_else(std::env::current_exe, Ok)?;
        Ok(Program { file, index: index.to_owned() })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.file);
        command.env(BE_THE_PROGRAM, "1");
        command
    }

    /// Makes the index of what a revision contains, where there is none.
    ///
    /// # Errors
    /// Where the program fails.
    pub fn build_index(&self, repository: &Path, revision: &str) -> anyhow::Result<()> {
        if self.index.exists() {
            return Ok(());
        }
        let mut command = self.command();
        command.arg("index").arg("--quiet").arg("--index").arg(&self.index);
        command.arg("--repo").arg(repository).args(["--ref", revision]);
        let status = command.status().with_context(|| format!("cannot start {}", self.file.display()))?;
        // Exit code 1 says that something could not be indexed; the index is there all the same.
        ensure!(self.index.exists(), "'hunktrace index' made no index ({status})");
        Ok(())
    }

    /// Takes a release of the repository apart, and returns the folder of the records.
    ///
    /// # Errors
    /// Where the program fails.
    pub fn attribute(
        &self,
        repository: &Path,
        base: &str,
        release: &str,
        work: &Path,
    ) -> anyhow::Result<PathBuf> {
        let folder = work.join(format!("attributed-{release}"));
        let tree = |revision: &str| format!("{}:{revision}", repository.display());
        let mut command = self.command();
        command.arg("attribute").arg("--index").arg(&self.index).arg("--out").arg(&folder);
        command.args(["--base", &tree(base), "--vendor", &tree(release)]);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        let output = command.output().with_context(|| format!("cannot start {}", self.file.display()))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code().is_some_and(|code| code < 2), "'hunktrace attribute': {complaint}");
        Ok(folder)
    }

    /// Looks all queries of a set up; the answers are in their order.
    ///
    /// # Errors
    /// Where the program fails or prints what is no answer to the queries.
    pub fn answers(&self, set: &QuerySet, work: &Path) -> anyhow::Result<Vec<Answer>> {
        let files = set.write(work)?;
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = self.command();
        command.args(["lookup", "--explain", "--format", "jsonl", "--index"]).arg(&self.index).args(&files);
        let output = command.output().with_context(|| format!("cannot start {}", self.file.display()))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code().is_some_and(|code| code < 2), "'hunktrace lookup': {complaint}");
        let mut answers: BTreeMap<String, Answer> = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let record: Record = serde_json::from_str(line).context("'hunktrace lookup' prints no record")?;
            let answer = answers.entry(record.patch).or_default();
            match record.r#type.as_str() {
                "hunk" => answer.hunks.push(record.candidates),
                _ => answer.patch = record.candidates,
            }
        }
        let mut answer = |(query, file): (&Query, &PathBuf)| {
            let answer = answers.remove(&*file.to_string_lossy()).unwrap_or_default();
            let (hunks, known) = (answer.hunks.len(), query.right_by_hunk.len());
            ensure!(
                known == 0 || known == hunks,
                "{}: {hunks} of {known} hunks are answered",
                file.display()
            );
            Ok(answer)
        };
        set.queries.iter().zip(&files).map(&mut answer).collect()
    }
}
