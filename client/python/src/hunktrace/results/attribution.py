"""Releases that were taken apart."""

from dataclasses import dataclass
from typing import Literal

from hunktrace.results.lookup import MatchKind

Side = Literal["unspecified", "old", "new"]
"""On which side of a change lines stand.

- `unspecified`: No side.
- `old`: Removed lines, numbered as in the base.
- `new`: Added lines, numbered as in the vendor's tree.
"""

MissingReason = Literal["unspecified", "unchanged", "superseded", "left out"]
"""Why a hunk of a commit is missing from the release.

- `unspecified`: A reason that this version of the contract has no name for.
- `unchanged`: The release leaves the file as the base has it, or lacks it.
- `superseded`: Present commits have rewritten it.
- `left out`: The release changes the file in another way.
"""

CommitStatus = Literal["unspecified", "complete", "partial", "implied"]
"""What became of a commit in a release.

- `unspecified`: No status, or one that this version of the contract has no name for.
- `complete`: Every hunk of it is in the release.
- `partial`: Some of its hunks are missing.
- `implied`: No line of it is left: present commits have rewritten what it brought.
"""


@dataclass(frozen=True)
class Run:
    """Neighbouring lines of the same origin."""

    side: Side
    """On which side the lines stand."""
    start: int
    """The first line, from 1."""
    lines: int
    """How many lines."""
    commit: str | None
    """The origin, 40 hexadecimal digits; `None` where the lines are the vendor's own."""
    confidence: float
    """Calibrated probability that this is the origin; for the vendor's own 0."""
    match: MatchKind | None
    """How the lines match; `None` for the vendor's own."""


@dataclass(frozen=True)
class AttributedHunk:
    """A hunk of the release, taken apart."""

    old_start: int
    """The first line in the base, as in the request."""
    old_lines: int
    """How many lines it has in the base."""
    new_start: int
    """The first line in the vendor's tree, as in the request."""
    new_lines: int
    """How many lines it has in the vendor's tree."""
    runs: tuple[Run, ...]
    """Cover each changed line of the hunk exactly once, in the order of the hunk."""


@dataclass(frozen=True)
class AttributedFile:
    """A file of the release, taken apart."""

    path: str
    """As in the request: the path in the vendor's tree, else the one in the base."""
    hunks: tuple[AttributedHunk, ...]
    """Its hunks, in the order of the request."""


@dataclass(frozen=True)
class MissingHunk:
    """A hunk of a commit that the release does not have."""

    file: str
    """The file of the hunk in the commit."""
    old_start: int
    """The hunk's first line before the commit; 0 for a change of name, mode or binary content."""
    reason: MissingReason
    """Why it is missing, as far as can be told."""


@dataclass(frozen=True)
class AttributedCommit:
    """A commit that lines of the release come from, or that is implied by one."""

    commit: str
    """The origin, 40 hexadecimal digits."""
    status: CommitStatus
    """What became of it."""
    confidence: float
    """Calibrated probability that the release has it, from 0 to 1."""
    lines: int
    """Changed lines that come from it."""
    hunks: int
    """Its hunks that are in the release."""
    missing_hunks: tuple[MissingHunk, ...]
    """Its hunks that are not in the release."""
    superseded_by: str | None
    """For an implied commit: what has superseded it, 40 hexadecimal digits; `None` for none."""
    subject: str
    """The first line of its message."""
    author: str
    """`Name <address>`."""
    author_date: str
    """RFC 3339, with the author's time zone."""
    first_release: str | None
    """The first tagged release that contains it; `None` if none does."""
    carriers: tuple[str, ...]
    """Indexed commits that carry it."""
    match: MatchKind
    """How its lines match, the weakest of its hunks."""
    unindexed_origin: str | None
    """The origin that its message names and that is not indexed, as in `Candidate`; `None` for none."""
    read_from: str | None
    """Where `commit` is not indexed itself: the oldest commit that carries it, as in `Candidate`; `None`
    for none."""
    subsystem: str | None
    """The subsystem that it belongs to, as in `Candidate`; `None` for none."""


@dataclass(frozen=True)
class SupersededCommit:
    """A commit that was asked after, and of which the release has no line: it is not implied either,
    because less of it is superseded, or its lines are there and others explain them better."""

    commit: str
    """The commit, 40 hexadecimal digits."""
    superseded_by: str | None
    """The present commit that has rewritten most of it, 40 hexadecimal digits; `None` for none."""


@dataclass(frozen=True)
class AttributionTotals:
    """Counts over a whole release."""

    files: int
    """Files that differ."""
    hunks: int
    """Hunks in them."""
    changed_lines: int
    """Removed and added lines in them."""
    attributed_lines: int
    """Those of the changed lines that come from a commit."""
    commits: int
    """Commits that lines come from."""
    implied_commits: int
    """Commits that are implied by others."""


@dataclass(frozen=True)
class Attribution:
    """A release, taken apart."""

    files: tuple[AttributedFile, ...]
    """The files, in the order of the question."""
    commits: tuple[AttributedCommit, ...]
    """The commits that its lines come from, in the order of the index."""
    superseded: tuple[SupersededCommit, ...]
    """The commits that were asked after and are superseded."""
    totals: AttributionTotals
    """Counts over the whole release."""


AttributePhase = Literal["unspecified", "gathering candidates", "weighing commits"]
"""What taking a release apart is busy with.

- `gathering candidates`: Looks up the hunks of the release, file by file.
- `weighing commits`: Judges the commits over the whole release.
"""


@dataclass(frozen=True)
class Progress:
    """How far taking a release apart has come."""

    done: int
    """Units of the phase that are done, up to `total`."""
    total: int
    """Units of the phase in all; files while candidates are gathered."""
    phase: AttributePhase
    """What is being done."""
