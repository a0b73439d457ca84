"""Measures a batch of releases: python batch_releases.py MASTER INDEX BASE TREES NAMES OUT [PLAIN...]

NAMES is a file with the name of a release a line; `TREES:NAME` is its tree, in a git repository, and BASE the base's. The
releases go to as many tasks as the cluster runs at a time. The tables are compared, row for row, with folders that
`hunktrace attribute --records-only --out PLAIN` has written without Spark.
"""

import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from hunktrace import spark
from hunktrace.parquet import release_file
from hunktrace.release import SCHEMAS, read_release, release_folders


def main(master: str, index: str, base: str, trees: str, names: str, out: str, *plain: str) -> None:
    builder = SparkSession.builder.master(master).config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    releases = [(name, f"{trees}:{name}", base) for name in Path(names).read_text().split()]
    frame = session.createDataFrame(releases, "release string, vendor string, base string")
    began = time.monotonic()
    spark.attribute_into(frame, spark.Index(index), out)
    print(f"{len(releases)} releases: {time.monotonic() - began:.1f} s")
    session.stop()
    if plain:
        print("rows are equal" if same_rows(out, plain) else "rows differ")


def same_rows(out: str, plain: tuple[str, ...]) -> bool:
    counted = dict.fromkeys(SCHEMAS, 0)
    for folder in (folder for one in plain for folder in release_folders(Path(one))):
        expected = read_release(folder)
        (release,) = expected.releases["release"].to_pylist()
        for name, table in expected.by_name().items():
            found = pq.read_table(release_file(out, name, release), partitioning=None).cast(table.schema)
            counted[name] += found.num_rows
            if not found.equals(table):
                print(f"{release}: {name}")
                return False
    print(", ".join(f"{name}: {rows}" for name, rows in counted.items()))
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
