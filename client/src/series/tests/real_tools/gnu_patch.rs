//! The series applied by GNU patch.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::{FILE, Files, LINK, PROGRAM, SUBMODULE, run, write_series};
use crate::series::PatchKey;

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

/// Applies what GNU patch can apply, with these options.
fn apply_with_patch(options: &[&str]) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("patches");
    let (release, patches) = write_series(&folder);
    let tree = temporary.path().join("tree");
    write_tree(&tree, &release.old);
    for patch in &patches {
        if matches!(patch.key, PatchKey::GitOnly(_)) {
            continue;
        }
        let name = folder.join(&patch.name);
        let mut arguments: Vec<&OsStr> = options.iter().map(OsStr::new).collect();
        arguments.extend([OsStr::new("-i"), name.as_os_str()]);
        let said = run(&tree, "patch", &arguments, b"");
        let is_smooth = !["fuzz", "offset", "Assuming", "malformed"].iter().any(|word| said.contains(word));
        assert!(is_smooth, "{}: {said}", patch.name);
    }

    let is_for_git = |path: &bstr::BString| {
        let versions = [release.old.get(path), release.new.get(path)].into_iter().flatten();
        let is_binary = |bytes: &[u8]| bytes.contains(&0) && bytes.len() < 8000;
        let differs = release.old.get(path).map(|file| &file.1) != release.new.get(path).map(|file| &file.1);
        differs && versions.into_iter().any(|(mode, bytes)| *mode == SUBMODULE || is_binary(bytes))
    };
    let applied: Files = read_tree(&tree).into_iter().filter(|(path, _)| !is_for_git(path)).collect();
    let expected: Files = release
        .new
        .iter()
        .filter(|(path, _)| !is_for_git(path))
        .map(|(p, f)| (p.clone(), f.clone()))
        .collect();
    for path in applied.keys().chain(expected.keys()) {
        assert_eq!(applied.get(path), expected.get(path), "{path}");
    }
}

#[test]
fn gnu_patch_gives_the_vendor_tree_but_for_what_it_cannot_express() {
    apply_with_patch(&["-p1", "--batch"]);
}
