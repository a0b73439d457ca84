"""The package is typed, whole and quick to import."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import types
import typing
from pathlib import Path
from typing import Any, cast

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

import hunktrace
from hunktrace import calls, results
from hunktrace.from_wire import result
from hunktrace.v1 import audit_pb2, catalogue_pb2, check_pb2, hunktrace_pb2

PACKAGE = Path(__file__).parents[1]

MESSAGES: dict[type, type[Message]] = {
    results.Answer: hunktrace_pb2.LookupResponse,
    results.AttributedCommit: hunktrace_pb2.CommitAttribution,
    results.AttributedFile: hunktrace_pb2.FileAttribution,
    results.AttributionTotals: hunktrace_pb2.AttributeSummary,
    results.AuditedFix: audit_pb2.AuditedFix,
    results.AuditedVulnerability: audit_pb2.AuditedVulnerability,
    results.CataloguedRelease: catalogue_pb2.CataloguedRelease,
    results.CheckedCommit: check_pb2.CheckedCommit,
    results.Commit: hunktrace_pb2.GetCommitResponse,
    results.History: catalogue_pb2.HistoryResponse,
    results.Progress: hunktrace_pb2.AttributeProgress,
    results.Status: hunktrace_pb2.GetStatusResponse,
    results.SupersededCommit: hunktrace_pb2.SupersededCommit,
}


def test_imports_only_what_is_asked_for() -> None:
    code = "import sys, hunktrace; print([m for m in ('grpc', 'google.protobuf', 'pyarrow', 'pandas') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    unwanted = ("grpc", "hunktrace.results.lookup", "pyarrow", "pandas", "polars")
    code = f"import sys; from hunktrace import Client; print([m for m in {unwanted} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_exports_are_there() -> None:
    for name in hunktrace.__all__:
        assert getattr(hunktrace, name).__name__ == name and name in dir(hunktrace)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = hunktrace.nothing
    for name in results.__all__:
        assert hasattr(results, name) and name in dir(results)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = results.nothing


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_results_are_read_from_the_wire(kind: type) -> None:
    check_fields(kind, cast(Descriptor, MESSAGES[kind].DESCRIPTOR), set())
    empty: Any = result(kind, MESSAGES[kind]())
    hash(empty)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(empty, dataclasses.fields(kind)[0].name, 1)


def check_fields(kind: type, descriptor: Descriptor, seen: set[type]) -> None:
    if kind in seen:
        return
    seen.add(kind)
    # What the contract gains is optional, so results may lack it for a while; they have nothing that it lacks.
    names = [field.name for field in dataclasses.fields(kind)]
    assert set(names) <= {field.name for field in descriptor.fields}
    hints = typing.get_type_hints(kind)
    for field in (descriptor.fields_by_name[name] for name in names):
        inner = [hints[field.name]]
        while typing.get_origin(inner[0]) in (tuple, types.UnionType, typing.Union):
            inner = list(typing.get_args(inner[0]))
        if field.message_type is not None:
            check_fields(inner[0], field.message_type, seen)
        elif field.enum_type is not None:
            numbers = [value.number for value in field.enum_type.values]
            words = typing.get_args(inner[0])
            assert numbers == list(range(len(words))), f"{kind.__name__}.{field.name}"


def test_unknown_words_of_later_versions_are_unspecified() -> None:
    message = hunktrace_pb2.Candidate.FromString(b"\x18\x63")
    assert result(results.Candidate, message).match == "unspecified"


def test_calls_are_those_of_the_services() -> None:
    services = {**hunktrace_pb2.DESCRIPTOR.services_by_name, **catalogue_pb2.DESCRIPTOR.services_by_name}
    for call in calls.ALL:
        name, method = call.path.removeprefix("/").split("/")
        service = services[name.rpartition(".")[2]]
        described = service.methods_by_name[method]
        assert service.full_name == name
        assert described.input_type is call.question.DESCRIPTOR and described.output_type is call.reply.DESCRIPTOR


def test_pages_of_the_api_are_made_from_the_docstrings(tmp_path: Path) -> None:
    modules = [
        "hunktrace",
        *(
            f"hunktrace.{name}"
            for name in ("client", "aio", "results", "errors", "tree", "tables", "release", "parquet")
        ),
    ]
    command = [sys.executable, "-m", "pdoc", "--output-directory", str(tmp_path), *modules]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "Calibrated probability that it is the origin" in (tmp_path / "hunktrace" / "results.html").read_text()
    assert "Takes a whole release apart" in (tmp_path / "hunktrace" / "client.html").read_text()


def test_types_are_strict() -> None:
    run = subprocess.run([sys.executable, "-m", "mypy"], cwd=PACKAGE, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
