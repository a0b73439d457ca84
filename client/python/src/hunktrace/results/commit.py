"""What the index knows of commits."""

from dataclasses import dataclass

from hunktrace.results.lookup import CandidateHunk, CommitMessage, RelatedCommit


@dataclass(frozen=True)
class Unindexed:
    """Something that could not be indexed."""

    commit: str
    """A commit id, or a reference."""
    path: str | None
    """The file; `None` where it is the whole commit."""
    reason: str
    """Why it could not be indexed, in words."""


@dataclass(frozen=True)
class FormerName:
    """A name that a file had."""

    path: str
    """The path before the rename."""
    commit: str
    """The commit that renames this path."""


@dataclass(frozen=True)
class Neighbour:
    """Another vendor that has a commit, and in which form."""

    kind: str
    """`catalogue`, `tree` or `series`: where it is known from."""
    vendor: str
    """Who it is."""
    release: str | None
    """The release of a catalogue, or the patch of a series; `None` of a tree."""
    date: str | None
    """The release's date, YYYY-MM-DD; `None` where it is not known."""
    base: str | None
    """What it was forked from; `None` where that is not known."""
    is_newest: bool
    """Whether it is the vendor's newest release."""
    since: str | None
    """The first release that has it so; `None` where that is not known."""
    status: str
    """`complete`, `partial` or `implied`, or how a patch matches."""
    confidence: float
    """Probability that it has the commit, from 0 to 1."""
    lines: int
    """Changed lines; 0 where that is not known."""
    hunks: int
    """Hunks; 0 where that is not known."""
    missing: tuple[str, ...]
    """Hunks that are missing: `FILE:LINE reason`."""
    superseded_by: str | None
    """What superseded it; `None` for nothing."""


@dataclass(frozen=True)
class Commit:
    """What the index knows of a commit. Commits are named by 40 hexadecimal digits."""

    commit: str
    """The commit's id."""
    subject: str
    """The first line of its message."""
    author: str
    """`Name <address>`."""
    author_date: str
    """RFC 3339, with the author's time zone."""
    commit_date: str
    """RFC 3339, with the committer's time zone."""
    parents: tuple[str, ...]
    """Its parents, in their order."""
    first_release: str | None
    """The first tagged release that contains it; `None` if none does."""
    origins: tuple[str, ...]
    """The commits that it carries."""
    carriers: tuple[str, ...]
    """The commits that carry it."""
    reverts: tuple[str, ...]
    """The commits that it undoes."""
    reverted_by: tuple[str, ...]
    """The commits that undo it."""
    fixes: tuple[str, ...]
    """The commits whose fault it mends."""
    fixed_by: tuple[str, ...]
    """The commits that mend its faults."""
    equivalents: tuple[str, ...]
    """Other commits that make the very same change."""
    unresolved: tuple[str, ...]
    """Commits that its message names as origin, undone or mended, but that are not indexed."""
    hunk_count: int
    """How many hunks of it are indexed."""
    hunks: tuple[CandidateHunk, ...]
    """Those hunks, where they are wanted."""
    unindexed: tuple[Unindexed, ...]
    """What of it could not be indexed."""
    in_base: bool
    """Whether the base that was asked for contains it, itself or as a carrier."""
    message: CommitMessage | None
    """Its message; `None` where its object could not be read."""
    unindexed_origin: str | None
    """The origin that its message names and that is not indexed, as in `Candidate`; `None` for none."""
    read_from: str | None
    """Where `commit` is not indexed itself: the oldest commit that carries it, from which everything else
    was read; `None` for none."""
    related: tuple[RelatedCommit, ...]
    """What else is known of the commits that are named above, but for the parents."""
    unreferenced: bool
    """Whether no reference led to the commit any more when the index was last extended, as after a forced
    push."""
    subsystem: str | None
    """The subsystem that it belongs to, as in `Candidate`; `None` for none."""
    neighbours: tuple[Neighbour, ...]
    """How the neighbours that the index knows have it, where that is wanted, in the order in which they were made known."""
    neighbour_problems: tuple[str, ...]
    """Why some neighbours could not be asked, and what to do about it, where they are wanted."""
    knows_neighbours: bool
    """Whether the index knows any neighbour, where they are wanted."""
