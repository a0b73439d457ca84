"""Results as Arrow tables, from which pandas, polars and every other engine of tables read. Needs the extra `arrow`.

table = hunktrace.tables.candidates(client.lookup_many(texts))
table.to_pandas()            # a frame of pandas
polars.from_arrow(table)     # one of polars
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from hunktrace.results import Answer, Candidate

CANDIDATES = pa.schema(
    [
        pa.field("text", pa.string(), nullable=False),
        pa.field("patch", pa.string(), nullable=False),
        pa.field("file", pa.string()),
        pa.field("old_start", pa.int64()),
        pa.field("new_start", pa.int64()),
        pa.field("rank", pa.int32()),
        pa.field("commit", pa.string()),
        pa.field("confidence", pa.float64()),
        pa.field("match", pa.string()),
        pa.field("similarity", pa.float64()),
        pa.field("subject", pa.string()),
        pa.field("first_release", pa.string()),
        pa.field("carriers", pa.list_(pa.string())),
        pa.field("error", pa.string()),
    ]
)
"""The columns of `candidates`."""


def candidates(answers: Iterable[Answer]) -> pa.Table:
    """A row for each candidate of each hunk and patch, best first, in the order of the answers.

    `file` is none where the candidate is one for the patch as a whole. What has no candidate has one row without a commit, and
    so has a text that could not be answered, with its `error`.
    """
    return pa.Table.from_pylist([row for answer in answers for row in candidate_rows(answer)], CANDIDATES)


def candidate_rows(answer: Answer) -> Iterator[dict[str, Any]]:
    """The rows of one answer, as in `candidates`."""
    if answer.error is not None:
        yield {"text": answer.name, "patch": answer.name, "error": answer.error.message}
    for patch in answer.patches:
        named = {"text": answer.name, "patch": patch.name}
        for hunk in patch.hunks:
            place = {"file": hunk.file, "old_start": hunk.old_start, "new_start": hunk.new_start}
            yield from _ranked({**named, **place}, hunk.candidates)
        yield from _ranked(named, patch.candidates)


def _ranked(row: dict[str, Any], found: tuple[Candidate, ...]) -> Iterator[dict[str, Any]]:
    if not found:
        yield row
    for rank, candidate in enumerate(found, 1):
        yield {
            **row,
            "rank": rank,
            "commit": candidate.commit,
            "confidence": candidate.confidence,
            "match": candidate.match,
            "similarity": candidate.similarity,
            "subject": candidate.subject,
            "first_release": candidate.first_release,
            "carriers": candidate.carriers,
        }


def table(results: Iterable[Any], kind: type | None = None) -> pa.Table:
    """Results of any one class as a table: a column for each field, nested as the results are.

    `kind` is their class, which is needed where there may be none.
    """
    listed = list(results)
    if kind is None:
        if not listed:
            raise ValueError("no results say what the columns are; give their class as kind")
        kind = type(listed[0])
    return pa.Table.from_pylist([dataclasses.asdict(result) for result in listed], schema(kind))


def schema(kind: type) -> pa.Schema:
    """The columns of `table` for a class of results."""
    hints = typing.get_type_hints(kind)
    return pa.schema([_column(field.name, hints[field.name]) for field in dataclasses.fields(kind)])


_SCALARS = {str: pa.string(), bytes: pa.binary(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def _column(name: str, hint: Any) -> pa.Field:
    is_optional = typing.get_origin(hint) in (types.UnionType, typing.Union)
    if is_optional:
        (hint,) = (member for member in typing.get_args(hint) if member is not type(None))
    return pa.field(name, _type(hint), nullable=is_optional)


def _type(hint: Any) -> pa.DataType:
    if typing.get_origin(hint) is tuple:
        return pa.list_(_column("item", typing.get_args(hint)[0]))
    if typing.get_origin(hint) is typing.Literal:
        return pa.string()
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        return pa.struct(list(schema(hint)))
    return _SCALARS[hint]
