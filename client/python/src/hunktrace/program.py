"""The `hunktrace` program: where it is, and how it is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from hunktrace.errors import ProgramError


def find_program(named: str | os.PathLike[str] | None = None) -> Path:
    """Where the `hunktrace` program is.

    What is named comes first, then the variable `HUNKTRACE`, then the program of a wheel that carries it, then `PATH`.
    """
    for given, source in ((named, "program"), (os.environ.get("HUNKTRACE"), "HUNKTRACE")):
        if given:
            found = shutil.which(given)
            if found is None:
                raise ProgramError(f"{os.fspath(given)}: is no program ({source}); name the 'hunktrace' program")
            return Path(found)
    for folder in _wheel_folders():
        if os.access(folder / "hunktrace", os.X_OK):
            return folder / "hunktrace"
    found = shutil.which("hunktrace")
    if found is None:
        raise ProgramError(
            "the 'hunktrace' program is not on PATH; install it ('cargo install --locked --path client'), install a wheel "
            "that carries it, set HUNKTRACE to it, or give the client the address of a server"
        )
    return Path(found)


def _wheel_folders() -> list[Path]:
    """Where wheels put their programs: with the environment, or beside the packages (`pip install --target`)."""
    return [Path(sysconfig.get_path("scripts")), Path(__file__).parents[1] / "bin"]


def run_program(program: Path, arguments: Sequence[str | os.PathLike[str]], *, accept: Sequence[int] = (0,)) -> str:
    """Runs the program to its end, and gives what it printed. Other exit codes than those accepted are errors."""
    try:
        run = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ProgramError(f"{program}: cannot be run: {error.strerror}; set HUNKTRACE to the program") from error
    if run.returncode not in accept:
        said = run.stderr.strip() or f"it ended with exit code {run.returncode}"
        raise ProgramError(f"hunktrace {arguments[0]}: {said}")
    return run.stdout
