"""A table of releases, taken apart."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

from hunktrace.client import Client
from hunktrace.errors import HunktraceError, ProgramError
from hunktrace.parquet import write_release
from hunktrace.release import SCHEMAS, ReleaseTables, failed_release, plain, taken_apart
from hunktrace.spark.executor_index import Index

ROWS_PER_PART = 100_000
"""Rows of a release's table that travel together."""

_PARTS = pa.schema(
    [
        pa.field("release", pa.string(), nullable=False),
        pa.field("table", pa.string(), nullable=False),
        pa.field("rows", pa.binary(), nullable=False),
    ]
)


@dataclass(frozen=True)
class ReleaseFrames:
    """The four tables of `hunktrace.release.SCHEMAS`, for all releases.

    They come from one run over the releases, whose results the executors keep on their disks. `unpersist` removes those.
    """

    commits: DataFrame
    runs: DataFrame
    files: DataFrame
    releases: DataFrame
    parts: DataFrame

    def unpersist(self) -> None:
        """Removes what the executors keep."""
        self.parts.unpersist()


@dataclass(frozen=True)
class _Release:
    """A release that is asked for."""

    name: str
    vendor: str
    base: str


def attribute(
    releases: DataFrame, index: Index, *, tasks: int | None = None, arguments: Sequence[str] = ()
) -> ReleaseFrames:
    """Takes releases apart, in the order of the table.

    `releases` has the columns `release` (a name), `vendor` and `base`: trees as the program reads them, by names that all
    executors know. A release that fails is a row of `releases` with its `error`, and the others go on.

    Neighbouring releases go to the same task, because what they have in common is then worked out once. `tasks` is how many tasks
    there are: by default as many as can run at a time. `arguments` are more flags of `hunktrace attribute`.
    """
    context = releases.sparkSession.sparkContext
    chunks = _stretches(releases, tasks)
    flags = tuple(arguments)

    def take(chunk: list[_Release]) -> Iterator[tuple[str, str, bytes]]:
        for tables in _take_apart(chunk, index, flags):
            (release,) = tables.releases["release"].to_pylist()
            for name, table in plain(tables).by_name().items():
                for start in range(0, table.num_rows, ROWS_PER_PART):
                    yield release, name, _written(table.slice(start, ROWS_PER_PART))

    rows = context.parallelize(chunks, max(len(chunks), 1)).flatMap(take)
    parts = releases.sparkSession.createDataFrame(rows, from_arrow_schema(_PARTS)).persist(StorageLevel.DISK_ONLY)
    frames = {name: _frame(parts, name, schema) for name, schema in SCHEMAS.items()}
    return ReleaseFrames(**frames, parts=parts)


def attribute_into(
    releases: DataFrame, index: Index, out: str, *, tasks: int | None = None, arguments: Sequence[str] = ()
) -> list[str]:
    """Takes releases apart as `attribute` does, and has the executors write the tables; gives the names of the releases.

    The files are those of `hunktrace.parquet`: `OUT/TABLE/RELEASE.parquet`, each whole or not there. `out` is a folder that all
    executors see under this name, or anything else that pyarrow writes (`hdfs://`, `s3://`, `gs://`). No row goes through Java, which
    would take as long as the releases.
    """
    context = releases.sparkSession.sparkContext
    chunks = _stretches(releases, tasks)
    flags = tuple(arguments)

    def take(chunk: list[_Release]) -> Iterator[str]:
        for tables in _take_apart(chunk, index, flags):
            yield write_release(tables, out)

    names: list[str] = context.parallelize(chunks, max(len(chunks), 1)).flatMap(take).collect()
    return names


def _stretches(releases: DataFrame, tasks: int | None) -> list[list[_Release]]:
    """The releases that are asked for, in the stretches that tasks take."""
    asked = [
        _Release(row["release"], row["vendor"], row["base"])
        for row in releases.select("release", "vendor", "base").collect()
    ]
    names = [release.name for release in asked]
    if len(set(names)) != len(names):
        raise ValueError("releases have the same name; each has to be called otherwise")
    return _chunks(asked, min(tasks or releases.sparkSession.sparkContext.defaultParallelism, len(asked)))


def _chunks(releases: list[_Release], count: int) -> list[list[_Release]]:
    """Neighbouring releases, divided evenly."""
    ends = [round(len(releases) * number / count) for number in range(count + 1)] if count else []
    return [releases[start:end] for start, end in zip(ends, ends[1:], strict=False)]


def _take_apart(chunk: list[_Release], index: Index, arguments: tuple[str, ...]) -> Iterator[ReleaseTables]:
    """Takes releases apart that have a base in common, together; where that fails, each half for itself."""
    start = 0
    while start < len(chunk):
        end = start + 1
        while end < len(chunk) and chunk[end].base == chunk[start].base:
            end += 1
        yield from _take_apart_together(chunk[start:end], index, arguments)
        start = end


def _take_apart_together(chunk: list[_Release], index: Index, arguments: tuple[str, ...]) -> Iterator[ReleaseTables]:
    server = index.server()
    vendors = [(release.name, release.vendor) for release in chunk]
    done = 0
    try:
        with taken_apart(vendors, chunk[0].base, server=server, program=index.program, arguments=arguments) as releases:
            for tables in releases:
                yield tables
                done += 1
        return
    except ProgramError as error:
        _check_server(server, error)
        if len(chunk) == 1:
            yield failed_release(chunk[0].name, str(error))
            return
    # The one behind those that are done has failed; where none is, it may be any.
    left = chunk[done:]
    parts = 1 if done else len(left) // 2
    for part in (left[:parts], left[parts:]):
        if part:
            yield from _take_apart_together(part, index, arguments)


def _check_server(server: str, error: ProgramError) -> None:
    """Raises the error where it is not the release's fault: then Spark has another executor do the work."""
    try:
        with Client(server) as client:
            client.status()
    except HunktraceError:
        raise error from None


def _written(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _frame(parts: DataFrame, name: str, schema: pa.Schema) -> DataFrame:
    """One of the tables, out of the parts."""

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for rows in batch["rows"].to_pylist():
                with pa.ipc.open_stream(rows) as reader:
                    yield from reader

    return parts.where(parts["table"] == name).select("rows").mapInArrow(read, from_arrow_schema(schema))
