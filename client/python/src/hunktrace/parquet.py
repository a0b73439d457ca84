"""Releases as Parquet files, for DuckDB, polars, ClickHouse, Apache Spark and every other engine. Needs the extra `arrow`.

A folder has a folder for each of the tables `commits`, `runs`, `files` and `releases`, and these a file for each release. Their
columns are those of `hunktrace.release.SCHEMAS`; docs/python.md explains them.
"""

from __future__ import annotations

import os
import urllib.parse
from pathlib import Path

import pyarrow.parquet as pq

from hunktrace.release import SCHEMAS, ReleaseTables, read_release, release_folders


def write_release(tables: ReleaseTables, out: str | os.PathLike[str]) -> str:
    """Writes the tables of one release below `out`, in place of those that are there of it; gives the release's name.

    Each file takes its place when it is whole, that of `releases` last: a release that stands there has the other tables as well.
    """
    (release,) = tables.releases["release"].to_pylist()
    # A name may have slashes, and a glob of an engine should find nothing else.
    file = urllib.parse.quote(release, safe=" +,=@") + ".parquet"
    named = tables.by_name()
    for name in SCHEMAS:
        folder = Path(out) / name
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{file}.{os.getpid()}"
        pq.write_table(named[name], unfinished, compression="zstd")
        unfinished.replace(folder / file)
    return str(release)


def convert(folder: str | os.PathLike[str], out: str | os.PathLike[str]) -> list[str]:
    """Writes what `hunktrace attribute --out FOLDER` has written, one release or several, as Parquet files; gives their names."""
    folder = Path(folder)
    folders = [folder] if (folder / "commits.jsonl").exists() else release_folders(folder)
    return [write_release(read_release(one), out) for one in folders]
