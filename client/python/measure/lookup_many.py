"""Measures lookups in bulk, server included: python lookup_many.py INDEX FOLDER [BASE]

It looks up the patches of a folder three times over one stream; the first time nothing of the index was read yet.
"""

import os
import resource
import sys
import time
from pathlib import Path

import hunktrace


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(index: str, folder: str, base: str | None = None) -> None:
    texts = [hunktrace.NamedText(path.name, path.read_bytes()) for path in sorted(Path(folder).glob("*.patch"))]
    with hunktrace.Client(index=index) as client:
        for _ in range(3):
            began, used = time.monotonic(), processor_seconds()
            answers = client.lookup_many(texts, base=base)
            hunks = sum(len(patch.hunks) for answer in answers for patch in answer.patches)
            took = time.monotonic() - began
            print(
                f"{len(texts)} texts, {hunks} hunks: {hunks / took:.0f} hunks/s, "
                f"{processor_seconds() - used:.2f} s of processor time the client's, load {os.getloadavg()[0]:.1f}"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
