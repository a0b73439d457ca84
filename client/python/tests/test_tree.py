"""Trees give the files that are asked for, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hunktrace.errors import TreeError
from hunktrace.questions import Trees
from hunktrace.tree import FolderTree, open_tree
from hunktrace.v1 import check_pb2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tree = tmp_path / "linux-1.0"
    (tree / "mm").mkdir(parents=True)
    (tree / "mm" / "slab.c").write_bytes(b"slab\xff\r\n")
    (tree / "link.c").symlink_to("mm/slab.c")
    (tree / "outside").symlink_to("..")
    (tmp_path / "secret").write_text("secret")
    return tree


def check_tree(argument: str | Path) -> None:
    tree = open_tree(argument)
    assert tree.read(b"mm/slab.c") == b"slab\xff\r\n"
    for path in (b"mm", b"mm/none.c", b"mm/slab.c/x", b"link.c", b"", b"outside/secret", b"../secret", b"a\nb"):
        assert tree.read(path) is None, path


def test_folder_is_read(folder: Path) -> None:
    check_tree(folder)
    assert FolderTree(folder).read(bytes(folder.parent / "secret")) is None


@pytest.mark.parametrize("form", ["", "z", "j", "J"])
def test_tarball_is_read_without_its_folder(folder: Path, form: str) -> None:
    tarball = folder.parent / f"linux.tar.{form}"
    subprocess.run(["tar", f"-c{form}f", tarball, "-C", folder.parent, folder.name], check=True)
    check_tree(tarball)


def test_revision_is_read(folder: Path) -> None:
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"], ["tag", "v1"]):
        subprocess.run([*git, *arguments], check=True)
    check_tree(f"{folder}:v1")
    with pytest.raises(TreeError, match="has no tree 'v2'"):
        open_tree(f"{folder}:v2")


def test_what_is_no_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TreeError, match="name a folder, a tarball, or REPO:REV"):
        open_tree(tmp_path / "none")
    (tmp_path / "kernel.src.rpm").write_bytes(b"\xed\xab\xee\xdb")
    with pytest.raises(TreeError, match="the program itself reads source RPMs"):
        open_tree(tmp_path / "kernel.src.rpm")


class Memory:
    """Anything that reads files is a tree."""

    def __init__(self, files: dict[bytes, bytes]) -> None:
        self.files = files

    def read(self, path: bytes) -> bytes | None:
        return self.files.get(path)


def test_files_are_sent_in_messages_of_limited_size() -> None:
    big = b"x" * (3 << 20)
    trees = Trees(Memory({b"a": big, b"b": big, b"c": b"c"}), Memory({b"a": big, b"c": b"d"}))
    messages = list(trees.messages(check_pb2.WantedFiles(paths=[b"a", b"b", b"c", b"gone"])))
    assert [message.is_continued for message in messages] == [True, False]
    files = [file for message in messages for file in message.files]
    assert [file.path for file in files] == [b"a", b"b", b"c", b"gone"]
    assert files[0].is_unchanged and not files[0].HasField("base")
    assert (files[2].vendor, files[2].base) == (b"c", b"d")
    assert not files[3].HasField("vendor") and not files[3].HasField("base")
