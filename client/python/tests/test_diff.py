"""Diffs of trees are divided into files."""

from __future__ import annotations

import pytest

from hunktrace import FileDiff, split_diff
from hunktrace.errors import InvalidQuestionError

HUNK = b"@@ -1,2 +1,2 @@\n a\n-b\n+c\n"


def files(diff: bytes, strip: int = 1) -> list[tuple[bytes, bytes, bytes]]:
    return [(file.old_path, file.path, file.hunks) for file in split_diff(diff, strip)]


def test_files_of_git_are_read() -> None:
    diff = (
        b"diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n"
        + HUNK
        + b"diff --git a/new b/new\nnew file mode 100644\n"
        b"--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n"
        b"diff --git a/old b/old\ndeleted file mode 100644\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        b"diff --git a/m b/m\nold mode 100644\nnew mode 100755\n"
        b"diff --git a/from x b/to y\nsimilarity index 100%\nrename from from x\nrename to to y\n"
        b"diff --git a/e b/e\nnew file mode 100644\nindex 0..1\n"
        b"diff --git a/b.bin b/b.bin\nindex 1..2 100644\nBinary files a/b.bin and b/b.bin differ\n"
    )
    assert files(diff) == [
        (b"x", b"x", HUNK),
        (b"", b"new", b"@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n"),
        (b"old", b"", b"@@ -1 +0,0 @@\n-a\n"),
        (b"m", b"m", b""),
        (b"from x", b"to y", b""),
        (b"", b"e", b""),
        (b"b.bin", b"b.bin", b""),
    ]


def test_files_of_gnu_diff_are_read() -> None:
    diff = (
        b"diff -ruN base/x vendor/x\n--- base/x\t2020-01-01 00:00:00.0 +0000\n+++ vendor/x\t2020-01-01 00:00:00.0 +0000\n"
        + HUNK
        + b"diff -ruN base/n vendor/n\n--- base/n\t1970-01-01 01:00:00.0 +0100\n+++ vendor/n\t2020-01-01 00:00:00.0 +0000\n"
        b"@@ -0,0 +1 @@\n+a\n"
    )
    assert files(diff) == [(b"x", b"x", HUNK), (b"", b"n", b"@@ -0,0 +1 @@\n+a\n")]


def test_lines_that_look_like_headers_belong_to_their_hunk() -> None:
    hunks = b"@@ -1,2 +1,2 @@\n--- a/y\n+++ b/y\n \n@@ -9 +9 @@\n-diff --git a/z b/z\n+x\ry\n"
    assert files(b"--- a/x\n+++ b/x\n" + hunks) == [(b"x", b"x", hunks)]


def test_quoted_names_are_read() -> None:
    diff = b'diff --git "a/t\\303\\244\\tb" "b/t\\303\\244\\tb"\nold mode 1\nnew mode 2\n'
    assert files(diff) == [("tä\tb".encode(), "tä\tb".encode(), b"")]


def test_folders_are_taken_off() -> None:
    assert files(b"--- v/linux-1/mm/x\n+++ w/linux-2/mm/x\n" + HUNK, strip=2) == [(b"mm/x", b"mm/x", HUNK)]
    assert files(b"--- x\n+++ x\n" + HUNK) == [(b"x", b"x", HUNK)]


@pytest.mark.parametrize("end", [b"", b" a\n", b" a\n-b\n*c\n"])
def test_damaged_hunk_is_refused(end: bytes) -> None:
    with pytest.raises(InvalidQuestionError, match="the diff is damaged"):
        list(split_diff(b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n" + end))


def test_nothing_differs() -> None:
    assert list(split_diff(b"")) == [] and FileDiff(b"x", b"", b"").hunks == b""
