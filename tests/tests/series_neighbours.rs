//! Series of patches that an index knows as neighbours: they are looked up once, and answer until their files change.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use hunktrace_tests::records::records;
use hunktrace_tests::server::Server;
use hunktrace_tests::vendor_release::VendorRelease;
use hunktrace_tests::workplace::Run;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// A patch that nobody has.
const OWN: &str = "--- a/drivers/own.c\n+++ b/drivers/own.c\n@@ -1,3 +1,4 @@\n int own_a;\n int own_b;\n+int own_vendor_quirk_table;\n int own_c;\n";

/// A mail that introduces a series.
const LETTER: &str =
    "From 1 Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: [PATCH 0/2] ember\n\nTwo patches.\n";

/// An index and, in `suse`, a series with both of its fixes, a letter, and a patch of the vendor's own.
struct Vendor {
    release: VendorRelease,
}

impl Vendor {
    fn new() -> Vendor {
        let vendor = Vendor { release: VendorRelease::new(PROGRAM) };
        fs::create_dir(vendor.release.place.path("suse")).expect("a folder");
        vendor.write("suse/0000-letter.patch", LETTER);
        vendor.write("suse/0001-lock.patch", vendor.patch_of(&vendor.release.backported));
        vendor.write("suse/0002-level.patch", vendor.patch_of(&vendor.release.left_out));
        vendor.write("suse/0003-own.patch", OWN);
        vendor
    }

    /// The patch of a commit, without its id.
    fn patch_of(&self, commit: &str) -> String {
        let patch = self.release.repository.format_patch(commit);
        patch.replace(commit, &"0".repeat(40))
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        self.release.place.write(name, text);
    }

    fn run(&self, args: &[&str]) -> Run {
        self.release.place.run(args)
    }

    fn make_known(&self, neighbours: &[&str]) -> Run {
        let flags = neighbours.iter().flat_map(|neighbour| ["--neighbour", neighbour]);
        self.run(&["index", "--index", "index"].into_iter().chain(flags).collect::<Vec<_>>())
    }

    fn show(&self, commit: &str, more: &[&str]) -> Run {
        self.run(&[&["show", "--index", "index", commit, "--format", "jsonl"], more].concat())
    }

    /// The files of what is kept, with what they are.
    fn kept(&self) -> Vec<(String, String)> {
        let folder = self.release.place.path("index/neighbours");
        let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
        let named = |path: std::path::PathBuf| {
            (path.display().to_string(), fs::read_to_string(&path).expect("a file"))
        };
        entries.map(named).collect()
    }
}

/// What a record says of neighbours.
fn neighbours(run: &Run) -> Value {
    records(&run.stdout).remove(0)["neighbours"].clone()
}

/// The patches that have the commit.
fn patches(run: &Run) -> Vec<String> {
    let all = neighbours(run);
    let names = all.as_array().into_iter().flatten().map(|found| found["release"].to_string());
    names.map(|name| name.trim_matches('"').to_owned()).collect()
}

#[test]
fn folder_of_patches_says_what_lookup_says_of_them_and_a_server_says_it_too() {
    let vendor = Vendor::new();
    let VendorRelease { place, left_out, backported, .. } = &vendor.release;
    let lookup = ["lookup", "--index", "index", "--format", "jsonl", "suse"];
    vendor.write("looked-up.jsonl", vendor.run(&lookup).stdout);
    let looked_up = vendor.show(left_out, &["--neighbours", "looked-up.jsonl"]).succeeded();

    let known = vendor.make_known(&["./suse"]).succeeded();
    let folder = place.path("suse").display().to_string();
    assert!(
        known.stdout.starts_with(&format!(
            "{folder}: 3 patches looked up; 2 with a likely origin\nindex: 1 neighbour\n"
        )),
        "{known:?}"
    );
    assert!(known.stderr.contains("0000-letter.patch:1: no diff found"), "{known:?}");

    let shown = vendor.show(left_out, &[]).succeeded();
    let mut expected = neighbours(&looked_up)[0].clone();
    assert_eq!(expected["release"], json!("suse/0002-level.patch"));
    expected["vendor"] = json!("suse");
    expected["release"] = json!("0002-level.patch");
    assert_eq!(neighbours(&shown), json!([expected]));
    assert_eq!(patches(&vendor.show(backported, &[]).succeeded()), ["0001-lock.patch"]);

    let server = Server::start(place, "index");
    let ask = || vendor.run(&["show", "--server", server.url(), left_out, "--format", "jsonl"]);
    for _ in 0..3 {
        assert_eq!(neighbours(&ask().succeeded()), json!([expected]));
    }
    let named = vendor.show(left_out, &["--neighbours", "suse"]).succeeded();
    assert_eq!(neighbours(&named), json!([expected]), "it is told once");

    // A server sees that a patch was changed, and tells no folders.
    vendor.write("suse/0002-level.patch", OWN);
    let begun = Instant::now();
    let told = loop {
        let told = ask();
        if told.code != Some(0) || begun.elapsed() > Duration::from_secs(60) {
            break told;
        }
    };
    assert_eq!(neighbours(&told), json!([]));
    let error = told.failed(1);
    assert!(error.contains("suse: 0002-level.patch was changed, added or removed since"), "{error}");
    assert!(!error.contains(folder.trim_end_matches("suse")), "{error}");
    vendor.make_known(&["suse"]).succeeded();
    assert_eq!(neighbours(&ask().succeeded()), json!([]));
}

#[test]
fn changed_patches_do_not_count_until_they_are_looked_up_again() {
    let vendor = Vendor::new();
    let VendorRelease { place, left_out, backported, .. } = &vendor.release;
    vendor.make_known(&["suse"]).succeeded();
    let linked = place.path("linked.jsonl");
    let kept = vendor.kept();
    assert_eq!(kept.len(), 1, "{kept:?}");
    fs::hard_link(&kept[0].0, &linked).expect("a link");

    vendor.write("suse/0002-level.patch", OWN.replace("own_a", "own_x"));
    fs::remove_file(place.path("suse/0003-own.patch")).expect("removed");
    vendor.write("suse/0004-level.patch", vendor.patch_of(left_out));
    let shown = vendor.show(left_out, &[]);
    assert_eq!(neighbours(&shown), json!([]));
    let error = shown.failed(1);
    assert!(
        error.contains("3 of its files were changed, added or removed since they were looked up"),
        "{error}"
    );
    assert!(error.contains("'hunktrace index --index DIR --neighbour "), "{error}");
    assert_eq!(patches(&vendor.show(backported, &[])), ["0001-lock.patch"], "the others count");
    assert_eq!(vendor.kept(), kept, "whoever shows writes nothing");

    let again = vendor.make_known(&["suse"]).succeeded().stdout;
    assert!(again.contains(": 2 patches looked up, 1 as before; 2 with a likely origin\n"), "{again}");
    assert_eq!(patches(&vendor.show(left_out, &[]).succeeded()), ["0004-level.patch"]);
    assert_eq!(fs::read_to_string(linked).expect("a file"), kept[0].1, "a linked copy stays as it was");

    let same = vendor.make_known(&["suse"]).succeeded().stdout;
    assert!(same.contains(": 0 patches looked up, 3 as before; 2 with a likely origin\n"), "{same}");
    vendor.run(&["index", "--index", "index", "--forget-neighbour", "suse"]).succeeded();
    assert_eq!(vendor.kept(), []);
    assert_eq!(neighbours(&vendor.show(left_out, &[]).succeeded()), Value::Null);
}

#[test]
fn index_that_is_extended_looks_its_series_up_again() {
    let vendor = Vendor::new();
    let VendorRelease { place, repository, left_out, .. } = &vendor.release;
    repository.checkout("v4.1");
    repository.branch("later", "v4.1");
    repository.write("drivers/own.c", "int own_a;\nint own_b;\nint own_c;\n");
    repository.commit("drivers: add own");
    place.index("index", "upstream");
    vendor.make_known(&["suse"]).succeeded();
    let before = vendor.kept();

    let text = "int own_a;\nint own_b;\nint own_vendor_quirk_table;\nint own_c;\n";
    let own = repository.commit_file("drivers/own.c", text, "own: know the quirks");
    let indexed = place.index("index", "upstream");
    assert!(indexed.contains("suse: 3 patches looked up; 3 with a likely origin\n"), "{indexed}");
    assert_eq!(patches(&vendor.show(&own, &[]).succeeded()), ["0003-own.patch"]);
    let nothing_new = place.index("index", "upstream");
    assert!(!nothing_new.contains("looked up"), "{nothing_new}");

    // An index that another program has extended tells what is missing.
    fs::write(&before[0].0, &before[0].1).expect("written");
    let shown = vendor.show(&own, &[]);
    assert_eq!(neighbours(&shown), json!([]));
    let error = shown.failed(1);
    assert!(error.contains("suse: the index was extended since its patches were looked up"), "{error}");
    assert_eq!(patches(&vendor.show(left_out, &[])), ["0002-level.patch"]);
    vendor.make_known(&["suse"]).succeeded();
    assert_eq!(patches(&vendor.show(&own, &[]).succeeded()), ["0003-own.patch"]);

    fs::rename(place.path("suse"), place.path("moved")).expect("moved");
    let shown = vendor.show(&own, &[]);
    assert_eq!(patches(&shown), ["0003-own.patch"], "what was looked up is known");
    assert!(shown.failed(1).contains("suse: cannot be read; bring it back, or forget it"));
    fs::write(&before[0].0, "{").expect("written");
    fs::rename(place.path("moved"), place.path("suse")).expect("moved");
    let error = vendor.show(&own, &[]).failed(1);
    assert!(error.contains("what was looked up cannot be read; write it again with"), "{error}");
    vendor.make_known(&["suse"]).succeeded();
    assert_eq!(patches(&vendor.show(&own, &[]).succeeded()), ["0003-own.patch"]);
}

#[test]
fn series_of_every_form_is_looked_up_for_one_question_and_nothing_is_written() {
    let vendor = Vendor::new();
    let VendorRelease { place, left_out, backported, .. } = &vendor.release;
    let mailbox = vendor.patch_of(backported) + &vendor.patch_of(left_out);
    vendor.write("suse.mbox", &mailbox);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut packed, mailbox.as_bytes()).expect("packed");
    vendor.write("packed.gz", packed.finish().expect("packed"));
    fs::create_dir_all(place.path("debian/patches/sub")).expect("a folder");
    vendor.write("debian/patches/series", "sub/level.diff -p1 # why\n");
    vendor.write("debian/patches/sub/level.diff", vendor.patch_of(left_out));
    fs::create_dir_all(place.path("kernel-source/patches.suse")).expect("a folder");
    vendor.write("kernel-source/series.conf", "\tpatches.suse/level\n+wip\tpatches.suse/lock\n");
    vendor.write("kernel-source/patches.suse/level", vendor.patch_of(left_out));
    vendor.write("kernel-source/patches.suse/lock", vendor.patch_of(backported));
    let files = || {
        let entries =
            fs::read_dir(place.path("index")).expect("a folder").map(|entry| entry.expect("an entry"));
        let mut files: Vec<_> = entries
            .map(|entry| (entry.file_name(), entry.metadata().and_then(|file| file.modified()).ok()))
            .collect();
        files.sort();
        files
    };
    let before = files();
    let server = Server::start(place, "index");

    for (path, name, patch) in [
        ("suse.mbox", "suse", "suse.mbox#2"),
        ("packed.gz", "packed", "packed.gz#2"),
        ("suse/0002-level.patch", "0002-level", "0002-level.patch"),
        ("debian/patches", "debian", "sub/level.diff"),
        ("kernel-source", "kernel-source", "patches.suse/level"),
        ("suse", "suse", "0002-level.patch"),
    ] {
        let shown = vendor.show(left_out, &["--neighbours", path]).succeeded();
        let found = neighbours(&shown);
        assert_eq!((&found[0]["vendor"], &found[0]["release"]), (&json!(name), &json!(patch)), "{shown:?}");
        let args = ["show", "--server", server.url(), left_out, "--format", "jsonl", "--neighbours", path];
        assert_eq!(neighbours(&vendor.run(&args).succeeded()), found);
    }
    let guarded = vendor.show(backported, &["--neighbours", "kernel-source"]).succeeded();
    assert_eq!(neighbours(&guarded), json!([]));
    assert!(
        guarded.stderr.contains("series.conf: guards leave 1 of its patches out, the first in line 2"),
        "{guarded:?}"
    );
    assert_eq!(files(), before);
}

#[test]
fn what_is_wrong_with_a_series_is_told_and_the_rest_counts() {
    let vendor = Vendor::new();
    let VendorRelease { place, left_out, .. } = &vendor.release;
    for (path, text) in [("empty", None), ("words", Some("nothing\n"))] {
        fs::create_dir(place.path(path)).expect("a folder");
        if let Some(text) = text {
            vendor.write(&format!("{path}/a.patch"), text);
        }
        for args in [
            &["index", "--index", "index", "--neighbour", path][..],
            &["show", "--index", "index", left_out, "--neighbours", path],
        ] {
            let error = vendor.run(args).failed(2);
            assert!(
                error.contains(&format!("/{path}: "))
                    && error.contains("patch")
                    && error.contains("a catalogue"),
                "{error}"
            );
        }
    }
    assert!(!place.path("index/neighbours.json").exists() && vendor.kept().is_empty());

    vendor.write("outside.patch", vendor.patch_of(left_out));
    symlink(place.path("outside.patch"), place.path("suse/0005-link.patch")).expect("a link");
    symlink("0001-lock.patch", place.path("suse/0006-inside.patch")).expect("a link");
    symlink(place.path("empty"), place.path("suse/more")).expect("a link");
    symlink("nowhere", place.path("suse/0007-dangling.patch")).expect("a link");
    vendor.write(
        "suse/0008-cut.patch",
        "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-int a_line_that_is_there;\n+int b;\n",
    );
    File::create(place.path("suse/0009-huge.patch"))
        .and_then(|file| file.set_len(257 << 20))
        .expect("a file");
    let bytes = Path::new(std::ffi::OsStr::from_bytes(b"suse/0010-\xff.patch"));
    fs::write(place.path("").join(bytes), vendor.patch_of(left_out)).expect("a file");

    for run in [vendor.make_known(&["suse"]), vendor.show(left_out, &["--neighbours", "suse"])] {
        let error = run.failed(1);
        for said in [
            "0005-link.patch: lies outside of the series' folder, in ",
            "suse/more: is not looked into, as it is a link out of the folder",
            "0007-dangling.patch: is in the series, but no file",
            "0008-cut.patch:3: x: patch ends inside a hunk",
            "0009-huge.patch: has 269484032 bytes, over the limit",
        ] {
            assert!(error.contains(said), "{said}: {error}");
        }
        assert!(!error.contains("0001") && !error.contains("0006") && !error.contains("0010"), "{error}");
    }
    let shown = vendor.show(left_out, &[]).succeeded();
    let found = patches(&shown);
    assert!(["0002-level.patch", "0010-\u{fffd}.patch"].contains(&&*found[0]), "{shown:?}");
    fs::remove_file(place.path("suse/0002-level.patch")).expect("removed");
    assert_eq!(patches(&vendor.show(left_out, &[])), ["0010-\u{fffd}.patch"]);
    let error = vendor.make_known(&["suse"]).failed(1);
    assert!(error.contains("0008-cut.patch:3"), "what cannot be read is told again: {error}");
}

#[test]
fn what_is_kept_does_not_depend_on_the_number_of_threads() {
    let vendor = Vendor::new();
    let text = fs::read_to_string(vendor.release.place.path("suse/0002-level.patch")).expect("a file");
    for number in 10..60 {
        let other = with_level_of(&text, number);
        vendor.write(&format!("suse/{number}.patch"), other);
    }
    vendor.make_known(&["suse"]).succeeded();
    let kept = vendor.kept();
    vendor.run(&["index", "--index", "index", "--forget-neighbour", "suse"]).succeeded();
    let line = "taskset -c 0 \"$PROGRAM\" index --index index --neighbour suse";
    Run::of(vendor.release.place.shell(line)).succeeded();
    assert_eq!(vendor.kept(), kept);
}

/// A form of the patch with the level: some of its context is another.
fn with_level_of(patch: &str, number: u32) -> String {
    patch.replace("ember_level(dev, 1)", &format!("ember_level(dev, {})", number % 7))
}
