"""The index on the machines of a cluster: opened where it is, or copied once; and one server for all tasks of an executor."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.fs as pfs

from hunktrace.embedded import LONGEST_FOLDER, EmbeddedServer
from hunktrace.errors import HunktraceError
from hunktrace.storage import file_system

RELEASES_AT_A_TIME = 1024
"""Releases that a server takes apart at a time: more than an executor has tasks, which decide."""


@dataclass(frozen=True)
class Index:
    """An index as the executors find it.

    `path` is a folder that all of them see under this name, or with `copy_to` anything that pyarrow reads (`hdfs://`, `s3://`,
    `gs://`, a folder): then each machine copies it once into the folder `copy_to`. It must not change while a job runs.
    `program` is the `hunktrace` program on the executors, where they would not find it themselves.
    """

    path: str
    copy_to: str | None = None
    program: str | None = None

    def server(self) -> str:
        """The address of the server that this executor's tasks share; starts it for the first of them.

        It belongs to the process that has started this one, which on Spark lives as long as the executor.
        """
        owner = os.getppid()
        index = self.local_path()
        named = hashlib.sha256(f"{index}\0{self.program or ''}".encode()).hexdigest()[:12]
        home = _private_folder()
        folder = home / f"{owner}-{named}"
        with _locked(home):
            if not _answers(folder / "socket"):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(mode=0o700)
                limits = ("--releases", str(RELEASES_AT_A_TIME))
                EmbeddedServer(index=index, program=self.program, folder=folder, owner=owner, arguments=limits)
        return f"unix:{folder / 'socket'}"

    def local_path(self) -> Path:
        """Where the index is on this machine; copies it for the first who asks."""
        if self.copy_to is None:
            return Path(self.path)
        system, source = file_system(self.path)
        version = _version(system, source)
        cache = Path(self.copy_to)
        cache.mkdir(parents=True, exist_ok=True)
        copy = cache / f"{hashlib.sha256(self.path.encode()).hexdigest()[:12]}-{version}"
        with _locked(cache):
            if not copy.exists():
                unfinished = cache / f"{copy.name}.unfinished"
                shutil.rmtree(unfinished, ignore_errors=True)
                pfs.copy_files(
                    source, str(unfinished), source_filesystem=system, destination_filesystem=pfs.LocalFileSystem()
                )
                if _version(system, source) != version:
                    raise HunktraceError(
                        f"{self.path}: has changed while it was copied; run the job when nothing is indexed"
                    )
                unfinished.rename(copy)
        return copy


def _version(system: pfs.FileSystem, source: str) -> str:
    """What tells one generation of an index from the others."""
    meta = f"{source}/segments/meta.json"
    try:
        with system.open_input_file(meta) as file:
            return hashlib.sha256(file.read()).hexdigest()[:12]
    except OSError as error:
        raise HunktraceError(
            f"{source}: there is no index here: {error}; name a folder that 'hunktrace index' has written"
        ) from error


def _private_folder() -> Path:
    """A folder for sockets that only this user can enter."""
    parent = tempfile.gettempdir()
    home = Path(parent if len(parent) < LONGEST_FOLDER - 60 else "/tmp") / f"hunktrace-spark-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise HunktraceError(f"{home}: is not this user's alone; remove it")
    return home


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lets one process of this machine at a time do something in a folder."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True
