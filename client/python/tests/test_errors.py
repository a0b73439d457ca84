"""What a service reports becomes the error that says what to do, and a busy one is asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent import futures

import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from hunktrace import AsyncClient, Client
from hunktrace.errors import (
    BusyError,
    DamagedIndexError,
    HunktraceError,
    InvalidQuestionError,
    NotAllowedError,
    NotFoundError,
    OverLimitError,
    ServiceError,
    TooLateError,
    UnreachableError,
    from_status,
)
from hunktrace.source import ATTEMPTS
from hunktrace.v1 import hunktrace_pb2


def details(*parts: error_details_pb2.RetryInfo | error_details_pb2.ErrorInfo) -> bytes:
    packed = []
    for part in parts:
        packed.append(any_pb2.Any())
        packed[-1].Pack(part)
    return bytes(status_pb2.Status(code=8, details=packed).SerializeToString())


RETRY = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(nanos=1_000_000))
BUSY = details(error_details_pb2.ErrorInfo(reason="BUSY", metadata={"limit": "calls"}), RETRY)
OVER = details(error_details_pb2.ErrorInfo(reason="OVER_LIMIT", metadata={"limit": "hunks"}))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (3, InvalidQuestionError),
        (4, TooLateError),
        (5, NotFoundError),
        (7, NotAllowedError),
        (8, OverLimitError),
        (12, ServiceError),
        (13, ServiceError),
        (14, UnreachableError),
        (15, DamagedIndexError),
        (16, NotAllowedError),
    ],
)
def test_status_becomes_an_error(code: int, kind: type[HunktraceError]) -> None:
    error = from_status(code, "what is wrong", "http://h:1")
    assert type(error) is kind and "what is wrong" in str(error)


def test_details_name_the_limit_and_the_time() -> None:
    over = from_status(8, "too many", "http://h:1", OVER)
    assert isinstance(over, OverLimitError) and over.limit == "hunks"
    busy = from_status(8, "no room", "http://h:1", BUSY)
    assert isinstance(busy, BusyError) and busy.retry_after == 0.001


class BusyService(grpc.GenericRpcHandler):
    """A service that has no room for the first questions."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.asked = 0

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        return grpc.unary_unary_rpc_method_handler(self.answer)

    def answer(self, _: bytes, context: grpc.ServicerContext) -> bytes:
        self.asked += 1
        if self.asked <= self.refusals:
            context.set_trailing_metadata((("grpc-status-details-bin", BUSY),))
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no room")
        return hunktrace_pb2.GetStatusResponse(commits=7).SerializeToString()


@pytest.fixture
def busy(request: pytest.FixtureRequest) -> Iterator[tuple[BusyService, str]]:
    service = BusyService(request.param)
    server = grpc.server(futures.ThreadPoolExecutor(1), [service])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield service, f"http://127.0.0.1:{port}"
    server.stop(None)


@pytest.mark.parametrize("busy", [2], indirect=True)
def test_busy_service_is_asked_again(busy: tuple[BusyService, str]) -> None:
    service, address = busy
    with Client(address) as client:
        assert client.status().commits == 7
    assert service.asked == 3


@pytest.mark.parametrize("busy", [100], indirect=True)
def test_busy_service_is_given_up_in_the_end(busy: tuple[BusyService, str]) -> None:
    service, address = busy

    async def ask() -> None:
        async with AsyncClient(address) as client:
            with pytest.raises(BusyError, match="no room"):
                await client.status()

    asyncio.run(ask())
    assert service.asked == ATTEMPTS
    with Client(address) as client, pytest.raises(BusyError):
        client.status()
    assert service.asked == 2 * ATTEMPTS
