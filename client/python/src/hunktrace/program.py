"""The `hunktrace` program: where it is, and how it is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

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
            # Where it is must not depend on the folder that one works in: './hunktrace' as a path is 'hunktrace', which is looked for.
            return Path(found).absolute()
    for folder in _wheel_folders():
        if os.access(folder / "hunktrace", os.X_OK):
            return folder / "hunktrace"
    found = shutil.which("hunktrace")
    if found is None:
        raise ProgramError(
            "the 'hunktrace' program is not on PATH; install it ('cargo install --locked --path client'), install a wheel "
            "that carries it, set HUNKTRACE to it, or give the client the address of a server"
        )
    return Path(found).absolute()


def _wheel_folders() -> list[Path]:
    """Where wheels put their programs: with the environment, or beside the packages (`pip install --target`)."""
    return [Path(sysconfig.get_path("scripts")), Path(__file__).parents[1] / "bin"]


def run_program(program: Path, arguments: Sequence[str | os.PathLike[str]], *, accept: Sequence[int] = (0,)) -> str:
    """Runs the program to its end, and gives what it printed. Other exit codes than those accepted are errors."""
    with RunningProgram(program, arguments) as run:
        return run.check(accept=accept)


class RunningProgram:
    """The program at work. It ends with the block that it is made for, by `with`."""

    def __init__(self, program: Path, arguments: Sequence[str | os.PathLike[str]]) -> None:
        """Starts it."""
        self._command = str(arguments[0])
        # What it says goes to files, for nobody reads it meanwhile.
        self._said, self._complained = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                [program, *arguments], stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._complained
            )
        except OSError as error:
            self._said.close()
            self._complained.close()
            raise ProgramError(f"{program}: cannot be run: {error.strerror}; set HUNKTRACE to the program") from error

    def ends_within(self, seconds: float) -> bool:
        """Whether it is at its end, or comes there so soon; waits for that."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def check(self, *, accept: Sequence[int] = (0,)) -> str:
        """Waits for its end, and gives what it printed. Other exit codes than those accepted are errors."""
        self._process.wait()
        if self._process.returncode not in accept:
            said = _text(self._complained).strip() or f"it ended with exit code {self._process.returncode}"
            raise ProgramError(f"hunktrace {self._command}: {said}")
        return _text(self._said)

    def __enter__(self) -> RunningProgram:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._said.close()
        self._complained.close()


def _text(written: IO[bytes]) -> str:
    written.seek(0)
    return written.read().decode("utf-8", "replace")
