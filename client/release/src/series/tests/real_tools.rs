//! The series applied by git, and where they are installed by GNU patch and quilt, on a release with everything odd in it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use bstr::ByteSlice;

use super::memory_release::Files;
use super::{MemoryRelease, origins, verify, write};
use crate::series::ownership::OwnedFile;
use crate::series::{
    Error, NewBranch, SeriesPatch, TreePair, prepare_branch, publish_branches, take_back_branches,
};
use crate::tree::{Options, Tree};

mod without_git;

const FILE: u32 = 0o100644;
const PROGRAM: u32 = 0o100755;
const LINK: u32 = 0o120000;
const SUBMODULE: u32 = 0o160000;
const ORIGINS: usize = 7;

/// Lines of a text, some of them replaced.
fn numbered(is_changed: impl Fn(u32) -> bool) -> Vec<u8> {
    let line = |n: u32| if is_changed(n) { format!("\tnew {n};\n") } else { format!("\told {n};\n") };
    let mut text = b"int f(void)\n{\n".to_vec();
    (0..80).for_each(|n| text.extend_from_slice(line(n).as_bytes()));
    text
}

/// Every kind of difference that a patch can state.
fn odd_release() -> MemoryRelease {
    let mut release = MemoryRelease::default();
    add_texts(&mut release);
    add_names(&mut release);
    add_kinds(&mut release);
    add_moves(&mut release);
    release
}

fn add_texts(release: &mut MemoryRelease) {
    let mut text =
        |path: &str, old: &[u8], new: &[u8]| release.add(path, Some((FILE, old)), Some((FILE, new)));
    text("mm/text.c", &numbered(|_| false), &numbered(|n| n % 11 < 4));
    text("mm/rewritten.c", &numbered(|_| false), &numbered(|_| true));
    text("mm/open.c", b"a\nb", b"a\nB\nc");
    text("mm/opened.c", b"a\nb\n", b"a\nb");
    text("mm/closed.c", b"a\nb", b"a\nb\n");
    text("mm/still-open.c", b"a\nb\nc\nd\ne", b"A\nb\nc\nd\ne");
    text("mm/emptied.c", b"a\nb\n", b"");
    text("mm/filled.c", b"", b"a\nb\n");
    text("mm/replaced.c", b"a\n", b"b\n");
    text("mm/crlf.c", b"a\r\nb\r\nc\r\nd\r\n", b"a\r\nB\r\nc\r\nd\n\r\n");
    text("mm/latin.c", b"/* \xe9 */\n", b"/* \xe8 */\n\x0c\n");
    let late_nul = [&b"a\n".repeat(5000)[..], b"\0\n"].concat();
    text("mm/late-nul.c", &late_nul, &[&late_nul[..], b"b\0b\n"].concat());
    let looks_like_a_patch = "-- x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-- \nGIT binary patch\ndiff --git a/x b/x\n\
                              From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: A\n\nIndex: y\n";
    text("mm/patch.txt", b"", looks_like_a_patch.as_bytes());
    text("mm/unpatch.txt", looks_like_a_patch.as_bytes(), b"kept\n");
    release.add("mm/gone.c", Some((FILE, &numbered(|_| false))), None);
    release.add("mm/new.c", None, Some((FILE, &numbered(|_| true))));
    release.add("drivers/new/deep/new.sh", None, Some((PROGRAM, b"a\nb\nc\n")));
    release.add("drivers/gone/deep/gone.sh", Some((PROGRAM, b"a\nb\nc\n")), None);
    release.add("mm/open-new.c", None, Some((FILE, b"a\nb\nc")));
    release.add("mm/open-gone.c", Some((FILE, b"a\nb\nc")), None);
    release.add("mm/empty-new.c", None, Some((FILE, b"")));
    release.add("mm/empty-gone.c", Some((FILE, b"")), None);
    release.add("mm/same.c", Some((FILE, b"same\n")), Some((FILE, b"same\n")));
}

fn add_names(release: &mut MemoryRelease) {
    let names: [&[u8]; 9] = [
        b"odd/two words.c",
        b"odd two/ blank ",
        b"odd/latin \xe9.c",
        b"odd/quote\".c",
        b"odd/back\\slash.c",
        b"odd/tab\t.c",
        b"odd/-dash.c",
        b"odd/caf\xc3\xa9.c",
        b"odd/a b/b c.c",
    ];
    for (index, name) in names.into_iter().enumerate() {
        let sibling = |ending: &str| [name, ending.as_bytes()].concat();
        release.add(name, Some((FILE, b"a\n")), Some((FILE, b"b\n")));
        release.add(sibling(".new"), None, Some((FILE, b"a\n")));
        release.add(sibling(".gone"), Some((FILE, b"a\n")), None);
        release.add(sibling(".mode"), Some((FILE, b"a\n")), Some((PROGRAM, b"a\n")));
        release.add(sibling(".empty-new"), None, Some((FILE, b"")));
        release.add(sibling(".empty-gone"), Some((FILE, b"")), None);
        release.add(sibling(".bin"), None, Some((FILE, &[0, index as u8])));
    }
}

fn add_kinds(release: &mut MemoryRelease) {
    let noise: Vec<u8> = (0u32..5000).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let commit = |digit: &str| format!("Subproject commit {}\n", digit.repeat(40)).into_bytes();
    let mut kind =
        |path: &str, old: Option<(u32, &[u8])>, new: Option<(u32, &[u8])>| release.add(path, old, new);
    kind("kinds/mode-only.sh", Some((FILE, b"x\n")), Some((PROGRAM, b"x\n")));
    kind("kinds/unmode.sh", Some((PROGRAM, b"x\n")), Some((FILE, b"x\n")));
    kind("kinds/mode-and-text.sh", Some((FILE, b"a\nb\nc\n")), Some((PROGRAM, b"A\nb\nC\n")));
    kind("kinds/data.bin", Some((FILE, b"\0old")), Some((FILE, &noise)));
    kind("kinds/new.bin", None, Some((PROGRAM, &noise)));
    kind("kinds/gone.bin", Some((FILE, &noise)), None);
    kind("kinds/text-to-binary", Some((FILE, b"text\n")), Some((FILE, b"\0")));
    kind("kinds/binary-to-text", Some((FILE, b"\0")), Some((FILE, b"text\n")));
    kind("kinds/binary-mode", Some((FILE, b"\0")), Some((PROGRAM, b"\0")));
    kind("kinds/binary-and-mode", Some((FILE, b"\0")), Some((PROGRAM, b"\0\0")));
    kind("kinds/emptied.bin", Some((FILE, b"\0")), Some((FILE, b"")));
    kind("kinds/link", Some((LINK, b"here")), Some((LINK, b"../mm/text.c")));
    kind("kinds/link new", None, Some((LINK, b"no where")));
    kind("kinds/link-gone", Some((LINK, b"here")), None);
    kind("kinds/file-to-link", Some((FILE, b"here")), Some((LINK, b"here")));
    kind("kinds/link-to-file", Some((LINK, b"here")), Some((PROGRAM, b"here\n")));
    kind("kinds/file-to-folder", Some((FILE, b"a\n")), None);
    kind("kinds/file-to-folder/x.c", None, Some((FILE, b"a\n")));
    kind("kinds/folder-to-file/x.c", Some((FILE, b"a\n")), None);
    kind("kinds/folder-to-file", None, Some((FILE, b"a\n")));
    kind("sub/moved", Some((SUBMODULE, &commit("1"))), Some((SUBMODULE, &commit("2"))));
    kind("sub/new", None, Some((SUBMODULE, &commit("3"))));
    kind("sub/gone", Some((SUBMODULE, &commit("4"))), None);
}

fn add_moves(release: &mut MemoryRelease) {
    let old = numbered(|_| false);
    release.add_moved("moves/as-it-is.c", "drivers/staging/as-it-is.c", (FILE, &old), (FILE, &old));
    release.add_moved(
        "moves/edited.c",
        "moves/into/edited.c",
        (FILE, &old),
        (FILE, &numbered(|n| n % 9 < 2)),
    );
    release.add_moved("moves/mode.sh", "moves/now a program.sh", (FILE, b"a\nb\n"), (PROGRAM, b"a\nb\n"));
    release.add_moved("moves/o\u{e9} \"q\".c", "moves/tab\t.c", (FILE, b"a\nb\nc\n"), (FILE, b"a\nB\nc\n"));
    release.add_moved("moves/data.bin", "moves/data2.bin", (FILE, b"\0old"), (FILE, b"\0new"));
    release.add_moved("moves/last/one.c", "moves/last.c", (FILE, &old), (FILE, &numbered(|n| n == 7)));
    release.add_moved("moves/first.c", "moves/first", (FILE, &old), (FILE, &old));
}

/// Owners that change from line to line. Binary files and submodules are the vendor's, where GNU patch cannot
/// apply them, so that it can apply the origins' patches.
fn shuffled_owners(release: &MemoryRelease) -> Vec<OwnedFile> {
    let mut state = 12345u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32 % (ORIGINS as u32 + 1)
    };
    let is_for_git = |files: &Files, path: &bstr::BStr| {
        files
            .get(path)
            .is_some_and(|(mode, bytes)| *mode == SUBMODULE || bytes.contains(&0) && bytes.len() < 8000)
    };
    release.owned_files(|path, _| {
        let owner = Some(next()).filter(|owner| (*owner as usize) < ORIGINS);
        owner.filter(|_| !is_for_git(&release.old, path) && !is_for_git(&release.new, path))
    })
}

/// The odd release and its verified series in a folder.
fn write_series(folder: &Path) -> (MemoryRelease, Vec<SeriesPatch>) {
    let release = odd_release();
    let files = shuffled_owners(&release);
    let patches = write(folder, &origins(ORIGINS), None, &files, &release).unwrap();
    verify(folder, &patches, &files, &release).unwrap();
    (release, patches)
}

/// Runs a program in a folder, without the user's or the system's settings.
pub(super) fn run(folder: &Path, program: &str, arguments: &[&OsStr], input: &[u8]) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_COMMITTER_NAME", "Test")
        .env("GIT_COMMITTER_EMAIL", "test@example.com")
        .env("GIT_AUTHOR_NAME", "Test")
        .env("GIT_AUTHOR_EMAIL", "test@example.com")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} cannot be run: {error}; install it"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(output.status.success(), "{program} {arguments:?}: {}", said.to_str_lossy());
    output.stdout.to_str_lossy().trim().to_owned()
}

pub(super) fn git(folder: &Path, arguments: &[&str], input: &[u8]) -> String {
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    run(folder, "git", &arguments, input)
}

/// Stores files in a repository; the tree's id.
pub(super) fn git_tree(repo: &Path, files: &Files) -> String {
    let mut listing = Vec::new();
    for (path, (mode, bytes)) in files {
        let id = match *mode {
            SUBMODULE => bytes.to_str_lossy().trim()["Subproject commit ".len()..].to_owned(),
            _ => git(repo, &["hash-object", "-w", "--no-filters", "--stdin"], bytes),
        };
        listing.extend_from_slice(format!("{mode:06o} {id}\t").as_bytes());
        listing.extend_from_slice(path);
        listing.push(0);
    }
    git(repo, &["read-tree", "--empty"], b"");
    git(repo, &["update-index", "-z", "--index-info"], &listing);
    git(repo, &["write-tree"], b"")
}

#[test]
fn git_am_gives_the_vendor_tree() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("patches");
    let (release, patches) = write_series(&folder);
    let repo = temporary.path().join("repo");
    fs::create_dir(&repo).unwrap();
    git(&repo, &["init", "-q"], b"");
    let vendor = git_tree(&repo, &release.new);
    let base = git_tree(&repo, &release.old);
    let commit = git(&repo, &["commit-tree", "-m", "base", &base], b"");
    git(&repo, &["reset", "-q", "--hard", &commit], b"");

    // As the series file says.
    let command = "(cd \"$0\" && grep -v '^#' series | xargs cat) | git -c core.fsync=none -c index.skipHash=true \
                   am --quiet --keep-cr --keep-non-patch --whitespace=nowarn";
    run(&repo, "sh", &[OsStr::new("-c"), OsStr::new(command), folder.as_os_str()], b"");

    assert_eq!(git(&repo, &["rev-parse", "HEAD^{tree}"], b""), vendor);
    let log = git(&repo, &["log", "--reverse", "--format=%an <%ae>|%aI|%s", &format!("{commit}..")], b"");
    let log: Vec<&str> = log.lines().collect();
    assert_eq!(log.len(), patches.len());
    assert_eq!(
        log[2],
        "J\u{fc}rgen \u{c5}. \u{4e16} <j@b.example>|2009-02-02T10:20:30+01:00|\
         [SCSI] part 1: na\u{ef}ve fix of what is long enough to be folded in the mail's head"
    );
    assert!(log.last().unwrap().starts_with("hunktrace <hunktrace@localhost>|2009-02-07T"), "{log:?}");
}

#[test]
fn branch_leads_to_the_vendor_tree_and_has_the_same_ids_every_time() {
    let temporary = tempfile::tempdir().unwrap();
    let repo = temporary.path();
    git(repo, &["init", "-q", "--bare"], b"");
    let release = odd_release();
    let commit = |files: &Files| git(repo, &["commit-tree", "-m", "tree", &git_tree(repo, files)], b"");
    let (base_id, vendor_id) = (commit(&release.old), commit(&release.new));
    let open = |id: &str| Tree::open(format!("{}:{id}", repo.display()), &Options::default()).unwrap();
    let (base, vendor) = (open(&base_id), open(&vendor_id));
    let trees = TreePair { base: &base, vendor: &vendor };
    let (files, origins) = (shuffled_owners(&release), origins(ORIGINS));
    let folder = temporary.path().join("out");
    let patches = write(&folder, &origins, None, &files, &trees).unwrap();

    let base_commit = base_id.parse().unwrap();
    let prepare = |name, base_commit| {
        prepare_branch(&NewBranch { repo, name, base_commit }, &folder, &patches, &files, &trees)
    };
    let branch = |name| {
        let prepared = [prepare(name, base_commit).unwrap()];
        publish_branches(&prepared).unwrap();
        prepared[0].commit()
    };
    let first = branch("vendor/apart");
    assert_eq!(branch("again"), first);
    assert_eq!(git(repo, &["rev-parse", "vendor/apart"], b""), first.to_string());
    assert_eq!(
        git(repo, &["rev-parse", "again^{tree}"], b""),
        git(repo, &["rev-parse", &format!("{vendor_id}^{{tree}}")], b"")
    );
    let range = format!("{base_id}..again");
    assert_eq!(git(repo, &["rev-list", "--count", &range], b""), patches.len().to_string());
    let log = git(repo, &["log", "--reverse", "--format=%an <%ae>|%aI|%cn|%cI|%s|%b", &range], b"");
    let second = "J\u{fc}rgen \u{c5}. \u{4e16} <j@b.example>|2009-02-02T10:20:30+01:00|hunktrace|2009-02-02T10:20:30+01:00|\
                  [SCSI] part 1: na\u{ef}ve fix of what is long enough to be folded in the mail's head|Origin: ";
    assert!(log.contains(second), "{log}");

    let error = prepare("again", base_commit).unwrap_err();
    assert!(matches!(error, Error::BranchExists { .. }), "{error}");
    let error = prepare("on-the-vendor", vendor_id.parse().unwrap()).unwrap_err();
    assert!(matches!(error, Error::OtherTree { .. }), "{error}");
    let error = prepare("no..name", base_commit).unwrap_err();
    assert!(matches!(error, Error::Git { .. }), "{error}");
    let error = prepare("vendor", base_commit).unwrap_err();
    assert!(error.to_string().contains("'refs/heads/vendor/apart' exists"), "{error}");

    let both = [prepare("one", base_commit).unwrap(), prepare("two", base_commit).unwrap()];
    git(repo, &["branch", "two", &base_id], b"");
    publish_branches(&both).unwrap_err();
    git(repo, &["branch", "-D", "two"], b"");
    publish_branches(&both).unwrap();
    take_back_branches(&both).unwrap();
    drop(both);
    let refs = git(repo, &["for-each-ref", "--format=%(refname)"], b"");
    assert_eq!(refs, "refs/heads/again\nrefs/heads/vendor/apart");
}
