"""A server of one's own: the `hunktrace` program on a Unix socket, which ends with whoever has started it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path

from hunktrace import keeper
from hunktrace.errors import ProgramError
from hunktrace.program import find_program

LONGEST_FOLDER = 90
"""Bytes of a folder's name that leave room for that of the socket."""

_LISTENING = "listening on "


class EmbeddedServer:
    """A running `hunktrace serve` that only this user can ask.

    It ends with `close`, with this object, and with this process, however that ends: also when it is killed. One that is given
    an `owner`, another process, belongs to that: it ends with the owner and not before.
    """

    address: str
    """Where it answers: `unix:PATH`."""
    pid: int
    """The process that keeps it."""

    def __init__(
        self,
        *,
        index: str | os.PathLike[str] | None = None,
        repo: str | os.PathLike[str] | None = None,
        catalogue: str | os.PathLike[str] | None = None,
        program: str | os.PathLike[str] | None = None,
        arguments: Sequence[str] = (),
        owner: int | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> None:
        """Starts the server and waits until it answers.

        Where a repository is given for the first time, that takes as long as indexing it. `arguments` are more of those that
        `hunktrace serve` takes. `folder`, for the socket and the log, has to be there and is removed at the end.
        """
        if (index is None) == (repo is None):
            raise ProgramError("a server needs an index or a repository; give one of them")
        found = find_program(program)
        self._folder = _new_folder() if folder is None else Path(folder)
        socket = self._folder / "socket"
        source = ["--index", os.path.abspath(index)] if index is not None else ["--repo", os.path.abspath(str(repo))]
        if catalogue is not None:
            source += ["--catalogue", os.path.abspath(catalogue)]
        command = [os.fspath(found), "serve", *source, "--listen", f"unix:{socket}", *arguments]
        log = self._folder / "log"
        with log.open("wb") as errors:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", keeper.__file__, self._folder, str(owner or os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                # An interrupt at the terminal is for this process.
                start_new_session=True,
            )
        self.address = f"unix:{socket}"
        self.pid = self._keeper.pid
        self._end = weakref.finalize(self, _end, self._keeper, os.getpid())
        self._wait_until_it_listens(log)
        if owner is not None:
            self._end.detach()

    def _wait_until_it_listens(self, log: Path) -> None:
        assert self._keeper.stdout is not None
        with log.open("rb") as said:
            line = self._keeper.stdout.readline().decode("utf-8", "replace")
            if not line.startswith(_LISTENING):
                self._keeper.stdout.close()
                self.close()
                reason = said.read().decode("utf-8", "replace").strip() or "it ended without a word"
                raise ProgramError(f"hunktrace serve: {reason}")
        # Whatever it prints later is of no interest, but it must not wait for a reader.
        threading.Thread(target=_drain, args=(self._keeper,), daemon=True).start()

    def close(self) -> None:
        """Ends the server. Doing it twice does no harm."""
        self._end()

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _new_folder() -> Path:
    """A folder for the socket and the log. The name of a socket has at most some hundred bytes."""
    folder = tempfile.mkdtemp(prefix="hunktrace-")
    if len(os.fsencode(folder)) <= LONGEST_FOLDER:
        return Path(folder)
    os.rmdir(folder)
    return Path(tempfile.mkdtemp(prefix="hunktrace-", dir="/tmp"))


def _drain(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is not None:
        with process.stdout as output:
            while output.read(4096):
                pass


def _end(process: subprocess.Popen[bytes], starter: int) -> None:
    """Ends the keeper, and the server with it. A forked copy of the process that has started it leaves it alone."""
    if os.getpid() != starter:
        return
    process.terminate()
    process.wait()
