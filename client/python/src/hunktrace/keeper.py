"""Keeps a program for as long as another process lives, however that ends.

    python keeper.py FOLDER PID PROGRAM ARGUMENT...

starts the program, and ends it when the process PID has ended or this process is asked to end. Then it removes FOLDER. It
imports nothing of the package, so that it starts at once.
"""

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import types

POLL_SECONDS = 0.2
"""How often is looked where the system does not tell."""

LAST_SECONDS = 5.0
"""How long the program gets to end by itself."""

PR_SET_PDEATHSIG = 1


class AskedToEnd(Exception):
    """This process is asked to end."""


def end_when_asked(_signal: int, _frame: types.FrameType | None) -> None:
    raise AskedToEnd


def die_with_keeper() -> None:
    """Lets the system end the program should this process be killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_for_either(pid: int, program: "subprocess.Popen[bytes]") -> None:
    """Waits until one of the two has ended."""
    try:
        watched = [os.pidfd_open(pid), os.pidfd_open(program.pid)]
    except ProcessLookupError:
        return
    except (AttributeError, OSError):
        while is_alive(pid) and program.poll() is None:
            time.sleep(POLL_SECONDS)
        return
    select.select(watched, [], [])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end(program: "subprocess.Popen[bytes]") -> int:
    program.terminate()
    try:
        return program.wait(LAST_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        return program.wait()


def main() -> int:
    folder, pid, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    signal.signal(signal.SIGTERM, end_when_asked)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    program = None
    try:
        if is_alive(pid):
            try:
                program = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_keeper)
            except OSError as error:
                print(f"{command[0]}: cannot be run: {error.strerror}; set HUNKTRACE to the program", file=sys.stderr)
                return 1
            # Only the program has the output from here on: whoever waits for its first line sees its end, should it end before.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            wait_for_either(pid, program)
    except AskedToEnd:
        pass
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    code = end(program) if program is not None else 0
    shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
