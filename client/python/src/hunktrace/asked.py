"""Questions that have one answer: what is asked, and how the answer is read. Both clients make theirs here."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from google.protobuf.message import Message

from hunktrace import calls, results
from hunktrace.calls import Call
from hunktrace.from_wire import result
from hunktrace.questions import LookupOptions, NamedText, answer
from hunktrace.v1 import catalogue_pb2, gathered_pb2, hunktrace_pb2

if TYPE_CHECKING:
    from hunktrace.results import (
        Answer,
        CataloguedRelease,
        Commit,
        CommitMessage,
        Comparison,
        ExtractedPatch,
        FormerName,
        Found,
        History,
        ReleaseChangelog,
        ReleaseCommits,
        ReleaseFile,
        ReleaseFiles,
        Status,
    )

T = TypeVar("T")


@dataclass(frozen=True)
class Asked(Generic[T]):
    """A question, and how its answer is read."""

    call: Call[Any, Any]
    question: Message
    read: Callable[[Any], T]


def _one(call: Call[Any, Any], question: Message, kind: type[T]) -> Asked[T]:
    """A question whose answer is one result."""
    return Asked(call, question, lambda reply: result(kind, reply))


def lookup(options: LookupOptions, text: str | bytes | os.PathLike[str] | NamedText, name: str) -> Asked[Answer]:
    """As `Client.lookup`."""
    return Asked(calls.LOOKUP, options.request(text, name), answer)


def commit(commit: str, hunks: bool, base: str | None, neighbours: bool) -> Asked[Commit]:
    """As `Client.commit`."""
    question = hunktrace_pb2.GetCommitRequest(
        commit=commit, with_hunks=hunks, base=base or "", with_neighbours=neighbours
    )
    return _one(calls.GET_COMMIT, question, results.Commit)


def messages(commits: Sequence[str]) -> Asked[tuple[CommitMessage | None, ...]]:
    """As `Client.messages`."""

    def read(reply: hunktrace_pb2.GetMessagesResponse) -> tuple[CommitMessage | None, ...]:
        return tuple(
            result(results.CommitMessage, found.message) if found.HasField("message") else None
            for found in reply.messages
        )

    return Asked(calls.GET_MESSAGES, hunktrace_pb2.GetMessagesRequest(commits=commits), read)


def former_names(paths: Sequence[str], base: str | None) -> Asked[tuple[tuple[FormerName, ...], ...]]:
    """As `Client.former_names`."""
    question = hunktrace_pb2.FormerNamesRequest(base=base or "", paths=map(os.fsencode, paths))

    def read(reply: hunktrace_pb2.FormerNamesResponse) -> tuple[tuple[FormerName, ...], ...]:
        return tuple(tuple(result(results.FormerName, name) for name in file.names) for file in reply.files)

    return Asked(calls.FORMER_NAMES, question, read)


def status(max_unindexed: int) -> Asked[Status]:
    """As `Client.status`."""
    return _one(calls.GET_STATUS, hunktrace_pb2.GetStatusRequest(max_unindexed=max_unindexed), results.Status)


def releases() -> Asked[tuple[CataloguedRelease, ...]]:
    """As `Client.releases`."""

    def read(reply: catalogue_pb2.ListReleasesResponse) -> tuple[CataloguedRelease, ...]:
        return tuple(result(results.CataloguedRelease, release) for release in reply.releases)

    return Asked(calls.LIST_RELEASES, catalogue_pb2.ListReleasesRequest(), read)


def history(name: str) -> Asked[History]:
    """As `Client.history`."""
    return _one(calls.HISTORY, catalogue_pb2.HistoryRequest(name=name), results.History)


def compare(before: str, after: str, path: str | None, function: str | None, trace: str | None) -> Asked[Comparison]:
    """As `Client.compare`."""
    only = {"path": path or "", "function": function or "", "trace": trace or ""}
    question = catalogue_pb2.CompareRequest(to=after, **only, **{"from": before})
    return _one(calls.COMPARE, question, results.Comparison)


def extract(commit: str, release: str, onto: str | None) -> Asked[ExtractedPatch]:
    """As `Client.extract`."""
    question = catalogue_pb2.ExtractRequest(commit=commit, release=release, onto=onto or "")
    return _one(calls.EXTRACT, question, results.ExtractedPatch)


def release_files(release: str) -> Asked[ReleaseFiles]:
    """As `Client.release_files`."""
    return _one(calls.LIST_FILES, catalogue_pb2.ListFilesRequest(release=release), results.ReleaseFiles)


def release_commits(release: str) -> Asked[ReleaseCommits]:
    """As `Client.release_commits`."""
    return _one(calls.LIST_COMMITS, catalogue_pb2.ListCommitsRequest(release=release), results.ReleaseCommits)


def release_file(release: str, path: str) -> Asked[ReleaseFile]:
    """As `Client.release_file`."""
    question = catalogue_pb2.GetFileRequest(release=release, path=os.fsencode(path))
    return _one(calls.GET_FILE, question, results.ReleaseFile)


def release_changelog(release: str) -> Asked[ReleaseChangelog]:
    """As `Client.release_changelog`."""
    return _one(calls.GET_CHANGELOG, catalogue_pb2.GetChangelogRequest(release=release), results.ReleaseChangelog)


def search(
    words: Sequence[str],
    subject: Sequence[str],
    author: Sequence[str],
    path: Sequence[str],
    function: Sequence[str],
    max_results: int,
) -> Asked[Found]:
    """As `Client.search`."""
    question = catalogue_pb2.SearchRequest(
        words=words, subject=subject, author=author, path=path, function=function, max_results=max_results
    )
    return _one(calls.SEARCH, question, results.Found)


def lookup_gathered(
    options: LookupOptions, text: NamedText, facts: gathered_pb2.GatheredFacts
) -> Asked[hunktrace_pb2.LookupGatheredResponse]:
    """A lookup in an index whose hunks are elsewhere, by what was gathered of them."""
    question = hunktrace_pb2.LookupGatheredRequest(lookup=options.request(text), facts=facts)
    return Asked(calls.LOOKUP_GATHERED, question, _as_it_is)


def base_content(base: str) -> Asked[hunktrace_pb2.GetBaseContentResponse]:
    """What a base contains."""
    return Asked(calls.GET_BASE_CONTENT, hunktrace_pb2.GetBaseContentRequest(base=base), _as_it_is)


def _as_it_is(reply: Any) -> Any:
    return reply
