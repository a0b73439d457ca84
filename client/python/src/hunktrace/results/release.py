"""What a release of a catalogue consists of."""

from dataclasses import dataclass

from hunktrace.results.catalogue import CataloguedCommit, CataloguedRelease


@dataclass(frozen=True)
class FileShare:
    """A file in which a release differs from its base."""

    path: str
    """Its path; in the base, where the release has deleted it."""
    moved_from: str | None
    """Its path in the base, where it was moved; else `None`."""
    is_new: bool
    """Whether the base does not have it."""
    is_deleted: bool
    """Whether the release does not have it any more."""
    added: int
    """Lines that the release has added."""
    removed: int
    """Lines of the base that it has removed."""
    explained: int
    """Those of both with a known origin."""


@dataclass(frozen=True)
class ReleaseFiles:
    """The files in which a release differs from its base."""

    release: CataloguedRelease
    """The release."""
    files: tuple[FileShare, ...]
    """By path."""


@dataclass(frozen=True)
class CommitInRelease:
    """A commit, and how a release has it."""

    commit: CataloguedCommit
    """The commit."""
    status: str
    """`complete`, `partial` or `implied`."""
    confidence: float
    """Probability that the release has it, from 0 to 1."""
    lines: int
    """Changed lines that come from it."""
    hunks: int
    """Its hunks that are there."""
    missing: int
    """How many of its hunks are not."""
    match: str
    """The weakest match of its lines."""
    superseded_by: str | None
    """What superseded it; `None` for none."""
    is_new: bool
    """Whether the vendor's release before lacks it."""


@dataclass(frozen=True)
class ReleaseCommits:
    """The commits that a release has beyond its base."""

    release: CataloguedRelease
    """The release."""
    commits: tuple[CommitInRelease, ...]
    """In upstream's order."""


@dataclass(frozen=True)
class OwnedLines:
    """Neighbouring changed lines of one side, one origin and one function."""

    is_added: bool
    """Whether the release has added them; else they were removed from the base."""
    start: int
    """The first line's number, from 1: in the release, or in the base."""
    lines: int
    """How many."""
    commit: int | None
    """The commit's place in the list of commits; `None` where they are the vendor's own."""
    confidence: float
    """Probability that they come from the commit, from 0 to 1."""
    match: str | None
    """How they match; `None` where they are the vendor's own."""
    function: str | None
    """The function; `None` outside of functions."""


@dataclass(frozen=True)
class ReleaseFile:
    """A file of a release."""

    release: CataloguedRelease
    """The release."""
    moved_from: str | None
    """Its path in the base, where it was moved; else `None`."""
    base: bytes | None
    """Its text in the base; `None` where the base does not have it."""
    text: bytes | None
    """Its text in the release; `None` where the release does not have it."""
    runs: tuple[OwnedLines, ...]
    """Neighbouring changed lines of one origin, in the order of the file."""
    commits: tuple[CataloguedCommit, ...]
    """The commits that runs name by their places here."""


@dataclass(frozen=True)
class ReleaseChangelog:
    """Where the changelog of a release and its code do not agree."""

    release: CataloguedRelease
    """The release."""
    entries: int
    """Entries of the changelog."""
    matched: int
    """Those with a commit."""
    only_said: tuple[str, ...]
    """Entries of which no commit of the release is known."""
    only_done: tuple[CataloguedCommit, ...]
    """Commits that arrived with the release and have no entry in it."""


@dataclass(frozen=True)
class Found:
    """What was found."""

    commits: tuple[CataloguedCommit, ...]
    """Commits, the latest first."""
    paths: tuple[str, ...]
    """Files that some release changes, by path."""
    functions: tuple[str, ...]
    """Functions that some release changes, by name."""
    is_cut: bool
    """Whether there is more of something than was wanted."""
