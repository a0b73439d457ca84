//! Malformed texts: what is wrong is named with its place, and what is right is still read.

use super::{assert_counts_agree, round_trip};
use crate::cancellation::{Cancellation, Cancelled};
use crate::patch::{PatchText, ProblemKind, ReadBounds, Unread, bare_hunks_unless, parse_within};

const GOOD: &str = "--- a/good\n+++ b/good\n@@ -1 +1 @@\n-a\n+b\n";

/// The lines and kinds of the problems.
fn problems(text: &PatchText) -> Vec<(usize, ProblemKind)> {
    text.problems.iter().map(|problem| (problem.line, problem.kind.clone())).collect()
}

/// Reads a malformed file between two good ones, which have to be there; gives the problems.
fn between(bad: &str) -> Vec<(usize, ProblemKind)> {
    let text = round_trip(format!("{GOOD}{bad}{GOOD}").as_bytes());
    assert_counts_agree(&text);
    let files = &text.patches[0].files;
    for good in [files.first(), files.last()] {
        let good = good.unwrap();
        assert_eq!((good.path(), good.hunks.len()), (Some("good".into()), 1), "{bad}");
    }
    problems(&text)
}

fn counts(expected_old: u32, expected_new: u32, found_old: u32, found_new: u32) -> ProblemKind {
    ProblemKind::HunkCounts { expected_old, expected_new, found_old, found_new }
}

#[test]
fn hunk_headers_that_cannot_be_read() {
    for header in ["@@ -1,2 1,2 @@", "@@ -1,2 +1,2", "@@ -1,x +1,2 @@", "@@ 1 @@", "@@ -1 +-1 @@"] {
        let bad = format!("--- a/x\n+++ b/x\n{header}\n-c\n+d\n@@ -9 +9 @@\n-e\n+f\n");
        assert_eq!(between(&bad), [(8, ProblemKind::HunkHeader)], "{header}");
        let text = round_trip(format!("{GOOD}{bad}{GOOD}").as_bytes());
        assert_eq!(text.patches[0].files[1].hunks.len(), 2);
        assert_eq!(text.patches[0].files[1].hunks[0].hunk.body, "-c\n+d\n");
        assert_eq!(text.problems[0].path.as_deref(), Some(&"x".into()));
    }
}

#[test]
fn numbers_beyond_any_file() {
    for header in ["@@ -4294967296 +1 @@", "@@ -1 +1,99999999999999999999 @@", "@@ -4294967295 +1 @@"] {
        let bad = format!("--- a/x\n+++ b/x\n{header}\n-c\n+d\n");
        assert_eq!(between(&bad), [(8, ProblemKind::HunkRange)], "{header}");
    }
}

#[test]
fn counts_that_lie_hugely() {
    let bad = "--- a/x\n+++ b/x\n@@ -1,4294967294 +1,4294967294 @@\n-c\n+d\n";
    assert_eq!(between(bad), [(8, counts(4_294_967_294, 4_294_967_294, 1, 1))]);
}

#[test]
fn hunk_that_ends_early_keeps_its_lines() {
    let bad = "--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n c\n-d\n+e\n\n";
    assert_eq!(between(bad), [(8, counts(9, 9, 2, 2))]);
    let text = round_trip(format!("{GOOD}{bad}{GOOD}").as_bytes());
    let file = &text.patches[0].files[1];
    assert_eq!(file.hunks[0].hunk.body, " c\n-d\n+e\n");
    assert_eq!((file.hunks[0].hunk.old_lines, file.trailer.to_string()), (2, "\n".into()));
}

#[test]
fn line_added_by_hand_keeps_the_hunk() {
    let bad = "--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@\n c\n+d\n+by hand\n e\n f\n";
    assert_eq!(between(bad), [(8, counts(3, 4, 3, 5))]);
}

#[test]
fn lines_below_a_complete_hunk_are_counted() {
    let bad = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-c\n+d\n+e\n f\n";
    assert_eq!(between(bad), [(11, ProblemKind::ExtraLines { lines: 2 })]);
}

#[test]
fn hunk_without_any_lines() {
    assert_eq!(between("--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n"), [(8, counts(2, 3, 0, 0))]);
}

#[test]
fn counts_that_take_in_the_next_file_header() {
    let bad = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n c\n-d\n+e\n";
    assert_eq!(between(bad), [(8, counts(3, 3, 2, 2))]);
}

#[test]
fn line_zero_becomes_line_one() {
    let bad = "--- a/x\n+++ b/x\n@@ -0,2 +0,2 @@\n c\n-d\n+e\n";
    assert_eq!(between(bad), [(8, ProblemKind::LineZero)]);
}

#[test]
fn input_that_breaks_off() {
    let text = round_trip(b"--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n c\n-d\n+");
    let kind = ProblemKind::CutHunk { expected_old: 9, expected_new: 9, found_old: 2, found_new: 2 };
    assert_eq!(problems(&text), [(3, kind)]);
    assert_counts_agree(&text);
    assert_eq!(text.patches[0].files[0].hunks[0].hunk.body, " c\n-d\n+\n");

    let text = round_trip(format!("{GOOD}--- a/x\n+++ b/x\n").as_bytes());
    assert_eq!(problems(&text), [(6, ProblemKind::FileWithoutHunk)]);
    let text =
        round_trip(format!("{GOOD}diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n").as_bytes());
    assert_eq!(problems(&text), [(6, ProblemKind::FileWithoutHunk)]);
}

#[test]
fn hunk_without_a_file_is_kept() {
    let text = round_trip(b"see\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d\n");
    assert_eq!(problems(&text), [(2, ProblemKind::HunkWithoutFile)]);
    let file = &text.patches[0].files[0];
    assert_eq!((file.path(), file.hunks.len()), (None, 2));
}

#[test]
fn hunk_header_quoted_in_a_message_makes_no_file() {
    let text = round_trip(format!("see\n@@ -1,7 +1,7 @@ f(a,\nb)\n\n{GOOD}").as_bytes());
    assert_eq!(problems(&text), []);
    assert_eq!(text.patches[0].files.len(), 1);
}

#[test]
fn half_a_file_header_names_both_sides() {
    for (bad, kind) in [
        ("--- a/x\n@@ -1 +1 @@\n-a\n+b\n", ProblemKind::MissingNewName),
        ("+++ a/x\n@@ -1 +1 @@\n-a\n+b\n", ProblemKind::MissingOldName),
    ] {
        let text = round_trip(format!("{bad}{GOOD}").as_bytes());
        assert_eq!(problems(&text), [(1, kind)]);
        assert_eq!(text.patches[0].files[0].path(), Some("x".into()));
        assert_eq!(text.patches[0].files[0].hunks.len(), 1);
    }
    let bad = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n@@ -1 +1 @@\n-a\n+b\n";
    assert_eq!(between(bad), [(8, ProblemKind::MissingNewName)]);
}

#[test]
fn names_in_broken_quotes() {
    let bad = "--- \"a/x\n+++ \"b/x\\9\"\n@@ -1 +1 @@\n-a\n+b\n";
    assert_eq!(between(bad), [(6, ProblemKind::QuotedName)]);
}

#[test]
fn binary_patch_that_breaks_off() {
    let bad = "diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\nliteral 3\nHcmV?d00001\n";
    let kind = ProblemKind::GitBinary("a line is not base85 of its stated length");
    assert_eq!(between(bad), [(11, kind)]);
}

#[test]
fn combined_hunk_that_breaks_off() {
    let bad = "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,2 -1,2 +1,2 @@@\n  a\n";
    assert_eq!(
        between(&format!("{bad}diff -ru a/good b/good\n")),
        [(6, ProblemKind::CombinedDiff), (10, ProblemKind::CombinedHunk)]
    );
}

#[test]
fn context_hunk_that_breaks_off() {
    let bad = "*** a/x\n--- b/x\n***************\n*** 1,2 ****\n  a\n! b\n--- 1,2 ----\n  a\n";
    assert_eq!(between(bad), [(8, ProblemKind::ContextHunk)]);
}

#[test]
fn combined_diff_names_the_way_out() {
    let bad = "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,2 -1,2 +1,2 @@@\n  a\n--b\n++c\n";
    let found = between(&format!("{bad}{bad}diff -ru a/good b/good\n"));
    assert_eq!(found, [(6, ProblemKind::CombinedDiff)]);
    assert!(found[0].1.remedy().contains("git show -m --first-parent"));
}

#[test]
fn word_diff_is_named() {
    let bad = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\na {+b+} c\n[-d-]\n";
    assert_eq!(between(bad), [(8, ProblemKind::WordDiff)]);
}

#[test]
fn texts_that_hold_no_diff_say_why() {
    for (input, kind) in [
        (&b"\x1f\x8b\x08\0"[..], ProblemKind::Compressed("gzip")),
        (b"BZh91AY", ProblemKind::Compressed("bzip2")),
        (b"\xfd7zXZ\0", ProblemKind::Compressed("xz")),
        (b"\x28\xb5\x2f\xfd", ProblemKind::Compressed("zstd")),
        (b"\n<!DOCTYPE html>\n<html>", ProblemKind::WebPage),
        (b"diff -r a/x b/x\n7a8,9\n> a\n> b\n", ProblemKind::NormalDiff),
        (b"3,4c3\n< a\n", ProblemKind::NormalDiff),
    ] {
        assert_eq!(problems(&round_trip(input)), [(1, kind)]);
    }
}

#[test]
fn problems_that_leave_nothing_out_are_harmless() {
    let cut = |found_old, found_new| ProblemKind::CutHunk {
        expected_old: 9,
        expected_new: 9,
        found_old,
        found_new,
    };
    for (kind, is_harmless) in [
        (counts(3, 4, 3, 5), true),
        (counts(9, 9, 2, 2), false),
        (cut(8, 8), true),
        (cut(8, 7), false),
        (cut(2, 2), false),
        (ProblemKind::ElidedHeader, true),
        (ProblemKind::ExtraLines { lines: 1 }, false),
        (ProblemKind::NoDiff, false),
    ] {
        assert_eq!(kind.is_harmless(), is_harmless, "{kind}");
    }
}

#[test]
fn one_line_is_told_from_several() {
    let text = |lines| ProblemKind::ExtraLines { lines }.to_string();
    assert!(
        text(1).starts_with("1 more line follows a hunk")
            && text(2).starts_with("2 more lines follow a hunk")
    );
    assert_eq!(ProblemKind::WrappedLines { lines: 1 }.to_string(), "1 line of the hunk was wrapped");
}

#[test]
fn problems_tell_their_place_and_remedy() {
    let log = format!("commit 1234567\nAuthor: A\n\n    x\n\n{GOOD}\ncommit 1234568\nAuthor: A\n\n    y\n\n");
    let text = round_trip(
        format!("{log}--- a/mm/x.c\n+++ b/mm/x.c\n@@ -1,2 +1,2 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d\n").as_bytes(),
    );
    assert_eq!(text.problems[0].patch, Some(1));
    assert_eq!(
        text.problems[0].to_string(),
        "line 19: mm/x.c: hunk header says 2 old and 2 new lines, but 1 old and 1 new lines follow; \
         correct the counts in the header or make the patch again"
    );
    assert_eq!(text.patches[1].files[0].hunks.len(), 2);
}

#[test]
fn problems_beyond_a_bound_are_counted_and_not_listed() {
    let headers = "@@ -1 +1 @@\n".repeat(9);
    let text = format!("--- a/x\n+++ b/x\n{headers}\nwords\nmore words\n{GOOD}");
    let read = |problems: usize| {
        parse_within(text.as_bytes(), &ReadBounds { problems, ..ReadBounds::default() }).expect("it is read")
    };
    let all = read(usize::MAX);
    let listed = all.problems.len();
    assert!(listed > 6 && all.patches[0].files.len() == 2, "{all:?}");
    let some = read(4);
    assert_eq!(some.patches, all.patches);
    assert_eq!(some.problems[..4], all.problems[..4]);
    let rest = ProblemKind::Unlisted { problems: listed - 4, are_harmless: false };
    assert_eq!(
        some.problems[4..].iter().map(|more| (more.line, &more.kind)).collect::<Vec<_>>(),
        [(7, &rest)]
    );
    let one = ProblemKind::Unlisted { problems: 1, are_harmless: true };
    assert_eq!(one.to_string(), "1 more problem is not listed");
}

#[test]
fn text_with_more_hunks_than_a_bound_is_not_read() {
    let hunks = "@@ -1 +1 @@\n-a\n+b\n".repeat(3);
    let modes = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n".repeat(4);
    let series = format!("--- a/x\n+++ b/x\n{hunks}--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n");
    for text in [modes, series] {
        let read = |hunks: usize| {
            parse_within(text.as_bytes(), &ReadBounds { hunks, ..ReadBounds::default() }).map(|_| ())
        };
        assert_eq!(read(4), Ok(()), "{text}");
        assert_eq!(read(3), Err(Unread::TooManyHunks(3)), "{text}");
    }
}

#[test]
fn reading_that_is_cancelled_ends() {
    let cancellation = Cancellation::default();
    cancellation.cancel();
    let bounds = ReadBounds { cancellation, ..ReadBounds::default() };
    let text = GOOD.repeat(100);
    assert_eq!(parse_within(text.as_bytes(), &bounds).err(), Some(Unread::Cancelled(Cancelled::Requested)));
    assert!(bare_hunks_unless(text.as_bytes(), &bounds.cancellation).is_err());
}
