"""Unified diffs of whole trees, file by file, as a release is sent to be taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hunktrace.errors import InvalidQuestionError

_HUNK_HEAD = re.compile(rb"@@ -(?P<old>\d+)(?:,(?P<old_lines>\d+))? \+(?P<new>\d+)(?:,(?P<new_lines>\d+))? @@")

# Only a newline ends a line of a diff: files have carriage returns in the middle of lines.
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")

# GNU diff dates a file that is not there to the beginning of time, in the time zone of whoever compares.
_NO_FILE = re.compile(rb"19(70-01-01|69-12-31) ")


@dataclass(frozen=True)
class FileDiff:
    """A file that differs between base and vendor."""

    path: bytes
    """Path in the vendor's tree; empty where the file is deleted."""
    old_path: bytes
    """Path in the base; empty where the file is new."""
    hunks: bytes
    """The hunks, from the first `@@` on; empty where no lines differ."""


def split_diff(diff: bytes, strip: int = 1) -> Iterator[FileDiff]:
    """The files of a diff that `git diff BASE VENDOR` or `diff -ruN BASE VENDOR` has written, in their order.

    Names begin with `strip` folders that are none of the tree, as for `patch -p`: `a/` and `b/`, or the folders that were
    compared.
    """
    lines = _LINE.findall(diff)
    old = new = b""
    seen_file = False
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith(b"diff --git "):
            if seen_file:
                yield FileDiff(new, old, b"")
            old, new = _git_names(line, strip)
            seen_file = True
        elif line.startswith((b"new file mode ", b"deleted file mode ")) and seen_file:
            old, new = (b"", new) if line.startswith(b"new") else (old, b"")
        elif line.startswith((b"rename from ", b"copy from ")):
            old = _unquoted(line.split(b" ", 2)[2].rstrip(b"\r\n"))
        elif line.startswith((b"rename to ", b"copy to ")):
            new = _unquoted(line.split(b" ", 2)[2].rstrip(b"\r\n"))
        elif line.startswith(b"--- ") and lines[at + 1 : at + 2] and lines[at + 1].startswith(b"+++ "):
            old, new = _name(line, strip), _name(lines[at + 1], strip)
            first = at + 2
            at = _end_of_hunks(lines, first)
            if at == first:
                raise InvalidQuestionError(f"line {first + 1}: a hunk has to follow the names; give a unified diff")
            yield FileDiff(new, old, b"".join(lines[first:at]))
            seen_file = False
            continue
        at += 1
    if seen_file:
        yield FileDiff(new, old, b"")


def _end_of_hunks(lines: list[bytes], at: int) -> int:
    """The line behind the hunks that begin here."""
    while at < len(lines) and _HUNK_HEAD.match(lines[at]):
        at = _end_of_hunk(lines, at)
    return at


def _end_of_hunk(lines: list[bytes], start: int) -> int:
    """The line behind the hunk that begins here."""
    head = _HUNK_HEAD.match(lines[start])
    assert head is not None
    old, new = (1 if count is None else int(count) for count in (head["old_lines"], head["new_lines"]))
    at = start + 1
    while (old > 0 or new > 0) and at < len(lines):
        sign = lines[at][:1]
        if sign not in b" -+\\\n\r":
            raise InvalidQuestionError(
                f"line {at + 1}: is no line of the hunk in line {start + 1}; the diff is damaged"
            )
        old -= sign not in (b"+", b"\\")
        new -= sign not in (b"-", b"\\")
        at += 1
    if old or new:
        raise InvalidQuestionError(
            f"line {start + 1}: the hunk has other lines than its head says; the diff is damaged"
        )
    while at < len(lines) and lines[at].startswith(b"\\"):
        at += 1
    return at


@dataclass(frozen=True)
class Hunk:
    """A hunk of a file."""

    old_start: int
    """The first line in the base."""
    new_start: int
    """The first line in the vendor's tree."""
    section: bytes
    """What stands behind the second `@@`."""
    head: bytes
    """Its first line."""
    body: bytes
    """Its other lines."""


def split_hunks(hunks: bytes) -> Iterator[Hunk]:
    """The hunks of a file, in their order."""
    lines = _LINE.findall(hunks)
    at = 0
    while at < len(lines):
        head = _HUNK_HEAD.match(lines[at])
        if head is None:
            raise InvalidQuestionError(f"line {at + 1}: a hunk has to begin here; the diff is damaged")
        end = _end_of_hunk(lines, at)
        section = lines[at][head.end() :].strip()
        yield Hunk(int(head["old"]), int(head["new"]), section, lines[at], b"".join(lines[at + 1 : end]))
        at = end


def _git_names(line: bytes, strip: int) -> tuple[bytes, bytes]:
    """Both names of a `diff --git` line. They are equal here, or lines about the rename follow."""
    names = line[len(b"diff --git ") :].rstrip(b"\r\n")
    if names.startswith(b'"'):
        end = re.match(rb'"(?:[^"\\]|\\.)*"', names)
        first = names[: end.end()] if end else names
        return _stripped(_unquoted(first), strip), _stripped(_unquoted(names[len(first) + 1 :]), strip)
    half = len(names) // 2
    return _stripped(names[:half], strip), _stripped(names[half + 1 :], strip)


def _name(line: bytes, strip: int) -> bytes:
    """The name of a `---` or `+++` line, without the time that GNU diff puts behind it; empty for no file."""
    name = line[4:].rstrip(b"\r\n")
    if not name.startswith(b'"'):
        name, _, time = name.partition(b"\t")
        if name == b"/dev/null" or _NO_FILE.match(time):
            return b""
    return _stripped(_unquoted(name), strip)


def _stripped(name: bytes, strip: int) -> bytes:
    """A name without its first folders; its last part stays."""
    return name.split(b"/", min(strip, name.count(b"/")))[-1]


def _unquoted(name: bytes) -> bytes:
    """A name without the quotes and escapes that git gives it."""
    if len(name) < 2 or not (name.startswith(b'"') and name.endswith(b'"')):
        return name
    letters = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}

    def plain(escape: re.Match[bytes]) -> bytes:
        code = escape[1]
        return bytes([int(code, 8) & 0xFF]) if code.isdigit() else letters.get(code, code)

    return re.sub(rb"\\([0-7]{3}|.)", plain, name[1:-1])
