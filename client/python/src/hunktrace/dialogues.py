"""Questions that are streams both ways: what is told first, what is told on request, and what becomes of the parts that are
answered. Both clients hold theirs as they are described here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from google.protobuf.message import Message

from hunktrace import calls, questions, results
from hunktrace.calls import Call
from hunktrace.diff import FileDiff
from hunktrace.from_wire import result
from hunktrace.questions import AuditOptions, AuditParts, Trees
from hunktrace.v1 import audit_pb2, check_pb2

if TYPE_CHECKING:
    from hunktrace.results import Attribution, Audit, CheckedCommit, Progress

T = TypeVar("T")


@dataclass(frozen=True)
class Dialogue(Generic[T]):
    """A question that the service may ask back about."""

    call: Call[Any, Any]
    first: Iterable[Message]
    """What is told first. Going over it may fail, where what is asked about cannot be read."""
    take: Callable[[Any], None]
    """Takes a part of the answer."""
    whole: Callable[[], T]
    """The answer, when all parts are there."""
    trees: Trees | None = None
    """Of what the service may ask for files; where there is none, all is told at first."""
    tell: Callable[[check_pb2.TreeFiles], Message] | None = None
    """How files are told."""

    def wants_files(self, reply: Any) -> bool:
        """Whether a part of the answer asks for files."""
        return self.trees is not None and reply.WhichOneof("part") == "wanted"

    def files(self, reply: Any) -> Iterator[Message]:
        """The files that a part of the answer asks for, read one after another."""
        assert self.trees is not None and self.tell is not None
        return map(self.tell, self.trees.messages(reply.wanted))


def attribution(
    base: str,
    diff: str | bytes | Iterable[FileDiff],
    asked_after: Sequence[str],
    excluded: Sequence[str],
    progress: Callable[[Progress], None] | None,
) -> Dialogue[Attribution]:
    """As `Client.attribute`."""
    parts = questions.AttributionParts()

    def take(reply: Any) -> None:
        told = parts.add(reply)
        if told is not None and progress is not None:
            progress(told)

    first = questions.attribute_requests(base, diff, asked_after, excluded)
    return Dialogue(calls.ATTRIBUTE, first, take, parts.whole)


def check(commits: Sequence[str], base_revision: str | None, trees: Trees) -> Dialogue[tuple[CheckedCommit, ...]]:
    """As `Client.check`."""
    checked: list[CheckedCommit] = []

    def take(reply: Any) -> None:
        if reply.WhichOneof("part") == "commit":
            checked.append(result(results.CheckedCommit, reply.commit))

    return Dialogue(
        calls.CHECK,
        [questions.check_options(commits, base_revision)],
        take,
        lambda: questions.checked_commits(commits, checked),
        trees,
        lambda files: check_pb2.CheckRequest(files=files),
    )


def audit(options: AuditOptions, trees: Trees) -> Dialogue[Audit]:
    """As `Client.audit`."""
    parts = AuditParts()
    return Dialogue(
        calls.AUDIT,
        options.requests(),
        parts.add,
        parts.whole,
        trees,
        lambda files: audit_pb2.AuditRequest(files=files),
    )
