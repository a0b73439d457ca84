"""hunktrace says which upstream commit a code change in a vendor kernel came from. This package asks it from Python.

    import hunktrace

    with hunktrace.Client(index="linux.index") as client:
        for patch in client.lookup(Path("fix.patch"), base="v4.18").patches:
            print(patch.candidates[0].commit, patch.candidates[0].confidence)

`Client` waits for answers, and `AsyncClient` is its twin for asyncio. `hunktrace.results` has what they answer,
`hunktrace.errors` what can go wrong, `hunktrace.tables` Arrow tables of results, `hunktrace.release` whole releases as tables,
`hunktrace.parquet` files of these for every engine, and `hunktrace.spark` batches on Apache Spark.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hunktrace.aio import AsyncClient
    from hunktrace.client import Client
    from hunktrace.diff import FileDiff, split_diff
    from hunktrace.embedded import EmbeddedServer
    from hunktrace.errors import HunktraceError
    from hunktrace.questions import Account, FixSet, NamedText, Vulnerability, Waiver

__version__ = "0.1.0"

# What is not asked for is not imported: a program that only reads tables needs no gRPC.
_HOMES = {
    "Account": "questions",
    "AsyncClient": "aio",
    "Client": "client",
    "EmbeddedServer": "embedded",
    "FileDiff": "diff",
    "FixSet": "questions",
    "HunktraceError": "errors",
    "NamedText": "questions",
    "Vulnerability": "questions",
    "Waiver": "questions",
    "split_diff": "diff",
}

__all__ = [
    "Account",
    "AsyncClient",
    "Client",
    "EmbeddedServer",
    "FileDiff",
    "FixSet",
    "HunktraceError",
    "NamedText",
    "Vulnerability",
    "Waiver",
    "split_diff",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'hunktrace' has no attribute {name!r}")
    return getattr(importlib.import_module(f"hunktrace.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
