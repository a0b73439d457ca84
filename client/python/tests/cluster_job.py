"""The job that the test runs on a cluster: python cluster_job.py MASTER RELEASES INDEX OUT

It says how many executors there are, and when some releases are taken apart and others are not.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from pyspark.sql import SparkSession

from hunktrace import spark
from hunktrace.release import SCHEMAS


def executors(session: SparkSession) -> int:
    """How many there are, without the driver."""
    return int(session.sparkContext._jsc.sc().getExecutorMemoryStatus().size()) - 1


def tell_when_some_are_done(session: SparkSession) -> None:
    tracker = session.sparkContext.statusTracker()
    while True:
        for stage in tracker.getActiveStageIds():
            info = tracker.getStageInfo(stage)
            if info is not None and info.numCompletedTasks >= 3 and info.numActiveTasks >= 1:
                print("in the middle", flush=True)
                return
        time.sleep(0.05)


def main(master: str, releases: str, index: str, out: str) -> None:
    builder = SparkSession.builder.master(master).config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.executor.memory", "512m")
    quick_start = os.environ["SPARK_DAEMON_JAVA_OPTS"]
    builder = builder.config("spark.executor.cores", "1").config("spark.executor.extraJavaOptions", quick_start)
    session = builder.getOrCreate()
    while executors(session) < 2:
        time.sleep(0.1)
    print("2 executors", flush=True)
    rows = [tuple(line.split("\t")) for line in Path(releases).read_text().splitlines()]
    frame = session.createDataFrame(rows, "release string, vendor string, base string")
    threading.Thread(target=tell_when_some_are_done, args=(session,), daemon=True).start()
    found = spark.attribute(frame, spark.Index(index), tasks=len(rows))
    for name in SCHEMAS:
        getattr(found, name).write.parquet(f"{out}/{name}")
    print(f"{executors(session)} executors", flush=True)
    session.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
