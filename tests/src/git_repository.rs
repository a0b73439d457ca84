//! Git repositories made with git itself, the same ones on every machine.

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Seconds since 1970 of the first commit.
const FIRST_DATE: u64 = 1_000_000_000;

/// Seconds between a commit and the next one.
const DATE_STEP: u64 = 3600;

/// Settings that tests rely on, in place of the machine's own.
const SETTINGS: [&str; 6] = [
    "init.defaultBranch=master",
    "commit.gpgSign=false",
    "core.autocrlf=false",
    "gc.auto=0",
    "protocol.file.allow=always",
    "advice.detachedHead=false",
];

/// A git repository with a work tree, or a bare one.
///
/// Its methods panic where git fails, with what git says.
pub struct GitRepository {
    path: PathBuf,
    next_date: Cell<u64>,
}

impl GitRepository {
    /// Makes a new repository in this folder.
    pub fn init(path: PathBuf) -> GitRepository {
        fs::create_dir_all(&path).expect("a folder for the repository");
        let repository = GitRepository::open(path);
        repository.git(&["init", "--quiet", "."]);
        repository
    }

    /// Takes a repository that is there, such as a clone.
    pub fn open(path: PathBuf) -> GitRepository {
        GitRepository { path, next_date: Cell::new(FIRST_DATE) }
    }

    /// The folder with the work tree.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the following commits as if it were this late, in seconds since 1970.
    pub fn set_date(&self, seconds: u64) {
        self.next_date.set(seconds);
    }

    /// What a git command prints, without the line break at its end.
    pub fn git(&self, args: &[&str]) -> String {
        let printed = self.git_with_input(args, b"");
        String::from_utf8_lossy(&printed).trim_end_matches('\n').to_owned()
    }

    /// What a git command that reads `input` prints.
    pub fn git_with_input(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        let date = format!("{} +0000", self.next_date.get());
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("LC_ALL", "C")])
            .envs([("GIT_AUTHOR_NAME", "Ada Author"), ("GIT_AUTHOR_EMAIL", "ada@example.org")])
            .envs([("GIT_COMMITTER_NAME", "Carl Committer"), ("GIT_COMMITTER_EMAIL", "carl@example.org")])
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
            .current_dir(&self.path);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("git starts");
        let mut stdin = child.stdin.take().expect("git's input");
        let output = std::thread::scope(|scope| {
            // A command that wants no input may have ended already.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().expect("git ends")
        });
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?} in {}: {complaint}", self.path.display());
        output.stdout
    }

    /// Writes a file of the work tree.
    pub fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(file);
        fs::create_dir_all(path.parent().expect("a file in the work tree")).expect("the file's folder");
        fs::write(path, content).expect("the file");
    }

    /// Commits the work tree as it is, changed or not, and returns the commit's id.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.next_date.set(self.next_date.get() + DATE_STEP);
        self.head()
    }

    /// Writes one file and commits it.
    pub fn commit_file(&self, file: &str, content: impl AsRef<[u8]>, message: &str) -> String {
        self.write(file, content);
        self.commit(message)
    }

    /// Sets a tag on the current commit.
    pub fn tag(&self, name: &str) {
        self.git(&["tag", name]);
    }

    /// Starts a branch at a revision and checks it out.
    pub fn branch(&self, name: &str, start: &str) {
        self.git(&["checkout", "--quiet", "-b", name, start]);
    }

    /// Checks a revision out.
    pub fn checkout(&self, revision: &str) {
        self.git(&["checkout", "--quiet", revision]);
    }

    /// Merges a branch into the current one, always with a merge commit, and returns its id.
    pub fn merge(&self, branch: &str) -> String {
        self.git(&["merge", "--quiet", "--no-ff", "--message", &format!("Merge {branch}"), branch]);
        self.next_date.set(self.next_date.get() + DATE_STEP);
        self.head()
    }

    /// Stores the bytes of a commit as they are and points the current branch at it; the work tree stays.
    pub fn commit_raw(&self, bytes: &[u8]) -> String {
        let printed =
            self.git_with_input(&["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], bytes);
        let id = String::from_utf8_lossy(&printed).trim_end().to_owned();
        self.git(&["update-ref", "HEAD", &id]);
        id
    }

    /// The id of the current commit.
    pub fn head(&self) -> String {
        self.rev_parse("HEAD")
    }

    /// The object id that a revision names.
    pub fn rev_parse(&self, revision: &str) -> String {
        self.git(&["rev-parse", "--verify", revision])
    }

    /// A commit as a mail.
    pub fn format_patch(&self, commit: &str) -> String {
        self.git(&["format-patch", "--stdout", "-1", commit]) + "\n"
    }

    /// Adds a number of commits to master in one go; each changes one of 8 files, and adds lines that are its own.
    pub fn import_history(&self, commits: usize) {
        const FILES: usize = 8;
        let mut texts = vec![String::new(); FILES];
        let mut stream = Vec::new();
        for number in 0..commits {
            let text = &mut texts[number % FILES];
            *text += &format!(
                "int counter{number}(struct device *dev)\n{{\n\treturn dev->counter[{number}];\n}}\n\n"
            );
            let message = format!("lib: count {number}");
            let date = self.next_date.get() + DATE_STEP * number as u64;
            let from = if number == 0 && self.has_master() { "from refs/heads/master^0\n" } else { "" };
            stream.extend_from_slice(
                format!(
                    "commit refs/heads/master\n\
                     committer Carl Committer <carl@example.org> {date} +0000\n\
                     data {}\n{message}\n{from}\
                     M 100644 inline lib/file{}.c\ndata {}\n{text}\n",
                    message.len(),
                    number % FILES,
                    text.len()
                )
                .as_bytes(),
            );
        }
        self.git_with_input(&["fast-import", "--quiet"], &stream);
        self.next_date.set(self.next_date.get() + DATE_STEP * commits as u64);
    }

    fn has_master(&self) -> bool {
        !self.git(&["for-each-ref", "refs/heads/master"]).is_empty()
    }
}
