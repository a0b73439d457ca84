"""What a tree lacks."""

from dataclasses import dataclass
from typing import Literal

from hunktrace.results.check import CheckedCommit
from hunktrace.results.lookup import Purpose

FixState = Literal[
    "unspecified",
    "present",
    "unaffected",
    "will apply",
    "missing",
    "maybe missing",
    "blacklisted",
]
"""How maintainers' tools call the state of a fix.

- `unspecified`: No state, or one that this version of the contract has no name for.
- `present`: The tree has it.
- `unaffected`: What it changes is not there, or not built.
- `will apply`: It is missing, and applies as it is.
- `missing`: It is missing, and has to be adapted.
- `maybe missing`: It may be missing.
- `blacklisted`: It is not wanted.
"""

VulnerabilityState = Literal["unspecified", "affected", "under_investigation", "fixed", "not_affected"]
"""The state of a vulnerability.

- `unspecified`: No state, or one that this version of the contract has no name for.
- `affected`: The tree has it.
- `under_investigation`: It cannot be told.
- `fixed`: The tree has it mended.
- `not_affected`: The tree never had it.
"""

VulnerabilityEvidence = Literal[
    "unspecified",
    "not introduced",
    "never upstream",
    "fix there",
    "fix partly there",
    "introduction unknown",
    "fix not indexed",
    "no fix known",
    "nothing to mend",
    "not built",
    "no files",
    "fix reverted",
    "fix missing",
]
"""The evidence for a vulnerability's state.

- `unspecified`: None, or one that this version of the contract has no name for.
- `not introduced`: What brought it in is neither in the base nor taken.
- `never upstream`: Upstream never had it.
- `fix there`: A fix is there.
- `fix partly there`: A part of the fix is there, or it is there in another form or order.
- `introduction unknown`: Nobody knows what brought it in, and the fix is not there.
- `fix not indexed`: No fix is indexed.
- `no fix known`: No source names a fix.
- `nothing to mend`: What the fix changes is not there.
- `not built`: The vendor does not build its files.
- `no files`: The vendor does not have its files.
- `fix reverted`: The fix was there and is undone.
- `fix missing`: What brought it in is there, and the fix is not.
"""


@dataclass(frozen=True)
class AuditedFix:
    """A fix of what the vendor has."""

    commit: CheckedCommit
    """What the tree has of it."""
    state: FixState
    """Its state."""
    fixes: tuple[str, ...]
    """The commits of the tree that it names in `Fixes:` lines."""
    reverts: tuple[str, ...]
    """The commits of the tree that it undoes."""
    mends: tuple[str, ...]
    """The commits of the tree whose fault it says in other words to mend."""
    follows: tuple[str, ...]
    """Other fixes of this answer that it mends."""
    vulnerabilities: tuple[str, ...]
    """The vulnerabilities that it mends."""
    applies: bool
    """Whether it applies to the vendor's files as they are."""
    waived: str | None
    """Why it is not wanted; `None` where it is."""
    purpose: Purpose | None
    """What it is for; `None` where its message could not be read."""


@dataclass(frozen=True)
class AuditedVulnerability:
    """What is said of a vulnerability."""

    id: str
    """Its name."""
    state: VulnerabilityState
    """Its state."""
    evidence: VulnerabilityEvidence
    """What decides it."""
    fixes: tuple[CheckedCommit, ...]
    """The commits that mend it, each once."""
    introduced_by: tuple[CheckedCommit, ...]
    """The commits that brought it in, each once; without hunks."""
    waived: str | None
    """Why it is not wanted; `None` where it is."""


@dataclass(frozen=True)
class Audit:
    """What a tree lacks."""

    fixes: tuple[AuditedFix, ...]
    """The fixes of what the vendor has, in the order of the index."""
    vulnerabilities: tuple[AuditedVulnerability, ...]
    """The vulnerabilities, in the order of the question."""
