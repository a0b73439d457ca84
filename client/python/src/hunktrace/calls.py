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
LOOKUP_MANY = Call(
    "/hunktrace.v1.Hunktrace/LookupMany", hunktrace_pb2.LookupManyRequest, hunktrace_pb2.LookupManyResponse
)
LOOKUP_GATHERED = Call(
    "/hunktrace.v1.Hunktrace/LookupGathered", hunktrace_pb2.LookupGatheredRequest, hunktrace_pb2.LookupGatheredResponse
)
GET_BASE_CONTENT = Call(
    "/hunktrace.v1.Hunktrace/GetBaseContent", hunktrace_pb2.GetBaseContentRequest, hunktrace_pb2.GetBaseContentResponse
)
ATTRIBUTE = Call("/hunktrace.v1.Hunktrace/Attribute", hunktrace_pb2.AttributeRequest, hunktrace_pb2.AttributeResponse)
CHECK = Call("/hunktrace.v1.Hunktrace/Check", check_pb2.CheckRequest, check_pb2.CheckResponse)
AUDIT = Call("/hunktrace.v1.Hunktrace/Audit", audit_pb2.AuditRequest, audit_pb2.AuditResponse)
FORMER_NAMES = Call(
    "/hunktrace.v1.Hunktrace/FormerNames", hunktrace_pb2.FormerNamesRequest, hunktrace_pb2.FormerNamesResponse
)
GET_MESSAGES = Call(
    "/hunktrace.v1.Hunktrace/GetMessages", hunktrace_pb2.GetMessagesRequest, hunktrace_pb2.GetMessagesResponse
)
GET_COMMIT = Call("/hunktrace.v1.Hunktrace/GetCommit", hunktrace_pb2.GetCommitRequest, hunktrace_pb2.GetCommitResponse)
GET_STATUS = Call("/hunktrace.v1.Hunktrace/GetStatus", hunktrace_pb2.GetStatusRequest, hunktrace_pb2.GetStatusResponse)
LIST_RELEASES = Call(
    "/hunktrace.v1.Catalogue/ListReleases", catalogue_pb2.ListReleasesRequest, catalogue_pb2.ListReleasesResponse
)
HISTORY = Call("/hunktrace.v1.Catalogue/History", catalogue_pb2.HistoryRequest, catalogue_pb2.HistoryResponse)
COMPARE = Call("/hunktrace.v1.Catalogue/Compare", catalogue_pb2.CompareRequest, catalogue_pb2.CompareResponse)
EXTRACT = Call("/hunktrace.v1.Catalogue/Extract", catalogue_pb2.ExtractRequest, catalogue_pb2.ExtractResponse)
LIST_FILES = Call("/hunktrace.v1.Catalogue/ListFiles", catalogue_pb2.ListFilesRequest, catalogue_pb2.ListFilesResponse)
LIST_COMMITS = Call(
    "/hunktrace.v1.Catalogue/ListCommits", catalogue_pb2.ListCommitsRequest, catalogue_pb2.ListCommitsResponse
)
GET_FILE = Call("/hunktrace.v1.Catalogue/GetFile", catalogue_pb2.GetFileRequest, catalogue_pb2.GetFileResponse)
GET_CHANGELOG = Call(
    "/hunktrace.v1.Catalogue/GetChangelog", catalogue_pb2.GetChangelogRequest, catalogue_pb2.GetChangelogResponse
)
SEARCH = Call("/hunktrace.v1.Catalogue/Search", catalogue_pb2.SearchRequest, catalogue_pb2.SearchResponse)

ALL = (
    LOOKUP,
    LOOKUP_STREAM,
    LOOKUP_MANY,
    LOOKUP_GATHERED,
    GET_BASE_CONTENT,
    ATTRIBUTE,
    CHECK,
    AUDIT,
    FORMER_NAMES,
    GET_MESSAGES,
    GET_COMMIT,
    GET_STATUS,
    LIST_RELEASES,
    HISTORY,
    COMPARE,
    EXTRACT,
    LIST_FILES,
    LIST_COMMITS,
    GET_FILE,
    GET_CHANGELOG,
    SEARCH,
)
"""Every call that the package makes, which are all of the services."""
