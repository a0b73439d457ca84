"""Releases as Parquet files, for DuckDB, polars, ClickHouse, Apache Spark and every other engine. Needs the extra `arrow`.

A folder has a folder for each of the tables `commits`, `runs`, `files` and `releases`, and these a file for each release. Their
columns are those of `hunktrace.release.SCHEMAS`; docs/python.md explains them.
"""

from __future__ import annotations

import base64
import contextlib
import os
import urllib.parse
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.fs as pfs
import pyarrow.parquet as pq

from hunktrace.release import SCHEMAS, ReleaseTables, read_encoded, release_folders
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
            _write_table(named[name], SCHEMAS[name], unfinished, system)
            system.move(unfinished, file)
        except BaseException:
            with contextlib.suppress(OSError):
                system.delete_file(unfinished)
            raise
    return str(release)


def _write_table(table: pa.Table, schema: pa.Schema, path: str, system: pfs.FileSystem) -> None:
    """Writes a table whose texts may be dictionaries, which Parquet has as well; whoever reads the file gets texts."""
    with pq.ParquetWriter(path, table.schema, filesystem=system, compression="zstd", store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"ARROW:schema": base64.b64encode(schema.serialize()).decode()})


def release_file(out: str, table: str, release: str) -> str:
    """The file of a release's table below `out`."""
    # A name may have slashes, and a glob of an engine should find nothing else.
    return f"{out}/{table}/{urllib.parse.quote(release, safe=' +,=@')}.parquet"


def convert(folder: str | os.PathLike[str], out: str | os.PathLike[str]) -> list[str]:
    """Writes what `hunktrace attribute --out FOLDER` has written, one release or several, as Parquet files; gives their names."""
    folder = Path(folder)
    folders = [folder] if (folder / "commits.jsonl").exists() else release_folders(folder)
    return [write_release(read_encoded(one), out) for one in folders]
