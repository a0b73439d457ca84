"""Asks a hunktrace service, and waits for the answers. `hunktrace.aio` has the same for asyncio."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.message import Message

from hunktrace import asked, calls, dialogues, questions
from hunktrace.address import Access, Address, metadata
from hunktrace.asked import Asked
from hunktrace.calls import Call
from hunktrace.dialogues import Dialogue
from hunktrace.diff import FileDiff
from hunktrace.errors import BusyError, from_call
from hunktrace.feed import Feed
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


class Client:
    """Asks a server, or an index or repository by a server of its own.

    One of `server` (`http://HOST:PORT`, `https://HOST:PORT`, `unix:PATH`), `index` (a folder that `hunktrace index` has
    written) and `repo` (a git repository, whose index is kept in the user's cache folder) says where to ask; if none does,
    `HUNKTRACE_INDEX` or `HUNKTRACE_SERVER` in the environment. With an index or a repository the client starts the
    `hunktrace` program (`program`, `HUNKTRACE`, the wheel's own, or the one on `PATH`) on a Unix socket, and ends it when it
    is closed; `catalogue` is a file of `hunktrace catalogue` that this server answers from as well.

    For servers: `token` or `token_file` say who asks; `ca` is the authority of the server's certificate where the system
    does not know it; `certificate` and `key` are shown to servers that ask for them. `HUNKTRACE_SERVER_TOKEN_FILE`,
    `HUNKTRACE_SERVER_CA`, `HUNKTRACE_SERVER_CERTIFICATE` and `HUNKTRACE_SERVER_KEY` stand for them. `timeout` is how many
    seconds a call with one answer may take.

    Threads may share a client. Errors are those of `hunktrace.errors`.
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
        source = Source.of(server, index, repo, catalogue, program)
        access = Access.of(ca, certificate, key, token, token_file) if source.server is not None else Access()
        import grpc  # a program that asks nothing need not wait for it

        self._embedded = source.start()
        self._address = Address.read(source.address(self._embedded))
        self._timeout = timeout
        self._metadata = metadata(access)
        credentials = self._address.credentials(access)
        options = self._address.options()
        if credentials is None:
            self._channel = grpc.insecure_channel(self._address.target, options)
        else:
            self._channel = grpc.secure_channel(self._address.target, credentials, options)

    @property
    def address(self) -> str:
        """The address that is asked, of a server of its own as well."""
        return self._address.text

    def close(self) -> None:
        """Closes the connection, and ends the client's own server."""
        self._channel.close()
        if self._embedded is not None:
            self._embedded.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def lookup(
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
        """Finds the origins of the hunks of one text: a patch, a mail, or several of either; a path is a file with one.

        What `base`, a revision of the index, contains cannot be an origin. `explain` adds the candidates' own hunks and the
        evidence, `message` the origins' messages, and `purpose` what the origins are for: whether they repair something.
        """
        options = LookupOptions(base, max_candidates, explain, message, purpose)
        return self.ask(asked.lookup(options, text, name))

    def lookup_many(
        self,
        texts: Iterable[str | bytes | os.PathLike[str] | NamedText],
        *,
        base: str | None = None,
        max_candidates: int = 10,
        explain: bool = False,
        message: bool = False,
        purpose: bool = False,
        window: int = 256,
    ) -> Generator[Answer, None, None]:
        """The same for many texts over one stream. Answers come in the order of the texts, as soon as those are there that were sent
        together: up to 32 texts, as many as there are when a message is sent.

        A text that cannot be answered has an answer with `error`, and the others go on. At most `window` texts are under way:
        no more of them is taken than the answers that were fetched allow, however many there are.
        """
        feed = Feed(texts, LookupOptions(base, max_candidates, explain, message, purpose), window)
        stream = self._stream(calls.LOOKUP_MANY, feed.messages())
        try:
            for response in self._replies(stream):
                for answer in response.answers:
                    feed.count_answer()
                    yield questions.answer(answer)
        finally:
            feed.close()
            stream.cancel()
        if feed.failure is not None:
            raise feed.failure

    def attribute(
        self,
        base: str,
        diff: str | bytes | Iterable[FileDiff],
        *,
        asked_after: Sequence[str] = (),
        excluded: Sequence[str] = (),
        progress: Callable[[Progress], None] | None = None,
    ) -> Attribution:
        """Takes a whole release apart: which commit does every changed line come from?

        `base` is the revision of the index that the vendor started from, and `diff` all that differs from it: the output of
        `git diff` or `diff -ruN`, or files.
        """
        return self._hold(dialogues.attribution(base, diff, asked_after, excluded, progress))

    def commit(self, commit: str, *, hunks: bool = False, base: str | None = None, neighbours: bool = False) -> Commit:
        """What the index knows of a commit, given by its id or at least four digits of it.

        With `base`, a revision, the answer says in `in_base` whether that contains the commit, and with `neighbours` who else
        has it.
        """
        return self.ask(asked.commit(commit, hunks, base, neighbours))

    def messages(self, commits: Sequence[str]) -> tuple[CommitMessage | None, ...]:
        """The message of each of these commits; `None` of one whose object could not be read. Ids have 40 digits."""
        return self.ask(asked.messages(commits))

    def former_names(self, paths: Sequence[str], *, base: str | None = None) -> tuple[tuple[FormerName, ...], ...]:
        """What each of these files was called before upstream renamed it, the nearest name first.

        Renames that `base`, a revision, contains are left out.
        """
        return self.ask(asked.former_names(paths, base))

    def check(
        self,
        commits: Sequence[str],
        *,
        vendor: str | os.PathLike[str] | Tree,
        base: str | os.PathLike[str] | Tree | None = None,
        base_revision: str | None = None,
    ) -> tuple[CheckedCommit, ...]:
        """Says of each commit whether it is in the vendor's tree, with the proof for each hunk.

        A tree is a folder, a tarball, `REPO:REV`, or whatever reads files by their paths (`hunktrace.tree.Tree`).
        `base_revision` names the base in the index; without it everything is judged by code.
        """
        return self._hold(dialogues.check(commits, base_revision, _open_trees(vendor, base)))

    def audit(
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
        """Says which fixes of what the vendor has its tree lacks, and in what state vulnerabilities are, by its code.

        Trees are given as in `check`. `taken` are the ids of the commits that the vendor has taken, as `attribute` answers.
        What `since`, a revision, contains is not told.
        """
        options = AuditOptions(base_revision, taken, fixes, since, waivers, vulnerabilities)
        return self._hold(dialogues.audit(options, _open_trees(vendor, base)))

    def history(self, name: str) -> History:
        """Since which release a commit, a file (`PATH`), a function (`PATH:FUNCTION`) or the repair of a CVE is there.

        This and what follows the server answers from a catalogue. A release may be given by the end of its name.
        """
        return self.ask(asked.history(name))

    def releases(self) -> tuple[CataloguedRelease, ...]:
        """The releases of the server's catalogue, by vendor and in their order."""
        return self.ask(asked.releases())

    def compare(
        self, before: str, after: str, *, path: str | None = None, function: str | None = None, trace: str | None = None
    ) -> Comparison:
        """What differs between two releases: commits, and the vendor's own changes.

        `path` is a file or folder, and `function` a function, outside of which nothing is told. With `trace`, a call trace as the
        kernel prints it, only what changes its functions is told, what touches these first.
        """
        return self.ask(asked.compare(before, after, path, function, trace))

    def extract(self, commit: str, release: str, *, onto: str | None = None) -> ExtractedPatch:
        """A commit as a patch, in the form that `release` has brought it in, for the release before or for `onto`."""
        return self.ask(asked.extract(commit, release, onto))

    def release_files(self, release: str) -> ReleaseFiles:
        """The files in which a release differs from its base."""
        return self.ask(asked.release_files(release))

    def release_commits(self, release: str) -> ReleaseCommits:
        """The commits that a release has beyond its base."""
        return self.ask(asked.release_commits(release))

    def release_file(self, release: str, path: str) -> ReleaseFile:
        """A file in which a release differs from its base, and whose each of its changed lines is."""
        return self.ask(asked.release_file(release, path))

    def release_changelog(self, release: str) -> ReleaseChangelog:
        """Where the changelog of a release and its code do not agree."""
        return self.ask(asked.release_changelog(release))

    def search(
        self,
        *words: str,
        subject: Sequence[str] = (),
        author: Sequence[str] = (),
        path: Sequence[str] = (),
        function: Sequence[str] = (),
        max_results: int = 100,
    ) -> Found:
        """Commits, files and functions of the catalogue by words, all of which have to fit.

        `words` are of subject or author; the others are parts of what they are named after.
        """
        return self.ask(asked.search(words, subject, author, path, function, max_results))

    def status(self, *, max_unindexed: int = 0) -> Status:
        """What is indexed, how fresh it is, and which limits hold."""
        return self.ask(asked.status(max_unindexed))

    def ask(self, question: Asked[T]) -> T:
        """Asks a question that `hunktrace.asked` makes; again where the service has no room and says when it may have some."""
        import grpc

        ask = self._channel.unary_unary(question.call.path, question.call.write, question.call.read)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return question.read(ask(question.question, timeout=self._timeout, metadata=self._metadata))
            except grpc.RpcError as failed:
                error = from_call(failed, self._address.text)
                if not isinstance(error, BusyError) or error.retry_after is None or attempt == ATTEMPTS:
                    raise error from failed
                time.sleep(error.retry_after * attempt)
        raise AssertionError("the last attempt returns or raises")

    def _stream(self, call: Call[Question, Reply], requests: Iterator[Question]) -> Any:
        return self._channel.stream_stream(call.path, call.write, call.read)(requests, metadata=self._metadata)

    def _replies(self, stream: Any) -> Iterator[Any]:
        import grpc

        try:
            yield from stream
        except grpc.RpcError as failed:
            raise from_call(failed, self._address.text) from failed

    def _hold(self, dialogue: Dialogue[T]) -> T:
        """Tells what a dialogue has to tell, until its answer is there or something fails."""
        further: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        failures: list[Exception] = []

        def requests() -> Iterator[Message]:
            try:
                yield from dialogue.first
            except Exception as error:  # raised below: the call cannot go on
                failures.append(error)
                stream.cancel()
                return
            if dialogue.trees is not None:
                yield from iter(further.get, None)

        stream = self._stream(dialogue.call, requests())
        try:
            for reply in self._replies(stream):
                if dialogue.wants_files(reply):
                    for files in dialogue.files(reply):
                        further.put(files)
                else:
                    dialogue.take(reply)
        except Exception:
            if failures:
                raise failures[0] from None
            raise
        finally:
            further.put(None)
            stream.cancel()
        return dialogue.whole()


def _open_trees(vendor: str | os.PathLike[str] | Tree, base: str | os.PathLike[str] | Tree | None) -> Trees:
    return Trees(open_tree(vendor), None if base is None else open_tree(base))
