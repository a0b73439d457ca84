//! Feeds `git fast-import`, which stores files and commits faster than anything else can.

use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use bstr::{BStr, ByteSlice};
use gix::date::Time;

/// A file that has been stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(u64);

/// What a commit puts at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NewFile {
    /// A stored file with a mode.
    Stored(u32, Mark),
    /// A submodule's commit.
    Submodule(gix::ObjectId),
}

/// Who did something, and when.
pub(super) struct Signature {
    pub name: String,
    pub address: String,
    pub time: Time,
}

/// A running `git fast-import`. What it is fed becomes reachable only when it is told that all is done.
pub(super) struct FastImport {
    child: Child,
    input: BufWriter<ChildStdin>,
    marks: u64,
}

impl FastImport {
    /// Starts it in a repository.
    pub fn start(repo: &Path) -> io::Result<FastImport> {
        let mut child = git_command(repo)
            .args(["fast-import", "--quiet", "--done", "--date-format=raw-permissive"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(FastImport { child, input: BufWriter::new(input), marks: 0 })
    }

    /// Stores a file.
    pub fn store(&mut self, content: &[u8]) -> io::Result<Mark> {
        self.marks += 1;
        writeln!(self.input, "blob\nmark :{}", self.marks)?;
        self.data(content)?;
        Ok(Mark(self.marks))
    }

    /// Lets a ref begin at a commit.
    pub fn begin(&mut self, reference: &str, commit: &str) -> io::Result<()> {
        writeln!(self.input, "reset {reference}\nfrom {commit}\n")
    }

    /// Adds a commit to a ref; its changes follow.
    pub fn commit(
        &mut self,
        reference: &str,
        author: &Signature,
        committer: &Signature,
        message: &str,
    ) -> io::Result<()> {
        writeln!(self.input, "commit {reference}")?;
        for (role, Signature { name, address, time }) in [("author", author), ("committer", committer)] {
            writeln!(self.input, "{role} {name} <{address}> {time}")?;
        }
        self.data(message.as_bytes())
    }

    /// Lets the last commit delete a path.
    pub fn delete(&mut self, path: &BStr) -> io::Result<()> {
        writeln!(self.input, "D {}", quoted(path))
    }

    /// Lets the last commit put a file at a path.
    pub fn put(&mut self, path: &BStr, file: &NewFile) -> io::Result<()> {
        match file {
            NewFile::Stored(mode, Mark(mark)) => writeln!(self.input, "M {mode:o} :{mark} {}", quoted(path)),
            NewFile::Submodule(commit) => writeln!(self.input, "M 160000 {commit} {}", quoted(path)),
        }
    }

    fn data(&mut self, data: &[u8]) -> io::Result<()> {
        writeln!(self.input, "data {}", data.len())?;
        self.input.write_all(data)?;
        writeln!(self.input)
    }

    /// Ends the import and waits for it. If `fed` is an error, the import is undone and that error returned; the outer
    /// error is what git said.
    pub fn finish<E>(mut self, fed: Result<(), E>) -> Result<Result<(), E>, String> {
        let is_fed = fed.is_ok();
        let ended =
            if is_fed { writeln!(self.input, "done").and_then(|()| self.input.flush()) } else { Ok(()) };
        // What is still buffered after an error is of no use, and the process may be gone.
        let (pipe, _) = self.input.into_parts();
        drop(pipe);
        let mut said = Vec::new();
        if let Some(mut errors) = self.child.stderr.take() {
            errors.read_to_end(&mut said).map_err(|error| error.to_string())?;
        }
        let status = self.child.wait().map_err(|error| error.to_string())?;
        match is_fed && (ended.is_err() || !status.success()) {
            true => Err(said.to_str_lossy().trim().to_owned()),
            false => Ok(fed),
        }
    }
}

/// git, to be run in this repository even if the environment names another one.
pub(super) fn git_command(repo: &Path) -> Command {
    let mut command = Command::new("git");
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"] {
        command.env_remove(variable);
    }
    command.arg("-C").arg(repo);
    command
}

/// A path as the import reads it. Only odd paths have to be quoted, but all may be.
fn quoted(path: &BStr) -> bstr::BString {
    let quoted = gix::quote::ansi_c::quote(path);
    match quoted.starts_with(b"\"") {
        true => quoted.into_owned(),
        false => [b"\"", quoted.as_bytes(), b"\""].concat().into(),
    }
}
