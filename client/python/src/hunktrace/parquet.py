"""Releases as Parquet files, for DuckDB, polars, ClickHouse, Apache Spark and every other engine. Needs the extra `arrow`.

A folder has a folder for each of the tables `commits`, `runs`, `files` and `releases`, and these a file for each release. Their
columns are those of `hunktrace.release.SCHEMAS`; docs/python.md explains them.
"""

from __future__ import annotations

import contextlib
import os
import urllib.parse
import uuid
from pathlib import Path

import pyarrow.parquet as pq

from hunktrace.release import SCHEMAS, ReleaseTables, read_release, release_folders
from hunktrace.storage import file_system


def write_release(tables: ReleaseTables, out: str | os.PathLike[str]) -> str:
    """Writes the tables of one release below `out`, in place of those that are there of it; gives the release's name.

    `out` is a folder, or anything else that pyarrow writes (`hdfs://`, `s3://`, `gs://`). Each file takes its place when it is whole,
    that of `releases` last: a release that stands there has the other tables as well.
    """
    (release,) = tables.releases["release"].to_pylist()
    system, below = file_system(out)
    named = tables.by_name()
    for name in SCHEMAS:
        file = release_file(below, name, release)
        folder, _, inside = file.rpartition("/")
        system.create_dir(folder, recursive=True)
        unfinished = f"{folder}/.{inside}.{uuid.uuid4().hex}"
        try:
            pq.write_table(named[name], unfinished, filesystem=system, compression="zstd")
            system.move(unfinished, file)
        except BaseException:
            with contextlib.suppress(OSError):
                system.delete_file(unfinished)
            raise
    return str(release)


def release_file(out: str, table: str, release: str) -> str:
    """The file of a release's table below `out`."""
    # A name may have slashes, and a glob of an engine should find nothing else.
    return f"{out}/{table}/{urllib.parse.quote(release, safe=' +,=@')}.parquet"


def convert(folder: str | os.PathLike[str], out: str | os.PathLike[str]) -> list[str]:
    """Writes what `hunktrace attribute --out FOLDER` has written, one release or several, as Parquet files; gives their names."""
    folder = Path(folder)
    folders = [folder] if (folder / "commits.jsonl").exists() else release_folders(folder)
    return [write_release(read_release(one), out) for one in folders]
