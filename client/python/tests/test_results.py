"""Results are read from their messages when they are looked at, and nobody can tell."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading

import pytest

from hunktrace.from_wire import result
from hunktrace.results import Answer, Candidate, HunkAnswer, Patch
from hunktrace.v1 import hunktrace_pb2


def message() -> hunktrace_pb2.LookupResponse:
    candidate = hunktrace_pb2.Candidate(commit="ab" * 20, confidence=0.5, carriers=["cd" * 20])
    hunk = hunktrace_pb2.HunkAnswer(file="a.c", old_start=3, candidates=[candidate])
    patch = hunktrace_pb2.Patch(name="a", hunks=[hunk], candidates=[candidate])
    return hunktrace_pb2.LookupResponse(name="a", patches=[patch])


def answer() -> Answer:
    return result(Answer, message())


def test_results_are_told_apart_by_what_they_say() -> None:
    first, second = answer(), answer()
    assert first == second and hash(first) == hash(second) and repr(first) == repr(second)
    assert first != dataclasses.replace(second, name="b")
    assert dataclasses.asdict(answer())["patches"][0]["hunks"][0]["candidates"][0]["carriers"] == ("cd" * 20,)
    match answer().patches[0].hunks[0]:
        case HunkAnswer(file="a.c", candidates=(Candidate(confidence=confidence),)):
            assert confidence == 0.5
        case _:
            pytest.fail("fields that are not looked at yet are there all the same")


def test_results_are_copied_and_sent_as_a_whole() -> None:
    for made in (copy.copy(answer()), copy.deepcopy(answer()), pickle.loads(pickle.dumps(answer()))):
        assert made == answer()
    assert b"unread" not in pickle.dumps(answer())


def test_what_a_result_does_not_have_is_told() -> None:
    made = answer()
    with pytest.raises(AttributeError, match="'Answer' object has no attribute 'patchs'"):
        _ = made.patchs  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "b"  # type: ignore[misc]
    assert made.patches[0].name == "a"


def test_threads_that_look_at_once_see_the_same() -> None:
    for _ in range(50):
        made = answer()
        start = threading.Barrier(4)
        seen: list[tuple[Patch, ...]] = []

        def look(made: Answer = made, start: threading.Barrier = start, seen: list[tuple[Patch, ...]] = seen) -> None:
            start.wait()
            seen.append(made.patches)

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 4 and all(patches == answer().patches for patches in seen)
