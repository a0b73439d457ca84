"""The made-up kernel of `hunktrace demo`."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Demo:
    """The folder that `hunktrace demo` has written."""

    folder: Path

    @property
    def index(self) -> Path:
        return self.folder / "upstream.index"

    @property
    def base(self) -> str:
        return f"{self.folder / 'upstream.git'}:v1.0"

    @property
    def vendor(self) -> Path:
        return self.folder / "vendor-1.0"

    @property
    def patches(self) -> list[Path]:
        return sorted(self.folder.glob("*.patch"))

    def diff(self, base: Path) -> bytes:
        """All that differs between base and vendor, as git writes it."""
        run = subprocess.run(
            ["git", "diff", "--no-index", "--no-color", base, self.vendor], capture_output=True, check=False
        )
        return run.stdout.replace(os.fsencode(base), b"").replace(os.fsencode(self.vendor), b"")
