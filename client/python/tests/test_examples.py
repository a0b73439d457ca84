"""The examples run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from demo_kernel import Demo

from hunktrace import parquet

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name: str, *arguments: str | os.PathLike[str]) -> str:
    command = [sys.executable, EXAMPLES / name, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_origins_of_a_folder_of_patches(demo: Demo) -> None:
    printed = run("origins_of_patches.py", demo.index, demo.folder, "v1.0").splitlines()
    assert [line.split(":")[0] for line in printed] == [path.name for path in demo.patches]
    assert "9a800804e62c net: ember: free the receive buffers" in printed[1]
    assert printed[3] == "0004-vendor-only.patch: no likely origin"


def test_server_is_asked_by_reflection(demo: Demo, program: Path) -> None:
    command: list[str | Path] = [program, "serve", "--index", demo.index, "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1].removeprefix("http://")
        printed = run("by_reflection.py", address, demo.patches[0])
        server.terminate()
    assert printed.startswith("100% ") or printed.startswith("99% ")


def test_origins_by_release_are_plotted(demo: Demo, tmp_path: Path) -> None:
    parquet.convert(demo.folder / "taken-apart", tmp_path / "parquet")
    printed = run("origins_by_release.py", tmp_path / "parquet", tmp_path / "origins.svg")
    assert "v1.1-rc1" in printed and "<svg" in (tmp_path / "origins.svg").read_text()
