"""What can go wrong, and what to do about it.

Every error is a `HunktraceError`. Its text says what is wrong and, behind a semicolon, the remedy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import grpc


class HunktraceError(Exception):
    """Something that could not be answered."""


class AddressError(HunktraceError):
    """An address, a file of a certificate or a token that cannot be used."""


class UnreachableError(HunktraceError):
    """No server answers."""


class InvalidQuestionError(HunktraceError):
    """The service cannot make sense of the question: a text without a diff, a base that is not indexed."""


class NotFoundError(HunktraceError):
    """Nothing of this name is indexed."""


class OverLimitError(HunktraceError):
    """The question asks for more than one of the service's limits."""

    limit: str | None
    """The name of the limit, as `Client.status` has it under `limits`."""

    def __init__(self, message: str, limit: str | None = None) -> None:
        super().__init__(message)
        self.limit = limit


class BusyError(HunktraceError):
    """The service has no room now."""

    retry_after: float | None
    """In how many seconds to try again."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotAllowedError(HunktraceError):
    """The service does not know who asks, or does not let him ask this."""


class TooLateError(HunktraceError):
    """The answer took too long."""


class DamagedIndexError(HunktraceError):
    """The index or the catalogue is damaged."""


class ProgramError(HunktraceError):
    """The `hunktrace` program is not there, or has failed."""


class TreeError(HunktraceError):
    """A tree of files that cannot be read."""


class ServiceError(HunktraceError):
    """Anything else that the service reports: a fault of its own, or a call that it does not know."""


def from_status(code: int, message: str, address: str, details: bytes | None = None) -> HunktraceError:
    """The error for a gRPC status: its number and text, from whom it comes, and its `grpc-status-details-bin`."""
    limit, retry_after = _read_details(details)
    if limit is not None:
        return OverLimitError(message, limit)
    if code == 14:
        return UnreachableError(f"{address}: no server answers: {_reason(message)}; {_unreachable_remedy(message)}")
    if code == 8:
        return OverLimitError(message) if retry_after is None else BusyError(message, retry_after)
    if code == 3:
        return InvalidQuestionError(message)
    if code == 5:
        return NotFoundError(message)
    if code == 16:
        return NotAllowedError(f"{address}: {message}; give a token that the server knows (token, token_file)")
    if code == 7:
        return NotAllowedError(f"{address}: {message}; ask whoever runs the server for the scope")
    if code == 4:
        return TooLateError(f"{message}; ask for less at a time, or give the client a longer timeout")
    if code == 15:
        return DamagedIndexError(f"{message}; 'hunktrace verify --index DIR' says what is damaged")
    if code == 12:
        said = f": {message}" if message else ""
        return ServiceError(
            f"{address}: does not know this call{said}; the server is older than this package, or serves no catalogue"
        )
    return ServiceError(f"{address}: {message}")


def from_call(error: grpc.RpcError, address: str) -> HunktraceError:
    """The error for a call that has failed."""
    failed: Any = error
    details = None
    for key, value in failed.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            details = value
    return from_status(failed.code().value[0], failed.details() or "", address, details)


def _reason(message: str) -> str:
    """What a failed connection comes down to: gRPC's text lists every attempt."""
    return re.split(r"Failed to connect to remote host: |connect failed: .* error: ", message)[-1]


def _unreachable_remedy(message: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in message or "certificate verify failed" in message:
        return "give the authority of its certificate with ca"
    if "CERTIFICATE_REQUIRED" in message:
        return "show a certificate with certificate and key"
    return "start one with 'hunktrace serve --index DIR', or give the client an index instead of an address"


def _read_details(details: bytes | None) -> tuple[str | None, float | None]:
    """The name of the limit, and the seconds to wait, as far as a status has them."""
    if not details:
        return None, None
    from google.rpc import error_details_pb2, status_pb2

    limit = retry_after = None
    for detail in status_pb2.Status.FromString(details).details:
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info) and info.reason == "OVER_LIMIT":
            limit = info.metadata.get("limit")
        elif detail.Unpack(retry):
            retry_after = retry.retry_delay.ToTimedelta().total_seconds()
    return limit, retry_after
