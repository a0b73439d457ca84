"""Answers in parts are put together."""

from __future__ import annotations

from typing import Any

import pytest

from hunktrace.errors import HunktraceError
from hunktrace.questions import AttributionParts, AuditParts
from hunktrace.results import AttributionTotals
from hunktrace.v1 import hunktrace_pb2


def file_part(path: bytes, goes_on: bool, *hunks: tuple[int, list[int], bool]) -> hunktrace_pb2.AttributeResponse:
    """A file with hunks: the first line of each, those of its runs, and whether there are more of them."""

    def hunk(start: int, runs: list[int], hunk_goes_on: bool) -> hunktrace_pb2.HunkAttribution:
        told: dict[str, Any] = {"is_continued": True} if hunk_goes_on else {}
        return hunktrace_pb2.HunkAttribution(
            old_start=start, runs=[hunktrace_pb2.Run(start=run, lines=1) for run in runs], **told
        )

    told: dict[str, Any] = {"is_continued": True} if goes_on else {}
    file = hunktrace_pb2.FileAttribution(path=path, hunks=[hunk(*one) for one in hunks], **told)
    return hunktrace_pb2.AttributeResponse(file=file)


@pytest.mark.skipif(
    "is_continued" not in hunktrace_pb2.FileAttribution.DESCRIPTOR.fields_by_name,
    reason="this version of the contract divides no files",
)
def test_divided_file_is_one() -> None:
    parts = AttributionParts()
    parts.add(file_part(b"a", True, (1, [1], False), (9, [9, 10], True)))
    parts.add(file_part(b"a", True, (9, [11], True)))
    parts.add(file_part(b"a", False, (9, [12], False), (20, [20], False)))
    parts.add(file_part(b"b", False, (1, [1], False)))
    read = [
        (file.path, [(hunk.old_start, [run.start for run in hunk.runs]) for hunk in file.hunks]) for file in parts.files
    ]
    assert read == [("a", [(1, [1]), (9, [9, 10, 11, 12]), (20, [20])]), ("b", [(1, [1])])]


def test_whole_files_stay_apart() -> None:
    parts = AttributionParts()
    for _ in range(2):
        parts.add(file_part(b"a", False, (1, [1], False)))
    assert len(parts.files) == 2


def test_answer_that_breaks_off_is_an_error() -> None:
    parts = AttributionParts()
    with pytest.raises(HunktraceError, match="ended before its answer did"):
        parts.whole()
    parts.add(hunktrace_pb2.AttributeResponse(summary=hunktrace_pb2.AttributeSummary(files=1)))
    assert parts.whole().totals == AttributionTotals(1, 0, 0, 0, 0, 0)
    with pytest.raises(HunktraceError, match="try again"):
        AuditParts().whole()
