"""The runs of a release as the program writes them for tables: `runs.columns`. Needs the extra `arrow`.

A line of JSON says how many rows there are, and which columns in which order. Their numbers follow as Arrow has them, so they are
taken as they are: nothing is parsed. The program's own page on the form is `client/release/src/attribute/run_columns.rs`.
"""

from __future__ import annotations

import json
import os

import pyarrow as pa
import pyarrow.compute as pc

_NUMBERS = {"u32": pa.uint32(), "f64": pa.float64()}

_PLACE = pa.int32()


class _Sequences:
    """The sequences of numbers of a file, one after the other."""

    def __init__(self, file: pa.Buffer, start: int) -> None:
        self._file = file
        self._at = start

    def take(self, size: int) -> pa.Buffer:
        """The next bytes, where the file has as many."""
        self._at = -(-self._at // 8) * 8
        if self._at + size > self._file.size:
            raise ValueError("runs.columns ends in the middle")
        taken = self._file.slice(self._at, size)
        self._at += size
        return taken

    def numbers(self, kind: pa.DataType, count: int) -> pa.Array:
        """The next numbers."""
        return pa.Array.from_buffers(kind, count, [None, self.take(count * kind.bit_width // 8)])

    def texts(self, rows: int, count: int, size: int) -> pa.DictionaryArray:
        """The next column of texts; a row without one has a null."""
        places = self.numbers(_PLACE, rows)
        starts, text = self.take((count + 1) * 4), self.take(size)
        values = pa.Array.from_buffers(pa.string(), count, [None, starts, text])
        values.validate(full=True)
        if rows:
            least, most = pc.min_max(places).as_py().values()
            if least < 0:
                places = pc.if_else(pc.less(places, 0), pa.scalar(None, _PLACE), places)
            if most >= count:
                raise ValueError("runs.columns names texts that it does not have")
        return pa.DictionaryArray.from_arrays(places, values)


def read_run_columns(path: str | os.PathLike[str]) -> pa.Table:
    """The columns, those of texts as dictionaries. They stay in the file, which may be removed meanwhile, and not written to."""
    with open(path, "rb") as file:
        line = file.readline()
    with pa.memory_map(os.fspath(path)) as mapped:
        whole = mapped.read_buffer()
    head = json.loads(line)
    rows = int(head["rows"])
    sequences = _Sequences(whole, len(line))
    columns = {}
    for column in head["columns"]:
        kind = column["kind"]
        if kind == "text":
            columns[column["name"]] = sequences.texts(rows, int(column["texts"]), int(column["bytes"]))
        else:
            columns[column["name"]] = sequences.numbers(_NUMBERS[kind], rows)
    return pa.table(columns)
