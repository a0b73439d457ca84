//! Trees of every kind, read and compared.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use bstr::{BStr, ByteSlice};
use tempfile::TempDir;

use super::*;

/// A folder with every kind of file that a kernel tree has, as tall as the version given.
fn write_tree(folder: &Path, sublevel: u32) {
    fs::create_dir_all(folder.join("drivers/net")).expect("creates");
    let makefile =
        format!("VERSION = 4\nPATCHLEVEL = 18\nSUBLEVEL = {sublevel}\nEXTRAVERSION =\nNAME = Test\n");
    fs::write(folder.join("Makefile"), makefile).expect("writes");
    fs::write(folder.join("drivers/net/big.c"), "int x;\n".repeat(30_000)).expect("writes");
    fs::write(folder.join("empty"), "").expect("writes");
    fs::write(folder.join("run.sh"), "#!/bin/sh\n").expect("writes");
    fs::set_permissions(folder.join("run.sh"), Permissions::from_mode(0o755)).expect("sets");
    symlink("../Makefile", folder.join("drivers/link")).expect("links");
}

/// The changes that a vendor might make: one of each kind.
fn change_tree(folder: &Path) {
    // One byte, so that only the content tells.
    let big = "int x;\n".repeat(29_999) + "int y;\n";
    fs::write(folder.join("drivers/net/big.c"), big).expect("writes");
    fs::write(folder.join("added.c"), "int added;\n").expect("writes");
    fs::remove_file(folder.join("empty")).expect("removes");
    fs::set_permissions(folder.join("run.sh"), Permissions::from_mode(0o644)).expect("sets");
    fs::remove_file(folder.join("drivers/link")).expect("removes");
    fs::write(folder.join("drivers/link"), "../Makefile").expect("writes");
}

const CHANGED: [&str; 5] = ["added.c", "drivers/link", "drivers/net/big.c", "empty", "run.sh"];

/// Runs git without the user's or the system's settings.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn commit_all(folder: &Path) -> String {
    git(folder, &["init", "-q"]);
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "everything"]);
    git(folder, &["rev-parse", "HEAD"])
}

fn tar_up(folder: &Path) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.follow_symlinks(false);
    builder.append_dir_all("linux-4.18", folder).expect("packs");
    builder.into_inner().expect("packs")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
    encoder.write_all(bytes).expect("writes to memory");
    encoder.finish().expect("writes to memory")
}

/// The same tree as a folder, a tarball and a git revision.
fn every_kind(home: &Path, name: &str, write: impl Fn(&Path)) -> Vec<PathBuf> {
    let folder = home.join(name);
    write(&folder);
    let tarball = home.join(format!("{name}.of-any-name"));
    fs::write(&tarball, xz(&tar_up(&folder))).expect("writes");
    let repo = home.join(format!("{name}-repo"));
    write(&repo);
    let commit = commit_all(&repo);
    let revision = home.join(format!("{name}-repo:{commit}"));
    vec![folder, tarball, revision]
}

fn open(argument: &Path) -> Tree {
    Tree::open(argument, &Options::default()).expect("opens")
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn every_kind_of_tree_compares_with_every_other() {
    let home = home();
    let bases = every_kind(home.path(), "base", |folder| write_tree(folder, 0));
    let vendors = every_kind(home.path(), "vendor", |folder| {
        write_tree(folder, 0);
        change_tree(folder);
    });
    for base_path in &bases {
        for other_path in &bases {
            let (base, other) = (open(base_path), open(other_path));
            let changes = changed_paths(&base, &other).expect("compares");
            assert!(changes.is_empty(), "{base_path:?} and {other_path:?}: {changes:?}");
        }
        for vendor_path in &vendors {
            let (base, vendor) = (open(base_path), open(vendor_path));
            let changes = changed_paths(&base, &vendor).expect("compares");
            let paths: Vec<_> = changes.iter().map(|change| change.path).collect();
            assert_eq!(paths, CHANGED, "{base_path:?} and {vendor_path:?}");
            assert!(changes[0].base.is_none() && changes[3].vendor.is_none());
            assert_eq!(changes[1].base.map(Entry::mode), Some(Mode::Symlink));
        }
    }
}

#[test]
fn every_kind_of_tree_has_the_same_contents_ids_and_modes() {
    let home = home();
    let kinds = every_kind(home.path(), "base", |folder| write_tree(folder, 3));
    let trees: Vec<Tree> = kinds.iter().map(|path| open(path)).collect();
    for tree in &trees {
        assert_eq!(tree.entries.len(), 5);
        for (path, entry) in &tree.entries {
            let path = path.as_bstr();
            assert_eq!(tree.read(path).expect("reads"), trees[2].read(path).expect("reads"), "{path}");
            assert_eq!(
                tree.blob_id(path).expect("hashes"),
                trees[2].entries[path].known_id().expect("is known")
            );
            assert_eq!(entry.mode(), trees[2].entries[path].mode());
        }
        assert_eq!(kernel_version(tree).expect("states one").tag_candidates(), ["v4.18.3", "v4.18"]);
    }
    assert_eq!(trees[0].read("drivers/link".into()).expect("reads"), b"../Makefile");
    assert_eq!(trees[0].entries[BStr::new("run.sh")].mode(), Mode::Executable);
    assert!(matches!(&trees[1].source, Source::Tarball { compression: Compression::Xz, .. }));
    assert!(trees[2].source.to_string().contains("git commit"), "{}", trees[2].source);
}

#[test]
fn a_tree_is_read_by_many_threads_at_a_time() {
    let home = home();
    for path in every_kind(home.path(), "base", |folder| write_tree(folder, 0)) {
        let tree = open(&path);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for path in tree.entries.keys() {
                        tree.read(path.as_bstr()).expect("reads");
                    }
                });
            }
        });
    }
}

#[test]
fn a_tree_lets_go_of_the_packs_that_it_has_mapped_and_is_read_on() {
    let home = home();
    let repo = home.path().join("repo");
    write_tree(&repo, 0);
    commit_all(&repo);
    git(&repo, &["repack", "-adq"]);
    let has_mapped_packs = || {
        let maps = fs::read_to_string("/proc/self/maps").expect("the maps of this process");
        maps.lines().any(|line| line.ends_with(".pack") && line.contains(&*home.path().to_string_lossy()))
    };
    let tree = open(&home.path().join("repo:HEAD"));
    let makefile = tree.read("Makefile".into()).expect("reads");
    assert!(has_mapped_packs());

    tree.let_go();

    assert!(!has_mapped_packs());
    assert_eq!(tree.read("Makefile".into()).expect("reads"), makefile);
}

#[test]
fn an_archive_made_by_tar_itself_is_read() {
    let home = home();
    write_tree(&home.path().join("linux"), 0);
    fs::hard_link(home.path().join("linux/Makefile"), home.path().join("linux/Makefile.copy"))
        .expect("links");
    for format in ["gnu", "pax", "ustar"] {
        let output = Command::new("tar")
            .args(["-cf", "it.tar", "--format", format, "linux"])
            .current_dir(home.path())
            .output()
            .expect("tar runs");
        assert!(output.status.success(), "{output:?}");
        let (tarball, folder) = (open(&home.path().join("it.tar")), open(&home.path().join("linux")));
        assert!(changed_paths(&folder, &tarball).expect("compares").is_empty(), "{format}");
    }
}

#[test]
fn newest_date_is_that_of_the_files_or_of_the_commit() {
    let home = home();
    let folder = home.path().join("linux");
    fs::create_dir(&folder).expect("creates");
    let date_files = |dates: [u64; 2]| {
        for (name, seconds) in ["a.c", "b.c"].into_iter().zip(dates) {
            let file = fs::File::create(folder.join(name)).expect("creates");
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("sets");
        }
        fs::write(home.path().join("it.tar"), tar_up(&folder)).expect("writes");
        ["linux", "it.tar"].map(|name| open(&home.path().join(name)).newest_date)
    };
    assert_eq!(date_files([1_300_000_000, 1_200_000_000]), [Some(1_300_000_000); 2]);
    assert_eq!(date_files([0, 0]), [None; 2]);

    let commit = commit_all(&folder);
    let committed: i64 = git(&folder, &["log", "-1", "--format=%ct"]).parse().expect("a date");
    for (revision, date) in [(commit.clone(), Some(committed)), (format!("{commit}^{{tree}}"), None)] {
        let tree = open(&home.path().join(format!("linux:{revision}")));
        assert_eq!(tree.newest_date, date, "{revision}");
    }
}

#[test]
fn nothing_is_left_in_the_scratch_folder() {
    let (home, scratch) = (home(), home());
    write_tree(&home.path().join("linux"), 0);
    fs::write(home.path().join("it.tar"), tar_up(&home.path().join("linux"))).expect("writes");
    let options = Options { scratch: Some(scratch.path().into()), ..Options::default() };
    let tree = Tree::open(home.path().join("it.tar"), &options).expect("opens");
    assert_eq!(fs::read_dir(scratch.path()).expect("lists").count(), 0);
    assert!(tree.read("Makefile".into()).is_ok());
    let gone = Options { scratch: Some(scratch.path().join("gone")), ..Options::default() };
    let error = Tree::open(home.path().join("it.tar"), &gone).expect_err("is refused");
    assert!(matches!(error, Error::Scratch { .. }), "{error}");
}

#[test]
fn symlinks_in_a_folder_are_not_followed() {
    let (home, elsewhere) = (home(), home());
    fs::write(elsewhere.path().join("secret"), "secret").expect("writes");
    fs::write(home.path().join("a.c"), "").expect("writes");
    symlink(elsewhere.path(), home.path().join("dir")).expect("links");
    symlink("loop", home.path().join("loop")).expect("links");
    let tree = open(home.path());
    let paths: Vec<_> = tree.entries.keys().collect();
    assert_eq!(paths, ["a.c", "dir", "loop"]);
    assert_eq!(tree.read("loop".into()).expect("reads"), b"loop");
}

#[test]
fn a_file_that_changed_since_it_was_listed_is_an_error() {
    let (home, elsewhere) = (home(), home());
    for name in ["written", "linked", "moved/below", "gone"] {
        for folder in [home.path(), elsewhere.path()] {
            fs::create_dir_all(folder.join("moved")).expect("creates");
            fs::write(folder.join(name), "old").expect("writes");
        }
    }
    let tree = open(home.path());
    fs::write(home.path().join("written"), "longer").expect("writes");
    fs::remove_file(home.path().join("linked")).expect("removes");
    symlink(elsewhere.path().join("linked"), home.path().join("linked")).expect("links");
    fs::rename(home.path().join("moved"), home.path().join("away")).expect("renames");
    symlink(elsewhere.path().join("moved"), home.path().join("moved")).expect("links");
    fs::remove_file(home.path().join("gone")).expect("removes");
    for name in ["written", "linked", "moved/below", "gone"] {
        let error = tree.read(name.into()).expect_err("is refused");
        assert!(matches!(error, Error::Changed { .. }), "{name}: {error}");
    }
}

#[test]
fn a_folder_is_bounded_and_has_no_sockets_and_no_git_folder_in_it() {
    let home = home();
    fs::create_dir(home.path().join(".git")).expect("creates");
    fs::write(home.path().join(".git/config"), "").expect("writes");
    let error = Tree::open(home.path(), &Options::default()).expect_err("is refused");
    assert!(matches!(error, Error::Empty { .. }), "{error}");
    fs::write(home.path().join("a"), "12345").expect("writes");
    fs::write(home.path().join("b"), "1").expect("writes");
    assert_eq!(open(home.path()).notes, ["1 files or folders named .git were left out"]);
    for (name, limits) in [
        ("max_files", Limits { max_files: 1, ..Limits::default() }),
        ("max_file_bytes", Limits { max_file_bytes: 4, ..Limits::default() }),
        ("max_path_bytes", Limits { max_path_bytes: 0, ..Limits::default() }),
    ] {
        let error =
            Tree::open(home.path(), &Options { limits, ..Options::default() }).expect_err("is refused");
        assert!(error.to_string().contains(name), "{error}");
    }
    let _socket = UnixListener::bind(home.path().join("socket")).expect("binds");
    let error = Tree::open(home.path(), &Options::default()).expect_err("is refused").to_string();
    assert!(error.contains("\"socket\" is a device, named pipe or socket"), "{error}");
}

#[test]
fn any_revision_that_has_a_tree_may_be_named() {
    let home = home();
    let repo = home.path().join("repo");
    write_tree(&repo, 0);
    let commit = commit_all(&repo);
    git(&repo, &["tag", "-a", "v4.18", "-m", "a tag"]);
    let bare = home.path().join("bare.git");
    git(home.path(), &["clone", "-q", "--bare", "repo", "bare.git"]);
    for argument in [repo.join(".git"), bare.clone(), repo.clone()] {
        let argument = format!("{}:v4.18", argument.display());
        let tree = open(Path::new(&argument));
        assert_eq!(tree.entries.len(), 5);
        let Source::Git { commit: Some(found), .. } = tree.source else { panic!("{}", tree.source) };
        assert_eq!(found.to_string(), commit);
    }
    let below = open(Path::new(&format!("{}:HEAD:drivers", bare.display())));
    assert_eq!(below.entries.keys().collect::<Vec<_>>(), ["link", "net/big.c"]);
    assert!(matches!(below.source, Source::Git { commit: None, .. }));
    for revision in ["v9.9", "HEAD:Makefile", "HEAD..v4.18"] {
        let argument = format!("{}:{revision}", bare.display());
        let error = Tree::open(&argument, &Options::default()).expect_err("is refused").to_string();
        assert!(error.contains("git rev-parse") && error.contains(revision), "{error}");
    }
    let error = Tree::open(&bare, &Options::default()).expect_err("is refused").to_string();
    assert!(error.contains("bare.git:REV"), "{error}");
    let no_repo = format!("{}:v4.18", repo.join("drivers").display());
    let error = Tree::open(no_repo, &Options::default()).expect_err("is refused");
    assert!(matches!(error, Error::Git { .. }), "{error}");
}

#[test]
fn a_missing_blob_is_listed_and_named_when_it_is_read() {
    let home = home();
    write_tree(home.path(), 0);
    commit_all(home.path());
    let id = git(home.path(), &["rev-parse", "HEAD:Makefile"]);
    fs::remove_file(home.path().join(".git/objects").join(&id[..2]).join(&id[2..])).expect("removes");
    let tree = open(Path::new(&format!("{}:HEAD", home.path().display())));
    assert_eq!(tree.entries.len(), 5);
    let error = tree.read("Makefile".into()).expect_err("is missing");
    assert!(matches!(&error, Error::MissingObject { .. }), "{error}");
    assert!(error.to_string().contains(&id) && error.to_string().contains("Makefile"), "{error}");
    assert!(tree.read("empty".into()).is_ok());
}

#[test]
fn a_submodule_is_an_entry_with_its_commit() {
    let home = home();
    write_tree(home.path(), 0);
    let commit = commit_all(home.path());
    git(home.path(), &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},sub")]);
    git(home.path(), &["commit", "-q", "-m", "a submodule"]);
    let tree = open(Path::new(&format!("{}:HEAD", home.path().display())));
    let entry = &tree.entries[BStr::new("sub")];
    assert_eq!(entry.mode(), Mode::Submodule(commit.parse().expect("an id")));
    assert_eq!(entry.mode().octal(), 0o160000);
    assert_eq!(tree.read("sub".into()).expect("reads"), format!("Subproject commit {commit}\n").into_bytes());
    let before = open(Path::new(&format!("{}:HEAD~", home.path().display())));
    assert_eq!(changed_paths(&before, &tree).expect("compares").len(), 1);
    assert!(changed_paths(&tree, &tree).expect("compares").is_empty());
}

#[test]
fn a_git_tree_is_bounded() {
    let home = home();
    write_tree(home.path(), 0);
    commit_all(home.path());
    let argument = format!("{}:HEAD", home.path().display());
    for (name, limits) in [
        ("max_files", Limits { max_files: 3, ..Limits::default() }),
        ("max_path_bytes", Limits { max_path_bytes: 8, ..Limits::default() }),
    ] {
        let error = Tree::open(&argument, &Options { limits, ..Options::default() }).expect_err("is refused");
        assert!(error.to_string().contains(name), "{error}");
    }
    let limits = Limits { max_file_bytes: 100, ..Limits::default() };
    let tree = Tree::open(&argument, &Options { limits, ..Options::default() }).expect("opens");
    let error = tree.read("drivers/net/big.c".into()).expect_err("is refused").to_string();
    assert!(error.contains("max_file_bytes"), "{error}");
}

#[test]
fn a_tree_without_a_makefile_has_no_version() {
    let home = home();
    fs::write(home.path().join("README"), "").expect("writes");
    assert!(matches!(kernel_version(&open(home.path())), Err(Error::NoSuchFile { .. })));
    symlink("README", home.path().join("Makefile")).expect("links");
    let error = kernel_version(&open(home.path())).expect_err("is refused").to_string();
    assert!(error.contains("no regular file"), "{error}");
}
