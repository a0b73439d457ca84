"""The client asks what the program asks, and gives typed answers."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_kernel import Demo

from hunktrace import Account, Client, EmbeddedServer, FixSet, NamedText, Vulnerability, Waiver, split_diff
from hunktrace.errors import AddressError, HunktraceError, InvalidQuestionError, NotFoundError, OverLimitError
from hunktrace.feed import BYTES_PER_MESSAGE, BYTES_WAITING, Feed
from hunktrace.program import run_program
from hunktrace.questions import LookupOptions
from hunktrace.results import Progress

EMBER = "9a800804e62c6fa6339d73a4756c6547d3abf1b6"
RELAY = "9932c7b4cff7dc4386dd99a78a89a18ab8192534"


def test_patch_is_answered_with_its_origin(client: Client, demo: Demo) -> None:
    answer = client.lookup(demo.patches[1], base="v1.0", explain=True, message=True, purpose=True)
    (patch,) = answer.patches
    best = patch.candidates[0]
    assert (best.commit, best.match, best.first_release) == (EMBER, "fuzzy", "v1.1")
    assert best.confidence > 0.9
    assert best.message is not None and best.message.text.startswith("net: ember: free the receive buffers")
    assert best.purpose is not None and best.purpose.kind == "fix"
    assert best.hunk is not None and best.hunk.body and best.reasons and best.evidence
    assert len(patch.hunks) == 3 and patch.hunks[0].file == "drivers/net/ember.c"
    assert patch.in_base is None and answer.error is None and answer.has_diff


def test_texts_are_answered_in_their_order(client: Client, demo: Demo) -> None:
    alone = [client.lookup(path, base="v1.0") for path in demo.patches]
    many = list(client.lookup_many(demo.patches * 50, base="v1.0"))
    assert many == alone * 50


def test_stream_takes_no_more_texts_than_its_window(client: Client, demo: Demo) -> None:
    taken = threading.Semaphore(0)
    text = demo.patches[0].read_bytes()

    def endless() -> Iterator[NamedText]:
        for number in itertools.count():
            taken.release()
            yield NamedText(str(number), text)

    answers = client.lookup_many(endless(), window=3)
    names = [next(answers).name for _ in range(5)]
    answers.close()
    assert names == ["0", "1", "2", "3", "4"]
    count = 0
    while taken.acquire(blocking=False):
        count += 1
    assert count <= 5 + 3 + 1, "five answers, three under way, and one that waits for room"


def test_text_without_a_diff_does_not_end_the_stream(client: Client, demo: Demo) -> None:
    answers = list(client.lookup_many((b"no diff", demo.patches[0])))
    assert answers[0].error is not None and answers[0].error.code == 3
    assert answers[1].error is None and answers[1].patches
    with pytest.raises(InvalidQuestionError, match="give a unified diff"):
        client.lookup("no diff")


def test_failure_of_the_texts_comes_behind_the_answers(client: Client, demo: Demo) -> None:
    answers = client.lookup_many([demo.patches[0], demo.folder / "gone.patch"])
    assert next(answers).patches
    with pytest.raises(InvalidQuestionError, match="gone.patch: cannot be read"):
        next(answers)


def test_texts_that_end_with_a_way_out_are_not_taken_for_all(client: Client, demo: Demo) -> None:
    def leaving() -> Iterator[Path]:
        yield demo.patches[0]
        raise SystemExit(3)

    answers = client.lookup_many(leaving())
    assert next(answers).patches
    with pytest.raises(SystemExit):
        next(answers)


def test_texts_that_wait_to_be_sent_are_bounded_by_their_bytes() -> None:
    taken = 0

    def large() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield b"x" * BYTES_PER_MESSAGE

    feed = Feed(large(), LookupOptions(), window=100)
    messages = feed.messages()
    sent = [next(messages) for _ in range(10)]
    assert [len(message.texts) for message in sent] == [1] * 10
    assert taken <= 10 + BYTES_WAITING // BYTES_PER_MESSAGE + 2
    feed.close()


def test_release_is_taken_apart_as_the_program_does_it(client: Client, demo: Demo, base_folder: Path) -> None:
    steps: list[Progress] = []
    diff = demo.diff(base_folder)
    attribution = client.attribute("v1.0", diff, progress=steps.append)
    assert (attribution.totals.files, attribution.totals.changed_lines) == (7, 132)
    assert attribution.totals.attributed_lines == 53
    commits = {commit.commit: commit for commit in attribution.commits}
    assert commits[RELAY].status == "complete" and commits[EMBER].status == "partial"
    lines = sum(run.lines for file in attribution.files for hunk in file.hunks for run in hunk.runs)
    assert lines == 132
    own = [run for file in attribution.files for hunk in file.hunks for run in hunk.runs if run.commit is None]
    assert own and all(run.match is None and run.confidence == 0 for run in own)
    assert {step.phase for step in steps} == {"gathering candidates", "weighing commits"}
    assert client.attribute("v1.0", split_diff(diff)) == attribution


def test_damaged_diff_is_refused_with_its_line(client: Client) -> None:
    with pytest.raises(InvalidQuestionError, match="line 3: the hunk has other lines than its head says"):
        client.attribute("v1.0", b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n")
    with pytest.raises(InvalidQuestionError, match="v9"):
        client.attribute("v9", b"")


def test_commit_is_shown_with_its_hunks(client: Client) -> None:
    commit = client.commit(EMBER[:12], hunks=True, base="v1.0")
    assert (commit.commit, commit.first_release, commit.in_base) == (EMBER, "v1.1", False)
    assert commit.hunk_count == len(commit.hunks) == 3 and commit.hunks[0].body
    assert commit.carriers and commit.message is not None
    with pytest.raises(NotFoundError, match="ffffffff"):
        client.commit("ffffffff")


def test_commit_tells_which_neighbours_have_it(program: Path, demo: Demo, tmp_path: Path) -> None:
    index, taken = tmp_path / "known.index", tmp_path / "taken"
    shutil.copytree(demo.index, index)
    release = ["--base", demo.base, "--vendor", os.fspath(demo.vendor), "--out", os.fspath(taken)]
    run_program(program, ["attribute", "--index", os.fspath(index), *release])
    run_program(program, ["index", "--index", index, "--neighbour", taken])
    with Client(index=index) as other:
        commit = other.commit(EMBER, neighbours=True)
        assert commit.knows_neighbours and commit.neighbour_problems == ()
        (neighbour,) = commit.neighbours
        assert (neighbour.kind, neighbour.status, neighbour.release) == ("tree", "partial", None)
        assert 0.5 < neighbour.confidence < 1.0 and neighbour.lines > 0
        assert [place.split(" ", 1)[1] for place in neighbour.missing] == ["left out"] * 2
        assert not other.commit(EMBER).knows_neighbours


def test_commits_are_checked_in_a_tree(client: Client, demo: Demo, base_folder: Path) -> None:
    asked = [RELAY, EMBER[:12], "abcdef"]
    checked = client.check(asked, vendor=demo.vendor, base=base_folder, base_revision="v1.0")
    assert [(commit.asked, commit.state) for commit in checked] == [
        (RELAY, "complete"),
        (EMBER[:12], "partial"),
        ("abcdef", "not indexed"),
    ]
    assert checked[0].hunks[0].lines and checked[0].hunks[0].state == "there"
    assert client.check(asked, vendor=demo.vendor, base=demo.base, base_revision="v1.0") == checked


def test_tree_is_audited(client: Client, demo: Demo) -> None:
    known = Vulnerability("CVE-1", (Account((FixSet((RELAY,)),), "beginning"),), ("net/relay/relay.c",))
    audit = client.audit(
        vendor=demo.vendor, base=demo.base, base_revision="v1.0", taken=[RELAY, EMBER], vulnerabilities=[known]
    )
    (vulnerability,) = audit.vulnerabilities
    assert (vulnerability.id, vulnerability.state, vulnerability.evidence) == ("CVE-1", "fixed", "fix there")
    assert vulnerability.fixes[0].commit == RELAY
    assert [(fix.state, fix.commit.subject) for fix in audit.fixes][-1] == (
        "present",
        "net: ember: free the receive buffers",
    )
    waived = client.audit(
        vendor=demo.vendor,
        base=demo.base,
        base_revision="v1.0",
        fixes=False,
        vulnerabilities=[known],
        waivers=[Waiver("CVE-1", "not here")],
    )
    assert waived.vulnerabilities[0].waived == "not here" and not waived.fixes


def test_history_comes_from_the_catalogue(client: Client) -> None:
    (release,) = client.releases()
    history = client.history(RELAY[:12])
    assert history.kind == "commit" and history.name == RELAY
    (stretch,) = history.commits[0].stretches
    assert (stretch.first, stretch.status, stretch.is_newest) == (release.name, "complete", True)


def test_status_has_the_limits(client: Client, demo: Demo) -> None:
    status = client.status()
    assert status.commits == 26 and status.is_complete and status.damage is None
    assert [release.name for release in status.releases] == ["v1.0", "v1.1-rc1", "v1.1", "v1.0.1"]


def test_limit_is_named(demo: Demo) -> None:
    server = EmbeddedServer(index=demo.index, arguments=["--hunks", "1"])
    with server, Client(server.address) as client:
        with pytest.raises(OverLimitError, match="limit of 1") as refused:
            client.lookup(demo.patches[1])
        assert refused.value.limit == "hunks" and client.status().limits.hunks == 1
        (answer,) = client.lookup_many([demo.patches[1]])
        assert answer.error is not None and answer.error.code == 8


def test_sources_exclude_each_other(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AddressError, match="exclude each other"):
        Client("unix:x", index=demo.index)
    with pytest.raises(AddressError, match="nothing says where to ask"):
        Client()
    monkeypatch.setenv("HUNKTRACE_INDEX", str(demo.index))
    with Client() as client:
        assert client.status().commits == 26


def test_server_without_a_catalogue_says_so(demo: Demo) -> None:
    with Client(index=demo.index) as client, pytest.raises(HunktraceError, match="serves no catalogue"):
        client.history(RELAY)


def test_messages_and_former_names_are_those_of_the_index(client: Client) -> None:
    (message,) = client.messages([RELAY])
    assert message is not None and message.text.startswith(client.commit(RELAY).subject)
    with pytest.raises(NotFoundError):
        client.messages(["f" * 40])
    assert client.former_names(["net/relay/relay.c", "none"], base="v1.0") == ((), ())


def test_catalogue_tells_what_a_release_consists_of(client: Client) -> None:
    (release,) = client.releases()
    files = client.release_files(release.name)
    assert files.release == release and sum(file.added + file.removed for file in files.files) == release.lines
    commits = client.release_commits(release.name)
    assert RELAY in {found.commit.commit for found in commits.commits}
    file = client.release_file(release.name, "net/relay/relay.c")
    assert file.base is not None and file.text is not None and file.moved_from is None
    owners = {file.commits[run.commit].commit for run in file.runs if run.commit is not None}
    assert RELAY in owners
    patch = client.extract(RELAY, release.name)
    assert patch.commit.commit == RELAY and b"+++ b/net/relay/relay.c" in patch.patch
    assert [file.path for file in patch.files] == ["net/relay/relay.c"]
    found = client.search(subject=["relay"])
    assert RELAY in {commit.commit for commit in found.commits} and not found.is_cut
    assert client.search(path=["net/relay"]).paths == ("net/relay/relay.c",)
    comparison = client.compare(release.name, release.name)
    assert comparison.before == comparison.after == release and comparison.commits == ()
    with pytest.raises(NotFoundError, match="changelog"):
        client.release_changelog(release.name)
