"""A wheel that carries the program is all that a fresh environment needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from demo_kernel import Demo

PACKAGE = Path(__file__).parents[1]


def test_wheel_with_the_program_works_in_a_fresh_environment(demo: Demo, program: Path, tmp_path: Path) -> None:
    carried = tmp_path / "hunktrace"
    shutil.copy(program, carried)
    # A debug build is hundreds of megabytes of symbols.
    subprocess.run(["strip", carried], check=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build: list[str | Path] = [*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, PACKAGE]
    subprocess.run(build, env={**os.environ, "HUNKTRACE_WHEEL_PROGRAM": str(carried)}, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith("hunktrace-0.1.0-py3-none-manylinux_2_")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for file in ("v1/hunktrace_pb2.py", "py.typed", "LICENSE", "THIRD-PARTY-NOTICES.md"):
        assert f"hunktrace/{file}" in names
    assert [name for name in names if name.endswith("scripts/hunktrace")]

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "fresh"], check=True)
    python = tmp_path / "fresh" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("HUNKTRACE", "PYTHONPATH")}
    environment["PATH"] = "/usr/bin:/bin"
    code = (
        "import sys, hunktrace, hunktrace.program as p; client = hunktrace.Client(index=sys.argv[1]); "
        "print(client.status().commits, p.find_program())"
    )
    run = subprocess.run(
        [python, "-c", code, demo.index], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["26", str(tmp_path / "fresh" / "bin" / "hunktrace")]
    shown = subprocess.run([tmp_path / "fresh" / "bin" / "hunktrace", "--version"], capture_output=True, check=True)
    assert shown.stdout.startswith(b"hunktrace ")
