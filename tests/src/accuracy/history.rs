//! The history that queries are made from, read with git itself.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use bstr::{BString, ByteSlice};

/// A repository with mainline in it.
#[derive(Clone, Debug)]
pub struct History {
    /// The repository.
    pub repository: PathBuf,
}

impl History {
    /// The history in a repository.
    pub fn new(repository: &Path) -> History {
        History { repository: repository.to_owned() }
    }

    /// A git command in the repository.
    pub fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.repository);
        command
    }

    /// What a git command prints when it reads `input`.
    ///
    /// # Errors
    /// Where git cannot be run or fails.
    pub fn git(&self, args: &[&str], input: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut child = self
            .command()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start git")?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            // A command that has read enough closes its input; its exit code says whether it failed.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output()
        })?;
        let complaint = output.stderr.to_str_lossy();
        ensure!(output.status.success(), "git {} failed: {}", args.join(" "), complaint.trim_end());
        Ok(output.stdout)
    }

    /// The id of a commit.
    ///
    /// # Errors
    /// Where the revision names none.
    pub fn commit_id(&self, revision: &str) -> anyhow::Result<String> {
        let printed = self.git(&["rev-parse", "--verify", &format!("{revision}^{{commit}}")], b"")?;
        Ok(printed.to_str_lossy().trim_end().to_owned())
    }

    /// The commits that a revision contains, without merges.
    ///
    /// # Errors
    /// Where git fails.
    pub fn commits(&self, revision: &str) -> anyhow::Result<Vec<String>> {
        let printed = self.git(&["rev-list", "--no-merges", revision], b"")?;
        Ok(printed.to_str_lossy().lines().map(str::to_owned).collect())
    }

    /// The files that each commit changes, in their order.
    ///
    /// # Errors
    /// Where git fails or knows one of them not.
    pub fn files(&self, commits: &[String]) -> anyhow::Result<Vec<Vec<BString>>> {
        const ARGS: [&str; 6] =
            ["log", "--no-walk=unsorted", "--stdin", "-z", "--name-only", "--format=%x01%H"];
        let input = commits.join("\n") + "\n";
        let printed = self.git(&ARGS, input.as_bytes())?;
        // A path may have any byte but NUL; the head of a record begins with a byte that no path begins with here.
        let mut files: Vec<Vec<BString>> = Vec::with_capacity(commits.len());
        for part in printed.split(|byte| *byte == 0) {
            let part = part.trim_start_with(|c| c == '\n');
            match part.first() {
                Some(1) => files.push(Vec::new()),
                Some(_) => files.last_mut().context("git log begins without a commit")?.push(part.into()),
                None => {}
            }
        }
        ensure!(files.len() == commits.len(), "git shows {} of {} commits", files.len(), commits.len());
        Ok(files)
    }

    /// Those of the commits whose diff can be made: a snapshot of a repository may lack objects.
    ///
    /// # Errors
    /// Where git cannot be run.
    pub fn whole_commits(&self, commits: &[String]) -> anyhow::Result<BTreeSet<String>> {
        let is_whole = |commit: &&String| {
            let mut diff = self.command();
            diff.args(["diff-tree", "-p", "-M", "--no-commit-id", commit.as_str()]);
            let status = diff.stdout(Stdio::null()).stderr(Stdio::null()).status();
            status.context("cannot start git").map(|status| status.success())
        };
        let mut whole = BTreeSet::new();
        for commit in commits {
            if is_whole(&commit)? {
                whole.insert(commit.clone());
            }
        }
        Ok(whole)
    }

    /// Subject and patch of each commit, in their order.
    ///
    /// # Errors
    /// Where git fails or knows one of them not.
    pub fn patches(&self, commits: &[String]) -> anyhow::Result<Vec<CommitPatch>> {
        const ARGS: [&str; 6] =
            ["log", "--no-walk=unsorted", "--stdin", "-p", "-M", "--format=%x00%x00%H%n%s%n%x00"];
        let input = commits.join("\n") + "\n";
        let printed = self.git(&ARGS, input.as_bytes())?;
        let mut patches = Vec::with_capacity(commits.len());
        for record in printed.split_str("\0\0").skip(1) {
            let (head, patch) = record.split_once_str("\n\0").context("git log is cut off")?;
            let (id, subject) = head.split_once_str("\n").context("git log without a subject")?;
            patches.push(CommitPatch {
                id: id.to_str_lossy().into_owned(),
                subject: subject.to_str_lossy().into_owned(),
                patch: patch.trim_start_with(|c| c == '\n').to_owned(),
            });
        }
        ensure!(patches.len() == commits.len(), "git shows {} of {} commits", patches.len(), commits.len());
        Ok(patches)
    }
}

/// A commit as git shows it.
#[derive(Clone, Debug)]
pub struct CommitPatch {
    /// Its id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// Its diff.
    pub patch: Vec<u8>,
}
