//! Upstream messages with everything odd in them, in patches of every form: git, GNU patch and quilt apply them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::real_tools::{git, git_tree, run};
use super::{MemoryRelease, origins, verify, write_with_messages};
use crate::answer::{CommitStatus, ReleaseCommit};
use crate::series::patch_header::tests::MISREAD;
use crate::series::{PatchHeader, SeriesPatch, SeriesSettings};

const ORIGINS: usize = 4;

/// The last message is the odd one; the others are as people write them.
fn message(commit: &str) -> Option<String> {
    match commit.trim_start_matches('0').parse::<usize>().ok()? {
        1 => None,
        2 => Some("[SCSI] part 2\n\nIt is na\u{ef}ve.\n\nSigned-off-by: A B <a@b>\n".to_owned()),
        _ => Some(MISREAD.to_owned()),
    }
}

/// Commits whose third one is only there in part.
fn commits() -> Vec<ReleaseCommit> {
    let mut commits = origins(ORIGINS);
    commits[2].status = CommitStatus::Partial;
    commits
}

fn release() -> MemoryRelease {
    let mut release = MemoryRelease::default();
    let text: String = (0..=ORIGINS).map(|line| format!("{line}\n")).collect();
    release.add("x.c", Some((0o100644, b"old\n")), Some((0o100644, text.as_bytes())));
    release
}

/// A verified series in the folder `patches` beside the base's tree in `tree`.
fn write_series(folder: &Path, header: PatchHeader) -> (MemoryRelease, Vec<SeriesPatch>) {
    let release = release();
    let owner = |line: u32| (1..=ORIGINS as u32).contains(&line).then(|| line - 1);
    let files = release.owned_files(|_, line| line.and_then(|(_, line)| owner(line)));
    let settings = SeriesSettings { header, vendor_date: Some(1_300_000_000) };
    let patches = folder.join("patches");
    let written = write_with_messages(&patches, &commits(), settings, &files, &release, message).unwrap();
    assert_eq!(written.len(), ORIGINS + 1);
    verify(&patches, &written, &files, &release).unwrap();
    fs::create_dir(folder.join("tree")).unwrap();
    fs::write(folder.join("tree/x.c"), &release.old[bstr::BStr::new("x.c")].1).unwrap();
    (release, written)
}

fn assert_is_vendor_tree(folder: &Path, release: &MemoryRelease) {
    let expected = &release.new[bstr::BStr::new("x.c")].1;
    assert_eq!(&fs::read(folder.join("tree/x.c")).unwrap(), expected);
}

#[test]
fn git_am_takes_the_whole_message_with_its_trailers() {
    for header in [PatchHeader::Plain, PatchHeader::Suse] {
        let temporary = tempfile::tempdir().unwrap();
        let (release, patches) = write_series(temporary.path(), header);
        let repo = temporary.path().join("repo");
        fs::create_dir(&repo).unwrap();
        git(&repo, &["init", "-q"], b"");
        let vendor = git_tree(&repo, &release.new);
        let base = git(&repo, &["commit-tree", "-m", "base", &git_tree(&repo, &release.old)], b"");
        git(&repo, &["reset", "-q", "--hard", &base], b"");
        let folder = temporary.path().join("patches");
        let names: Vec<PathBuf> = patches.iter().map(|patch| folder.join(&patch.name)).collect();
        // Scissors are for people whose settings have them.
        let mut arguments: Vec<&OsStr> =
            ["am", "--quiet", "--keep-cr", "--keep-non-patch", "--scissors"].map(OsStr::new).into();
        arguments.extend(names.iter().map(|name| name.as_os_str()));
        run(&repo, "git", &arguments, b"");

        assert_eq!(git(&repo, &["rev-parse", "HEAD^{tree}"], b""), vendor);
        let body = |back: usize| git(&repo, &["log", "-1", "--format=%b", &format!("HEAD~{back}")], b"");
        let plain = body(3);
        assert!(plain.starts_with("It is na\u{ef}ve.\n\nSigned-off-by: A B <a@b>\n\nOrigin: "), "{plain}");
        for odd in [body(2), body(1)] {
            for line in MISREAD.lines().skip(2).map(str::trim).filter(|line| !line.is_empty()) {
                let line = line.replace(">8", "> 8").replace('\u{c}', "");
                assert!(odd.contains(&line), "{line}\n--- is not in\n{odd}");
            }
            assert!(odd.contains("\nSigned-off-by: A B <a@b>\n\nOrigin: "), "{odd}");
        }
        assert!(
            body(2).starts_with(
                "This is a part of the commit that is named as the origin below; its message:\n\n"
            )
        );
    }
}

/// Hands over a series of every form, each in a folder of its own, and checks what became of the tree beside it.
fn every_form_leads_to_the_vendor_tree(apply: impl Fn(&Path, &[SeriesPatch])) {
    for header in [PatchHeader::Plain, PatchHeader::Dep3, PatchHeader::Suse] {
        let temporary = tempfile::tempdir().unwrap();
        let (release, patches) = write_series(temporary.path(), header);
        apply(temporary.path(), &patches);
        assert_is_vendor_tree(temporary.path(), &release);
    }
}

#[test]
#[ignore = "needs GNU patch"]
fn gnu_patch_applies_every_form() {
    every_form_leads_to_the_vendor_tree(|folder, patches| {
        for patch in patches {
            let name = folder.join("patches").join(&patch.name);
            let arguments = ["-p1", "--batch", "-i"].map(OsStr::new).into_iter().chain([name.as_os_str()]);
            let said = run(&folder.join("tree"), "patch", &arguments.collect::<Vec<_>>(), b"");
            assert_eq!(said, "patching file x.c", "{}", patch.name);
        }
    });
}

#[test]
#[ignore = "needs quilt"]
fn quilt_applies_every_form() {
    every_form_leads_to_the_vendor_tree(|folder, _| {
        let variable = format!("QUILT_PATCHES={}", folder.join("patches").display());
        let arguments = [variable.as_str(), "quilt", "--quiltrc=-", "push", "-a"].map(OsStr::new);
        run(&folder.join("tree"), "env", &arguments, b"");
    });
}

#[test]
fn git_apply_takes_every_form() {
    every_form_leads_to_the_vendor_tree(|folder, patches| {
        for patch in patches {
            let name = folder.join("patches").join(&patch.name);
            run(&folder.join("tree"), "git", &[OsStr::new("apply"), name.as_os_str()], b"");
        }
    });
}
