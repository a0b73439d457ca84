"""The origins of a table of patches, or of all hunks of whole diffs."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from hunktrace.client import Client
from hunktrace.diff import FileDiff, split_diff, split_hunks
from hunktrace.errors import InvalidQuestionError
from hunktrace.questions import NamedText
from hunktrace.spark.executor_index import Index
from hunktrace.tables import CANDIDATES, candidate_rows

ROWS_PER_BATCH = 4096
"""Rows that are given to Spark at a time."""

PARTITIONS_PER_SLOT = 4
"""Tasks for each that can run at a time: a task with long texts holds the others up by no more than a part of the whole."""

HUNKS = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("file", pa.string()),
        pa.field("old_start", pa.int64()),
        pa.field("new_start", pa.int64()),
        pa.field("content", pa.string(), nullable=False),
        pa.field("text", pa.binary(), nullable=False),
        pa.field("error", pa.string()),
    ]
)
"""The columns of `hunks`."""

_CONTENT = pa.field("content", pa.string(), nullable=False)

ANSWERS = pa.schema([_CONTENT, *CANDIDATES])
"""The rows of `hunktrace.tables.candidates` with the content of the text."""

_PLACE = ("file", "old_start", "new_start")

_FOUND = ("rank", "commit", "confidence", "match", "similarity", "subject", "first_release", "carriers", "error")


def lookup(
    patches: DataFrame,
    index: Index,
    *,
    base: str | None = None,
    max_candidates: int = 10,
    partitions: int | None = None,
) -> DataFrame:
    """The candidates of patches and of their hunks, as `hunktrace.tables.candidates` has them.

    `patches` has the columns `name` and `text`, which is text or bytes. Equal texts are looked up once. A text that cannot be
    answered has a row with its `error`. `partitions` is how many tasks the work is divided into.
    """
    texts = named_texts(patches)
    return named_rows(texts, _answers(texts, index, base, max_candidates, partitions))


def named_texts(patches: DataFrame) -> DataFrame:
    """Texts with their `content`."""
    texts = patches.select("name", F.col("text").cast("binary").alias("text"))
    return texts.withColumn("content", F.sha2("text", 256))


def named_rows(texts: DataFrame, answered: DataFrame) -> DataFrame:
    """The rows of `hunktrace.tables.candidates`, out of those for each content."""
    named = texts.select("name", "content").join(answered, "content")
    # Texts are called by their content while they are looked up; what stands behind it counts the patches of a text.
    patch = F.concat("name", F.expr("substring(patch, length(content) + 1)"))
    return named.withColumn("patch", patch).withColumn("text", F.col("name")).select(*CANDIDATES.names)


def lookup_hunks(
    diffs: DataFrame,
    index: Index,
    *,
    base: str | None = None,
    max_candidates: int = 10,
    partitions: int | None = None,
) -> DataFrame:
    """The candidates of every hunk of whole diffs, as of releases.

    `diffs` has the columns `name` and `text`: unified diffs of any size. Releases share most of their hunks, and those are looked
    up once, each for itself. The rows are as in `lookup`, without those for a patch as a whole, and without `patch`. A diff that
    cannot be read has a row with its `error`.
    """
    found = hunks(diffs)
    answered = _answers(found.where("error is null"), index, base, max_candidates, partitions)
    of_hunks = answered.where("file is not null or error is not null").select("content", *_FOUND)
    joined = found.where("error is null").select("name", *_PLACE, "content").join(of_hunks, "content")
    columns: list[Column | str] = [F.col("name").alias("text"), *_PLACE, *_FOUND]
    unreadable = found.where("error is not null").select(
        "name", *_PLACE, "error", *(F.lit(None).alias(name) for name in _FOUND if name != "error")
    )
    return joined.select(*columns).unionByName(unreadable.select(*columns))


def hunks(diffs: DataFrame) -> DataFrame:
    """The hunks of diffs, each as a text of its own: the columns are those of `HUNKS`.

    `content` says what a hunk changes in which file and function, wherever that is in the file: equal hunks of several diffs have
    it in common.
    """

    def split(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = (
            row
            for batch in batches
            for name, text in zip(batch["name"].to_pylist(), batch["text"].to_pylist(), strict=True)
            for row in _hunk_rows(name, text)
        )
        return as_batches(rows, HUNKS)

    return diffs.select("name", F.col("text").cast("binary")).mapInArrow(split, from_arrow_schema(HUNKS))


def distinct_texts(texts: DataFrame) -> DataFrame:
    """The texts that are looked up, of those with the same `content` the first in their own order."""
    return texts.groupBy("content").agg(F.min("text").alias("text"))


def _answers(
    texts: DataFrame, index: Index, base: str | None, max_candidates: int, partitions: int | None
) -> DataFrame:
    """The candidates of each text that differs, by its `content`."""
    slots = texts.sparkSession.sparkContext.defaultParallelism
    asked = distinct_texts(texts).repartition(partitions or PARTITIONS_PER_SLOT * slots, "content")

    def look_up(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        texts = (
            NamedText(content, text)
            for batch in batches
            for content, text in zip(batch["content"].to_pylist(), batch["text"].to_pylist(), strict=True)
        )
        with Client(index.server()) as client:
            answers = client.lookup_many(texts, base=base, max_candidates=max_candidates)
            rows = ({"content": answer.name, **row} for answer in answers for row in candidate_rows(answer))
            yield from as_batches(rows, ANSWERS)

    return asked.mapInArrow(look_up, from_arrow_schema(ANSWERS))


def _hunk_rows(name: str, diff: bytes) -> Iterator[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    try:
        for file in split_diff(diff):
            rows.extend(_rows_of_file(name, file))
    except InvalidQuestionError as error:
        rows = [{"name": name, "content": "", "text": b"", "error": str(error)}]
    yield from rows


def _rows_of_file(name: str, file: FileDiff) -> Iterator[dict[str, Any]]:
    old = b"a/" + file.old_path if file.old_path else b"/dev/null"
    new = b"b/" + file.path if file.path else b"/dev/null"
    heads = b"--- %s\n+++ %s\n" % (old, new)
    for hunk in split_hunks(file.hunks):
        yield {
            "name": name,
            "file": (file.path or file.old_path).decode("utf-8", "replace"),
            "old_start": hunk.old_start,
            "new_start": hunk.new_start,
            "content": hashlib.sha256(heads + hunk.section + b"\n" + hunk.body).hexdigest(),
            "text": heads + hunk.head + hunk.body,
        }


def as_batches(
    rows: Iterator[dict[str, Any]], schema: pa.Schema, rows_per_batch: int = ROWS_PER_BATCH
) -> Iterator[pa.RecordBatch]:
    """Rows as Arrow batches."""
    while some := list(itertools.islice(rows, rows_per_batch)):
        yield pa.RecordBatch.from_pylist(some, schema)
