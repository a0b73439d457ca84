"""Measures an exported index beside the index itself: python exported_index.py INDEX OUT FOLDER COUNT [BASE]

It exports INDEX to OUT, where that is not done yet, and answers COUNT patches of FOLDER, drawn evenly, from both. Rows are
compared; where they differ it says how many, and shows the first.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from hunktrace import spark


def folder_megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def told(frame: DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The rows of each text, in one order."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(frame.toArrow().to_pylist(), key=repr):
        rows.setdefault(row["text"], []).append(row)
    return rows


def timed(what: str, began: float) -> None:
    print(f"{what}: {time.monotonic() - began:.1f} s, load {os.getloadavg()[0]:.1f}", flush=True)


def main(index: str, out: str, folder: str, count: str, base: str | None = None) -> None:
    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", False).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    if not Path(out).exists():
        began = time.monotonic()
        spark.export(session, index, out)
        timed("exported", began)
    for part in ("bare", "commits", "hunks", "terms", "paths"):
        print(f"{part}: {folder_megabytes(Path(out) / part):.0f} MB")
    print(f"the index: {folder_megabytes(Path(index)):.0f} MB")
    files = sorted(Path(folder).glob("*.patch"))
    drawn = files[:: max(1, len(files) // int(count))][: int(count)]
    texts = [(file.name, file.read_bytes()) for file in drawn]
    patches = session.createDataFrame(texts, "name string, text binary").repartition(2).cache()
    patches.count()
    began = time.monotonic()
    whole = told(spark.lookup(patches, spark.Index(index), base=base))
    timed(f"{len(texts)} patches by the index", began)
    began = time.monotonic()
    exported = told(spark.lookup_exported(patches, spark.ExportedIndex(out), base=base))
    timed(f"{len(texts)} patches by the exported index", began)
    other = [name for name in whole if exported.get(name) != whole[name]]
    first = [name for name in other if best(exported.get(name, [])) != best(whole[name])]
    print(
        f"{len(whole)} texts, {sum(map(len, whole.values()))} rows; {len(other)} texts differ, {len(first)} of them in what is first"
    )
    for name in other[:3]:
        ours, theirs = whole[name], exported.get(name, [])
        print(name, [row for row in ours if row not in theirs][:2], [row for row in theirs if row not in ours][:2])


def best(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["file"], row["old_start"], row["commit"]) for row in rows if row["rank"] in (None, 1)]


if __name__ == "__main__":
    main(*sys.argv[1:])
