"""What is asked, as messages of `hunktrace.v1`: the part that both clients share."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hunktrace import results
from hunktrace.diff import FileDiff, split_diff
from hunktrace.errors import HunktraceError, InvalidQuestionError, from_status
from hunktrace.from_wire import result
from hunktrace.tree import Tree
from hunktrace.v1 import audit_pb2, check_pb2, hunktrace_pb2

if TYPE_CHECKING:
    from hunktrace.results import (
        Answer,
        AttributedCommit,
        AttributedFile,
        Attribution,
        AttributionTotals,
        Audit,
        AuditedFix,
        AuditedVulnerability,
        CheckedCommit,
        Progress,
        SupersededCommit,
    )

MESSAGE_BYTES = 4 << 20
"""Bytes of files in one message, but for a single file that is longer."""

VULNERABILITIES_PER_MESSAGE = 500


@dataclass(frozen=True)
class NamedText:
    """A text whose origins are asked for, and how the answer names it."""

    name: str
    text: str | bytes


@dataclass(frozen=True)
class LookupOptions:
    """What holds for all texts of a call."""

    base: str | None = None
    max_candidates: int = 10
    explain: bool = False
    message: bool = False
    purpose: bool = False

    def request(self, text: str | bytes | os.PathLike[str] | NamedText, name: str = "") -> hunktrace_pb2.LookupRequest:
        """The question after a text: itself, or the file at a path."""
        if isinstance(text, NamedText):
            name, text = name or text.name, text.text
        elif isinstance(text, os.PathLike):
            path = Path(text)
            try:
                name, text = name or os.fspath(path), path.read_bytes()
            except OSError as error:
                raise InvalidQuestionError(
                    f"{path}: cannot be read: {error.strerror}; name a file with a patch"
                ) from error
        return hunktrace_pb2.LookupRequest(
            name=name,
            text=text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text,
            base=self.base or "",
            max_candidates=self.max_candidates,
            explain=self.explain,
            with_message=self.message,
            with_purpose=self.purpose,
        )


def answer(response: hunktrace_pb2.LookupResponse) -> Answer:
    """The answer to one text."""
    return result(results.Answer, response)


def text_error(answered: Answer) -> HunktraceError | None:
    """Why a text of a stream was not answered, as the error that a call of its own would have given."""
    error = answered.error
    return None if error is None else from_status(error.code, f"{answered.name}: {error.message}", "the service")


def attribute_requests(
    base: str, diff: bytes | str | Iterable[FileDiff], asked_after: Sequence[str], excluded: Sequence[str]
) -> Iterator[hunktrace_pb2.AttributeRequest]:
    """A release, part by part."""
    options = hunktrace_pb2.AttributeOptions(base=base, asked_after=asked_after, excluded=excluded)
    yield hunktrace_pb2.AttributeRequest(options=options)
    if isinstance(diff, str):
        diff = diff.encode("utf-8", "surrogateescape")
    for file in split_diff(diff) if isinstance(diff, bytes) else diff:
        part = hunktrace_pb2.FileDiff(path=file.path, old_path=file.old_path, hunks=file.hunks)
        yield hunktrace_pb2.AttributeRequest(file=part)
    yield hunktrace_pb2.AttributeRequest(end=hunktrace_pb2.EndOfRelease())


@dataclass
class AttributionParts:
    """What has come of a release's answer."""

    files: list[AttributedFile] = field(default_factory=list)
    commits: list[AttributedCommit] = field(default_factory=list)
    superseded: list[SupersededCommit] = field(default_factory=list)
    totals: AttributionTotals | None = None
    file_goes_on: bool = False
    """Whether the next file is the one before again, with more of its hunks."""
    hunk_goes_on: bool = False
    """Whether the next hunk is the one before again, with more of its runs."""

    def add(self, response: hunktrace_pb2.AttributeResponse) -> Progress | None:
        """Takes the next part; gives it back where it tells of progress."""
        part = response.WhichOneof("part")
        if part == "progress":
            return result(results.Progress, response.progress)
        if part == "file":
            self._add_file(response.file)
        elif part == "commit":
            self.commits.append(result(results.AttributedCommit, response.commit))
        elif part == "superseded":
            self.superseded.append(result(results.SupersededCommit, response.superseded))
        elif part == "summary":
            self.totals = result(results.AttributionTotals, response.summary)
        return None

    def _add_file(self, message: hunktrace_pb2.FileAttribution) -> None:
        """Takes a file, or more of the one before: a service divides what is too large for one message."""
        file = result(results.AttributedFile, message)
        if self.file_goes_on:
            before = self.files.pop()
            hunks = list(file.hunks)
            if self.hunk_goes_on and hunks:
                hunk = before.hunks[-1]
                hunks[0] = dataclasses.replace(hunk, runs=hunk.runs + hunks[0].runs)
                before = dataclasses.replace(before, hunks=before.hunks[:-1])
            file = dataclasses.replace(before, hunks=before.hunks + tuple(hunks))
        self.files.append(file)
        self.file_goes_on = getattr(message, "is_continued", False)
        self.hunk_goes_on = bool(message.hunks) and getattr(message.hunks[-1], "is_continued", False)

    def whole(self) -> Attribution:
        """The answer, which has to be there as a whole."""
        if self.totals is None:
            raise _broken_off()
        return results.Attribution(tuple(self.files), tuple(self.commits), tuple(self.superseded), self.totals)


@dataclass(frozen=True)
class Trees:
    """The trees under question."""

    vendor: Tree
    base: Tree | None

    def messages(self, wanted: check_pb2.WantedFiles) -> Iterator[check_pb2.TreeFiles]:
        """The files that the service asks for, in as many messages as they take."""
        files: list[check_pb2.TreeFile] = []
        held = 0
        for path in wanted.paths:
            file = self._name(path) if wanted.names_only else self._file(path)
            size = len(file.vendor) + len(file.base)
            if files and held + size > MESSAGE_BYTES:
                yield check_pb2.TreeFiles(files=files, is_continued=True)
                files, held = [], 0
            files.append(file)
            held += size
        yield check_pb2.TreeFiles(files=files)

    def _name(self, path: bytes) -> check_pb2.TreeFile:
        is_there = self.vendor.read(path) is not None
        return check_pb2.TreeFile(path=path, vendor=b"" if is_there else None)

    def _file(self, path: bytes) -> check_pb2.TreeFile:
        vendor = self.vendor.read(path)
        base = None if self.base is None else self.base.read(path)
        is_unchanged = base is not None and base == vendor
        return check_pb2.TreeFile(
            path=path, vendor=vendor, base=None if is_unchanged else base, is_unchanged=is_unchanged
        )


def check_options(commits: Sequence[str], base_revision: str | None) -> check_pb2.CheckRequest:
    """The question after commits."""
    return check_pb2.CheckRequest(options=check_pb2.CheckOptions(base=base_revision or "", commits=commits))


def checked_commits(asked: Sequence[str], answered: Sequence[CheckedCommit]) -> tuple[CheckedCommit, ...]:
    """The answers, one for each commit."""
    if len(answered) != len(asked):
        raise _broken_off()
    return tuple(answered)


@dataclass(frozen=True)
class FixSet:
    """Commits that mend a vulnerability together."""

    commits: tuple[str, ...]
    mends: tuple[str, ...] = ()
    """What it mends, where that is not everything: commits that brought the vulnerability in."""


@dataclass(frozen=True)
class Account:
    """What one source tells of a vulnerability."""

    fixes: tuple[FixSet, ...] = ()
    """The ways in which it is mended: one of them does."""
    introduced_by: tuple[str, ...] | Literal["beginning", "never"] | None = None
    """The commits that brought it in; `beginning` where it was always there, `never` where upstream never had it, `None` where
    nobody knows."""


@dataclass(frozen=True)
class Vulnerability:
    """A known vulnerability."""

    id: str
    accounts: tuple[Account, ...] = ()
    files: tuple[str, ...] = ()
    """The files that it is in, where a source tells them."""


@dataclass(frozen=True)
class Waiver:
    """Something that is not wanted."""

    subject: str
    """The beginning of a commit's id, a path or folder, or the name of a vulnerability."""
    reason: str


@dataclass(frozen=True)
class AuditOptions:
    """What is asked of a tree."""

    base_revision: str | None = None
    taken: Sequence[str] = ()
    fixes: bool = True
    since: str | None = None
    waivers: Sequence[Waiver] = ()
    vulnerabilities: Sequence[Vulnerability] = ()

    def requests(self) -> Iterator[audit_pb2.AuditRequest]:
        """The question, part by part."""
        options = audit_pb2.AuditOptions(
            base=self.base_revision or "",
            taken=self.taken,
            wants_fixes=self.fixes,
            since=self.since or "",
            waivers=[audit_pb2.Waiver(subject=waiver.subject, reason=waiver.reason) for waiver in self.waivers],
        )
        yield audit_pb2.AuditRequest(options=options)
        for start in range(0, len(self.vulnerabilities), VULNERABILITIES_PER_MESSAGE):
            known = self.vulnerabilities[start : start + VULNERABILITIES_PER_MESSAGE]
            part = audit_pb2.KnownVulnerabilities(vulnerabilities=map(_vulnerability, known))
            yield audit_pb2.AuditRequest(vulnerabilities=part)
        yield audit_pb2.AuditRequest(end=audit_pb2.EndOfQuestion())


def _vulnerability(known: Vulnerability) -> audit_pb2.Vulnerability:
    return audit_pb2.Vulnerability(
        id=known.id,
        accounts=map(_account, known.accounts),
        files=[os.fsencode(file) for file in known.files],
    )


def _account(account: Account) -> audit_pb2.VulnerabilityAccount:
    introduced = account.introduced_by
    commits: tuple[str, ...] = ()
    if introduced is None:
        kind = audit_pb2.INTRODUCTION_KIND_UNSPECIFIED
    elif introduced == "beginning":
        kind = audit_pb2.INTRODUCTION_KIND_BEGINNING
    elif introduced == "never":
        kind = audit_pb2.INTRODUCTION_KIND_NEVER
    else:
        kind, commits = audit_pb2.INTRODUCTION_KIND_COMMITS, tuple(introduced)
    return audit_pb2.VulnerabilityAccount(
        introduction=kind,
        introduced_by=commits,
        fixes=[audit_pb2.FixSet(commits=fix.commits, mends=fix.mends) for fix in account.fixes],
    )


@dataclass
class AuditParts:
    """What has come of an audit's answer."""

    fixes: list[AuditedFix] = field(default_factory=list)
    vulnerabilities: list[AuditedVulnerability] = field(default_factory=list)
    is_whole: bool = False

    def add(self, response: audit_pb2.AuditResponse) -> None:
        """Takes the next part, which asks for no files."""
        part = response.WhichOneof("part")
        if part == "fix":
            self.fixes.append(result(results.AuditedFix, response.fix))
        elif part == "vulnerability":
            self.vulnerabilities.append(result(results.AuditedVulnerability, response.vulnerability))
        elif part == "end":
            self.is_whole = True

    def whole(self) -> Audit:
        """The answer, which has to be there as a whole."""
        if not self.is_whole:
            raise _broken_off()
        return results.Audit(tuple(self.fixes), tuple(self.vulnerabilities))


def _broken_off() -> HunktraceError:
    return HunktraceError("the service ended before its answer did; try again")
