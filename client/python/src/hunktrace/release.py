"""Whole releases, taken apart by the program, as Arrow tables. Needs the extra `arrow`.

The four tables have the same columns wherever they come from: here, in Parquet files (`hunktrace.parquet`) and on Apache Spark
(`hunktrace.spark`).
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.json as pj

from hunktrace.errors import ProgramError
from hunktrace.program import RunningProgram, find_program

_MISSING = pa.list_(
    pa.field(
        "item",
        pa.struct([pa.field("file", pa.string()), pa.field("old_start", pa.int64()), pa.field("reason", pa.string())]),
    )
)

COMMITS = pa.schema(
    [
        pa.field("release", pa.string(), nullable=False),
        pa.field("commit", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("confidence", pa.float64(), nullable=False),
        pa.field("lines", pa.int64(), nullable=False),
        pa.field("hunks", pa.int64(), nullable=False),
        pa.field("missing_hunks", pa.int64(), nullable=False),
        pa.field("missing", _MISSING),
        pa.field("subject", pa.string(), nullable=False),
        pa.field("author", pa.string(), nullable=False),
        pa.field("date", pa.string(), nullable=False),
        pa.field("first_release", pa.string()),
        pa.field("carriers", pa.list_(pa.field("item", pa.string()))),
        pa.field("unindexed_origin", pa.string()),
        pa.field("read_from", pa.string()),
        pa.field("superseded_by", pa.string()),
    ]
)
"""The upstream commits that a release has: `commits.jsonl` with the release in front."""

RUNS = pa.schema(
    [
        pa.field("release", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("old_path", pa.string()),
        pa.field("old_start", pa.int64(), nullable=False),
        pa.field("old_lines", pa.int64(), nullable=False),
        pa.field("new_start", pa.int64(), nullable=False),
        pa.field("new_lines", pa.int64(), nullable=False),
        pa.field("side", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("lines", pa.int64(), nullable=False),
        pa.field("commit", pa.string()),
        pa.field("confidence", pa.float64(), nullable=False),
        pa.field("match", pa.string()),
    ]
)
"""Neighbouring changed lines of one origin, with their hunk: `hunks.jsonl`, a row for each run."""

FILES = pa.schema(
    [
        pa.field("release", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("old_path", pa.string()),
        pa.field("hunks", pa.int64(), nullable=False),
        pa.field("lines", pa.int64(), nullable=False),
        pa.field("explained", pa.int64(), nullable=False),
        pa.field("commits", pa.int64(), nullable=False),
    ]
)
"""The files that differ in lines: how many hunks and changed lines, how many of these upstream commits explain, and how many
commits those are."""

RELEASES = pa.schema(
    [
        pa.field("release", pa.string(), nullable=False),
        pa.field("base", pa.string()),
        pa.field("base_revision", pa.string()),
        pa.field("vendor", pa.string()),
        pa.field("files", pa.int64()),
        pa.field("hunks", pa.int64()),
        pa.field("lines", pa.int64()),
        pa.field("explained", pa.int64()),
        pa.field("commits", pa.int64()),
        pa.field("implied_commits", pa.int64()),
        pa.field("moved_files", pa.int64()),
        pa.field("history_digest", pa.string()),
        pa.field("program", pa.string()),
        pa.field("error", pa.string()),
    ]
)
"""The releases: what they were made from, and their totals, as in `summary.json`. A release that could not be taken apart has an
`error` and nothing else."""

_HUNK_RECORDS = pa.schema(
    [
        ("file", pa.string()),
        ("old_path", pa.string()),
        ("old_start", pa.int64()),
        ("old_lines", pa.int64()),
        ("new_start", pa.int64()),
        ("new_lines", pa.int64()),
        (
            "runs",
            pa.list_(
                pa.struct(
                    [
                        ("side", pa.string()),
                        ("start", pa.int64()),
                        ("lines", pa.int64()),
                        ("commit", pa.string()),
                        ("confidence", pa.float64()),
                        ("match", pa.string()),
                    ]
                )
            ),
        ),
    ]
)

ARROW_FILE = "runs.arrow"
"""What `hunktrace attribute --arrow` writes in place of `hunks.jsonl`."""

POLL_SECONDS = 0.25
"""How often is looked whether the program is done with a release."""

SCHEMAS = {"commits": COMMITS, "runs": RUNS, "files": FILES, "releases": RELEASES}
"""The columns of the four tables by their names."""


@dataclass(frozen=True)
class ReleaseTables:
    """A release as tables."""

    commits: pa.Table
    runs: pa.Table
    files: pa.Table
    releases: pa.Table

    def by_name(self) -> dict[str, pa.Table]:
        """The tables by their names, as in `SCHEMAS`."""
        return {name: getattr(self, name) for name in SCHEMAS}


def read_release(folder: str | os.PathLike[str], release: str | None = None) -> ReleaseTables:
    """The tables of a folder that `hunktrace attribute --out` has written. The release is called as there, if not otherwise."""
    return plain(read_encoded(folder, release))


def read_encoded(folder: str | os.PathLike[str], release: str | None = None) -> ReleaseTables:
    """As `read_release`, the texts of runs and files as dictionaries: what `hunktrace.parquet.write_release` writes soonest."""
    folder = Path(folder)
    try:
        summary: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
        name = release or summary["name"]
        commits = _read_lines(
            folder / "commits.jsonl", pa.schema([field for field in COMMITS if field.name != "release"])
        )
        table = folder / ARROW_FILE
        told = _runs_in(table) if table.exists() else _runs_of(folder / "hunks.jsonl")
        runs = _encoded(name, told, RUNS)
        return ReleaseTables(
            commits=_named(name, commits, COMMITS), runs=runs, files=_files(runs), releases=_summary_row(name, summary)
        )
    except (OSError, ValueError, KeyError) as error:
        raise ProgramError(
            f"{folder}: holds no release that was taken apart: {error}; name the folder that 'hunktrace attribute --out' has written"
        ) from error


def plain(tables: ReleaseTables) -> ReleaseTables:
    """The same tables with the columns of `SCHEMAS`, without dictionaries."""
    return ReleaseTables(**{name: table.cast(SCHEMAS[name]) for name, table in tables.by_name().items()})


def failed_release(release: str, error: str) -> ReleaseTables:
    """The tables of a release that could not be taken apart."""
    row = pa.Table.from_pylist([{"release": release, "error": error}], RELEASES)
    return ReleaseTables(COMMITS.empty_table(), RUNS.empty_table(), FILES.empty_table(), row)


def take_apart(
    vendor: str | os.PathLike[str],
    base: str | os.PathLike[str],
    *,
    server: str | None = None,
    index: str | os.PathLike[str] | None = None,
    name: str | None = None,
    program: str | os.PathLike[str] | None = None,
    scratch: str | os.PathLike[str] | None = None,
    arguments: Sequence[str] = (),
) -> ReleaseTables:
    """Takes a release apart by `hunktrace attribute`, asking a server or an index, and gives its tables.

    Trees are what the program reads: folders, tarballs, source RPMs and `REPO:REV`. Only records are written, and removed
    again; give `arguments` for more of the program's flags, and run it yourself for series and report. `scratch` is a folder for
    the records, which may take hundreds of megabytes.
    """
    with taken_apart(
        [(name, vendor)], base, server=server, index=index, program=program, scratch=scratch, arguments=arguments
    ) as releases:
        (tables,) = releases
        return plain(tables)


@contextlib.contextmanager
def taken_apart(
    vendors: Sequence[tuple[str | None, str | os.PathLike[str]]],
    base: str | os.PathLike[str],
    *,
    server: str | None = None,
    index: str | os.PathLike[str] | None = None,
    program: str | os.PathLike[str] | None = None,
    scratch: str | os.PathLike[str] | None = None,
    arguments: Sequence[str] = (),
) -> Iterator[Iterator[ReleaseTables]]:
    """Takes releases with one base apart in their order, for `with`; see `take_apart`. What they have in common is worked out once.

    A release has a name or none, and a tree. Its tables, encoded as by `read_encoded`, are given when the program is done with it,
    while it works on those behind. If one fails, that is raised behind the tables of those that were done before. Whoever leaves
    earlier ends the program.
    """
    if (server is None) == (index is None):
        raise ProgramError("a release needs a server or an index to be taken apart; give one of them")
    source = ["--server", server] if server is not None else ["--index", os.fspath(index or "")]
    with tempfile.TemporaryDirectory(prefix="hunktrace-release-", dir=scratch) as folder:
        out = Path(folder) / "out"
        command = ["attribute", *source, "--base", base, "--out", out, "--quiet", "--records-only", "--arrow"]
        command += arguments
        for name, vendor in vendors:
            command += ["--vendor", vendor]
            command += ["--name", name] if name is not None else []
        with RunningProgram(find_program(program), command) as run:
            yield _as_they_come(run, out, [name for name, _ in vendors])


def _as_they_come(run: RunningProgram, out: Path, names: list[str | None]) -> Iterator[ReleaseTables]:
    """The tables of each release. What was read of them on the way is not kept, so that a long row takes little room."""
    read = 0
    while not run.ends_within(POLL_SECONDS):
        for folder in _done_before_the_end(out)[read:] if len(names) > 1 else []:
            try:
                tables = read_encoded(folder, names[read])
            except ProgramError:
                # The program has put the whole result in its place meanwhile; what is wrong otherwise is told from there.
                break
            yield tables
            read += 1
            with contextlib.suppress(OSError):
                (folder / ARROW_FILE).unlink()
    # 1 says that something of the trees could not be read; the rest is answered.
    run.check(accept=(0, 1))
    folders = [out] if len(names) == 1 else release_folders(out)
    for folder, name in list(zip(folders, names, strict=True))[read:]:
        yield read_encoded(folder, name)


def _done_before_the_end(out: Path) -> list[Path]:
    """The releases that a program at work is done with: those before the one whose folder it has made last."""
    with contextlib.suppress(OSError):
        with os.scandir(out.with_name(f"{out.name}.unfinished")) as entries:
            return [Path(entry.path) for entry in sorted(entries, key=lambda one: one.name) if entry.is_dir()][:-1]
    return []


def release_folders(folder: Path) -> list[Path]:
    """The folders of the releases that `hunktrace attribute --out` has written below a folder, in their order."""
    return sorted(file.parent for file in folder.glob("*/commits.jsonl"))


def _read_lines(path: Path, schema: pa.Schema) -> pa.Table:
    if path.stat().st_size == 0:
        return schema.empty_table()
    # A record is a line, and the longest are those of new files that many commits have made.
    options = pj.ReadOptions(block_size=64 << 20)
    parse = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    return pj.read_json(path, read_options=options, parse_options=parse).select(schema.names)


def _named(release: str, table: pa.Table, schema: pa.Schema) -> pa.Table:
    named = table.add_column(0, "release", pa.repeat(release, table.num_rows))
    return named.select(schema.names).cast(schema)


def _runs_in(path: Path) -> pa.Table:
    """The rows of a table of Arrow. They stay in the file, which may be removed meanwhile, and not written to."""
    with pa.memory_map(os.fspath(path)) as mapped, pa.ipc.open_file(mapped) as file:
        runs = file.read_all()
    runs.validate(full=True)
    return runs


def _runs_of(path: Path) -> pa.Table:
    """A row for each run of each hunk, texts as dictionaries."""
    hunks = _read_lines(path, _HUNK_RECORDS).combine_chunks()
    runs = hunks["runs"].combine_chunks() if hunks.num_rows else pa.array([], _HUNK_RECORDS.field("runs").type)
    of_hunk = pc.list_parent_indices(runs)
    columns = {name: _texts_once(hunks[name]).take(of_hunk) for name in hunks.column_names if name != "runs"}
    flat = pa.Table.from_struct_array(pc.list_flatten(runs))
    columns.update({name: flat[name] for name in flat.column_names})
    columns["match"] = pc.if_else(pc.equal(flat["match"], "none"), pa.scalar(None, pa.string()), flat["match"])
    return pa.table({name: _texts_once(column) for name, column in columns.items()})


def _texts_once(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column in one piece; texts as a dictionary."""
    whole = pa.chunked_array(column.chunks if isinstance(column, pa.ChunkedArray) else [column], column.type)
    whole = (whole.dictionary_encode() if pa.types.is_string(column.type) else whole).combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _encoded(release: str, table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with the release in front, and the columns of a schema, texts as dictionaries."""
    named = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), table.num_rows), pa.array([release]))
    return table.add_column(0, "release", named).select(schema.names).cast(encoded_schema(schema))


def encoded_schema(schema: pa.Schema) -> pa.Schema:
    """The same columns, texts as dictionaries."""
    texts = pa.dictionary(pa.int32(), pa.string())
    return pa.schema([field.with_type(texts) if pa.types.is_string(field.type) else field for field in schema])


def _files(runs: pa.Table) -> pa.Table:
    """What the runs say of each file, in their order."""
    runs = runs.combine_chunks()
    file, old_path, commit = (_texts_once(runs[name]) for name in ("file", "old_path", "commit"))
    counted = pa.table(
        {
            "file": file.indices,
            "old_path": old_path.indices,
            "place": pc.add(pc.multiply(runs["old_start"], 1 << 32), runs["new_start"]),
            "lines": runs["lines"],
            "explained": pc.if_else(pc.is_valid(commit), runs["lines"], 0),
            "commit": commit.indices,
        }
    )
    grouped = counted.group_by("file", use_threads=False).aggregate(
        [
            ("old_path", "first"),
            ("place", "count_distinct"),
            ("lines", "sum"),
            ("explained", "sum"),
            ("commit", "count_distinct", pc.CountOptions(mode="only_valid")),
        ]
    )
    # Groups come in any order; the places of the files are in that of the release.
    grouped = grouped.sort_by("file")
    columns = {
        "file": _of_dictionary(grouped["file"], file),
        "old_path": _of_dictionary(grouped["old_path_first"], old_path),
        "hunks": grouped["place_count_distinct"],
        "lines": grouped["lines_sum"],
        "explained": grouped["explained_sum"],
        "commits": grouped["commit_count_distinct"],
    }
    release = runs["release"].chunk(0).dictionary[0].as_py() if runs.num_rows else ""
    return _encoded(release, pa.table(columns), FILES)


def _of_dictionary(places: pa.ChunkedArray, texts: pa.DictionaryArray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(_texts_once(places), texts.dictionary)


def _summary_row(release: str, summary: dict[str, Any]) -> pa.Table:
    totals, inputs = summary["all"], summary["inputs"]
    row = {
        "release": release,
        "base": summary["base_name"],
        "base_revision": inputs.get("base_revision"),
        "vendor": inputs["vendor"]["description"],
        "files": totals["files"],
        "hunks": totals["hunks"],
        "lines": totals["lines"],
        "explained": totals["explained"],
        "commits": summary["commits"],
        "implied_commits": summary["implied_commits"],
        "moved_files": summary["moved_files"],
        "history_digest": inputs["index"]["history_digest"],
        "program": summary["versions"]["hunktrace"],
        "error": None,
    }
    return pa.Table.from_pylist([row], RELEASES)
