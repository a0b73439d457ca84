//! The sample that comes with the program: a small made-up kernel with its history, and patches of a made-up vendor.
//!
//! `client/sample` holds the history as a mailbox for each branch. From these a git repository is written, object by
//! object, so that it is the same everywhere and does not depend on an installed git or its settings.

use std::path::Path;

use anyhow::Context;
use hunktrace_indexer::patch::parse;

mod file_tree;
mod repository_writer;
mod sample_commit;

use file_tree::FileTree;
use repository_writer::{RepositorySize, RepositoryWriter};

/// A branch of the sample's history.
struct Branch {
    name: &'static str,
    /// The tag that it begins at; `None` for the branch with the first commit.
    base: Option<&'static str>,
    mailbox: &'static str,
}

const BRANCHES: [Branch; 2] = [
    Branch { name: "master", base: None, mailbox: include_str!("../../../sample/master.mbox") },
    Branch {
        name: "linux-1.0.y",
        base: Some("v1.0"),
        mailbox: include_str!("../../../sample/linux-1.0.y.mbox"),
    },
];

/// The release that the vendor's kernel was forked from.
pub const BASE: &str = "v1.0";

/// The vendor's patches: file name, content, and what became of upstream's commits in it.
pub const VENDOR_PATCHES: [(&str, &str, &str); 4] = [
    (
        "0001-exact-backport.patch",
        include_str!("../../../sample/vendor/0001-exact-backport.patch"),
        "an upstream commit as it is, under another subject",
    ),
    (
        "0002-adapted-backport.patch",
        include_str!("../../../sample/vendor/0002-adapted-backport.patch"),
        "one adapted: a variable has another name, and the file is still at its old place",
    ),
    (
        "0003-squashed-backports.patch",
        include_str!("../../../sample/vendor/0003-squashed-backports.patch"),
        "two upstream commits in one patch",
    ),
    (
        "0004-vendor-only.patch",
        include_str!("../../../sample/vendor/0004-vendor-only.patch"),
        "the vendor's own work",
    ),
];

/// All that the vendor's release has beyond its base: the patches above, and others.
const VENDOR_RELEASE: &str = include_str!("../../../sample/vendor-release.patch");

/// A sample whose history has been written.
pub struct Sample {
    /// How much that was.
    pub size: RepositorySize,
    base: FileTree,
}

impl Sample {
    /// Writes the vendor's release to a folder: its base with all that the vendor has changed.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_vendor_release(&self, folder: &Path) -> anyhow::Result<()> {
        let mut files = self.base.clone();
        for file in parse(VENDOR_RELEASE.as_bytes()).patches.iter().flat_map(|patch| &patch.files) {
            files.apply(file)?;
        }
        files.write(folder)
    }
}

/// Writes the sample's history as a bare git repository to `path`, which must not exist yet.
///
/// # Errors
/// If the repository cannot be written.
pub fn write_repository(path: &Path) -> anyhow::Result<Sample> {
    let fail = || format!("{}: cannot write the sample's history", path.display());
    let mut writer = RepositoryWriter::create(path).with_context(fail)?;
    for branch in &BRANCHES {
        writer.start_branch(branch.base).with_context(fail)?;
        for commit in sample_commit::read_mailbox(branch.mailbox).with_context(fail)? {
            writer.add(&commit).with_context(|| format!("'{}'", commit.subject)).with_context(fail)?;
        }
        writer.finish_branch(branch.name).with_context(fail)?;
    }
    Ok(Sample { size: writer.size(), base: writer.release(BASE).with_context(fail)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(repository: &Path, arguments: &[&str]) -> String {
        let output = Command::new("git").arg("-C").arg(repository).args(arguments).output();
        let output = output.expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    fn sample() -> (tempfile::TempDir, std::path::PathBuf, Sample) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("upstream.git");
        let sample = write_repository(&path).expect("a repository");
        (folder, path, sample)
    }

    #[test]
    fn repository_is_sound_and_the_same_everywhere() {
        let (_folder, path, Sample { size, .. }) = sample();
        assert_eq!(git(&path, &["fsck", "--strict", "--no-dangling"]), "");
        let count = git(&path, &["rev-list", "--all", "--count"]);
        assert_eq!(count, size.commits.to_string());
        assert_eq!(git(&path, &["tag"]), "v1.0\nv1.0.1\nv1.1\nv1.1-rc1");
        assert_eq!(git(&path, &["symbolic-ref", "HEAD"]), "refs/heads/master");
        assert_eq!(git(&path, &["rev-parse", "v1.1"]), git(&path, &["rev-parse", "master"]));
        assert_eq!(git(&path, &["merge-base", "master", "linux-1.0.y"]), git(&path, &["rev-parse", "v1.0"]));
        let (_other, other_path, _) = sample();
        assert_eq!(git(&path, &["show-ref"]), git(&other_path, &["show-ref"]));
    }

    #[test]
    fn messages_name_commits_that_exist() {
        let (_folder, path, _) = sample();
        let carrier = git(&path, &["log", "-1", "--format=%b", "linux-1.0.y~3"]);
        let origin = carrier.lines().next().and_then(|line| line.strip_prefix("commit "));
        let origin = origin.and_then(|line| line.strip_suffix(" upstream.")).unwrap_or_default();
        assert_eq!(
            git(&path, &["log", "-1", "--format=%s", origin]),
            git(&path, &["log", "-1", "--format=%s", "linux-1.0.y~3"])
        );
        assert!(!git(&path, &["log", "--all", "--format=%B"]).contains("@{"));
    }

    #[test]
    fn move_of_a_file_is_seen_as_one() {
        let (_folder, path, _) = sample();
        let log = git(
            &path,
            &["log", "--follow", "--format=%s", "master", "--", "drivers/net/ethernet/ember/ember_main.c"],
        );
        assert!(log.ends_with("net: ember: add a driver for the Ember 100 adapter"), "{log}");
    }

    #[test]
    fn vendor_release_is_the_base_with_all_changes() {
        let (folder, _, sample) = sample();
        let release = folder.path().join("release");
        sample.write_vendor_release(&release).expect("a release");
        let file = |path: &str| std::fs::read_to_string(release.join(path)).expect(path);
        assert!(file("fs/pebble/inode.c").contains("is out of range"));
        assert!(file("drivers/net/ember.c").contains("lamp"));
        assert!(file("lib/ring.c").lines().count() > 10, "a file that the vendor has not changed");
    }

    #[test]
    fn vendor_patches_can_be_read() {
        for (name, text, _) in VENDOR_PATCHES {
            let parsed = parse(text.as_bytes());
            assert_eq!((parsed.patches.len(), parsed.problems), (1, Vec::new()), "{name}");
        }
    }
}
