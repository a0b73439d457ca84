//! What goes into which patch, and what is refused.

use std::fs;

use super::{MemoryRelease, origins};
use crate::answer::CommitIndex;
use crate::series::tests::{verify, write};
use crate::series::{Error, OwnedFile, PatchKey};

const FILE: u32 = 0o100644;

/// Writes and verifies a series; the patches' texts by key.
fn series(release: &MemoryRelease, files: &[OwnedFile]) -> Vec<(PatchKey, String)> {
    let folder = tempfile::tempdir().unwrap();
    let patches = write(folder.path(), &origins(4), None, files, release).unwrap();
    verify(folder.path(), &patches, files, release).unwrap();
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    patches.iter().map(|patch| (patch.key.clone(), text(&patch.name))).collect()
}

fn origin(index: u32) -> PatchKey {
    PatchKey::Origin(CommitIndex(index))
}

fn folder(name: &str) -> PatchKey {
    PatchKey::Folder(name.into())
}

#[test]
fn new_file_comes_with_its_first_owner_and_a_deleted_one_goes_with_its_last() {
    let mut release = MemoryRelease::default();
    release.add("mm/gone.c", Some((FILE, b"a\nb\n")), None);
    release.add("mm/new.c", None, Some((FILE, b"a\nb\n")));
    let files = release.owned_files(|_, line| Some(if line?.1 == 1 { 3 } else { 1 }));
    let patches = series(&release, &files);
    assert_eq!(patches.iter().map(|patch| patch.0.clone()).collect::<Vec<_>>(), [origin(1), origin(3)]);
    for (place, is_first) in [(0, true), (1, false)] {
        assert_eq!(
            patches[place].1.contains("new file mode 100644\n--- /dev/null\n+++ b/mm/new.c"),
            is_first
        );
        assert_eq!(
            patches[place].1.contains("deleted file mode 100644\n--- a/mm/gone.c\n+++ /dev/null"),
            !is_first
        );
    }
}

#[test]
fn what_is_no_line_belongs_to_the_files_owner() {
    let mut release = MemoryRelease::default();
    release.add("a/mode.sh", Some((FILE, b"x\n")), Some((0o100755, b"y\n")));
    release.add("a/data", Some((FILE, b"\0")), Some((FILE, b"\0\0")));
    release.add("empty", None, Some((FILE, b"")));
    let files = release.owned_files(|_, line| if line.is_some() { Some(0) } else { Some(2) });
    let patches = series(&release, &files);
    assert_eq!(patches.iter().map(|patch| patch.0.clone()).collect::<Vec<_>>(), [origin(0), origin(2)]);
    assert!(!patches[0].1.contains("mode 100755") && patches[1].1.contains("new mode 100755\n"));
    assert!(patches[1].1.contains("GIT binary patch") && patches[1].1.contains("a/empty b/empty\nnew file"));
}

#[test]
fn vendor_changes_are_divided_by_top_folder_and_by_who_can_apply_them() {
    let mut release = MemoryRelease::default();
    release.add("Makefile", Some((FILE, b"a\n")), Some((FILE, b"b\n")));
    release.add("mm/old.c", Some((FILE, b"a\n")), Some((FILE, b"a\n")));
    release.add("mm/x.c", None, Some((FILE, b"b\n")));
    release.add("mm/y/z.h", None, Some((FILE, b"b\n")));
    release.add("mm/data", None, Some((FILE, b"\0")));
    let patches = series(&release, &release.owned_files(|_, _| None));
    let keys: Vec<_> = patches.iter().map(|patch| patch.0.clone()).collect();
    assert_eq!(keys, [folder(""), folder("mm"), PatchKey::GitOnly("mm".into())]);
    assert!(patches[1].1.contains("Subject: [PATCH] mm: the vendor's own changes\n"));
    assert!(
        patches[1].1.contains("\n---\n 2 files changed, 2 insertions(+)\n\ndiff --git a/mm/x.c b/mm/x.c\n")
    );
}

#[test]
fn vendor_changes_are_divided_by_the_subsystems_of_the_vendors_list() {
    const LIST: &[u8] = b"EXT2 FILE SYSTEM\nF:\tfs/ext2/\nF:\tDocumentation/ext2.txt\n\nTHE REST\nF:\t*\n";
    let mut release = MemoryRelease::default();
    release.add("MAINTAINERS", Some((FILE, b"NO FILE SYSTEM\nF:\tfs/ext2/\n")), Some((FILE, LIST)));
    release.add("Documentation/ext2.txt", Some((FILE, b"a\n")), Some((FILE, b"b\n")));
    release.add("fs/ext2/inode.c", Some((FILE, b"a\n")), Some((FILE, b"b\n")));
    release.add("fs/namei.c", Some((FILE, b"a\n")), Some((FILE, b"b\n")));
    let patches = series(&release, &release.owned_files(|_, _| None));
    let keys: Vec<_> = patches.iter().map(|patch| patch.0.clone()).collect();
    assert_eq!(keys, [folder(""), folder("fs"), PatchKey::Subsystem("EXT2 FILE SYSTEM".into())]);
    assert!(patches[2].1.contains("Subject: [PATCH] EXT2 FILE SYSTEM: the vendor's own changes\n"));
    assert!(
        patches[2].1.contains("b/Documentation/ext2.txt\n") && patches[2].1.contains("b/fs/ext2/inode.c\n")
    );

    release.new.remove(&b"MAINTAINERS"[..]);
    release.old.remove(&b"MAINTAINERS"[..]);
    let patches = series(&release, &release.owned_files(|_, _| None));
    let keys: Vec<_> = patches.iter().map(|patch| patch.0.clone()).collect();
    assert_eq!(keys, [folder("Documentation"), folder("fs")]);
}

#[test]
fn new_driver_is_a_patch_with_the_lines_that_build_and_configure_it() {
    let mut release = MemoryRelease::default();
    let file = |text: &'static str| Some((FILE, text.as_bytes()));
    release.add(
        "drivers/net/Makefile",
        file("obj-y += net.o\n"),
        file("obj-y += net.o\nobj-$(CONFIG_FOO) += foo.o\nobj-y += more.o\nobj-$(CONFIG_BAR) += bar/\n"),
    );
    release.add(
        "drivers/net/Kconfig",
        file("config NET\n\tbool\n"),
        file("config NET\n\tbool\nconfig FOO\n\ttristate\nconfig MORE\n\tbool\nsource \"drivers/net/bar/Kconfig\"\n"),
    );
    release.add("drivers/net/more.c", file("a\n"), file("b\n"));
    for new in ["foo.c", "foo_hw.h", "food.c", "bar/main.c", "bar/Kconfig", "mixed/own.c", "mixed/theirs.c"] {
        release.add(format!("drivers/net/{new}"), None, file("x\n"));
    }
    let files = release.owned_files(|path, _| (path == "drivers/net/mixed/theirs.c").then_some(0));
    let patches = series(&release, &files);
    let keys: Vec<_> = patches.iter().map(|patch| patch.0.clone()).collect();
    let driver = |path: &str| PatchKey::NewDriver(path.into());
    assert_eq!(keys, [origin(0), folder("drivers"), driver("drivers/net/bar"), driver("drivers/net/foo.c")]);
    let has = |patch: usize, lines: &[&str]| lines.iter().all(|line| patches[patch].1.contains(line));
    assert!(has(
        1,
        &[
            "+obj-y += more.o\n",
            "+config MORE\n+\tbool\n",
            "b/drivers/net/food.c\n",
            "b/drivers/net/mixed/own.c\n"
        ]
    ));
    assert!(has(
        2,
        &[
            "+obj-$(CONFIG_BAR) += bar/\n",
            "+source \"drivers/net/bar/Kconfig\"\n",
            "b/drivers/net/bar/main.c\n"
        ]
    ));
    assert!(has(
        3,
        &["+obj-$(CONFIG_FOO) += foo.o\n", "+config FOO\n+\ttristate\n", "b/drivers/net/foo_hw.h\n"]
    ));
    assert!(!patches[1].1.contains("+obj-$(CONFIG_FOO)") && !patches[1].1.contains("+config FOO\n"));
    assert!(patches[3].1.contains("Subject: [PATCH] drivers/net/foo.c: new, and the vendor's own\n"));
}

#[test]
fn what_is_in_the_way_goes_before_what_needs_its_place() {
    let mut release = MemoryRelease::default();
    release.add("link", Some((FILE, b"text\n")), Some((0o120000, b"target")));
    release.add("was-file", Some((FILE, b"text\n")), None);
    release.add("was-file/x.c", None, Some((FILE, b"text\n")));
    release.add("was-folder/a/y.c", Some((FILE, b"text\n")), None);
    release.add("was-folder", None, Some((FILE, b"text\n")));
    let patches = series(&release, &release.owned_files(|_, _| Some(1)));
    let keys: Vec<_> = patches.iter().map(|patch| patch.0.clone()).collect();
    assert_eq!(keys, [PatchKey::MakeWay, folder(""), folder("was-file")]);
}

#[test]
fn moved_file_is_moved_first_and_then_changed_under_its_new_name() {
    let mut release = MemoryRelease::default();
    release.add_moved("drivers/x.c", "drivers/staging/x.c", (FILE, b"a\nb\n"), (FILE, b"a\nc\n"));
    release.add_moved("same.c", "mm/same.c", (FILE, b"a\n"), (FILE, b"a\n"));
    let patches = series(&release, &release.owned_files(|_, _| Some(1)));
    let keys: Vec<_> = patches.iter().map(|patch| patch.0.clone()).collect();
    assert_eq!(keys, [PatchKey::Moves, origin(1)]);
    let text = "diff --git a/drivers/x.c b/drivers/staging/x.c\nsimilarity index 100%\n\
                rename from drivers/x.c\nrename to drivers/staging/x.c\n\
                diff --git a/same.c b/mm/same.c\nsimilarity index 100%\nrename from same.c\nrename to mm/same.c\n-- \n";
    assert!(patches[0].1.contains(text), "{}", patches[0].1);
    let change = "diff --git a/drivers/staging/x.c b/drivers/staging/x.c\n--- a/drivers/staging/x.c\n";
    assert!(patches[1].1.contains(change), "{}", patches[1].1);
}

#[test]
fn release_without_differences_gives_an_empty_series() {
    assert_eq!(series(&MemoryRelease::default(), &[]), []);
}

#[test]
fn wrong_input_is_refused_with_its_place() {
    let mut release = MemoryRelease::default();
    release.add("x.c", Some((FILE, b"a\nb\n")), Some((FILE, b"a\nc\n")));
    release.add("y.c", Some((0o040000, b"")), None);
    let refuse = |change: &dyn Fn(&mut Vec<OwnedFile>)| {
        let mut files = release.owned_files(|_, _| Some(3));
        files.truncate(1);
        change(&mut files);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &origins(4), None, &files, &release).unwrap_err().to_string()
    };
    let missing_run = refuse(&|files| files[0].runs.truncate(1));
    assert!(
        missing_run.starts_with("x.c: line 2 of the vendor tree: differs, but is in no run"),
        "{missing_run}"
    );
    let unknown = refuse(&|files| files[0].owner = Some(CommitIndex(4)));
    assert_eq!(unknown, "x.c: belongs to commit 4, but there are only 4");
    let twice = refuse(&|files| files.push(files[0].clone()));
    assert_eq!(twice, "x.c: is listed twice among the files that differ");
    let mode = refuse(&|files| files[0].path = "y.c".into());
    assert!(mode.starts_with("y.c: has mode 40000"), "{mode}");
}

#[test]
fn folder_with_something_in_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("0001-old.patch"), "").unwrap();
    let error = write(folder.path(), &[], None, &[], &MemoryRelease::default()).unwrap_err();
    assert!(matches!(error, Error::NotEmpty { .. }), "{error}");
}
