"""Trees of files that the service asks for file by file: a vendor's release, and what it was forked from."""

from __future__ import annotations

import os
import stat
import subprocess
import tarfile
import tempfile
import threading
import weakref
from pathlib import Path, PurePosixPath
from typing import Protocol

from hunktrace.errors import TreeError


class Tree(Protocol):
    """A tree of files. Whatever can read files by their paths may be one."""

    def read(self, path: bytes) -> bytes | None:
        """A regular file's content; `None` where there is no such file, or it is a link or a folder."""


def open_tree(argument: str | os.PathLike[str] | Tree) -> Tree:
    """A folder, a tarball (.tar, or compressed with gzip, bzip2 or xz), or `REPO:REV` for a tree in a git repository."""
    if not isinstance(argument, (str, os.PathLike)):
        return argument
    path = Path(argument)
    if path.is_dir():
        return FolderTree(path)
    if path.is_file():
        return _tarball(path)
    repository, colon, revision = os.fspath(argument).rpartition(":")
    if colon and Path(repository).is_dir():
        return GitTree(Path(repository), revision)
    raise TreeError(f"{os.fspath(argument)}: is no tree; name a folder, a tarball, or REPO:REV")


class FolderTree:
    """The files below a folder."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(os.path.realpath(folder))

    def read(self, path: bytes) -> bytes | None:
        """A file below the folder. What lies outside of it, also by way of a link, is never read."""
        name = os.fsdecode(path)
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts:
            return None
        file = self.folder.joinpath(*parts)
        try:
            if os.path.realpath(file.parent) != str(file.parent) or not stat.S_ISREG(file.lstat().st_mode):
                return None
            return file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise TreeError(f"{file}: cannot be read: {error.strerror}; make it readable for this user") from error


class GitTree:
    """The tree of a revision in a git repository."""

    def __init__(self, repository: str | os.PathLike[str], revision: str) -> None:
        self.repository = Path(repository)
        try:
            listed = self._git("ls-tree", "-r", "-z", "--full-tree", f"{revision}^{{tree}}")
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode("utf-8", "replace").strip()
            raise TreeError(
                f"{self.repository}: has no tree {revision!r}: {said}; 'git rev-parse' has to know it"
            ) from error
        entries = (entry.partition(b"\t") for entry in listed.split(b"\0") if entry)
        # Links and submodules have no lines.
        self._objects = {path: head.split()[2] for head, _, path in entries if head.startswith(b"100")}
        self._reader: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def _git(self, *arguments: str) -> bytes:
        try:
            return subprocess.run(["git", "-C", self.repository, *arguments], capture_output=True, check=True).stdout
        except OSError as error:
            raise TreeError(f"git cannot be run: {error.strerror}; install git") from error

    def read(self, path: bytes) -> bytes | None:
        """A file of the tree."""
        named = self._objects.get(path)
        if named is None:
            return None
        with self._lock:
            if self._reader is None:
                command = ["git", "-C", os.fspath(self.repository), "cat-file", "--batch"]
                self._reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                weakref.finalize(self, _end_reader, self._reader)
            assert self._reader.stdin is not None and self._reader.stdout is not None
            self._reader.stdin.write(named + b"\n")
            self._reader.stdin.flush()
            head = self._reader.stdout.readline().split()
            if len(head) != 3:
                raise TreeError(f"{self.repository}: the object {named.decode()} cannot be read; 'git fsck' says why")
            content = self._reader.stdout.read(int(head[2]))
            self._reader.stdout.read(1)
            return content


def _end_reader(reader: subprocess.Popen[bytes]) -> None:
    reader.communicate()


class _UnpackedTree(FolderTree):
    """A folder that is removed with the tree."""

    def __init__(self, unpacked: tempfile.TemporaryDirectory[str], folder: Path) -> None:
        super().__init__(folder)
        self._unpacked = unpacked


def _tarball(path: Path) -> Tree:
    """A tarball's files, without the folder that all of them are in."""
    unpacked = tempfile.TemporaryDirectory(prefix="hunktrace-tree-")
    try:
        with tarfile.open(path) as archive:
            archive.extractall(unpacked.name, members=(m for m in archive if m.isreg() or m.isdir()), filter="data")
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise TreeError(
            f"{path}: cannot be unpacked: {error}; give a folder, a tarball or REPO:REV; "
            "the program itself reads source RPMs and zstd ('hunktrace check', 'hunktrace audit')"
        ) from error
    folder = Path(unpacked.name)
    entries = list(folder.iterdir())
    return _UnpackedTree(unpacked, entries[0] if len(entries) == 1 and entries[0].is_dir() else folder)
