"""What differs between two releases, and a vendor's form of a commit."""

from dataclasses import dataclass, field

from hunktrace.results.catalogue import CataloguedCommit, CataloguedRelease, ChangelogEntry, LaterCommit


@dataclass(frozen=True)
class ChangedPlace:
    """Lines that changed in a function, or outside of functions."""

    path: str
    """The file."""
    function: str | None
    """The function; `None` outside of functions."""
    added: int
    """Added lines."""
    removed: int
    """Removed lines."""


@dataclass(frozen=True)
class OwnChange:
    """A change of the vendor's own."""

    place: ChangedPlace
    """Where it is."""
    score: float
    """How much of the trace it explains; 0 without one."""


@dataclass(frozen=True)
class CommitChange:
    """A commit that two releases have in different ways."""

    commit: CataloguedCommit
    """The commit."""
    change: str
    """`new`, `gone` or `changed`."""
    status_before: str | None
    """`complete`, `partial` or `implied` in the earlier release; `None` where it lacks the commit."""
    status_after: str | None
    """The same in the later one."""
    places: tuple[ChangedPlace, ...]
    """Changed lines by file and function."""
    score: float
    """How much of the trace it explains; 0 without one."""
    later: tuple[LaterCommit, ...]
    """Commits that repair it or take it back."""
    entries: tuple[ChangelogEntry, ...]
    """What the vendor's changelog says of it."""


@dataclass(frozen=True)
class Comparison:
    """What differs between two releases."""

    before: CataloguedRelease = field(metadata={"wire": "from"})
    """The release before."""
    after: CataloguedRelease = field(metadata={"wire": "to"})
    """The release after."""
    commits: tuple[CommitChange, ...]
    """The commits, the likeliest first where there is a trace, else in upstream's order."""
    own: tuple[OwnChange, ...]
    """The vendor's own changes, by file, or the likeliest first."""
    traced: tuple[str, ...]
    """The functions of the trace, innermost first."""
    untouched: tuple[str, ...]
    """Those that nothing changes."""


@dataclass(frozen=True)
class ExtractedFile:
    """A file of an extracted patch."""

    path: str
    """Its path."""
    functions: tuple[str, ...]
    """The functions that it changes."""
    live_flags: tuple[str, ...]
    """What makes it hard to patch live: `init`, `header`, `structure`, `exported`, `static data`, `refused`."""
    added: int
    """Added lines."""
    removed: int
    """Removed lines."""
    object: str | None
    """The object that it is built into, with its folder; `None` where the makefiles of the release do not say so."""
    options: tuple[str, ...]
    """The configuration options without which it is not built, the innermost first."""


@dataclass(frozen=True)
class NeededCommit:
    """A commit that an extracted patch needs."""

    commit: CataloguedCommit
    """The commit."""
    why: str
    """Why."""


@dataclass(frozen=True)
class ExtractedPatch:
    """A commit as a patch."""

    commit: CataloguedCommit
    """The commit."""
    release: CataloguedRelease
    """The release that it was taken from."""
    applies_to: str
    """What the patch applies to: a release, or the base where there is none before."""
    patch: bytes
    """The patch: unified, in git's form, without a head."""
    files: tuple[ExtractedFile, ...]
    """The files that it changes."""
    needs: tuple[NeededCommit, ...]
    """The commits of the same update that it needs first, in upstream's order."""
    differences: tuple[str, ...]
    """How the vendor's form differs from upstream's."""
