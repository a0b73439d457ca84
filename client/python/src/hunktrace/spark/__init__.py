"""Batches on Apache Spark: patches and releases in, tables out. Needs the extra `spark`, on every machine of the cluster.

    from hunktrace import spark

    index = spark.Index("/srv/linux.index")
    candidates = spark.lookup(patches, index, base="v4.18")
    tables = spark.attribute(releases, index)
    tables.commits.write.parquet("commits")
    spark.attribute_into(releases, index, "/shared/tables")      # the same, written by the executors

docs/spark.md explains it.
"""

from hunktrace.spark.attribution import ReleaseFrames, attribute, attribute_into
from hunktrace.spark.executor_index import Index
from hunktrace.spark.exported import ExportedIndex, export
from hunktrace.spark.gathered import lookup_exported
from hunktrace.spark.lookup import hunks, lookup, lookup_hunks

__all__ = [
    "ExportedIndex",
    "Index",
    "ReleaseFrames",
    "attribute",
    "attribute_into",
    "export",
    "hunks",
    "lookup",
    "lookup_exported",
    "lookup_hunks",
]
