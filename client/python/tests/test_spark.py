"""Batches on Apache Spark give what a single machine gives, row for row, also where a worker is lost in the middle."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyspark
import pytest
from demo_kernel import Demo
from pyspark.sql import DataFrame, SparkSession

from hunktrace import Client, spark, tables
from hunktrace.errors import HunktraceError, ProgramError
from hunktrace.release import SCHEMAS, ReleaseTables, failed_release, take_apart
from hunktrace.spark import attribution
from hunktrace.spark.lookup import distinct_texts

PATIENCE = 240.0
"""Seconds until a test gives up waiting for what has to happen."""


@pytest.fixture(scope="module")
def index(demo: Demo) -> spark.Index:
    return spark.Index(str(demo.index))


def ordered(table: pa.Table) -> list[dict[str, object]]:
    return sorted(table.to_pylist(), key=repr)


def collected(frame: DataFrame) -> list[dict[str, object]]:
    return ordered(frame.toArrow())


def test_patches_are_answered_as_by_the_client(
    session: SparkSession, index: spark.Index, client: Client, demo: Demo
) -> None:
    texts = [(path.name, path.read_bytes()) for path in demo.patches]
    mailbox = b"\n".join(text for _, text in texts)
    texts += [("again.patch", texts[0][1]), ("all.mbox", mailbox), ("nothing", b"no diff")]
    patches = session.createDataFrame(texts, "name string, text binary").repartition(3)
    found = spark.lookup(patches, index, base="v1.0", partitions=3)
    from hunktrace import NamedText

    expected = tables.candidates(client.lookup_many([NamedText(*text) for text in texts], base="v1.0"))
    assert found.toArrow().schema.names == expected.schema.names
    assert collected(found) == ordered(expected)


def test_shared_hunks_are_looked_up_once(
    session: SparkSession, index: spark.Index, client: Client, demo: Demo, base_folder: Path
) -> None:
    diff = demo.diff(base_folder)
    moved = diff.replace(b"@@ -34,", b"@@ -1034,").replace(b" +34,", b" +1034,")
    assert moved != diff
    releases = [("r1", diff), ("r2", moved), ("r3", diff + b"\n"), ("bad", b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n")]
    diffs = session.createDataFrame(releases, "name string, text binary")
    texts = spark.hunks(diffs)
    whole = texts.where("error is null")
    assert whole.count() == 3 * 8 and distinct_texts(whole).count() == 8
    rows = spark.lookup_hunks(diffs, index, base="v1.0").toArrow()
    first, second, third = (
        rows.filter(pc.equal(rows["text"], name)).drop_columns(["text", "old_start", "new_start"])
        for name in ("r1", "r2", "r3")
    )
    assert ordered(first) == ordered(second) == ordered(third)
    places = {
        row["old_start"] for row in rows.to_pylist() if row["text"] == "r2" and row["file"] == "net/relay/relay.c"
    }
    assert places == {51, 1034}
    (bad,) = (row for row in rows.to_pylist() if row["text"] == "bad")
    assert "the diff is damaged" in str(bad["error"]) and bad["commit"] is None
    texts_of_r1 = [row.text for row in texts.where("name = 'r1'").collect()]
    alone = [client.lookup(bytes(text), base="v1.0").patches[0].hunks[0].candidates for text in texts_of_r1]
    assert sum(map(len, alone)) == len([row for row in first.to_pylist() if row["commit"] is not None])


def releases_of(demo: Demo, count: int) -> list[tuple[str, str, str]]:
    """Releases in their order: trees of upstream and the vendor's, and one that is not there."""
    trees = [str(demo.vendor), *(f"{demo.folder / 'upstream.git'}:{tag}" for tag in ("v1.0.1", "v1.1-rc1", "v1.1"))]
    releases = [(f"r{number:02}", trees[number % len(trees)], demo.base) for number in range(count)]
    return [*releases[: count // 2], ("gone", str(demo.folder / "gone"), demo.base), *releases[count // 2 :]]


def single_machine(demo: Demo, releases: list[tuple[str, str, str]]) -> dict[str, list[dict[str, object]]]:
    """The tables as one process after the other makes them, without the release that is not there."""
    apart: list[ReleaseTables] = [
        take_apart(vendor, base, index=demo.index, name=name) for name, vendor, base in releases if name != "gone"
    ]
    return {name: ordered(pa.concat_tables([tables.by_name()[name] for tables in apart])) for name in SCHEMAS}


def check_tables(found: dict[str, pa.Table], expected: dict[str, list[dict[str, object]]]) -> None:
    for name in SCHEMAS:
        rows = found[name]
        if name == "releases":
            (gone,) = rows.filter(pc.equal(rows["release"], "gone")).to_pylist()
            assert "gone" in gone["error"] and gone["lines"] is None
            rows = rows.filter(pc.not_equal(rows["release"], "gone"))
        assert ordered(rows) == expected[name], name


@pytest.mark.parametrize("tasks", [None, 5])
def test_releases_are_taken_apart_as_by_a_single_machine(
    session: SparkSession, index: spark.Index, demo: Demo, tasks: int | None
) -> None:
    asked = releases_of(demo, 5)
    frame = session.createDataFrame(asked, "release string, vendor string, base string")
    found = spark.attribute(frame, index, tasks=tasks)
    check_tables({name: getattr(found, name).toArrow() for name in SCHEMAS}, single_machine(demo, asked))
    found.unpersist()
    with pytest.raises(ValueError, match="same name"):
        spark.attribute(frame.union(frame), index)


@pytest.mark.parametrize("as_uri", [False, True])
def test_executors_write_the_tables(
    session: SparkSession, index: spark.Index, demo: Demo, tmp_path: Path, as_uri: bool
) -> None:
    asked = releases_of(demo, 3)
    frame = session.createDataFrame(asked, "release string, vendor string, base string")
    out = tmp_path / "tables"
    assert spark.attribute_into(frame, index, out.as_uri() if as_uri else str(out)) == [name for name, _, _ in asked]
    check_tables({name: pq.read_table(out / name) for name in SCHEMAS}, single_machine(demo, asked))
    assert len(list(out.rglob("*.parquet"))) == 4 * len(asked)
    with pytest.raises(ValueError, match="same name"):
        spark.attribute_into(frame.union(frame), index, str(out))


def test_huge_release_holds_up_nobody(
    session: SparkSession, index: spark.Index, demo: Demo, program: Path, tmp_path: Path
) -> None:
    asked = [("huge", str(demo.vendor), demo.base), *((f"r{n}", str(demo.vendor), demo.base) for n in range(3))]
    slow = tmp_path / "hunktrace"
    # It takes the huge release apart when the others are done: were one of them behind it, neither would ever end.
    slow.write_text(
        f"""#!/bin/sh
case " $* " in
*" attribute "*) ;;
*) exec "{program}" "$@" ;;
esac
case " $* " in
*" --name huge "*)
    tries=0
    until [ "$(ls "{tmp_path}" | grep -c '^done')" -eq 3 ]; do
        tries=$((tries + 1))
        [ $tries -lt {int(PATIENCE * 10)} ] || {{ echo "the others wait for the huge one" >&2; exit 2; }}
        sleep 0.1
    done
    exec "{program}" "$@"
    ;;
esac
"{program}" "$@" && touch "{tmp_path}/done.$$"
""",
        encoding="utf-8",
    )
    slow.chmod(0o755)
    frame = session.createDataFrame(asked, "release string, vendor string, base string")
    found = spark.attribute(frame, spark.Index(index.path, program=str(slow)), tasks=4)
    assert [row["error"] for row in found.releases.toArrow().to_pylist()] == [None] * 4
    found.unpersist()


def test_what_was_done_before_a_failure_is_not_repeated(
    index: spark.Index, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    @contextlib.contextmanager
    def taken(vendors: Sequence[tuple[str, str]], *_: object, **__: object) -> Iterator[Iterator[ReleaseTables]]:
        names = [name for name, _ in vendors]
        asked.append(names)

        def tables() -> Iterator[ReleaseTables]:
            for name in names:
                if name == "bad":
                    raise ProgramError("bad: cannot be read")
                yield failed_release(name, "done")

        yield tables()

    monkeypatch.setattr(attribution, "taken_apart", taken)
    chunk = [attribution._Release(name, name, demo.base) for name in ("a", "b", "bad", "c", "d")]
    found = [tables.releases.to_pylist()[0] for tables in attribution._take_apart(chunk, index, ())]
    assert [(row["release"], row["error"]) for row in found] == [
        ("a", "done"),
        ("b", "done"),
        ("bad", "bad: cannot be read"),
        ("c", "done"),
        ("d", "done"),
    ]
    assert asked == [["a", "b", "bad", "c", "d"], ["bad"], ["c", "d"]]


def test_no_releases_are_empty_tables(session: SparkSession, index: spark.Index) -> None:
    found = spark.attribute(session.createDataFrame([], "release string, vendor string, base string"), index)
    assert all(getattr(found, name).count() == 0 for name in SCHEMAS)


def test_written_tables_are_read_by_spark(session: SparkSession, demo: Demo, tmp_path: Path) -> None:
    from hunktrace import parquet

    parquet.convert(demo.folder / "taken-apart", tmp_path)
    for name in SCHEMAS:
        assert session.read.parquet(str(tmp_path / name)).toArrow().num_rows == pq.read_table(tmp_path / name).num_rows


def test_index_is_copied_once(index: spark.Index, tmp_path: Path) -> None:
    copied = spark.Index(index.path, copy_to=str(tmp_path / "cache"))
    there = copied.local_path()
    written = (there / "FORMAT").stat().st_mtime_ns
    assert copied.local_path() == there and (there / "FORMAT").stat().st_mtime_ns == written
    with Client(index=there) as client:
        assert client.status().commits == 26
    uri = spark.Index(Path(index.path).as_uri(), copy_to=str(tmp_path / "cache"))
    assert uri.local_path() != there and len(list((tmp_path / "cache").glob("*/FORMAT"))) == 2
    with pytest.raises(HunktraceError, match="there is no index here"):
        spark.Index(str(tmp_path), copy_to=str(tmp_path / "cache")).local_path()


def test_tasks_of_an_executor_share_a_server(session: SparkSession, index: spark.Index) -> None:
    servers = session.sparkContext.parallelize(range(8), 8).map(lambda _: (os.getpid(), index.server())).collect()
    assert len({server for _, server in servers}) == 1


# The rest is about a cluster: a master and two workers on loopback.


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def daemon(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Spark's own, with all that it starts."""
    home = os.environ.get("SPARK_HOME") or os.path.dirname(pyspark.__file__)
    folder.mkdir()
    environment = {
        **os.environ,
        "SPARK_HOME": home,
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "TMPDIR": str(folder),
    }
    command = [os.path.join(home, "bin", "spark-class"), *arguments]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A master and two workers with one core each."""
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    master = ("org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
    worker = (
        "org.apache.spark.deploy.worker.Worker",
        "--host",
        "127.0.0.1",
        "--webui-port",
        "0",
        "-c",
        "1",
        "-m",
        "1g",
    )
    with daemon(folder / "master", *master):
        wait_until(lambda: is_open(port), folder)
        with daemon(folder / "w1", *worker, "-d", str(folder / "w1/work"), address) as one:
            with daemon(folder / "w2", *worker, "-d", str(folder / "w2/work"), address) as two:
                yield address, [one, two]


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_until(happened: object, folder: Path) -> None:
    assert callable(happened)
    deadline = time.monotonic() + PATIENCE
    while not happened():
        logs = "\n".join(log.read_text(errors="replace")[-4000:] for log in sorted(folder.glob("*/log")))
        assert time.monotonic() < deadline, logs
        time.sleep(0.2)


def test_cluster_that_loses_a_worker_gives_the_same_tables(demo: Demo, tmp_path: Path) -> None:
    asked = releases_of(demo, 11)
    job = Path(__file__).with_name("cluster_job.py")
    (tmp_path / "releases").write_text("\n".join("\t".join(release) for release in asked))
    with cluster(tmp_path) as (address, workers):
        command: list[str | Path] = [sys.executable, job, address, tmp_path / "releases", demo.index, tmp_path / "out"]
        environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"}
        with (tmp_path / "job.log").open("wb") as log:
            driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        assert driver.stdout is not None
        with driver.stdout as said:
            assert said.readline().strip() == "2 executors", (tmp_path / "job.log").read_text()
            assert said.readline().strip() == "in the middle", (tmp_path / "job.log").read_text()
            os.killpg(workers[0].pid, signal.SIGKILL)
            last = said.read().strip()
        assert driver.wait() == 0, (tmp_path / "job.log").read_text()[-8000:]
        assert last == "1 executors"
    found = {name: pq.read_table(tmp_path / "out" / name) for name in SCHEMAS}
    check_tables(found, single_machine(demo, asked))
