"""Lookups in an exported index are those in the index itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_kernel import Demo
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from hunktrace import Client, spark
from hunktrace.errors import ProgramError, ServiceError


@pytest.fixture(scope="module")
def exported(session: SparkSession, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> spark.ExportedIndex:
    return spark.export(session, demo.index, str(tmp_path_factory.mktemp("exported") / "x"))


def collected(frame: DataFrame) -> list[dict[str, object]]:
    return sorted(frame.toArrow().to_pylist(), key=repr)


def check_answers(
    session: SparkSession, exported: spark.ExportedIndex, demo: Demo, texts: list[tuple[str, bytes]], base: str | None
) -> None:
    patches = session.createDataFrame(texts, "name string, text binary")
    expected = collected(spark.lookup(patches, spark.Index(str(demo.index)), base=base, partitions=2))
    assert sum(row["commit"] is not None for row in expected) > 20
    assert collected(spark.lookup_exported(patches, exported, base=base, partitions=2)) == expected


def test_answers_are_those_of_the_index(session: SparkSession, exported: spark.ExportedIndex, demo: Demo) -> None:
    texts = [(path.name, path.read_bytes()) for path in demo.patches]
    check_answers(session, exported, demo, [*texts, ("again", texts[0][1])], None)


def test_answers_beyond_a_base_are_those_of_the_index(
    session: SparkSession, exported: spark.ExportedIndex, demo: Demo, base_folder: Path
) -> None:
    texts = [(path.name, path.read_bytes()) for path in demo.patches]
    whole = demo.diff(base_folder)
    undone = b"\n".join(text for _, text in texts).replace(b"\n+\t", b"\n\0").replace(b"\n-\t", b"\n+\t")
    code = b"\tspin_lock_bh(&relay->lock);\n\tport = relay_find_port(relay, id);\n"
    odd = b"--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-nobody knows\n+this file\n"
    folders = whole.replace(b"a/net", b"a/linux/net").replace(b"b/net", b"b/linux/net")
    texts += [("whole", whole), ("folders", folders), ("code", code), ("odd", odd)]
    texts += [("undone", undone.replace(b"\n\0", b"\n-\t"))]
    check_answers(session, exported, demo, texts, "v1.0")


def test_text_that_cannot_be_answered_has_its_error(session: SparkSession, exported: spark.ExportedIndex) -> None:
    patches = session.createDataFrame([("nothing", b"no diff")], "name string, text binary")
    (row,) = spark.lookup_exported(patches, exported).collect()
    assert row["text"] == "nothing" and "give a unified diff" in row["error"] and row["commit"] is None


def test_tables_have_all_hunks_and_terms(session: SparkSession, exported: spark.ExportedIndex, demo: Demo) -> None:
    with Client(index=demo.index) as client:
        status = client.status()
    hunks, terms = exported.hunks(session), exported.terms(session)
    assert hunks.count() == status.hunks and exported.commits(session).count() == status.commits
    assert exported.commits(session).agg(F.sum("hunks")).collect()[0][0] == status.hunks
    assert terms.agg(F.sum("frequency")).collect() == hunks.agg(F.sum(F.size("terms"))).collect()
    assert (
        terms.where("frequency != size(hunks)").isEmpty() and terms.count() == terms.select("term").distinct().count()
    )
    paths = exported.paths(session)
    assert paths.agg(F.sum("frequency")).collect() == hunks.agg(F.sum(F.size("paths"))).collect()


def test_bare_index_answers_nobody_without_hunks(exported: spark.ExportedIndex, demo: Demo) -> None:
    with Client(index=exported.bare.path) as bare, Client(index=demo.index) as whole:
        assert bare.status().history_digest == whole.status().history_digest
        with pytest.raises(ServiceError, match="this index is bare"):
            bare.lookup(demo.patches[0])


def test_export_says_why_it_fails(session: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="there is no index here"):
        spark.export(session, tmp_path / "gone", str(tmp_path / "out"))
