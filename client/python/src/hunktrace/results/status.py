"""What is indexed, and which limits hold."""

from dataclasses import dataclass

from hunktrace.results.commit import Unindexed


@dataclass(frozen=True)
class IndexedRef:
    """A reference as it was when it was indexed."""

    repository: str
    """Path of the repository, as it was given; of a server only its name."""
    name: str
    """Full name of the reference, or the revision as it was given."""
    commit: str
    """The commit that it led to, 40 hexadecimal digits."""


@dataclass(frozen=True)
class IndexedRelease:
    """A tagged release that is indexed."""

    name: str
    """Its tag."""
    committed_at: int
    """Commit date of the tagged commit, in seconds since 1970, UTC."""
    commits: int
    """Indexed commits that no earlier release contains."""


@dataclass(frozen=True)
class Limits:
    """What a request may ask for at most."""

    text_bytes: int
    """Bytes of one text."""
    hunks: int
    """Hunks of one text."""
    candidates: int
    """Candidates for a hunk."""
    release_bytes: int
    """Bytes of all diffs of one Attribute call."""
    release_files: int
    """Files of one Attribute call."""
    paths: int
    """Paths of one FormerNames call."""
    commits: int
    """Commits of one GetMessages call."""
    problems: int
    """Problems of one text that are listed; of more it is said how many they are."""
    answer_bytes: int
    """Bytes of the answer to one text, or to any other request that has one answer."""
    waiting: int
    """Requests that may wait for their turn."""
    releases: int
    """Releases that are taken apart at a time; others wait."""
    request_time_ms: int
    """How long the work on one text, or on any other request that has one answer, may take, in
    milliseconds."""
    release_time_ms: int
    """How long the work on one release may take, in milliseconds."""
    held_bytes: int
    """Bytes that requests and answers of all connections may hold."""
    connections: int
    """Connections that may be open."""
    calls: int
    """Calls at a time, streams included."""
    calls_per_connection: int
    """Calls at a time over one connection."""
    call_idle_ms: int
    """How long nothing may go either way on a call that is not worked on, in milliseconds."""
    connection_idle_ms: int
    """How long a connection may stay without a call, in milliseconds."""
    handshake_time_ms: int
    """How long the first bytes of a connection may take, encryption included, in milliseconds."""
    keep_alive_ms: int
    """How often a quiet connection is asked for a sign of life, in milliseconds."""
    drain_time_ms: int
    """How long answers under way get when the service ends, in milliseconds."""


@dataclass(frozen=True)
class Status:
    """What is indexed, and how the service is set up."""

    index: str
    """The index folder; of a server only its name."""
    format: int
    """Version of the index format."""
    generation: int
    """Number of the generation that is served; it grows with each change of the index."""
    written_at: int
    """When the generation was written, in seconds since 1970, UTC."""
    is_complete: bool
    """Whether the run that wrote it reached its end."""
    commits: int
    """Indexed commits."""
    hunks: int
    """Indexed hunks."""
    bytes_on_disk: int
    """Bytes of the index folder's files."""
    segments: int
    """Segments that the index consists of."""
    refs: tuple[IndexedRef, ...]
    """The references that were indexed."""
    unindexed_count: int
    """How many items could not be indexed."""
    unindexed: tuple[Unindexed, ...]
    """The first of those items, as many as were wanted."""
    limits: Limits
    """What a request may ask for at most."""
    version: str
    """The server's version."""
    releases: tuple[IndexedRelease, ...]
    """The tagged releases, oldest first."""
    history_digest: str
    """A digest of the indexed history, 32 hexadecimal digits: equal for indexes of the same commits and
    releases."""
    unreadable_count: int
    """How many of the items that could not be indexed are history that could not be read; the others are
    references that lead to no commit."""
    unreferenced_count: int
    """How many commits no reference led to any more when the index was last extended."""
    damage: str | None
    """What of the index is known to be damaged; `None` if nothing is. What needs it is not answered."""
    maintainers_release: str | None
    """The release whose MAINTAINERS file tells the subsystems of commits, or where there are no tags the
    reference; `None` where the index was written before they were stored, and has not been extended since."""
    subsystem_count: int
    """How many subsystems the indexed commits belong to; 0 where that release has no such file."""
