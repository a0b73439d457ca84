//! A folder of a test's own, and the program run in it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::git_repository::GitRepository;

/// A temporary folder that the program is run in, and that its environment is confined to.
pub struct Workplace {
    folder: TempDir,
    program: PathBuf,
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said on standard error.
    pub stderr: String,
}

impl Workplace {
    /// A new folder for runs of this program.
    ///
    /// # Panics
    /// Where there is no room for one.
    pub fn new(program: &str) -> Workplace {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Workplace { folder, program: program.into() }
    }

    /// The path of something in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a git repository in the folder.
    pub fn repository(&self, name: &str) -> GitRepository {
        GitRepository::init(self.path(name))
    }

    /// Writes a file in the folder.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("the file");
    }

    /// The program, ready to be started in the folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args);
        self.confine(&mut command);
        command
    }

    /// A line of bash in which `$PROGRAM` is the program, ready to be started in the folder.
    pub fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", line]);
        self.confine(&mut command);
        command.env("PROGRAM", &self.program);
        command
    }

    fn confine(&self, command: &mut Command) {
        let folder = self.folder.path();
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder)
            .env("XDG_CACHE_HOME", self.cache())
            .env("TMPDIR", folder)
            .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(Path::new("/")))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }

    /// The user's cache folder.
    pub fn cache(&self) -> PathBuf {
        self.path("cache")
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args))
    }

    /// Runs the program to its end with this standard input.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn run_with_input(&self, args: &[&str], input: impl AsRef<[u8]>) -> Run {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("the program's input");
        let input = input.as_ref();
        let output = std::thread::scope(|scope| {
            // A program that has seen enough closes its input.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().expect("the program ends")
        });
        Run::from(output)
    }

    /// Indexes everything in a repository, and returns what the program prints.
    ///
    /// # Panics
    /// Where the run fails.
    pub fn index(&self, index: &str, repository: &str) -> String {
        self.run(&["index", "--index", index, "--repo", repository]).succeeded().stdout
    }

    /// The digest of an index's content, once everything in it is checked.
    ///
    /// # Panics
    /// Where the index is not in order.
    pub fn digest(&self, index: &str) -> String {
        let printed = self.run(&["verify", "--index", index]).succeeded().stdout;
        let digest = printed.lines().find_map(|line| line.trim().strip_prefix("digest "));
        digest.unwrap_or_else(|| panic!("no digest: {printed}")).trim().to_owned()
    }

    /// What `status` says of an index.
    ///
    /// # Panics
    /// Where the run fails.
    pub fn status(&self, index: &str) -> serde_json::Value {
        let printed = self.run(&["status", "--index", index, "--format", "jsonl"]).succeeded().stdout;
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }

    /// What `show` says of a commit, with its hunks.
    ///
    /// # Panics
    /// Where the run fails.
    pub fn show(&self, index: &str, commit: &str) -> serde_json::Value {
        let args = ["show", "--index", index, "--hunks", "--format", "jsonl", commit];
        let printed = self.run(&args).succeeded().stdout;
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }
}

impl Run {
    /// Runs a command to its end.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn of(mut command: Command) -> Run {
        Run::from(command.output().expect("the program starts"))
    }

    /// The run, which ended well.
    ///
    /// # Panics
    /// Where it did not.
    #[track_caller]
    pub fn succeeded(self) -> Run {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// What the run said on standard error when it ended with this exit code.
    ///
    /// # Panics
    /// Where it ended otherwise.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.stderr
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
