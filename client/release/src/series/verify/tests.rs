//! Verification notices every kind of damage, and says where it is.

use std::fs;

use crate::series::tests::{MemoryRelease, origins, verify, write};

const FILE: u32 = 0o100644;

fn release() -> MemoryRelease {
    let mut release = MemoryRelease::default();
    let numbers = |replaced: u32| {
        let lines =
            (1..=20).map(|n| if n % 9 == replaced { format!("line {n}!\n") } else { format!("line {n}\n") });
        lines.collect::<String>().into_bytes()
    };
    release.add("a/text.c", Some((FILE, &numbers(9))), Some((FILE, &numbers(2))));
    release.add("a/mode.sh", Some((FILE, b"x\n")), Some((0o100755, b"x\n")));
    release.add("a/gone.c", Some((FILE, b"x\n")), None);
    release.add("a/new.c", None, Some((FILE, b"x\n")));
    release.add("a/data", Some((FILE, b"\0a")), Some((FILE, b"\0b")));
    release
}

/// What verification says when this text in the patches is replaced by that one.
fn verdict(from: &str, to: &str) -> Result<(), String> {
    let release = release();
    let files = release.owned_files(|_, line| line.map(|line| line.1 % 3));
    let folder = tempfile::tempdir().unwrap();
    let patches = write(folder.path(), &origins(3), None, &files, &release).unwrap();
    let mut is_found = false;
    for patch in &patches {
        let path = folder.path().join(&patch.name);
        let text = fs::read_to_string(&path).unwrap();
        is_found |= text.contains(from);
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    assert!(is_found, "no patch has {from:?}");
    verify(folder.path(), &patches, &files, &release).map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn sound_series_is_verified() {
    assert_eq!(verdict("Confidence", "Confidence"), Ok(()));
}

#[test]
fn damage_is_noticed() {
    let damages = [
        ("+line 2!", "+line 2?", "line 2 of the file differs from the vendor tree"),
        ("-line 2\n", "-line 3\n", "line 2 of the file is not what the hunk says"),
        (" line 1\n", " line 7\n", "line 1 of the file is not what the hunk says"),
        ("@@ -1,5 +1,5 @@", "@@ -2,5 +2,5 @@", "the hunk has less context than the file"),
        ("@@ -1,5 +1,5 @@", "@@ -1,5 +2,5 @@", "the hunk's new line number does not follow"),
        ("@@ -1,5 +1,5 @@", "@@ -1,6 +1,5 @@", "hunk header"),
        ("new mode 100755", "new mode 100644", "the file has mode 100644, but 100755 in the vendor tree"),
        ("old mode 100644", "old mode 120000", "the file has mode 100644 before"),
        ("+x\n", "+x\n\\ No newline at end of file\n", "line 1 of the file differs from the vendor tree"),
        ("+++ b/a/new.c", "+++ b/a/gone.c", "is also called \"b/a/gone.c\""),
        ("a/data b/a/data", "a/other b/a/other", "a file is changed that does not differ"),
        ("deleted file mode 100644", "deleted file mode 100755", "the file has mode 100644 before"),
        ("literal 2\nJ", "literal 2\nI", "binary content"),
    ];
    for (from, to, expected) in damages {
        let error = verdict(from, to).expect_err(to);
        assert!(error.contains(expected), "{to:?}: {error}");
        assert!(error.starts_with("the series is not lossless: "), "{error}");
    }
}

#[test]
fn damaged_heads_are_noticed() {
    let author = "From: \"C. D\" <c@d>";
    let subject = "Subject: [PATCH] =?UTF-8?q?=5BSCSI=5D_part_2";
    let damages = [
        (author, "From: \"C. D\" <c@e>", "its author reads \"C. D <c@e>\", but \"C. D <c@d>\" was meant"),
        (author, "From: \"C. D\"\n\n <c@d>", "its author reads \"\\\"C. D\\\"\", but"),
        ("Date: Tue, 3 Feb 2009 10:20:30 +0100", "Date: Tue, 3 Feb 2009 10:20:30 +0000", "its date reads"),
        (subject, "Subject: [PATCH] =?UTF-8?q?=5BSCSI=5D_part_7", "its subject reads"),
        ("Confidence: 0.52", "Confidence: 0.99", "its message reads otherwise"),
        ("Confidence: 0.52", "Index: y\nConfidence: 0.52", "would be taken for the beginning of a diff"),
    ];
    for (from, to, expected) in damages {
        let error = verdict(from, to).expect_err(to);
        assert!(error.contains("0002-SCSI-part-2") && error.contains(expected), "{to:?}: {error}");
    }
}

#[test]
fn place_of_a_damage_is_named() {
    let error = verdict("-line 2\n", "-line 3\n").unwrap_err();
    assert!(error.contains(".patch:1") && error.contains(": a/text.c: "), "{error}");
}

#[test]
fn missing_patch_is_noticed() {
    let release = release();
    let files = release.owned_files(|_, _| None);
    let folder = tempfile::tempdir().unwrap();
    let patches = write(folder.path(), &[], None, &files, &release).unwrap();
    fs::write(folder.path().join("series"), "# nothing\n").unwrap();
    let error = verify(folder.path(), &patches, &files, &release).unwrap_err().to_string();
    assert!(error.contains("after the last patch: a/"), "{error}");
}
