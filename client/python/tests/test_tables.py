"""Results and releases as tables, for every engine."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow as pa
import pytest
from demo_kernel import Demo

from hunktrace import Client, parquet, tables
from hunktrace.errors import ProgramError
from hunktrace.program import run_program
from hunktrace.release import SCHEMAS, failed_release, read_release, release_folders, take_apart, taken_apart
from hunktrace.results import CheckedCommit, Status

RELAY = "9932c7b4cff7dc4386dd99a78a89a18ab8192534"


@pytest.fixture(scope="module")
def releases(demo: Demo, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases as Parquet files: the vendor's, and upstream's own v1.1, with one that has failed."""
    folder = tmp_path_factory.mktemp("releases")
    upstream = f"{demo.folder / 'upstream.git'}:v1.1"
    for name, tree in (("vendor/1.0", demo.vendor), ("v1.1", upstream)):
        command: list[str | Path] = [
            "attribute",
            "--index",
            demo.index,
            "--base",
            demo.base,
            "--vendor",
            tree,
            "--name",
            name,
        ]
        run_program(program, [*command, "--out", folder / tree_name(name)])
    out = folder / "parquet"
    assert sorted(parquet.convert(folder, out)) == ["v1.1", "vendor/1.0"]
    parquet.write_release(failed_release("gone", "no such tree"), out)
    return out


def tree_name(release: str) -> str:
    return release.replace("/", "-")


def test_candidates_are_rows(client: Client, demo: Demo) -> None:
    answers = [*client.lookup_many(demo.patches, base="v1.0"), *client.lookup_many(["no diff"])]
    table = tables.candidates(answers)
    assert table.schema == tables.CANDIDATES
    frame = table.to_pandas()
    whole = frame[frame["file"].isna() & (frame["rank"] == 1)]
    assert list(whole["commit"]) == [
        answer.patches[0].candidates[0].commit for answer in answers[:4] if answer.patches[0].candidates
    ]
    assert polars.from_arrow(table)["error"][-1].startswith("line 1: no diff found")
    hunks = sum(len(patch.hunks) for answer in answers for patch in answer.patches)
    places = {(row["text"], row["file"], row["old_start"]) for row in table.to_pylist() if row["file"] is not None}
    assert len(places) == hunks


def test_any_results_are_a_table(client: Client, demo: Demo) -> None:
    checked = client.check([RELAY], vendor=demo.vendor, base_revision="v1.0")
    table = tables.table(checked)
    assert table["state"].to_pylist() == ["complete"]
    assert table["hunks"][0].as_py()[0]["lines"][0]["state"] == "there"
    assert tables.table([], CheckedCommit).schema == table.schema
    assert tables.table([client.status()])["limits"][0]["hunks"].as_py() == 50_000
    assert "releases" in tables.schema(Status).names
    with pytest.raises(ValueError, match="give their class"):
        tables.table([])


def test_release_has_the_same_tables_from_server_and_index(client: Client, demo: Demo) -> None:
    asked = take_apart(demo.vendor, demo.base, server=client.address, name="r").by_name()
    own = take_apart(demo.vendor, demo.base, index=demo.index, name="r").by_name()
    for name, schema in SCHEMAS.items():
        assert asked[name].equals(own[name]) and own[name].schema == schema, name
    with pytest.raises(ProgramError, match="gone"):
        take_apart(demo.folder / "gone", demo.base, index=demo.index)
    with pytest.raises(ProgramError, match="holds no release"):
        read_release(demo.folder)


def test_tables_are_what_the_records_say(demo: Demo) -> None:
    folder = demo.folder / "taken-apart"
    release = read_release(folder)
    hunks = [json.loads(line) for line in (folder / "hunks.jsonl").read_text().splitlines()]
    runs = [
        (hunk["file"], run["side"], run["start"], run["lines"], run["commit"]) for hunk in hunks for run in hunk["runs"]
    ]
    rows = release.runs.select(["file", "side", "start", "lines", "commit"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == runs
    commits = [json.loads(line) for line in (folder / "commits.jsonl").read_text().splitlines()]
    assert [{k: v for k, v in row.items() if k != "release"} for row in release.commits.to_pylist()] == [
        {name: commit[name] for name in SCHEMAS["commits"].names[1:]} for commit in commits
    ]
    assert release.files.num_rows == len({hunk["file"] for hunk in hunks})


def test_runs_are_the_same_from_arrow_and_lines(demo: Demo, program: Path, tmp_path: Path) -> None:
    trees: dict[str, str | Path] = {
        "vendor": demo.vendor,
        "v1.1": f"{demo.folder / 'upstream.git'}:v1.1",
        "base": demo.base,
    }
    for form in ("lines", "arrow"):
        command: list[str | Path] = ["attribute", "--index", demo.index, "--base", demo.base, "--records-only"]
        for name, tree in trees.items():
            command += ["--name", name, "--vendor", tree]
        command += ["--arrow"] if form == "arrow" else []
        run_program(program, [*command, "--out", tmp_path / form])
    by_lines, by_arrow = (release_folders(tmp_path / form) for form in ("lines", "arrow"))
    assert [folder.name for folder in by_lines] == [folder.name for folder in by_arrow]
    for lines, columns in zip(by_lines, by_arrow, strict=True):
        assert sorted(file.name for file in columns.iterdir()) == ["commits.jsonl", "runs.arrow", "summary.json"]
        expected, found = read_release(lines).by_name(), read_release(columns).by_name()
        for name, schema in SCHEMAS.items():
            assert found[name].schema == schema and found[name].equals(expected[name]), (lines.name, name)
    assert read_release(by_arrow[2]).runs.num_rows == 0 and read_release(by_arrow[0]).runs.num_rows > 0

    file = by_arrow[0] / "runs.arrow"
    whole = file.read_bytes()
    for damaged in (whole[:-8], whole[: len(whole) // 2], b"", b"{}\n"):
        assert damaged != whole
        file.write_bytes(damaged)
        with pytest.raises(ProgramError, match="holds no release"):
            read_release(by_arrow[0])


def test_releases_are_given_while_the_program_works_on(demo: Demo, tmp_path: Path) -> None:
    first_is_read, slow = tmp_path / "read", tmp_path / "hunktrace"
    # It is done with one release, works on the next until the first is read, and fails then.
    slow.write_text(
        f"""#!/bin/sh
while [ "$1" != --out ]; do shift; done
mkdir "$2.unfinished" && cp -r "{demo.folder / "taken-apart"}" "$2.unfinished/1-a" && mkdir "$2.unfinished/2-b"
while [ ! -e "{first_is_read}" ]; do sleep 0.05; done
rm -r "$2.unfinished"
echo "the tree is gone" >&2
exit 2
""",
        encoding="utf-8",
    )
    slow.chmod(0o755)
    vendors = [("a", demo.vendor), ("b", demo.vendor)]
    with taken_apart(vendors, demo.base, index=demo.index, program=slow) as releases:
        first = next(releases)
        first_is_read.touch()
        assert first.releases["release"].to_pylist() == ["a"] and first.runs.num_rows > 0
        with pytest.raises(ProgramError, match="the tree is gone"):
            next(releases)
    first_is_read.unlink()
    # Who leaves sooner ends the program, which would wait for ever.
    with taken_apart(vendors, demo.base, index=demo.index, program=slow) as releases:
        next(releases)


def test_duckdb_reads_the_files(releases: Path) -> None:
    with duckdb.connect() as connection:
        for name in SCHEMAS:
            connection.sql(f"create view {name} as from '{releases}/{name}/*.parquet'")
        totals = connection.sql(
            """
            select r.release, r.lines, r.explained, f.lines, f.explained, u.lines, u.explained
            from releases r
            left join (select release, sum(lines) lines, sum(explained) explained from files group by all) f using (release)
            left join (
                select release, sum(lines) lines, sum(lines) filter (commit is not null) explained from runs group by all
            ) u using (release)
            order by 1
            """
        ).fetchall()
        assert [row[0] for row in totals] == ["gone", "v1.1", "vendor/1.0"]
        assert totals[0][1:] == (None,) * 6
        for _, *counts in totals[1:]:
            assert counts[0] == counts[2] == counts[4] and counts[1] == counts[3] == counts[5]
        (lines,) = connection.sql(
            f"select c.lines - sum(r.lines) from commits c join runs r using (release, commit) "
            f"where commit = '{RELAY}' and release = 'vendor/1.0' group by c.lines"
        ).fetchall()
        assert lines == (0,)
        missing = connection.sql(
            "select m.file, m.reason from commits, unnest(missing) as t(m) where release = 'vendor/1.0' order by all"
        ).fetchall()
        assert missing and all(reason in ("unchanged", "superseded", "left out") for _, reason in missing)
        assert connection.sql("select error from releases where error is not null").fetchall() == [("no such tree",)]


def test_other_engines_read_the_files(releases: Path) -> None:
    for name, schema in SCHEMAS.items():
        with_polars = polars.read_parquet(f"{releases}/{name}/*.parquet")
        assert with_polars.columns == schema.names
        assert len(pandas.read_parquet(releases / name)) == with_polars.height


def test_release_is_replaced(releases: Path, demo: Demo, tmp_path: Path) -> None:
    release = take_apart(demo.vendor, demo.base, index=demo.index, name="a/b")
    for _ in range(2):
        assert parquet.write_release(release, tmp_path) == "a/b"
    assert [file.name for file in (tmp_path / "runs").iterdir()] == ["a%2Fb.parquet"]
    assert pa.parquet.read_table(tmp_path / "runs" / "a%2Fb.parquet").equals(release.runs)
