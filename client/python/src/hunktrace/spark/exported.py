"""An index as tables: its terms, hunks and commits as Parquet, and a bare index, which answers with their help."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.protobuf.message import DecodeError
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from hunktrace.errors import ProgramError
from hunktrace.program import find_program
from hunktrace.spark.executor_index import Index
from hunktrace.v1 import gathered_pb2

HUNKS = pa.schema(
    [
        pa.field("hunk", pa.int64(), nullable=False),
        pa.field("commit", pa.int64(), nullable=False),
        pa.field("line_count", pa.int32(), nullable=False),
        pa.field("terms", pa.list_(pa.int64()), nullable=False),
        pa.field("paths", pa.list_(pa.int64()), nullable=False),
        pa.field("record", pa.binary(), nullable=False),
    ]
)
"""The columns of `hunks`: the number of the hunk; the place of its commit in the order of the index; how many terms its lines
give, and those by which it is found; the terms of its paths; and its record, which only the program reads."""

COMMITS = pa.schema(
    [
        pa.field("commit", pa.int64(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("committed_at", pa.int64(), nullable=False),
        pa.field("subject", pa.string(), nullable=False),
        pa.field("first_release", pa.string()),
        pa.field("hunks", pa.int64(), nullable=False),
    ]
)
"""The columns of `commits`: a commit's place in the order of the index, and what is known of it."""

FILE_BYTES = 256 << 20
"""Bytes of records, before they are compressed, after which the next file of hunks begins."""

TERM_BITS = 40

PART_BITS = 4
"""Terms are in 2 to this many parts, by their leading bits."""


@dataclass(frozen=True)
class ExportedIndex:
    """What `export` has written into the folder `path`, which all machines see under this name.

    `copy_to` and `program` are those of the bare index, as in `Index`.
    """

    path: str
    copy_to: str | None = None
    program: str | None = None

    @property
    def bare(self) -> Index:
        """The index without hunks."""
        return Index(os.path.join(self.path, "bare"), self.copy_to, self.program)

    def hunks(self, session: SparkSession) -> DataFrame:
        """All hunks: the columns are those of `HUNKS`."""
        return session.read.parquet(os.path.join(self.path, "hunks"))

    def commits(self, session: SparkSession) -> DataFrame:
        """All commits: the columns are those of `COMMITS`."""
        return session.read.parquet(os.path.join(self.path, "commits"))

    def terms(self, session: SparkSession) -> DataFrame:
        """Each term of lines with the `hunks` that are found by it, and their number (`frequency`)."""
        return session.read.parquet(os.path.join(self.path, "terms"))

    def paths(self, session: SparkSession) -> DataFrame:
        """The same of each term of a path."""
        return session.read.parquet(os.path.join(self.path, "paths"))


def export(
    session: SparkSession, index: str | os.PathLike[str], out: str, *, program: str | None = None
) -> ExportedIndex:
    """Writes the terms, hunks and commits of an index into the new folder `out`, which all machines see under this name.

    The driver reads the index, a few MB at a time, and writes hunks and commits; the executors sort the terms.
    """
    folder = Path(out)
    folder.mkdir(parents=True)
    exported = ExportedIndex(out, program=program)
    with _program_output(index, folder / "bare", program) as output:
        _write_tables(_messages(output), folder)
    hunks = exported.hunks(session)
    for name in ("terms", "paths"):
        inverted = hunks.select("hunk", F.explode(name).alias("term")).groupBy("term")
        terms = inverted.agg(F.sort_array(F.collect_list("hunk")).alias("hunks")).select(
            "term", part_of("term").alias("part"), F.size("hunks").alias("frequency"), "hunks"
        )
        sorted_terms = terms.repartition("part").sortWithinPartitions("part", "term")
        sorted_terms.write.partitionBy("part").parquet(os.path.join(out, name))
    return exported


def part_of(term: str) -> Column:
    """The part that a term is in."""
    return F.shiftright(term, TERM_BITS - PART_BITS).cast("int")


@contextlib.contextmanager
def _program_output(index: str | os.PathLike[str], bare: Path, program: str | None) -> Iterator[IO[bytes]]:
    """What `hunktrace export` writes, while it writes; its end is waited for, and its failure raised."""
    command = [os.fspath(find_program(program)), "export", "--index", os.fspath(index), "--bare", os.fspath(bare)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    with process.stderr as errors:
        try:
            with process.stdout as output:
                yield output
        finally:
            said = errors.read().decode("utf-8", "replace").strip()
            code = process.wait()
    if code != 0:
        raise ProgramError(f"hunktrace export: {said or 'it failed without a word'}")


def _messages(output: IO[bytes]) -> Iterator[gathered_pb2.ExportedCommits]:
    while head := output.read(4):
        length = int.from_bytes(head, "little")
        body = output.read(length)
        try:
            if len(head) < 4 or len(body) < length:
                raise DecodeError("it ends early")
            yield gathered_pb2.ExportedCommits.FromString(body)
        except DecodeError:
            # The program has failed, and says why when its end is waited for.
            return


def _write_tables(messages: Iterator[gathered_pb2.ExportedCommits], folder: Path) -> None:
    (folder / "hunks").mkdir()
    (folder / "commits").mkdir()
    writer: pq.ParquetWriter | None = None
    written, number = 0, 0
    with pq.ParquetWriter(folder / "commits" / "commits.parquet", COMMITS, compression="zstd") as commits:
        try:
            for message in messages:
                commits.write_batch(_commits(message))
                if writer is None:
                    name = folder / "hunks" / f"hunks-{number:05}.parquet"
                    writer = pq.ParquetWriter(name, HUNKS, compression="zstd")
                writer.write_batch(_hunks(message))
                written += len(message.records)
                if written >= FILE_BYTES:
                    writer.close()
                    writer, written, number = None, 0, number + 1
        finally:
            if writer is not None:
                writer.close()


def _hunks(message: gathered_pb2.ExportedCommits) -> pa.RecordBatch:
    count = len(message.hunks) // 8
    hunks = _numbers(pa.int64(), message.hunks)
    lists = [
        pa.ListArray.from_arrays(_numbers(pa.int32(), offsets), _numbers(pa.int64(), values))
        for offsets, values in ((message.term_offsets, message.terms), (message.path_offsets, message.paths))
    ]
    buffers = [None, pa.py_buffer(message.record_offsets), pa.py_buffer(message.records)]
    records = pa.Array.from_buffers(pa.binary(), count, buffers)
    line_counts = _numbers(pa.int32(), message.line_counts)
    return pa.RecordBatch.from_arrays([hunks, pc.shift_right(hunks, 32), line_counts, *lists, records], schema=HUNKS)


def _numbers(kind: pa.DataType, content: bytes) -> pa.Array:
    return pa.Array.from_buffers(kind, len(content) * 8 // kind.bit_width, [None, pa.py_buffer(content)])


def _commits(message: gathered_pb2.ExportedCommits) -> pa.RecordBatch:
    commits = message.commits
    columns = {
        "commit": [commit.ordinal for commit in commits],
        "id": [commit.commit for commit in commits],
        "committed_at": [commit.committed_at for commit in commits],
        "subject": [commit.subject for commit in commits],
        "first_release": [commit.first_release or None for commit in commits],
        "hunks": [commit.hunks for commit in commits],
    }
    return pa.RecordBatch.from_pydict(columns, COMMITS)
