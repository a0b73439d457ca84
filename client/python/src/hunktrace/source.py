"""Where answers come from: a server, or an index or repository with a server of one's own."""

from __future__ import annotations

import os
from dataclasses import dataclass

from hunktrace.address import Access, Address
from hunktrace.embedded import EmbeddedServer
from hunktrace.errors import AddressError

TIMEOUT = 600.0
"""How many seconds a call with one answer may take, if nothing else is said."""

ATTEMPTS = 5
"""How often a call with one answer is made where the service has no room. It only reads."""


@dataclass(frozen=True)
class Source:
    """One of a server, an index and a repository."""

    server: str | None
    index: str | os.PathLike[str] | None
    repo: str | os.PathLike[str] | None
    catalogue: str | os.PathLike[str] | None
    program: str | os.PathLike[str] | None

    @staticmethod
    def of(
        server: str | None,
        index: str | os.PathLike[str] | None,
        repo: str | os.PathLike[str] | None,
        catalogue: str | os.PathLike[str] | None,
        program: str | os.PathLike[str] | None,
    ) -> Source:
        """What is given, or else what the environment says, as it does for the program."""
        given = sum(source is not None for source in (server, index, repo))
        if given > 1:
            raise AddressError("a server, an index and a repository exclude each other; give one of them")
        if given == 0:
            index = os.environ.get("HUNKTRACE_INDEX") or None
            server = None if index else os.environ.get("HUNKTRACE_SERVER") or None
        if server is None and index is None and repo is None:
            raise AddressError(
                "nothing says where to ask; give the address of a server, an index or a repository, "
                "or set HUNKTRACE_INDEX or HUNKTRACE_SERVER"
            )
        if server is not None and catalogue is not None:
            raise AddressError("a server has a catalogue of its own or none; give the catalogue with an index")
        return Source(server, index, repo, catalogue, program)

    def start(self) -> EmbeddedServer | None:
        """Starts a server of one's own where no other is to be asked."""
        if self.server is not None:
            return None
        return EmbeddedServer(index=self.index, repo=self.repo, catalogue=self.catalogue, program=self.program)

    def address(self, embedded: EmbeddedServer | None) -> str:
        """Where to ask: the server that was given, or else the one that was started."""
        return embedded.address if embedded is not None else self.server or ""


def server_flags(address: Address, access: Access) -> list[str]:
    """The flags with which the program asks the same server."""
    files = {
        "--server-ca": access.ca,
        "--server-certificate": access.certificate,
        "--server-key": access.key,
    }
    return ["--server", address.text, *(part for flag, path in files.items() if path for part in (flag, str(path)))]
