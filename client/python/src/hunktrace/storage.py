"""Folders on this machine, and on the shared storage that pyarrow reads and writes. Needs the extra `arrow`."""

from __future__ import annotations

import os

import pyarrow.fs as pfs


def file_system(path: str | os.PathLike[str]) -> tuple[pfs.FileSystem, str]:
    """Where a path leads, and what it is called there: `hdfs://`, `s3://`, `gs://` and `file://`, or a path of this machine."""
    named = os.fspath(path)
    if "://" in named:
        system, inside = pfs.FileSystem.from_uri(named)
        return system, inside
    return pfs.LocalFileSystem(), os.path.abspath(named)
