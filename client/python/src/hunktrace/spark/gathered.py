"""Lookups in an exported index: candidates are found by joins, and the engine judges them.

The engine is asked after each text with what is known of the index's hunks for it, and answers, or says what it lacks: how
common lines are, which hunks share the most with one of the text's, the hunks of a file, the text of a hunk. That is gathered
for all texts together, by a join for each kind, and they are asked again, until nothing is lacking: a few times.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from hunktrace import asked, questions
from hunktrace.client import Client
from hunktrace.errors import HunktraceError, InvalidQuestionError, OverLimitError, TooLateError
from hunktrace.spark.exported import ExportedIndex, part_of
from hunktrace.spark.lookup import ANSWERS, PARTITIONS_PER_SLOT, as_batches, distinct_texts, named_rows, named_texts
from hunktrace.tables import candidate_rows
from hunktrace.v1 import gathered_pb2, hunktrace_pb2

log = logging.getLogger(__name__)

MARGIN = 10
"""Hunks of a search that are gathered beyond those that are wanted: the engine sums up weights in another order."""

TEXTS_PER_BATCH = 64
"""Texts that are given to Spark at a time, with what was gathered for them."""

_SEARCH = pa.struct(
    [
        pa.field("key", pa.int64()),
        pa.field("terms", pa.list_(pa.int64())),
        pa.field("weights", pa.list_(pa.float64())),
        pa.field("finds", pa.list_(pa.bool_())),
        pa.field("paths", pa.list_(pa.int64())),
        pa.field("path_bonus", pa.float64()),
        pa.field("without_base", pa.bool_()),
        pa.field("wanted", pa.int32()),
    ]
)

_KINDS = ("terms", "paths", "searches", "hunks_of_paths", "hunks")
"""What may be lacking: the fields of `MissingFacts`."""

_STATE = pa.schema(
    [
        pa.field("content", pa.string(), nullable=False),
        pa.field("text", pa.binary()),
        pa.field("facts", pa.binary()),
        pa.field("answer", pa.binary()),
        pa.field("error", pa.string()),
        pa.field("terms", pa.list_(pa.int64())),
        pa.field("paths", pa.list_(pa.int64())),
        pa.field("searches", pa.list_(_SEARCH)),
        pa.field("hunks_of_paths", pa.list_(pa.int64())),
        pa.field("hunks", pa.list_(pa.int64())),
    ]
)
"""A text, with what is known, and then its answer, its error, or what is lacking."""


def lookup_exported(
    patches: DataFrame,
    index: ExportedIndex,
    *,
    base: str | None = None,
    max_candidates: int = 10,
    partitions: int | None = None,
) -> DataFrame:
    """As `lookup`, in an index that was exported: it may be larger than any of the machines.

    The texts are looked up at once. What was worked out is kept in the session's checkpoint directory, if one is set; else on the
    executors, and with one of those it may be lost: then the lookup fails, and has to be done again.
    """
    texts = named_texts(patches)
    slots = texts.sparkSession.sparkContext.defaultParallelism
    width = partitions or PARTITIONS_PER_SLOT * slots
    return named_rows(texts, _answers(distinct_texts(texts), index, base, max_candidates, width))


def _answers(
    texts: DataFrame, index: ExportedIndex, base: str | None, max_candidates: int, partitions: int
) -> DataFrame:
    session = texts.sparkSession
    tables = _Tables(session, index, base)
    schema = from_arrow_schema(_STATE)
    open_texts = texts.select("content", "text", *(_nothing(field) for field in _STATE.names[2:]), _no_facts())
    finished: list[DataFrame] = []
    ask = _asking(index, base, max_candidates)
    while True:
        told = _kept(open_texts.repartition(partitions, "content").mapInArrow(ask, schema))
        finished.append(told.where("answer is not null or error is not null").select("content", "answer", "error"))
        lacking = told.where("answer is null and error is null")
        counts = lacking.agg(*(F.sum(F.size(kind)).alias(kind) for kind in _KINDS)).collect()[0]
        kinds = [kind for kind in _KINDS if counts[kind]]
        log.info("asked for the %d. time; lacking: %s", len(finished), counts.asDict())
        if not kinds:
            break
        found = tables.gather(lacking, kinds)
        facts = found.groupBy("content").agg(
            F.collect_list(F.struct("kind", "number", "value", "record")).alias("found")
        )
        open_texts = lacking.join(facts, "content", "left")
    all_answers = finished[0]
    for answers in finished[1:]:
        all_answers = all_answers.unionByName(answers)
    return all_answers.mapInArrow(_read, from_arrow_schema(ANSWERS))


def _kept(frame: DataFrame) -> DataFrame:
    """The rows, without the way that they were made: each round's is twice as long as that of the one before."""
    is_reliable = frame.sparkSession.sparkContext.getCheckpointDir() is not None
    return frame.checkpoint() if is_reliable else frame.localCheckpoint()


def _nothing(field: str) -> Column:
    kind = from_arrow_schema(_STATE)[field].dataType
    return F.lit(None).cast(kind).alias(field)


def _no_facts() -> Column:
    kind = "array<struct<kind: string, number: bigint, value: bigint, record: binary>>"
    return F.lit(None).cast(kind).alias("found")


def _read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The answers as rows."""

    def rows() -> Iterator[dict[str, Any]]:
        for batch in batches:
            for row in batch.to_pylist():
                if row["error"] is not None:
                    yield {key: row["content"] for key in ("content", "text", "patch")} | {"error": row["error"]}
                else:
                    answer = questions.answer(hunktrace_pb2.LookupResponse.FromString(row["answer"]))
                    yield from ({"content": row["content"], **found} for found in candidate_rows(answer))

    return as_batches(rows(), ANSWERS)


# On the executors: the engine is asked.


def _asking(index: ExportedIndex, base: str | None, max_candidates: int) -> Any:
    """Asks the engine after texts, by what is known of each."""

    def ask(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        options = questions.LookupOptions(base, max_candidates)
        with Client(index.bare.server()) as client:
            rows = (row for batch in batches for row in batch.to_pylist())
            yield from as_batches((_asked(client, options, row) for row in rows), _STATE, TEXTS_PER_BATCH)

    return ask


def _asked(client: Client, options: questions.LookupOptions, row: dict[str, Any]) -> dict[str, Any]:
    text = questions.NamedText(row["content"], row["text"])
    state = {"content": row["content"], "text": row["text"]}
    facts = (row["facts"] or b"") + _facts(row).SerializeToString()
    try:
        reply = client.ask(asked.lookup_gathered(options, text, gathered_pb2.GatheredFacts.FromString(facts)))
    except (InvalidQuestionError, OverLimitError, TooLateError) as error:
        return {**state, "error": str(error)}
    if reply.HasField("answer"):
        return {**state, "answer": reply.answer.SerializeToString()}
    missing = reply.missing
    lists = {kind: list(getattr(missing, kind)) for kind in _KINDS if kind != "searches"}
    return {**state, "facts": facts, **lists, "searches": [_search_row(search) for search in missing.searches]}


def _search_row(search: gathered_pb2.HunkSearch) -> dict[str, Any]:
    lists = {"terms": list(search.terms), "weights": list(search.weights), "finds": list(search.finds)}
    rest = {"paths": list(search.paths), "path_bonus": search.path_bonus, "without_base": search.without_base}
    return {"key": search.key, **lists, **rest, "wanted": search.limit}


def _facts(row: dict[str, Any]) -> gathered_pb2.GatheredFacts:
    """What was found of what was lacking. What was not found is not there."""
    found: dict[str, dict[int, list[Any]]] = {kind: {} for kind in _KINDS}
    for fact in row["found"] or ():
        found[fact["kind"]].setdefault(fact["number"], []).append(fact["value" if fact["record"] is None else "record"])
    facts = gathered_pb2.GatheredFacts()
    for term in row["terms"] or ():
        facts.terms.append(term)
        facts.frequencies.append(found["terms"].get(term, [0])[0])
    for path in row["paths"] or ():
        (facts.known_paths if path in found["paths"] else facts.unknown_paths).append(path)
    for path in row["hunks_of_paths"] or ():
        facts.hunks_of_paths.add(path=path, hunks=found["hunks_of_paths"].get(path, ()))
    facts.searches.extend(search["key"] for search in row["searches"] or ())
    for hunk, (record, *_) in found["hunks"].items():
        facts.hunks.add(hunk=hunk, record=record)
    lost = set(row["hunks"] or ()) - set(found["hunks"])
    if lost:
        raise HunktraceError(f"hunk {min(lost)} is not in the tables; export the index again")
    return facts


# On the cluster: what is lacking is gathered.


class _Tables:
    """The tables of an exported index, and the joins with them."""

    def __init__(self, session: SparkSession, index: ExportedIndex, base: str | None) -> None:
        hunks = index.hunks(session)
        self._records = hunks.select("hunk", "record")
        self._hunks = hunks.select("hunk", "commit", "line_count", F.col("terms").alias("own_terms"))
        self._terms = index.terms(session)
        self._paths = index.paths(session)
        self._base = None if base is None else _base_content(session, index, base)

    def gather(self, lacking: DataFrame, kinds: Iterable[str]) -> DataFrame:
        """What the tables have of it, as facts: of which text, of which kind, and what."""
        by_kind = {
            "terms": self._frequencies,
            "paths": self._known_paths,
            "searches": self._best_hunks,
            "hunks_of_paths": self._hunks_of_paths,
            "hunks": self._wanted_hunks,
        }
        first, *others = (by_kind[kind](lacking) for kind in kinds)
        for other in others:
            first = first.unionByName(other)
        return first

    def _frequencies(self, lacking: DataFrame) -> DataFrame:
        wanted = lacking.select("content", F.explode("terms").alias("term"))
        return _facts_of("terms", _in(self._terms, wanted), "term", F.col("frequency"))

    def _known_paths(self, lacking: DataFrame) -> DataFrame:
        wanted = lacking.select("content", F.explode("paths").alias("term"))
        return _facts_of("paths", _in(self._paths, wanted), "term", F.lit(1))

    def _hunks_of_paths(self, lacking: DataFrame) -> DataFrame:
        wanted = lacking.select("content", F.explode("hunks_of_paths").alias("term"))
        found = _in(self._paths, wanted).select("content", "term", F.explode("hunks").alias("hunk"))
        return _facts_of("hunks_of_paths", found, "term", F.col("hunk"))

    def _wanted_hunks(self, lacking: DataFrame) -> DataFrame:
        return self._with_records(lacking.select("content", F.explode("hunks").alias("hunk")))

    def _with_records(self, wanted: DataFrame) -> DataFrame:
        return _facts_of("hunks", self._records.join(wanted, "hunk"), "hunk", F.lit(None), F.col("record"))

    def _best_hunks(self, lacking: DataFrame) -> DataFrame:
        """The hunks that agree best with each search."""
        searches = lacking.select("content", F.explode("searches").alias("search")).select("content", "search.*")
        found = self._found_hunks(searches).join(searches.drop("paths", "finds"), ["content", "key"])
        found = self._hunks.join(found, "hunk")
        if self._base is not None:
            contained = F.broadcast(self._base.withColumn("is_contained", F.lit(True)))
            found = found.join(contained, "commit", "left").where("not (without_base and is_contained is not null)")
        order = Window.partitionBy("content", "key").orderBy(F.round(_agreement(), 6).desc(), "hunk")
        ranked = found.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= F.col("wanted") + MARGIN)
        return self._with_records(ranked.select("content", "hunk").distinct())

    def _found_hunks(self, searches: DataFrame) -> DataFrame:
        """The hunks that have a term of a search that finds hunks, or one of its paths."""
        terms = searches.select("content", "key", F.explode(F.arrays_zip("terms", "finds")).alias("term"))
        terms = terms.where("term.finds").select("content", "key", F.col("term.terms").alias("term"))
        by_terms = _in(self._terms, terms).select(
            "content", "key", F.explode("hunks").alias("hunk"), F.lit(0).alias("of_path")
        )
        paths = searches.select("content", "key", F.explode("paths").alias("term"))
        by_paths = _in(self._paths, paths).select(
            "content", "key", F.explode("hunks").alias("hunk"), F.lit(1).alias("of_path")
        )
        together = by_terms.unionByName(by_paths).groupBy("content", "key", "hunk")
        return together.agg(F.max("of_path").alias("of_path"))


def _agreement() -> Column:
    """How well a hunk agrees with a search, as gathered.proto has it."""
    all_weights = "aggregate(weights, 0D, (sum, weight) -> sum + weight)"
    common = "aggregate(arrays_zip(terms, weights), 0D, (sum, one) -> sum + if(array_contains(own_terms, one.terms), one.weights, 0D))"
    others = "greatest(line_count - size(array_intersect(terms, own_terms)), 0)"
    either = f"({all_weights} + {others} * {all_weights} / size(weights))"
    return F.expr(f"if(size(weights) = 0, 0D, {common} / {either}) + of_path * path_bonus")


def _in(table: DataFrame, asked: DataFrame) -> DataFrame:
    """The rows of a table of terms that are asked for."""
    return table.join(asked.withColumn("part", part_of("term")), ["part", "term"])


def _facts_of(kind: str, found: DataFrame, number: str, value: Column, record: Column | None = None) -> DataFrame:
    record = F.lit(None) if record is None else record
    return found.select(
        "content",
        F.lit(kind).alias("kind"),
        F.col(number).alias("number"),
        value.cast("bigint").alias("value"),
        record.cast("binary").alias("record"),
    )


def _base_content(session: SparkSession, index: ExportedIndex, base: str) -> DataFrame:
    """The places of the commits that a base contains."""
    schema = pa.schema([pa.field("commit", pa.int64(), nullable=False)])

    def contained(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            with Client(index.bare.server()) as client:
                reply = client.ask(asked.base_content(base))
            yield pa.RecordBatch.from_pydict({"commit": list(reply.commits)}, schema)

    return (
        session.range(1).repartition(1).mapInArrow(contained, from_arrow_schema(schema)).persist(StorageLevel.DISK_ONLY)
    )
