//! Git for tests that need a repository: real history, made in a folder that goes away.

use std::path::Path;
use std::process::Command;

/// What a git command prints that is run in a folder, by an author whom no configuration has to name.
pub fn git(folder: &Path, args: &[&str]) -> Vec<u8> {
    let identity = ["-c", "user.name=A B", "-c", "user.email=a@b"];
    let run = Command::new("git").arg("-C").arg(folder).args(identity).args(args).output().expect("git runs");
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    run.stdout
}

/// The same as a line of text.
pub fn git_line(folder: &Path, args: &[&str]) -> String {
    String::from_utf8(git(folder, args)).expect("text").trim().to_owned()
}
