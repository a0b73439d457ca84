"""A client's own server ends with the client, also when Python dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from demo_kernel import Demo

from hunktrace import Client, EmbeddedServer
from hunktrace.errors import ProgramError

PATIENCE = 30.0
"""Seconds until a test gives up waiting for what has to happen."""


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            found.append(int(folder.name))
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_the_end(pids: list[int]) -> None:
    deadline = time.monotonic() + PATIENCE
    while any(map(is_running, pids)):
        assert time.monotonic() < deadline, f"{pids} still run"
        time.sleep(0.05)


def test_server_ends_with_its_client(demo: Demo) -> None:
    before = children(os.getpid())
    client = Client(index=demo.index)
    socket = Path(client.address.removeprefix("unix:"))
    assert socket.is_socket() and socket.parent.stat().st_mode & 0o077 == 0
    (keeper,) = set(children(os.getpid())).difference(before)
    running = [keeper, *children(keeper)]
    assert len(running) == 2
    client.close()
    client.close()
    wait_for_the_end(running)
    assert not socket.parent.exists()


def started(demo: Demo, line: str) -> tuple[subprocess.Popen[str], Path, list[int]]:
    """Another Python with a server of its own: its process, the socket, and the processes of the server."""
    code = f"import hunktrace, os, sys, time\nserver = hunktrace.EmbeddedServer(index={str(demo.index)!r})\n{line}"
    python = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert python.stdout is not None
    address, keeper = python.stdout.readline().split()
    return python, Path(address.removeprefix("unix:")), [int(keeper), *children(int(keeper))]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_server_ends_when_python_dies(demo: Demo, end: signal.Signals) -> None:
    python, socket, running = started(demo, "print(server.address, server.pid, flush=True); time.sleep(600)")
    assert len(running) == 2 and all(map(is_running, running))
    python.send_signal(end)
    python.wait()
    wait_for_the_end(running)
    assert not socket.parent.exists()


def test_server_ends_when_python_forgets_it(demo: Demo) -> None:
    python, socket, running = started(demo, "print(server.address, server.pid, flush=True)")
    assert python.wait() == 0
    wait_for_the_end(running)
    assert not socket.parent.exists()


def test_forked_copies_leave_the_server_alone(demo: Demo) -> None:
    fork = "print(server.address, server.pid, flush=True)\nif os.fork() == 0: server.close(); os._exit(0)\nos.wait()\ntime.sleep(600)"
    python, socket, running = started(demo, fork)
    while len(children(python.pid)) != 1:
        time.sleep(0.05)
    with Client(f"unix:{socket}") as client:
        assert client.status().commits == 26
    python.kill()
    python.wait()
    wait_for_the_end(running)


def test_server_ends_when_its_keeper_is_killed(demo: Demo) -> None:
    server = EmbeddedServer(index=demo.index)
    running = children(server.pid)
    os.kill(server.pid, signal.SIGKILL)
    wait_for_the_end(running)
    server.close()


def test_repository_is_indexed_first(demo: Demo) -> None:
    with Client(repo=demo.folder / "upstream.git") as client:
        assert client.status().commits == 26


def test_failure_tells_what_the_program_said(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProgramError, match="there is no index here; build one with"):
        Client(index=tmp_path)
    with pytest.raises(ProgramError, match="is no program"):
        Client(index=demo.index, program=tmp_path / "hunktrace")
    monkeypatch.delenv("HUNKTRACE")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramError, match="is not on PATH; install it"):
        Client(index=demo.index)


def test_program_may_be_named_from_where_one_works(
    program: Path, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").symlink_to(program.absolute())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUNKTRACE", "./mine")
    with Client(index=demo.index) as client:
        assert client.status().commits == 26


def test_program_that_cannot_be_run_is_said_to_be_so(demo: Demo, tmp_path: Path) -> None:
    broken = tmp_path / "hunktrace"
    broken.write_bytes(b"\x7fELF and no more")
    broken.chmod(0o755)
    with pytest.raises(
        ProgramError, match=f"^hunktrace serve: {broken}: cannot be run: Exec format error; set HUNKTRACE"
    ):
        Client(index=demo.index, program=broken)


def test_long_name_of_the_temporary_folder_is_no_obstacle(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with Client(index=demo.index) as client:
        assert client.status().commits == 26
