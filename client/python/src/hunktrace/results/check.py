"""Whether commits are in a tree."""

from dataclasses import dataclass
from typing import Literal

LineState = Literal["unspecified", "there", "other order", "missing", "gone", "still there"]
"""What became of a line of a hunk.

- `unspecified`: No state, or one that this version of the contract has no name for.
- `there`: A context or added line stands where the hunk has it.
- `other order`: An added line stands near by, in another order.
- `missing`: A context or added line does not stand there.
- `gone`: A removed line is not there.
- `still there`: A removed line still stands there.
"""

HunkState = Literal[
    "unspecified",
    "there",
    "superseded",
    "missing",
    "nothing to do",
    "no such file",
    "no lines",
]
"""What became of a hunk.

- `unspecified`: No state, or one that this version of the contract has no name for.
- `there`: It is there.
- `superseded`: Present commits have rewritten it.
- `missing`: The file does not have it.
- `nothing to do`: The base's code is already as the commit leaves it, without the commit.
- `no such file`: The vendor has no such file.
- `no lines`: It changes a name, a mode or binary content, of which lines say nothing.
"""

CheckState = Literal[
    "unspecified",
    "in base",
    "complete",
    "partial",
    "superseded",
    "reverted",
    "absent",
    "not indexed",
]
"""What became of a commit in a tree.

- `unspecified`: No state, or one that this version of the contract has no name for.
- `in base`: The base has it.
- `complete`: Every hunk of it is there, or rewritten by what is there.
- `partial`: Some of its hunks are missing.
- `superseded`: No line of it is left: present commits have rewritten what it brought.
- `reverted`: It was there and is undone.
- `absent`: It is not there.
- `not indexed`: The index knows no such commit.
"""


@dataclass(frozen=True)
class CheckedLine:
    """A line of a hunk, and what became of it."""

    text: str
    """The line with its sign, as in a unified diff."""
    state: LineState
    """What became of it."""
    vendor_line: int
    """The line of the vendor's file, from 1; 0 where it is not there."""


@dataclass(frozen=True)
class CheckedHunk:
    """A hunk of a commit that was asked after, and the proof."""

    path: str
    """Its file in the commit."""
    vendor_path: str | None
    """The file of the vendor's tree where it belongs; `None` where there is no such file."""
    old_start: int
    """Its first line before the commit."""
    section: str
    """What stands behind the second `@@` of its header, usually the function that it is in."""
    state: HunkState
    """What became of it."""
    by: str | None
    """The commit that has rewritten most of it; `None` for none."""
    vendor_start: int
    """The first line of the vendor's file that it covers, from 1; 0 where nothing of it is there."""
    vendor_lines: int
    """How many lines of the vendor's file it covers."""
    lines: tuple[CheckedLine, ...]
    """Its lines; none where nothing of it is there."""
    obstacle: str | None
    """Why it does not apply to the vendor's file as it is; `None` where it does."""


@dataclass(frozen=True)
class CheckedCommit:
    """A commit that was asked after."""

    asked: str
    """As it was asked after."""
    commit: str | None
    """The commit that the change is named for, 40 hexadecimal digits; `None` where it is not indexed."""
    state: CheckState
    """What became of it."""
    by: str | None
    """The other commit that decides it: as which the base has it, what has superseded it, what has undone
    it; `None` for none."""
    judged_by: str
    """The commit whose hunks are told: itself, or of its carriers and equivalents the one that the tree has
    most of."""
    subject: str
    """The first line of its message."""
    first_release: str | None
    """The first tagged release that contains it; `None` if none does."""
    carriers: tuple[str, ...]
    """Indexed commits that carry it."""
    equivalents: tuple[str, ...]
    """Other commits that make the very same change."""
    hunks: tuple[CheckedHunk, ...]
    """Its hunks, in their order."""
    is_sure: bool
    """Whether it is there beyond doubt: all lines that matter, in their order, or rewritten."""
    problem: str | None
    """Why it is not answered; `None` where it is."""
    subsystem: str | None
    """The subsystem that it belongs to, as in `Candidate`; `None` for none."""
