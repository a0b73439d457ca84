"""Finds the origins of a folder of patches: python origins_of_patches.py INDEX FOLDER [BASE]"""

import sys
from pathlib import Path

import hunktrace


def main(index: str, folder: str, base: str | None = None) -> None:
    patches = sorted(Path(folder).glob("*.patch"))
    with hunktrace.Client(index=index) as client:
        for answer in client.lookup_many(patches, base=base):
            for patch in answer.patches:
                best = patch.candidates[0] if patch.candidates else None
                if best is not None and best.confidence >= 0.5:
                    print(f"{Path(patch.name).name}: {best.confidence:.0%} {best.commit[:12]} {best.subject}")
                else:
                    print(f"{Path(patch.name).name}: no likely origin")


if __name__ == "__main__":
    main(*sys.argv[1:])
