//! Diffs and logs of every form, as they should be.

use super::{round_trip, sound};
use crate::patch::{BinaryKind, Change, FilePatch, ProblemKind};

const HUNK: &str = "@@ -1,3 +1,3 @@ int f(void)\n a\n-b\n+c\n d\n";

/// What a text says of its files: change, old path, new path.
fn files(input: impl AsRef<[u8]>) -> Vec<(Change, String, String)> {
    let path = |path: &Option<bstr::BString>| path.as_ref().map_or("-".to_owned(), |path| path.to_string());
    let text = sound(input);
    let all = text.patches.iter().flat_map(|patch| &patch.files);
    all.map(|file| (file.change, path(&file.old_path), path(&file.new_path))).collect()
}

fn only_file(input: impl AsRef<[u8]>) -> FilePatch {
    let mut text = sound(input);
    assert_eq!((text.patches.len(), text.patches[0].files.len()), (1, 1));
    text.patches.remove(0).files.remove(0)
}

fn modified(path: &str) -> (Change, String, String) {
    (Change::Modified, path.into(), path.into())
}

#[test]
fn plain_diff_of_two_folders() {
    let text = format!(
        "diff -Nur v1/mm/x.c v2/mm/x.c\n--- v1/mm/x.c\t2009-02-03 10:20:30.000000000 +0100\n\
         +++ v2/mm/x.c\t2009-02-03 10:20:31.000000000 +0100\n{HUNK}\
         Only in v2/mm: y.o\n\
         diff -Nur v1/mm/z.c v2/mm/z.c\n--- v1/mm/z.c\t1970-01-01 01:00:00.000000000 +0100\n\
         +++ v2/mm/z.c\t2009-02-03 10:20:31.000000000 +0100\n@@ -0,0 +1 @@\n+z\n\
         Binary files v1/mm/b.bin and v2/mm/b.bin differ\n"
    );
    let expected = [modified("mm/x.c"), (Change::Added, "-".into(), "mm/z.c".into()), modified("mm/b.bin")];
    assert_eq!(files(&text), expected);
    let patch = &sound(&text).patches[0];
    assert!(patch.files[1].header.starts_with(b"diff -Nur v1/mm/z.c"));
    assert_eq!(patch.files[0].trailer, "Only in v2/mm: y.o\n");
    assert_eq!(patch.files[2].binary, Some(BinaryKind::Differs));
    assert_eq!(patch.files[0].hunks[0].line, 4);
}

#[test]
fn plain_diff_with_index_lines() {
    let ruler = "=".repeat(67);
    let text = format!(
        "Index: v2/mm/x.c\n{ruler}\n--- v2.orig/mm/x.c\n+++ v2/mm/x.c\n{HUNK}Index: v2/y\n{ruler}\n--- /dev/null\n+++ v2/y\n@@ -0,0 +1 @@\n+y\n"
    );
    assert_eq!(files(&text), [modified("mm/x.c"), (Change::Added, "-".into(), "y".into())]);
    assert!(sound(&text).patches[0].files[1].header.starts_with(b"Index: v2/y\n"));
}

#[test]
fn plain_diff_without_time_stamps() {
    assert_eq!(files(format!("--- a/x\n+++ b/x\n{HUNK}")), [modified("x")]);
    let added = [(Change::Added, "-".to_owned(), "x".to_owned())];
    assert_eq!(files("--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+x\n"), added);
    assert_eq!(files("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n"), added);
    let deleted = [(Change::Deleted, "x".to_owned(), "-".to_owned())];
    assert_eq!(files("--- a/x\n+++ b/x\n@@ -1 +0,0 @@\n-x\n"), deleted);
}

#[test]
fn file_that_was_empty_is_not_new() {
    let stamp = "2009-02-03 10:20:30.000000000 +0100";
    assert_eq!(files(format!("--- a/x\t{stamp}\n+++ b/x\t{stamp}\n@@ -0,0 +1 @@\n+x\n")), [modified("x")]);
}

#[test]
fn git_diff_of_every_kind() {
    let text = format!(
        "diff --git a/x b/x\nindex 1234567..89abcde 100644\n--- a/x\n+++ b/x\n{HUNK}\
         diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n\
         diff --git a/x b/y\nsimilarity index 90%\ncopy from x\ncopy to y\nindex 1..2 100644\n--- a/x\n+++ b/y\n{HUNK}\
         diff --git a/x b/x\nold mode 100644\nnew mode 100755\n\
         diff --git a/e b/e\nnew file mode 100644\nindex 0000000..e69de29\n\
         diff --git a/e b/e\ndeleted file mode 100644\nindex e69de29..0000000\n\
         diff --git a/b b/b\nindex 1..2 100644\nBinary files a/b and b/b differ\n\
         diff --git a/s b/s\nindex 1..2 160000\n--- a/s\n+++ b/s\n@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n"
    );
    let pair = |change, old: &str, new: &str| (change, old.to_owned(), new.to_owned());
    let expected = [
        modified("x"),
        pair(Change::Renamed { similarity: Some(100) }, "x", "y"),
        pair(Change::Copied { similarity: Some(90) }, "x", "y"),
        pair(Change::ModeOnly, "x", "x"),
        pair(Change::Added, "-", "e"),
        pair(Change::Deleted, "e", "-"),
        modified("b"),
        modified("s"),
    ];
    assert_eq!(files(&text), expected);
    let hunks: Vec<usize> = sound(&text).patches[0].files.iter().map(|file| file.hunks.len()).collect();
    assert_eq!(hunks, [1, 0, 1, 0, 0, 0, 0, 1]);
}

#[test]
fn git_binary_patch_is_part_of_the_header() {
    let text = "diff --git a/b b/b\nindex 1..2 100644\nGIT binary patch\nliteral 3\nHcmV?d00001\n\ndelta 3\n\
                HcmV?d00001\n\ndiff --git a/c b/c\nold mode 100644\nnew mode 100755\n";
    let text = sound(text);
    let files = &text.patches[0].files;
    assert_eq!(files.len(), 2);
    assert_eq!(files[0].binary, Some(BinaryKind::Literal { size: 3 }));
    assert!(files[0].header.ends_with(b"HcmV?d00001\n\n"));
}

#[test]
fn combined_diff_is_kept_without_hunks() {
    let text = "commit 1234567\nMerge: 1 2\nAuthor: A <a@b>\n\n    merge\n\ndiff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n\
                @@@ -1,2 -1,2 +1,2 @@@\n  a\n--b\n++c\n\ncommit 1234568\nAuthor: A <a@b>\n\n    y\n";
    let text = round_trip(text.as_bytes());
    let file = &text.patches[0].files[0];
    assert!(file.is_combined && file.hunks.is_empty());
    assert!(file.header.ends_with(b"--b\n++c\n"));
    assert_eq!(file.trailer, "\n");
}

#[test]
fn log_of_several_commits() {
    let commit = |id: &str, subject: &str| {
        format!(
            "commit {id} (HEAD)\nAuthor: A B <a@b>\nDate:   Tue Feb 3 10:20:30 2009 +0100\n\n    {subject}\n    \n    diff --git a/no b/no\n\nNotes:\n    @@ -1 +1 @@\n---\n x | 2 +-\n 1 file changed\n\ndiff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n{HUNK}"
        )
    };
    let text = format!("{}\n{}", commit("1234567", "one"), commit("89abcde", "two"));
    let text = sound(text);
    assert_eq!(text.patches.len(), 2);
    let second = &text.patches[1];
    assert_eq!(second.commit.as_deref(), Some("89abcde"));
    assert_eq!(second.author.as_deref(), Some("A B <a@b>"));
    assert_eq!(second.date.as_deref(), Some("Tue Feb 3 10:20:30 2009 +0100"));
    assert_eq!(second.subject.as_deref(), Some("two"));
    assert_eq!((second.first_line, second.files[0].hunks[0].line), (25, 43));
    assert_eq!(second.files.len(), 1);
}

#[test]
fn hunk_alone_has_its_canonical_form() {
    let file = only_file(format!("--- a/x\n+++ b/x\n{HUNK}@@ -9,0 +10 @@\n+e\n"));
    assert_eq!(file.hunks.len(), 2);
    let hunk = &file.hunks[0];
    assert_eq!((hunk.hunk.section.to_string(), hunk.raw_header.clone()), ("int f(void)".into(), None));
    assert_eq!(hunk.hunk.body, " a\n-b\n+c\n d\n");
    assert_eq!((file.hunks[1].hunk.old_start, file.hunks[1].hunk.old_lines), (9, 0));
    let mut written = Vec::new();
    hunk.write(&mut written).unwrap();
    assert_eq!(written, HUNK.as_bytes());
}

#[test]
fn unusual_hunk_headers_are_written_back() {
    for header in ["@@ -1,1 +1,1 @@", "@@ -01 +1 @@", "@@ -1 +1 @@ ", "@@ -1 +1 @@f", "@@ -1 +1 @@  f"] {
        let file = only_file(format!("--- a/x\n+++ b/x\n{header}\n-a\n+b\n"));
        assert_eq!(file.hunks.len(), 1, "{header}");
    }
}

#[test]
fn carriage_returns_of_the_transport_are_taken_off() {
    let text = format!(
        "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n{HUNK}\\ No newline\n@@ -9 +9 @@\n\n"
    );
    let lf = only_file(&text);
    let crlf = only_file(text.replace('\n', "\r\n"));
    for (a, b) in lf.hunks.iter().zip(&crlf.hunks) {
        assert_eq!((&a.hunk, a.is_crlf, b.is_crlf), (&b.hunk, false, true));
    }
    assert_eq!(lf.path(), crlf.path());
}

#[test]
fn carriage_returns_of_the_file_are_kept() {
    let file = only_file("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n \r\n-a\r\n+b\r\n");
    assert_eq!(
        (file.hunks[0].hunk.body.to_string(), file.hunks[0].is_crlf),
        (" \r\n-a\r\n+b\r\n".into(), false)
    );
    let mixed = only_file("--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\n");
    assert_eq!((mixed.hunks[0].hunk.body.to_string(), mixed.hunks[0].is_crlf), ("-a\r\n+b\n".into(), false));
}

#[test]
fn missing_newline_is_marked_in_any_language() {
    let text = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ Kein Zeilenumbruch\n+b\n\\ \u{6ca1}\u{6709}\n@@ -9 +9 @@\n-c\n+d\n";
    let file = only_file(text);
    let ends: Vec<bool> =
        file.hunks.iter().flat_map(|hunk| hunk.hunk.lines()).map(|line| line.ends_with_newline).collect();
    assert_eq!(ends, [false, false, true, true]);
}

#[test]
fn input_may_end_without_a_newline() {
    let file = only_file("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b");
    assert!(file.hunks[0].is_unterminated);
    assert_eq!(file.hunks[0].hunk.body, "-a\n+b\n");
    let file = only_file("--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r");
    assert!(file.hunks[0].is_unterminated && file.hunks[0].is_crlf);
    assert_eq!(only_file("--- a/x\n+++ b/x\n@@ -0,0 +0,0 @@").hunks.len(), 1);
}

#[test]
fn stripped_blanks_leave_context_lines() {
    let file = only_file("--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@\n\n-a\n+b\n\tc\n\n\n");
    assert_eq!(file.hunks[0].hunk.body, "\n-a\n+b\n\tc\n\n");
    assert_eq!(file.trailer, "\n");
}

#[test]
fn signature_is_no_removed_line() {
    let file = only_file(format!("--- a/x\n+++ b/x\n{HUNK}-- \n2.30.1\n\n"));
    assert_eq!((file.hunks[0].hunk.old_lines, file.trailer.to_string()), (3, "-- \n2.30.1\n\n".into()));
    let file = only_file("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n a\n-- \n-- \n2.30.1\n");
    assert_eq!(file.hunks[0].hunk.body, " a\n-- \n");
}

#[test]
fn lines_that_look_like_file_headers_are_lines_while_the_counts_last() {
    let file = only_file("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a/y\n+++ b/y\n z\n");
    assert_eq!(file.hunks[0].hunk.body, "--- a/y\n+++ b/y\n z\n");
    let file = only_file("--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- a/y\n+++ b/y\n@@ -9 +9 @@\n-a\n+b\n");
    assert_eq!((file.hunks.len(), file.hunks[0].hunk.body.to_string()), (2, "--- a/y\n+++ b/y\n".into()));
}

#[test]
fn any_bytes_may_stand_in_lines_and_names() {
    let file = only_file(b"--- a/\xff\xfe\n+++ b/\xff\xfe\n@@ -1 +1 @@ \xff\n-\0\xff\n+\xe9\x80\n");
    assert_eq!(file.path(), Some(bstr::BStr::new(b"\xff\xfe")));
    assert_eq!(file.hunks[0].hunk.body, b"-\0\xff\n+\xe9\x80\n".as_slice());
}

#[test]
fn byte_order_mark_is_no_part_of_the_first_line() {
    let file = only_file(format!("\u{feff}--- a/x\n+++ b/x\n{HUNK}"));
    assert_eq!((file.path(), file.hunks[0].line), (Some("x".into()), 3));
    let text = sound(format!("\u{feff}From: A\nSubject: x\n\n--- a/x\n+++ b/x\n{HUNK}"));
    assert_eq!(text.patches[0].subject.as_deref(), Some("x"));
    assert_eq!(round_trip("\u{feff}".as_bytes()).problems[0].kind, ProblemKind::NoDiff);
}

#[test]
fn utf16_is_read() {
    let diff = format!(
        "diff --git a/x b/x\r\nindex 1..2 100644\r\n--- a/x\r\n+++ b/x\r\n{}",
        HUNK.replace('\n', "\r\n")
    );
    let input: Vec<u8> = diff.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let file = only_file(&input);
    assert_eq!((file.path(), file.hunks[0].line), (Some("x".into()), 5));
    assert_eq!(file.hunks[0].hunk.body, " a\n-b\n+c\n d\n");
}

#[test]
fn context_diff_is_read() {
    let text = "diff -c a/mm/x.c b/mm/x.c\n*** a/mm/x.c\tThu Jan  1 00:00:00 1970\n--- b/mm/x.c\t2009-02-03\n\
                08:34:10.000000000 +0900\n***************\n*** 1,2 ****\n  a\n! b\n--- 1,2 ----\n  a\n! c\n\
                ***************\n*** 9 ****\n--- 9,10 ----\n  d\n+ e\n";
    assert_eq!(files(text), [modified("mm/x.c")]);
    let bodies: Vec<_> = only_file(text).hunks.into_iter().map(|hunk| hunk.hunk.body).collect();
    assert_eq!(bodies, [" a\n-b\n+c\n", " d\n+e\n"]);
}

#[test]
fn context_diff_in_crlf_is_read() {
    let text = "*** a/x\n--- b/x\n***************\n*** 1 ****\n! b\n--- 1 ----\n! c\n";
    assert_eq!(only_file(text.replace('\n', "\r\n")).hunks[0].hunk, only_file(text).hunks[0].hunk);
}

#[test]
fn hunk_without_numbers_is_read_by_its_lines() {
    let text =
        round_trip(b"diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ ... @@ f\n a\n-b\n+c\n");
    let hunk = &text.patches[0].files[0].hunks[0].hunk;
    assert_eq!((hunk.section.to_string(), hunk.body.to_string()), ("f".into(), " a\n-b\n+c\n".into()));
    assert_eq!(text.problems[0].kind, ProblemKind::ElidedHeader);
}

#[test]
fn times_in_lines_of_their_own_belong_to_the_names() {
    let text = format!(
        "--- linux.orig/mm/x.c\t2008-12-21\n08:34:10.000000000 +0900\n+++ linux/mm/x.c\n2008-12-21 15:08:23 +0900\n{HUNK}"
    );
    assert_eq!(files(text), [modified("mm/x.c")]);
}

#[test]
fn hunks_quoted_in_a_message_are_no_diff() {
    let quoted = "@@ -1,2 +1,2 @@\n-old\n+new\n context\n";
    let diff = format!("diff --git a/x b/x\n--- a/x\n+++ b/x\n{HUNK}");
    for text in [
        format!("From: A <a@b>\nSubject: x\n\n{quoted}\nwords\n{diff}"),
        format!("{quoted}\nwords\n---\n x | 2 +-\n 1 file changed\n\n{diff}"),
        format!("From: A <a@b>\nSubject: x\n\n--- a/y\n+++ b/y\n{quoted}\n---\n x | 2 +-\n\n{diff}"),
        format!("words\n{quoted}\n---\n{diff}"),
        format!("@@ -1,3 +1,3 @@\n-old\n+new\ncontext\n\n{diff}"),
    ] {
        assert_eq!(files(&text), [modified("x")], "{text}");
    }
}

#[test]
fn hunk_of_a_mail_without_names_is_read_where_nothing_else_is() {
    let text = round_trip(b"From: A <a@b>\nSubject: x\n\n@@ -1 +1 @@\n-a\n+b\n");
    assert_eq!(text.patches[0].files[0].hunks.len(), 1);
}

#[test]
fn log_in_one_line_each_names_its_commits() {
    let diff = format!("diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n{HUNK}");
    let text = sound(format!("1234567 (HEAD) one\n{diff}89abcde two\n{diff}"));
    let facts: Vec<_> =
        text.patches.iter().map(|patch| (patch.commit.as_deref(), patch.subject.as_deref())).collect();
    assert_eq!(facts, [(Some("1234567"), Some("one")), (Some("89abcde"), Some("two"))]);
}

#[test]
fn text_around_and_between_diffs_is_kept() {
    let text =
        format!("What follows:\n\n--- a/x\n+++ b/x\n{HUNK}\nand also\n\n@@ -20 +20 @@\n-e\n+f\n\nend\n");
    let patch = &sound(text).patches[0];
    assert_eq!(patch.preamble, "What follows:\n\n");
    assert_eq!(patch.files[0].hunks[0].after, "\nand also\n\n");
    assert_eq!(patch.files[0].trailer, "\nend\n");
    let mut written = Vec::new();
    patch.files[0].write(&mut written).unwrap();
    assert!(written.starts_with(b"--- a/x\n") && written.ends_with(b"+f\n"));
}

#[test]
fn semantic_patch_in_a_message_is_no_diff() {
    let text = format!(
        "x: fix\n\n// <smpl>\n@@\nexpression e;\n@@\n- f(e)\n+ g(e)\n@r@\n\n--- a/x\n+++ b/x\n{HUNK}"
    );
    let text = sound(text);
    assert_eq!((text.patches[0].files.len(), text.patches[0].files[0].hunks.len()), (1, 1));
}

#[test]
fn quoted_diff_beside_another_is_no_diff() {
    let text = format!("> --- a/x\n> +++ b/x\n> @@ -1 +1 @@\n> -a\n--- a/y\n+++ b/y\n{HUNK}");
    assert_eq!(files(text), [modified("y")]);
}

#[test]
fn listing_of_single_files_is_no_problem() {
    assert_eq!(files("Only in v1/mm: x.c\nOnly in v2: y\n"), []);
}

#[test]
fn input_without_a_diff_is_a_problem() {
    for input in ["", "\n", "hello\n", "commit 1234567\nAuthor: A\n\n    x\n", "-a\n+b\n"] {
        let kinds: Vec<_> = round_trip(input.as_bytes()).problems.into_iter().map(|p| p.kind).collect();
        assert_eq!(kinds, [ProblemKind::NoDiff], "{input}");
    }
}
