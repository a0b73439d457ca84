"""Origins of hunks and patches."""

from dataclasses import dataclass
from typing import Literal

MatchKind = Literal["unspecified", "exact", "changes", "normalized", "partial", "fuzzy", "implied"]
"""How well changed lines agree, the best first.

- `unspecified`: No kind, or one that this version of the contract has no name for.
- `exact`: Changed lines, context and path agree.
- `changes`: The changed lines and the path agree, the context differs.
- `normalized`: The changed lines agree but for white space or comments, or stand in a file of another
  name.
- `partial`: One side's changed lines are a part of the other's.
- `fuzzy`: Similar changed lines.
- `implied`: Superseded: a present commit edits lines that only this commit could have put there.
"""

ClaimSource = Literal["unspecified", "message", "own id", "subject", "not upstream"]
"""What makes a claim.

- `unspecified`: Nothing that this version of the contract has a name for.
- `message`: The message or a header of it: `commit X upstream`, `(cherry picked from commit X)`,
  `Git-commit: X`, `Origin: X`.
- `own id`: The id that the patch was made from, as git writes it: `From X Mon Sep 17 00:00:00 2001`,
  `commit X`.
- `subject`: The subject, where indexed commits have the same.
- `not upstream`: The patch says that it is not upstream: `Patch-mainline: Never`, `Upstream-Status:
  Inappropriate`.
"""

ClaimVerdict = Literal["unspecified", "agrees", "disagrees", "unknown", "undecided"]
"""What the code of a patch says of a claim.

- `unspecified`: No verdict, or one that this version of the contract has no name for.
- `agrees`: The claimed commit is a likely origin; or none is, where the patch says that it is not
  upstream.
- `disagrees`: Another commit is a likely origin, and the claimed one is not.
- `unknown`: The index does not know what is named.
- `undecided`: The code has no likely origin to compare with.
"""


@dataclass(frozen=True)
class TextError:
    """Why a text of a stream could not be answered."""

    code: int
    """The gRPC status code, as in https://grpc.io/docs/guides/status-codes: 3 is INVALID_ARGUMENT, 8 is
    RESOURCE_EXHAUSTED."""
    message: str
    """What is wrong, and the remedy."""


@dataclass(frozen=True)
class Problem:
    """Something in a text that could not be read."""

    line: int
    """Line of the text, from 1."""
    message: str
    """All of it in one line for people: the line, the path, what is wrong, and the remedy."""
    path: str
    """Path of the file that it belongs to; empty where that is not known."""
    fault: str
    """What is wrong."""
    remedy: str
    """What to do about it, as an instruction."""
    patch: int | None
    """The patch that it belongs to, counted from 0 in the text; `None` where it is the whole text's, which
    has no diff."""
    harmless: bool
    """Whether all lines are looked up all the same."""


@dataclass(frozen=True)
class CommitMessage:
    """A commit's message, whole."""

    text: str
    """As text. Where it is not in UTF-8 it is decoded as `encoding` says, or as windows-1252 where that
    says nothing; what cannot be decoded is replaced."""
    encoding: str | None
    """What the commit says its encoding is; `None` where it says nothing, which should mean UTF-8."""
    original: bytes
    """As it was committed, where that is not the text in UTF-8."""


@dataclass(frozen=True)
class Purpose:
    """What a commit is for, as its message says it."""

    kind: str
    """`fix`, `revert` or `change`."""
    cc_stable: bool
    """Whether it asks to be taken into stable trees."""
    syzbot: bool
    """Whether syzbot reported what it repairs."""
    cves: tuple[str, ...]
    """The CVE ids that its message names."""
    links: tuple[str, ...]
    """The addresses that it links to."""


@dataclass(frozen=True)
class RelatedCommit:
    """A commit that an answer names beside another one."""

    commit: str
    """The commit, 40 hexadecimal digits."""
    subject: str
    """The first line of its message."""
    first_release: str | None
    """The first tagged release that contains it; `None` if none does."""
    reverted_by: tuple[str, ...]
    """Indexed commits that undo it."""


@dataclass(frozen=True)
class CandidateHunk:
    """The hunk of a candidate that matches best."""

    commit: str
    """The commit that it belongs to: the origin or one of its carriers."""
    old_path: str | None
    """Path before the change; `None` where the file is new."""
    new_path: str | None
    """Path after the change; `None` where the file is deleted."""
    old_start: int
    """The first line before the change."""
    old_lines: int
    """How many lines it has before the change."""
    new_start: int
    """The first line after the change."""
    new_lines: int
    """How many lines it has after the change."""
    section: str
    """What stands behind the second `@@` of its header, usually the function that it is in."""
    body: bytes
    """Its lines, as in a unified diff."""


@dataclass(frozen=True)
class Evidence:
    """One thing that speaks for or against a candidate."""

    name: str
    """A short name: `mutual`, `path`, `context`."""
    value: float
    """How much of it there is, usually from 0 to 1."""
    weight: float
    """What it adds to the candidate's log-odds; negative speaks against it."""
    text: str
    """In words."""


@dataclass(frozen=True)
class Candidate:
    """A commit that may be the origin."""

    commit: str
    """The origin, 40 hexadecimal digits. It need not be indexed: see `read_from`."""
    confidence: float
    """Calibrated probability that it is the origin, from 0 to 1; for a patch, that it is one of its
    origins."""
    match: MatchKind
    """How its best matching hunk agrees."""
    similarity: float
    """Share of the changed lines that agree, weighted by how rare they are, from 0 to 1."""
    file: str
    """The file of the best matching hunk in the origin."""
    subject: str
    """The first line of the origin's message."""
    first_release: str | None
    """The first tagged release that contains the origin; `None` if none does."""
    carriers: tuple[str, ...]
    """Indexed commits that carry the origin."""
    equivalents: tuple[str, ...]
    """Other commits that make the very same change."""
    reverted_by: tuple[str, ...]
    """Indexed commits that undo the origin, each once: what was carried to other branches is named by its
    origin."""
    reverts: tuple[str, ...]
    """Indexed commits that the origin undoes."""
    hunk: CandidateHunk | None
    """With `explain`: the candidate's own hunk."""
    evidence: tuple[Evidence, ...]
    """With `explain`: what speaks for and against it, the weightiest first."""
    message: CommitMessage | None
    """With `with_message`: the origin's message; `None` where its object could not be read."""
    unindexed_origin: str | None
    """The origin that the commit's message names and that is not indexed, as far as messages give its id;
    `None` where the origin is indexed. It is `commit` as well, where its id is given whole and said to
    be upstream."""
    read_from: str | None
    """Where `commit` is not indexed itself: the oldest commit that carries it, 40 hexadecimal digits, from
    which everything else here was read. `None` otherwise."""
    fixed_by: tuple[str, ...]
    """Indexed commits that mend a fault of the origin: that name it, or one of its carriers, in `Fixes:`.
    Each once, as in `reverted_by`; the oldest first."""
    carrier_releases: tuple[str, ...]
    """For each of `carriers`, in their order: the first tagged release that contains it; empty where none
    does."""
    related: tuple[RelatedCommit, ...]
    """What else is known of the commits in `reverted_by` and `fixed_by`, and of carriers that were undone
    themselves."""
    unreferenced: bool
    """Whether no reference led to the commit any more when the index was last extended, as after a forced
    push."""
    reasons: tuple[str, ...]
    """With `explain`: why it is no perfect match, in words, the weightiest reason first; at most five, and
    none where nothing differs."""
    purpose: Purpose | None
    """With `purpose`: what the origin is for; `None` where its message could not be read."""
    subsystem: str | None
    """The subsystem that it belongs to: the title of a section of MAINTAINERS of the index' newest release;
    `None` where it belongs to none or to several, or the index knows of none."""


@dataclass(frozen=True)
class InBase:
    """A change that the base has already."""

    candidate: Candidate
    """Its origin, as it would be answered without a base."""
    held_as: str
    """As which of its own commits the base has it: the origin itself, a carrier of it, or an equal copy on
    the base's own branch; 40 hexadecimal digits."""
    base: str
    """The base, as it was asked for."""


@dataclass(frozen=True)
class Claim:
    """What a patch says of its own origin. Headers that name the commit that a patch repairs (`Fixes:`) are
    none."""

    source: ClaimSource
    """What says so."""
    named: str | None
    """What is named: an id as the patch has it, or a subject; `None` where the patch says that it is not
    upstream."""
    commits: tuple[str, ...]
    """The indexed origins that this leads to, 40 hexadecimal digits each: one, or several for a subject
    that several commits have; none where the index knows nothing of the name."""
    verdict: ClaimVerdict
    """What the code says of it."""
    found: str | None
    """Where the code disagrees: the likely origin that it has, 40 hexadecimal digits. `None` otherwise."""


@dataclass(frozen=True)
class HunkAnswer:
    """A hunk of the query, and where it may have come from."""

    file: str
    """Path after the change, or before it where the file is deleted. Bytes that are no UTF-8 are replaced."""
    old_start: int
    """The first line before the change, as in the hunk's header; 0 where that does not say."""
    old_lines: int
    """How many lines it has before the change."""
    new_start: int
    """The first line after the change, as in the hunk's header."""
    new_lines: int
    """How many lines it has after the change."""
    candidates: tuple[Candidate, ...]
    """Candidates for the hunk, best first."""
    body: bytes
    """With `explain`: the hunk's lines, as in a unified diff."""
    line: int
    """Line of the text where the hunk begins, from 1."""
    in_base: InBase | None
    """Where no origin outside the base is likely: the commit that the base has already."""
    reverts: Candidate | None
    """Where no origin is likely: the commit whose change the hunk undoes."""


@dataclass(frozen=True)
class Patch:
    """One patch of a text, and where it may have come from."""

    name: str
    """The name of the text; with `#1`, `#2` and so on behind it where several patches of the text have a
    diff. A mail or commit without one is not counted."""
    hunks: tuple[HunkAnswer, ...]
    """Its hunks, in its order; a file without hunks has one entry without lines."""
    candidates: tuple[Candidate, ...]
    """Candidates for the patch as a whole, best first."""
    claimed: tuple[Claim, ...]
    """What the patch says of its own origin, and what its code says of that; in the order of the patch."""
    in_base: InBase | None
    """Where no origin outside the base is likely: the commit that the base has already."""
    reverts: Candidate | None
    """Where no origin is likely: the commit that the patch undoes."""
    subject: str | None
    """The patch's own subject, as the text states it; `None` where it does not."""
    commit: str | None
    """The patch's own commit, as the text states it: hexadecimal, possibly abbreviated; `None` where it
    does not."""


@dataclass(frozen=True)
class Answer:
    """What was found for a text."""

    patches: tuple[Patch, ...]
    """The patches of the text, in its order; empty if there is an `error`."""
    problems: tuple[Problem, ...]
    """What could not be read of the text, in its order; also told where there is an `error`."""
    error: TextError | None
    """Only in streams: why the text could not be answered at all."""
    name: str
    """The name from the request."""
    has_diff: bool | None
    """Whether the text has a diff; also told where there is an `error`. `None` where the text was not read."""
