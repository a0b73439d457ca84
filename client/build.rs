//! Tells the program its version, with the commit that it is built from and its date where git knows them.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let number = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let workspace = package.parent().unwrap_or(&package);
    println!("cargo::rustc-env=HUNKTRACE_VERSION={}", version(workspace, &number));
    for path in changed_with_the_commit(workspace) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// `0.1.0 (0123456789ab 2026-01-31)`, or the number alone outside of a git repository of its own: what was unpacked inside
/// somebody else's repository is not built from a commit of that.
pub fn version(workspace: &Path, number: &str) -> String {
    let commit = git(workspace, &["log", "-1", "--abbrev=12", "--no-show-signature", "--format=%h %cs"]);
    match commit {
        Some(commit) if is_top_level(workspace) => format!("{number} ({commit})"),
        _ => number.to_owned(),
    }
}

fn is_top_level(workspace: &Path) -> bool {
    let top =
        git(workspace, &["rev-parse", "--show-toplevel"]).and_then(|top| Path::new(&top).canonicalize().ok());
    top.is_some() && top == workspace.canonicalize().ok()
}

/// The files of git that change when another commit is checked out or made. One that is not there would make every build
/// a new one.
pub fn changed_with_the_commit(workspace: &Path) -> Vec<PathBuf> {
    if !is_top_level(workspace) {
        return Vec::new();
    }
    let branch = git(workspace, &["symbolic-ref", "--quiet", "HEAD"]);
    let names = ["HEAD", "logs/HEAD", "packed-refs"].into_iter().chain(branch.as_deref());
    names
        .filter_map(|name| git(workspace, &["rev-parse", "--git-path", name]))
        .map(|path| workspace.join(path))
        .filter(|path| path.exists())
        .collect()
}

/// What git prints, in a line; none if there is no git, or it fails.
fn git(folder: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
}
