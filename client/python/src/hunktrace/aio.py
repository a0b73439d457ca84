"""The client for asyncio: as `hunktrace.Client`, with answers to await."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from hunktrace import asked, calls, dialogues, questions
from hunktrace.address import Access, Address, metadata
from hunktrace.asked import Asked
from hunktrace.calls import Call
from hunktrace.dialogues import Dialogue
from hunktrace.diff import FileDiff
from hunktrace.embedded import EmbeddedServer
from hunktrace.errors import BusyError, from_call
from hunktrace.feed import AsyncFeed
from hunktrace.questions import AuditOptions, LookupOptions, NamedText, Trees, Vulnerability, Waiver
from hunktrace.source import ATTEMPTS, TIMEOUT, Source
from hunktrace.tree import Tree, open_tree

if TYPE_CHECKING:
    from hunktrace.results import (
        Answer,
        Attribution,
        Audit,
        CataloguedRelease,
        CheckedCommit,
        Commit,
        CommitMessage,
        Comparison,
        ExtractedPatch,
        FormerName,
        Found,
        History,
        Progress,
        ReleaseChangelog,
        ReleaseCommits,
        ReleaseFile,
        ReleaseFiles,
        Status,
    )

Question = TypeVar("Question", bound=Message)
Reply = TypeVar("Reply", bound=Message)
T = TypeVar("T")


class AsyncClient:
    """Asks a server, or an index or repository by a server of its own; see `hunktrace.Client` for what it takes.

    It is used within one event loop, as `async with AsyncClient(...) as client`: that starts the server where one is needed.
    """

    def __init__(
        self,
        server: str | None = None,
        *,
        index: str | os.PathLike[str] | None = None,
        repo: str | os.PathLike[str] | None = None,
        catalogue: str | os.PathLike[str] | None = None,
        program: str | os.PathLike[str] | None = None,
        token: str | None = None,
        token_file: str | os.PathLike[str] | None = None,
        ca: str | os.PathLike[str] | None = None,
        certificate: str | os.PathLike[str] | None = None,
        key: str | os.PathLike[str] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._source = Source.of(server, index, repo, catalogue, program)
        is_given = self._source.server is not None
        self._access = Access.of(ca, certificate, key, token, token_file) if is_given else Access()
        self._timeout = timeout
        self._metadata = metadata(self._access)
        self._embedded: EmbeddedServer | None = None
        self._address: Address | None = None
        self._channel: grpc.aio.Channel | None = None

    async def __aenter__(self) -> AsyncClient:
        self._embedded = await asyncio.to_thread(self._source.start)
        try:
            self._address = Address.read(self._source.address(self._embedded))
            credentials = self._address.credentials(self._access)
            options = self._address.options()
            if credentials is None:
                self._channel = grpc.aio.insecure_channel(self._address.target, options)
            else:
                self._channel = grpc.aio.secure_channel(self._address.target, credentials, options)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connection, and ends the client's own server."""
        if self._channel is not None:
            await self._channel.close()
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.close)

    @property
    def address(self) -> str:
        """The address that is asked, of a server of its own as well."""
        return self._open()[1].text

    async def lookup(
        self,
        text: str | bytes | os.PathLike[str] | NamedText,
        *,
        name: str = "",
        base: str | None = None,
        max_candidates: int = 10,
        explain: bool = False,
        message: bool = False,
        purpose: bool = False,
    ) -> Answer:
        """Finds the origins of the hunks of one text; see `hunktrace.Client.lookup`."""
        options = LookupOptions(base, max_candidates, explain, message, purpose)
        return await self.ask(asked.lookup(options, text, name))

    async def lookup_many(
        self,
        texts: Iterable[str | bytes | os.PathLike[str] | NamedText]
        | AsyncIterable[str | bytes | os.PathLike[str] | NamedText],
        *,
        base: str | None = None,
        max_candidates: int = 10,
        explain: bool = False,
        message: bool = False,
        purpose: bool = False,
        window: int = 256,
    ) -> AsyncGenerator[Answer, None]:
        """The same for many texts over one stream, in their order; see `hunktrace.Client.lookup_many`."""
        feed = AsyncFeed(texts, LookupOptions(base, max_candidates, explain, message, purpose), window)
        stream = self._stream(calls.LOOKUP_MANY)

        async def tell() -> None:
            async for request in feed.messages():
                if not await self._tell(stream, [request]):
                    return
            await stream.done_writing()

        telling = asyncio.create_task(tell())
        try:
            async for response in self._replies(stream):
                for answer in response.answers:
                    feed.count_answer()
                    yield questions.answer(answer)
        finally:
            feed.close()
            telling.cancel()
            stream.cancel()
        if feed.failure is not None:
            raise feed.failure

    async def attribute(
        self,
        base: str,
        diff: str | bytes | Iterable[FileDiff],
        *,
        asked_after: Sequence[str] = (),
        excluded: Sequence[str] = (),
        progress: Callable[[Progress], None] | None = None,
    ) -> Attribution:
        """Takes a whole release apart; see `hunktrace.Client.attribute`."""
        return await self._hold(dialogues.attribution(base, diff, asked_after, excluded, progress))

    async def commit(
        self, commit: str, *, hunks: bool = False, base: str | None = None, neighbours: bool = False
    ) -> Commit:
        """What the index knows of a commit, given by its id or at least four digits of it; see `hunktrace.Client.commit`."""
        return await self.ask(asked.commit(commit, hunks, base, neighbours))

    async def messages(self, commits: Sequence[str]) -> tuple[CommitMessage | None, ...]:
        """The message of each of these commits; `None` of one whose object could not be read; see `hunktrace.Client.messages`."""
        return await self.ask(asked.messages(commits))

    async def former_names(
        self, paths: Sequence[str], *, base: str | None = None
    ) -> tuple[tuple[FormerName, ...], ...]:
        """What each of these files was called before upstream renamed it, the nearest name first; see `hunktrace.Client.former_names`."""
        return await self.ask(asked.former_names(paths, base))

    async def check(
        self,
        commits: Sequence[str],
        *,
        vendor: str | os.PathLike[str] | Tree,
        base: str | os.PathLike[str] | Tree | None = None,
        base_revision: str | None = None,
    ) -> tuple[CheckedCommit, ...]:
        """Says of each commit whether it is in the vendor's tree; see `hunktrace.Client.check`."""
        return await self._hold(dialogues.check(commits, base_revision, await _open_trees(vendor, base)))

    async def audit(
        self,
        *,
        vendor: str | os.PathLike[str] | Tree,
        base: str | os.PathLike[str] | Tree | None = None,
        base_revision: str | None = None,
        taken: Sequence[str] = (),
        fixes: bool = True,
        since: str | None = None,
        waivers: Sequence[Waiver] = (),
        vulnerabilities: Sequence[Vulnerability] = (),
    ) -> Audit:
        """Says what the vendor's tree lacks; see `hunktrace.Client.audit`."""
        options = AuditOptions(base_revision, taken, fixes, since, waivers, vulnerabilities)
        return await self._hold(dialogues.audit(options, await _open_trees(vendor, base)))

    async def history(self, name: str) -> History:
        """Since which release a commit; see `hunktrace.Client.history`."""
        return await self.ask(asked.history(name))

    async def releases(self) -> tuple[CataloguedRelease, ...]:
        """The releases of the server's catalogue, by vendor and in their order; see `hunktrace.Client.releases`."""
        return await self.ask(asked.releases())

    async def compare(
        self, before: str, after: str, *, path: str | None = None, function: str | None = None, trace: str | None = None
    ) -> Comparison:
        """What differs between two releases: commits, and the vendor's own changes; see `hunktrace.Client.compare`."""
        return await self.ask(asked.compare(before, after, path, function, trace))

    async def extract(self, commit: str, release: str, *, onto: str | None = None) -> ExtractedPatch:
        """A commit as a patch; see `hunktrace.Client.extract`."""
        return await self.ask(asked.extract(commit, release, onto))

    async def release_files(self, release: str) -> ReleaseFiles:
        """The files in which a release differs from its base; see `hunktrace.Client.release_files`."""
        return await self.ask(asked.release_files(release))

    async def release_commits(self, release: str) -> ReleaseCommits:
        """The commits that a release has beyond its base; see `hunktrace.Client.release_commits`."""
        return await self.ask(asked.release_commits(release))

    async def release_file(self, release: str, path: str) -> ReleaseFile:
        """A file in which a release differs from its base, and whose each of its changed lines is; see `hunktrace.Client.release_file`."""
        return await self.ask(asked.release_file(release, path))

    async def release_changelog(self, release: str) -> ReleaseChangelog:
        """Where the changelog of a release and its code do not agree; see `hunktrace.Client.release_changelog`."""
        return await self.ask(asked.release_changelog(release))

    async def search(
        self,
        *words: str,
        subject: Sequence[str] = (),
        author: Sequence[str] = (),
        path: Sequence[str] = (),
        function: Sequence[str] = (),
        max_results: int = 100,
    ) -> Found:
        """Commits, files and functions of the catalogue by words, all of which have to fit; see `hunktrace.Client.search`."""
        return await self.ask(asked.search(words, subject, author, path, function, max_results))

    async def status(self, *, max_unindexed: int = 0) -> Status:
        """What is indexed, how fresh it is, and which limits hold; see `hunktrace.Client.status`."""
        return await self.ask(asked.status(max_unindexed))

    def _open(self) -> tuple[grpc.aio.Channel, Address]:
        if self._channel is None or self._address is None:
            raise RuntimeError("the client is not open; use it as 'async with AsyncClient(...) as client'")
        return self._channel, self._address

    async def ask(self, question: Asked[T]) -> T:
        """Asks a question that `hunktrace.asked` makes; again where the service has no room and says when it may have some."""
        channel, address = self._open()
        ask = channel.unary_unary(question.call.path, question.call.write, question.call.read)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return question.read(await ask(question.question, timeout=self._timeout, metadata=self._metadata))
            except grpc.RpcError as failed:
                error = from_call(failed, address.text)
                if not isinstance(error, BusyError) or error.retry_after is None or attempt == ATTEMPTS:
                    raise error from failed
                await asyncio.sleep(error.retry_after * attempt)
        raise AssertionError("the last attempt returns or raises")

    def _stream(self, call: Call[Question, Reply]) -> Any:
        channel, _ = self._open()
        return channel.stream_stream(call.path, call.write, call.read)(metadata=self._metadata)

    async def _replies(self, stream: Any) -> AsyncIterator[Any]:
        try:
            async for reply in stream:
                yield reply
        except grpc.RpcError as failed:
            raise from_call(failed, self._open()[1].text) from failed

    async def _hold(self, dialogue: Dialogue[T]) -> T:
        """Tells what a dialogue has to tell, until its answer is there or something fails."""
        stream = self._stream(dialogue.call)
        try:
            if await self._tell(stream, dialogue.first) and dialogue.trees is None:
                await stream.done_writing()
            async for reply in self._replies(stream):
                if dialogue.wants_files(reply):
                    await self._tell(stream, await asyncio.to_thread(list, dialogue.files(reply)))
                else:
                    dialogue.take(reply)
        finally:
            stream.cancel()
        return dialogue.whole()

    async def _tell(self, stream: Any, requests: Iterable[Message]) -> bool:
        """Sends questions, as long as the service listens: one that does not says why in its answer."""
        for request in requests:
            try:
                await _write(stream, request)
            except (grpc.RpcError, asyncio.InvalidStateError):
                return False
        return True


async def _write(stream: Any, request: Message) -> None:
    """Sends a message, and leaves it to the answer to say why a call has ended.

    Where the service ends a call while it is written to, gRPC's own `write` takes the call for broken ("Internal error from Core"), and
    the service's reason, which comes a moment later, is lost. So what `write` does once a call has begun is done here, but for that.
    """
    await stream.wait_for_connection()
    call = getattr(stream, "_cython_call", None)
    if call is None or stream.done():
        await stream.write(request)
        return
    try:
        await call.send_serialized_message(request.SerializeToString())
    except Exception as failed:
        if all(kind.__name__ != "InternalError" for kind in type(failed).__mro__):
            raise
        raise asyncio.InvalidStateError("the service has ended the call") from failed


async def _open_trees(vendor: str | os.PathLike[str] | Tree, base: str | os.PathLike[str] | Tree | None) -> Trees:
    opened = await asyncio.to_thread(open_tree, vendor)
    return Trees(opened, None if base is None else await asyncio.to_thread(open_tree, base))
