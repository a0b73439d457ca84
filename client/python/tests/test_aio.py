"""The client for asyncio answers what the other one does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from demo_kernel import Demo

from hunktrace import AsyncClient, Client
from hunktrace.errors import InvalidQuestionError, NotFoundError

EMBER = "9a800804e62c6fa6339d73a4756c6547d3abf1b6"
RELAY = "9932c7b4cff7dc4386dd99a78a89a18ab8192534"


def test_all_questions_have_the_same_answers(client: Client, demo: Demo, base_folder: Path, catalogue: Path) -> None:
    diff = demo.diff(base_folder)

    async def ask() -> None:
        async with AsyncClient(index=demo.index, catalogue=catalogue) as other:
            assert other.address.startswith("unix:")
            assert await other.lookup(demo.patches[1], base="v1.0") == client.lookup(demo.patches[1], base="v1.0")
            answers = [answer async for answer in other.lookup_many(demo.patches * 20)]
            assert answers == list(client.lookup_many(demo.patches * 20))
            assert await other.attribute("v1.0", diff) == client.attribute("v1.0", diff)
            assert await other.commit(EMBER, hunks=True) == client.commit(EMBER, hunks=True)
            checked = await other.check([RELAY, EMBER], vendor=demo.vendor, base=base_folder, base_revision="v1.0")
            assert checked == client.check([RELAY, EMBER], vendor=demo.vendor, base=base_folder, base_revision="v1.0")
            audited = await other.audit(vendor=demo.vendor, base=base_folder, base_revision="v1.0", taken=[RELAY])
            assert audited == client.audit(vendor=demo.vendor, base=base_folder, base_revision="v1.0", taken=[RELAY])
            assert await other.history(RELAY) == client.history(RELAY)
            (release,) = client.releases()
            assert await other.releases() == (release,)
            assert await other.messages([RELAY]) == client.messages([RELAY])
            assert await other.former_names(["net/relay/relay.c"]) == client.former_names(["net/relay/relay.c"])
            assert await other.release_files(release.name) == client.release_files(release.name)
            assert await other.release_commits(release.name) == client.release_commits(release.name)
            path = client.release_files(release.name).files[0].path
            assert await other.release_file(release.name, path) == client.release_file(release.name, path)
            assert await other.extract(RELAY, release.name) == client.extract(RELAY, release.name)
            assert await other.search("relay") == client.search("relay")
            same = (release.name, release.name)
            assert await other.compare(*same) == client.compare(*same)
            with pytest.raises(NotFoundError):
                await other.release_changelog(release.name)
            assert (await other.status()).history_digest == client.status().history_digest

    asyncio.run(ask())


def test_many_questions_are_asked_at_a_time(client: Client, demo: Demo) -> None:
    async def ask() -> None:
        async with AsyncClient(client.address) as other:
            answers = await asyncio.gather(*(other.lookup(path) for path in demo.patches * 10))
            assert answers == [client.lookup(path) for path in demo.patches] * 10

    asyncio.run(ask())


def test_texts_may_come_asynchronously_and_without_end(client: Client, demo: Demo) -> None:
    taken = 0

    async def endless() -> AsyncIterator[Path]:
        nonlocal taken
        while True:
            taken += 1
            yield demo.patches[0]

    async def ask() -> None:
        async with AsyncClient(client.address) as other:
            answers = other.lookup_many(endless(), window=3)
            assert [(await anext(answers)).name for _ in range(5)] == [str(demo.patches[0])] * 5
            await answers.aclose()

    asyncio.run(ask())
    assert taken <= 5 + 3 + 1


def test_texts_that_are_there_without_waiting_do_not_hold_the_answers_back(client: Client, demo: Demo) -> None:
    taken = answered = 0

    def texts() -> Iterator[Path]:
        nonlocal taken
        while answered == 0:
            taken += 1
            time.sleep(0.001)
            yield demo.patches[0]

    async def ask() -> None:
        nonlocal answered
        async with AsyncClient(client.address) as other:
            async for _ in other.lookup_many(texts(), window=5000):
                answered += 1

    asyncio.run(ask())
    assert answered == taken < 5000, "the first answer is there long before the window is full"


def test_texts_whose_own_work_was_cancelled_are_not_taken_for_all(client: Client, demo: Demo) -> None:
    async def cancelled() -> AsyncIterator[Path]:
        yield demo.patches[0]
        raise asyncio.CancelledError("the texts")

    async def ask() -> None:
        async with AsyncClient(client.address) as other:
            answers = other.lookup_many(cancelled())
            assert (await anext(answers)).patches
            with pytest.raises(asyncio.CancelledError, match="the texts"):
                await anext(answers)

    asyncio.run(ask())


def test_reason_is_told_where_the_service_refuses_amid_the_question(
    client: Client, demo: Demo, base_folder: Path
) -> None:
    diff = demo.diff(base_folder)

    async def ask() -> None:
        async with AsyncClient(client.address) as other:
            for _ in range(40):
                with pytest.raises(InvalidQuestionError, match="v9"):
                    await other.attribute("v9", diff)

    asyncio.run(ask())


def test_errors_are_those_of_the_other_client(client: Client, demo: Demo) -> None:
    async def ask() -> None:
        async with AsyncClient(client.address) as other:
            with pytest.raises(NotFoundError):
                await other.commit("ffffffff")
            with pytest.raises(InvalidQuestionError, match="give a unified diff"):
                await other.lookup("nothing")
            with pytest.raises(InvalidQuestionError, match="v9"):
                await other.attribute("v9", demo.diff(demo.vendor))
            with pytest.raises(InvalidQuestionError, match="gone"):
                async for _ in other.lookup_many([Path("gone")]):
                    pass
        with pytest.raises(RuntimeError, match="async with"):
            await AsyncClient(client.address).status()

    asyncio.run(ask())
