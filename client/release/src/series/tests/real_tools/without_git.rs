//! The series applied by GNU patch and by quilt.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use bstr::{BStr, BString};
use tempfile::TempDir;

use super::{FILE, Files, LINK, MemoryRelease, PROGRAM, SUBMODULE, run, write_series};
use crate::series::{PatchKey, SeriesPatch};

fn on_disk(folder: &Path, path: &[u8]) -> PathBuf {
    folder.join(OsStr::from_bytes(path))
}

fn write_tree(folder: &Path, files: &Files) {
    for (path, (mode, bytes)) in files.iter().filter(|(_, (mode, _))| *mode != SUBMODULE) {
        let path = on_disk(folder, path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match *mode {
            LINK => symlink(OsStr::from_bytes(bytes), &path).unwrap(),
            mode => {
                fs::write(&path, bytes).unwrap();
                fs::set_permissions(&path, Permissions::from_mode(mode & 0o777)).unwrap();
            }
        }
    }
}

/// The files of a folder, as git would see them.
fn read_tree(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let name = path.strip_prefix(folder).unwrap().as_os_str().as_bytes().into();
            if metadata.is_dir() {
                pending.push(path);
            } else if metadata.is_symlink() {
                let target = fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec();
                files.insert(name, (LINK, target));
            } else {
                let mode = if metadata.permissions().mode() & 0o100 != 0 { PROGRAM } else { FILE };
                files.insert(name, (mode, fs::read(&path).unwrap()));
            }
        }
    }
    files
}

/// The base on disk, beside the series that leads to the vendor tree.
struct OnDisk {
    temporary: TempDir,
    release: MemoryRelease,
    patches: Vec<SeriesPatch>,
}

impl OnDisk {
    fn write() -> OnDisk {
        let temporary = tempfile::tempdir().unwrap();
        let (release, patches) = write_series(&temporary.path().join("patches"));
        write_tree(&temporary.path().join("tree"), &release.old);
        OnDisk { temporary, release, patches }
    }

    fn tree(&self) -> PathBuf {
        self.temporary.path().join("tree")
    }

    fn patches(&self) -> PathBuf {
        self.temporary.path().join("patches")
    }

    /// The patches that can be applied without git, which come first.
    fn without_git(&self) -> &[SeriesPatch] {
        let is_git_only = |patch: &SeriesPatch| matches!(patch.key, PatchKey::GitOnly(_));
        &self.patches[..self.patches.iter().position(is_git_only).unwrap()]
    }

    /// Compares the tree with the vendor's, but for what only git can apply and the paths that are `left_out`.
    fn assert_is_vendor_tree(&self, left_out: impl Fn(&BStr) -> bool) {
        let release = &self.release;
        let is_for_git = |path: &BString| {
            let versions = [release.old.get(path), release.new.get(path)].into_iter().flatten();
            let is_binary = |bytes: &[u8]| bytes.contains(&0) && bytes.len() < 8000;
            let content = |files: &Files| files.get(path).map(|(_, bytes)| bytes.clone());
            content(&release.old) != content(&release.new)
                && versions.into_iter().any(|(mode, bytes)| *mode == SUBMODULE || is_binary(bytes))
        };
        let is_compared = |path: &BString| !is_for_git(path) && !left_out(path.as_ref());
        let applied = read_tree(&self.tree());
        let paths: BTreeSet<&BString> = applied.keys().chain(release.new.keys()).collect();
        for path in paths.into_iter().filter(|path| is_compared(path)) {
            assert_eq!(applied.get(path), release.new.get(path), "{path}");
        }
    }
}

#[track_caller]
fn assert_smooth(said: &str) {
    let is_smooth = !["fuzz", "offset", "Assuming", "malformed"].iter().any(|word| said.contains(word));
    assert!(is_smooth, "{said}");
}

#[test]
#[ignore = "needs GNU patch and quilt"]
fn gnu_patch_gives_the_vendor_tree_but_for_what_it_cannot_express() {
    let on_disk = OnDisk::write();

    for patch in on_disk.without_git() {
        let name = on_disk.patches().join(&patch.name);
        let arguments = ["-p1", "--batch", "-i"].map(OsStr::new).into_iter().chain([name.as_os_str()]);
        assert_smooth(&run(&on_disk.tree(), "patch", &arguments.collect::<Vec<_>>(), b""));
    }

    on_disk.assert_is_vendor_tree(|_| false);
}

#[test]
#[ignore = "needs GNU patch and quilt"]
fn quilt_gives_the_vendor_tree_but_for_what_it_cannot_express() {
    let on_disk = OnDisk::write();
    let patches = on_disk.patches();
    let variable = [b"QUILT_PATCHES=", patches.as_os_str().as_bytes()].concat();
    let last = &on_disk.without_git().last().unwrap().name;

    let arguments = [OsStr::from_bytes(&variable), OsStr::new("quilt")].into_iter();
    let arguments = arguments.chain(["--quiltrc=-", "push", last].map(OsStr::new));
    assert_smooth(&run(&on_disk.tree(), "env", &arguments.collect::<Vec<_>>(), b""));

    on_disk.assert_is_vendor_tree(|path| path.starts_with(b".pc/"));
}
