"""Releases of a vendor, and commits through them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CataloguedRelease:
    """A release as the catalogue has it."""

    vendor: str
    """The vendor."""
    name: str
    """What it is called."""
    place: int
    """Its place in the vendor's order, from 1."""
    version_release: str | None
    """Version and release of its package; `None` where they are not known."""
    released_on: str | None
    """When it was released, YYYY-MM-DD; `None` where that is not known."""
    base_name: str
    """What its base is called."""
    base_revision: str
    """The base as a revision of the index."""
    source: str
    """The name of what it was read from, without the folders of the machine that read it."""
    checksum: str
    """The checksum of that."""
    index_digest: str
    """The index that it was taken apart with: the digest of its history."""
    lines: int
    """Changed lines."""
    explained_lines: int
    """Those of them with a known origin."""


@dataclass(frozen=True)
class CataloguedCommit:
    """A commit as the catalogue knows it, whatever release has it."""

    commit: str
    """Its id, 40 hexadecimal digits."""
    subject: str
    """The first paragraph of its message, on one line."""
    author: str
    """`Name <address>`."""
    author_date: str
    """When it was written: RFC 3339."""
    first_release: str | None
    """The first tag that contains it; `None` where none does."""
    subsystem: str | None
    """The subsystem that it belongs to, as in `Candidate`. Where the index knows of none: the section of the
    vendor's MAINTAINERS for the file that has most of its lines; `None` where there is none either."""
    purpose: str
    """`fix`, `revert` or `change`."""
    cc_stable: bool
    """Whether it asks to be taken into stable trees."""
    syzbot: bool
    """Whether syzbot reported what it repairs."""


@dataclass(frozen=True)
class OwnLines:
    """How many lines of a file or function are the vendor's own."""

    release: str
    """The release."""
    added: int
    """Added lines."""
    removed: int
    """Removed lines."""


@dataclass(frozen=True)
class Stretch:
    """Neighbouring releases of a vendor that have a commit in the same way."""

    vendor: str
    """The vendor."""
    first: str
    """The first of them."""
    released_on: str | None
    """Its date, YYYY-MM-DD; `None` where it is not known."""
    last: str
    """The last of them."""
    is_newest: bool
    """Whether that is the vendor's newest."""
    gone_with: str | None
    """The release after the last, where that lacks the commit; `None` for none."""
    status: str
    """`complete`, `partial` or `implied`."""
    confidence: float
    """Probability that they have it, from 0 to 1."""
    lines: int
    """Lines in the last of them."""
    hunks: int
    """Hunks in the last of them."""
    missing: tuple[str, ...]
    """Hunks that are missing: `FILE:LINE reason`."""
    superseded_by: str | None
    """What superseded it; `None` for none."""


@dataclass(frozen=True)
class ChangelogEntry:
    """An entry of the vendor's changelog."""

    release: str
    """The release whose package brought it."""
    text: str
    """What it says."""
    how: str
    """How its commit was found: `subject`, `subject without prefix` or `like words`."""


@dataclass(frozen=True)
class LaterCommit:
    """A commit that repairs another one or takes it back."""

    commit: str
    """Its id."""
    subject: str
    """Its subject."""
    relation: str
    """`fixes` or `reverts`."""
    since: str | None
    """The first release of the vendor that has it; `None` for none."""
    first_release: str | None
    """The first tag of upstream that contains it; `None` where that is not known."""


@dataclass(frozen=True)
class PlacedLines:
    """Neighbouring lines of a commit."""

    path: str
    """The file."""
    function: str | None
    """The function; `None` outside of functions."""
    is_added: bool
    """Whether the release has added them; else they were removed from the base."""
    start: int
    """The first line's number, from 1: in the release, or in the base."""
    lines: int
    """How many."""
    confidence: float
    """Probability that they come from the commit."""
    match: str
    """How they match."""


@dataclass(frozen=True)
class CommitHistory:
    """A commit through the releases."""

    commit: CataloguedCommit
    """The commit."""
    carriers: tuple[str, ...]
    """Ids of the commits that carry it."""
    fixes: tuple[str, ...]
    """The ids that its message says to repair."""
    reverts: tuple[str, ...]
    """The ids that it takes back."""
    cves: tuple[str, ...]
    """The CVE ids that its message or the vendor's changelog names."""
    links: tuple[str, ...]
    """Addresses that it links to."""
    stretches: tuple[Stretch, ...]
    """Each stretch of releases that have it in the same way, in order."""
    entries: tuple[ChangelogEntry, ...]
    """The vendor's changelog entries about it."""
    later: tuple[LaterCommit, ...]
    """Commits of the catalogue that repair it or take it back."""
    places: tuple[PlacedLines, ...]
    """Where its lines are in the last release that has some."""


@dataclass(frozen=True)
class History:
    """A history."""

    kind: str
    """What the name was understood to be: `commit`, `path`, `function` or `cve`."""
    name: str
    """The commit's id, the path, or the CVE id."""
    function: str
    """The function, where one was asked for."""
    commits: tuple[CommitHistory, ...]
    """The commits, by the first release that has each."""
    own_lines: int
    """Of a path or function: the vendor's own lines in the newest release."""
    own_changes: tuple[OwnLines, ...]
    """The releases in which their number changed."""
