//! What git itself prints about a small repository with everything odd in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{assert_counts_agree, round_trip, sound};
use crate::patch::{BinaryKind, Change, PatchText, ProblemKind};

/// Runs git in a folder, independent of the user's configuration.
fn git(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("git")
        .args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", "J\u{fc}rgen A")
        .env("GIT_AUTHOR_EMAIL", "a@b")
        .env("GIT_AUTHOR_DATE", "2009-02-03T10:20:30+0100")
        .env("GIT_COMMITTER_NAME", "C")
        .env("GIT_COMMITTER_EMAIL", "c@d")
        .env("GIT_COMMITTER_DATE", "2009-02-03T10:20:30+0100")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[cfg(unix)]
fn odd_name(folder: &Path) -> std::path::PathBuf {
    use std::os::unix::ffi::OsStrExt;
    folder.join(std::ffi::OsStr::from_bytes(b"latin \xe9\"\t.c"))
}

/// Makes a repository of three commits and a merge.
#[cfg(unix)]
fn repository() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let numbers = |from: u32| (from..from + 40).map(|n| format!("line {n}\n")).collect::<String>();
    let commit = |message: &str| {
        git(folder, &["add", "-A"]);
        git(folder, &["commit", "-q", "-m", message]);
    };
    git(folder, &["init", "-q"]);
    fs::create_dir(folder.join("b")).unwrap();
    fs::write(folder.join("b/moved.c"), numbers(0)).unwrap();
    fs::write(folder.join("run me.sh"), "#!/bin/sh\n").unwrap();
    fs::write(folder.join("data.bin"), [0, 1, 2, 255, 0, 10, 0]).unwrap();
    fs::write(folder.join("gone.c"), numbers(100)).unwrap();
    fs::write(folder.join("open.c"), "a\nb").unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    fs::write(folder.join("crlf.c"), "a\r\nb\r\n").unwrap();
    fs::write(odd_name(folder), "\u{e9}\n").unwrap();
    commit("first\n\ndiff --git a/no b/no\n--- a/no\n+++ b/no\n@@ -1 +1 @@");

    fs::create_dir(folder.join("a")).unwrap();
    fs::rename(folder.join("b/moved.c"), folder.join("a/new name.c")).unwrap();
    fs::write(folder.join("a/new name.c"), numbers(1)).unwrap();
    fs::set_permissions(folder.join("run me.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.join("data.bin"), [0, 1, 2, 255, 0, 10, 1, 7]).unwrap();
    fs::remove_file(folder.join("gone.c")).unwrap();
    fs::remove_file(folder.join("empty")).unwrap();
    fs::write(folder.join("open.c"), "a\n-- x\n++ y\nc").unwrap();
    fs::write(folder.join("crlf.c"), "a\r\nc\r\n").unwrap();
    fs::write(odd_name(folder), b"\xe9\n\0\n".map(|byte| if byte == 0 { b'x' } else { byte })).unwrap();
    commit(
        "second: caf\u{e9}, with a subject that is so long that it has to be folded when it is mailed out",
    );

    git(folder, &["checkout", "-q", "-b", "side", "HEAD~1"]);
    fs::write(folder.join("open.c"), "a\nside\n").unwrap();
    commit("side");
    git(folder, &["checkout", "-q", "main"]);
    git(folder, &["merge", "-q", "--no-commit", "-s", "ours", "side"]);
    fs::write(folder.join("open.c"), "a\nmerged\n").unwrap();
    commit("merge");
    temporary
}

/// The change and path of every file, over all patches.
fn changes(text: &PatchText) -> Vec<(Change, String)> {
    let files = text.patches.iter().flat_map(|patch| &patch.files);
    let mut changes: Vec<_> = files
        .map(|file| (file.change, file.path().map(|path| path.to_string()).unwrap_or_default()))
        .collect();
    changes.sort_by(|a, b| a.1.cmp(&b.1));
    changes
}

/// What the second commit does, with renames found.
fn second_commit() -> Vec<(Change, String)> {
    let odd = String::from_utf8_lossy(b"latin \xe9\"\t.c").into_owned();
    [
        (Change::Renamed { similarity: Some(95) }, "a/new name.c".to_owned()),
        (Change::Modified, "crlf.c".to_owned()),
        (Change::Modified, "data.bin".to_owned()),
        (Change::Deleted, "empty".to_owned()),
        (Change::Deleted, "gone.c".to_owned()),
        (Change::Modified, odd),
        (Change::Modified, "open.c".to_owned()),
        (Change::ModeOnly, "run me.sh".to_owned()),
    ]
    .to_vec()
}

#[test]
#[cfg(unix)]
fn every_output_of_git_is_read_and_written_back() {
    let temporary = repository();
    let folder = temporary.path();

    for options in [
        &["log", "-p", "-M", "--binary", "main"][..],
        &["log", "-p", "-M", "--binary", "--stat", "--decorate", "--pretty=fuller", "main"],
        &["log", "-p", "-M", "--no-prefix", "--pretty=raw", "-m", "main"],
        &["log", "-p", "-C", "-U0", "--src-prefix=old/", "--dst-prefix=new/", "--abbrev-commit", "main"],
        &["-c", "diff.mnemonicPrefix=true", "log", "-p", "-c", "--no-renames", "main"],
    ] {
        let text = round_trip(&git(folder, options));
        // Merges have combined diffs.
        assert!(text.problems.iter().all(|problem| problem.kind == ProblemKind::CombinedDiff), "{options:?}");
        assert_counts_agree(&text);
        assert!((4..=5).contains(&text.patches.len()), "{options:?}");
        assert!(text.patches.iter().all(|patch| patch.commit.is_some() && patch.subject.is_some()));
        assert!(text.patches.iter().all(|patch| patch.author.as_deref() == Some("J\u{fc}rgen A <a@b>")));
    }

    let similarity = |changes: Vec<(Change, String)>| {
        changes.into_iter().map(|(change, path)| match change {
            Change::Renamed { similarity: Some(_) } => (Change::Renamed { similarity: Some(95) }, path),
            _ => (change, path),
        })
    };
    for options in [
        &["show", "-M", "--binary", "main~1"][..],
        &["diff", "-M", "--binary", "main~2", "main~1"],
        &["diff", "-M", "--no-prefix", "main~2", "main~1"],
        &["diff", "-M", "-R", "--full-index", "main~1", "main~2"],
        &["format-patch", "-M", "--stdout", "-1", "main~1"],
        &["format-patch", "-M", "--stdout", "--attach", "-1", "main~1"],
        &["format-patch", "-M", "--stdout", "--no-signature", "--zero-commit", "-1", "main~1"],
    ] {
        let text = sound(git(folder, options));
        assert_counts_agree(&text);
        let found: Vec<_> = similarity(changes(&text)).collect();
        assert_eq!(found, second_commit(), "{options:?}");
    }
}

#[test]
#[cfg(unix)]
fn what_git_puts_around_its_output_hides_nothing() {
    let temporary = repository();
    let folder = temporary.path();
    let plain = sound(git(folder, &["log", "-p", "-M", "--no-merges", "--topo-order", "main"]));
    let hunks = |text: &PatchText| {
        let files = text.patches.iter().flat_map(|patch| &patch.files);
        files.flat_map(|file| &file.hunks).map(|hunk| hunk.hunk.clone()).collect::<Vec<_>>()
    };
    let ids = |text: &PatchText| text.patches.iter().map(|patch| patch.commit.clone()).collect::<Vec<_>>();
    for options in [
        &["log", "-p", "-M", "--no-merges", "--topo-order", "--color", "main"][..],
        &[
            "-c",
            "color.diff.old=bold reverse red",
            "log",
            "-p",
            "-M",
            "--no-merges",
            "--topo-order",
            "--color",
            "--color-moved",
            "main",
        ],
        &["log", "-p", "-M", "--no-merges", "--topo-order", "--graph", "main"],
        &[
            "log",
            "-p",
            "-M",
            "--no-merges",
            "--topo-order",
            "--graph",
            "--color",
            "--oneline",
            "--no-abbrev",
            "main",
        ],
        &["log", "-p", "-M", "--no-merges", "--topo-order", "--oneline", "--no-abbrev", "--decorate", "main"],
        &["log", "-p", "-M", "--no-merges", "--topo-order", "--oneline", "--no-abbrev", "--stat", "main"],
    ] {
        let text = sound(git(folder, options));
        assert_eq!(ids(&text), ids(&plain), "{options:?}");
        assert_eq!(hunks(&text), hunks(&plain), "{options:?}");
    }
    for option in ["--word-diff", "--color-words", "--word-diff=porcelain"] {
        let text = round_trip(&git(folder, &["diff", "--color", option, "main~2", "main~1", "--", "open.c"]));
        assert!(
            text.problems.iter().any(|problem| problem.kind == ProblemKind::WordDiff),
            "{option}: {text:?}"
        );
    }
}

#[test]
#[cfg(unix)]
fn details_of_git_output_are_read() {
    let temporary = repository();
    let folder = temporary.path();
    let text = sound(git(folder, &["format-patch", "-M", "--stdout", "main~2..main"]));
    let second = text
        .patches
        .iter()
        .find(|patch| patch.subject.as_ref().is_some_and(|s| s.contains("second")))
        .unwrap();
    assert!(second.subject.as_ref().unwrap().ends_with(
        "caf\u{e9}, with a subject that is so long that it has to be folded when it is mailed out"
    ));
    let file = |path: &str| second.files.iter().find(|file| file.path() == Some(path.into())).unwrap();
    assert_eq!((file("run me.sh").old_mode, file("run me.sh").new_mode), (Some(0o100644), Some(0o100755)));
    assert!(matches!(file("data.bin").binary, Some(BinaryKind::Literal { .. } | BinaryKind::Delta { .. })));
    let ends: Vec<bool> = file("open.c").hunks[0].hunk.lines().map(|line| line.ends_with_newline).collect();
    assert_eq!(ends, [true, false, true, true, false]);
    assert_eq!(file("a/new name.c").old_path, Some("b/moved.c".into()));
    assert!(file("crlf.c").hunks[0].hunk.body.ends_with(b"-b\r\n+c\r\n"));

    let merge = round_trip(&git(folder, &["show", "main"]));
    assert!(
        merge.patches[0].files.iter().all(|file| file.is_combined && file.path() == Some("open.c".into()))
    );
    assert_eq!(merge.patches[0].files.len(), 1);
}
