"""The calls of `hunktrace.v1`: their paths, and the messages that go either way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

from hunktrace.v1 import audit_pb2, catalogue_pb2, check_pb2, hunktrace_pb2

Question = TypeVar("Question", bound=Message)
Reply = TypeVar("Reply", bound=Message)


@dataclass(frozen=True)
class Call(Generic[Question, Reply]):
    """A method of a service."""

    path: str
    question: type[Question]
    reply: type[Reply]

    @property
    def write(self) -> Callable[[Question], bytes]:
        """Turns a question into bytes."""
        return self.question.SerializeToString

    @property
    def read(self) -> Callable[[bytes], Reply]:
        """Turns bytes into a reply."""
        return self.reply.FromString


LOOKUP = Call("/hunktrace.v1.Hunktrace/Lookup", hunktrace_pb2.LookupRequest, hunktrace_pb2.LookupResponse)
LOOKUP_STREAM = Call("/hunktrace.v1.Hunktrace/LookupStream", hunktrace_pb2.LookupRequest, hunktrace_pb2.LookupResponse)
ATTRIBUTE = Call("/hunktrace.v1.Hunktrace/Attribute", hunktrace_pb2.AttributeRequest, hunktrace_pb2.AttributeResponse)
CHECK = Call("/hunktrace.v1.Hunktrace/Check", check_pb2.CheckRequest, check_pb2.CheckResponse)
AUDIT = Call("/hunktrace.v1.Hunktrace/Audit", audit_pb2.AuditRequest, audit_pb2.AuditResponse)
GET_COMMIT = Call("/hunktrace.v1.Hunktrace/GetCommit", hunktrace_pb2.GetCommitRequest, hunktrace_pb2.GetCommitResponse)
GET_STATUS = Call("/hunktrace.v1.Hunktrace/GetStatus", hunktrace_pb2.GetStatusRequest, hunktrace_pb2.GetStatusResponse)
LIST_RELEASES = Call(
    "/hunktrace.v1.Catalogue/ListReleases", catalogue_pb2.ListReleasesRequest, catalogue_pb2.ListReleasesResponse
)
HISTORY = Call("/hunktrace.v1.Catalogue/History", catalogue_pb2.HistoryRequest, catalogue_pb2.HistoryResponse)

ALL = (LOOKUP, LOOKUP_STREAM, ATTRIBUTE, CHECK, AUDIT, GET_COMMIT, GET_STATUS, LIST_RELEASES, HISTORY)
"""Every call that the package makes."""
