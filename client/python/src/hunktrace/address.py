"""Where a server is, and how it is asked: encryption, certificates and tokens."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hunktrace.errors import AddressError

if TYPE_CHECKING:
    import grpc

OPTIONS: tuple[tuple[str, int], ...] = (
    # Answers are bounded by the server, whose limit may be higher than gRPC's own of 4 MiB.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A server that works on something is asked for a sign of life.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
)
"""How connections are set up."""


@dataclass(frozen=True)
class Access:
    """What a client shows to a server."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    token: str | None = None

    @staticmethod
    def of(
        ca: str | os.PathLike[str] | None,
        certificate: str | os.PathLike[str] | None,
        key: str | os.PathLike[str] | None,
        token: str | None,
        token_file: str | os.PathLike[str] | None,
    ) -> Access:
        """What is given, or else what the environment says, as it does for the program."""

        def path(given: str | os.PathLike[str] | None, variable: str) -> Path | None:
            named = given or os.environ.get(variable)
            return Path(named) if named else None

        file = None if token else path(token_file, "HUNKTRACE_SERVER_TOKEN_FILE")
        if file is not None:
            token = _read_file(file, "the token cannot be read").decode("utf-8", "replace").strip()
            if not token:
                raise AddressError(f"{file}: holds no token; write the token into it")
        access = Access(
            path(ca, "HUNKTRACE_SERVER_CA"),
            path(certificate, "HUNKTRACE_SERVER_CERTIFICATE"),
            path(key, "HUNKTRACE_SERVER_KEY"),
            token,
        )
        if (access.certificate is None) != (access.key is None):
            raise AddressError("a certificate needs its key, and a key its certificate; give both")
        return access


@dataclass(frozen=True)
class Address:
    """A server's address."""

    text: str
    """As it was given."""
    target: str
    """As gRPC takes it."""
    is_encrypted: bool
    is_here: bool
    """Whether the server is on this machine."""

    @staticmethod
    def read(text: str) -> Address:
        """Reads `http://HOST:PORT`, `https://HOST:PORT`, `HOST:PORT` or `unix:PATH`."""
        if text.startswith("unix:"):
            path = text.removeprefix("unix:").removeprefix("//")
            if not path:
                raise _no_address(text)
            return Address(text, f"unix:{os.path.abspath(path)}", False, True)
        try:
            url = urlsplit(text if "://" in text else f"http://{text}")
            port = url.port
        except ValueError:
            raise _no_address(text) from None
        if url.scheme not in ("http", "https") or not url.hostname or url.path not in ("", "/"):
            raise _no_address(text)
        is_encrypted = url.scheme == "https"
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        port = port if port is not None else (443 if is_encrypted else 80)
        return Address(text, f"{host}:{port}", is_encrypted, _is_loopback(url.hostname))

    def options(self) -> list[tuple[str, int | str]]:
        """How a connection to it is set up."""
        options: list[tuple[str, int | str]] = list(OPTIONS)
        if self.target.startswith("unix:"):
            # gRPC would name the socket's path here, which is no name of a host, and be refused.
            options.append(("grpc.default_authority", "localhost"))
        if self.is_here:
            options.append(("grpc.enable_http_proxy", 0))
        return options

    def credentials(self, access: Access) -> grpc.ChannelCredentials | None:
        """What encrypts a connection to it; none where it is not encrypted."""
        import grpc

        if not self.is_encrypted:
            if access.ca is not None or access.certificate is not None:
                raise AddressError(
                    f"{self.text}: certificates are for encrypted connections; ask the server by https://"
                )
            if access.token is not None and not self.is_here:
                raise AddressError(f"{self.text}: the token would be sent in the clear; ask the server by https://")
            return None
        return grpc.ssl_channel_credentials(
            *(
                None if path is None else _read_file(path, "cannot be read")
                for path in (access.ca, access.key, access.certificate)
            )
        )


def metadata(access: Access) -> tuple[tuple[str, str], ...]:
    """What goes with every call."""
    return () if access.token is None else (("authorization", f"Bearer {access.token}"),)


def _no_address(text: str) -> AddressError:
    return AddressError(
        f"{text!r}: is no address of a server; write it as http://HOST:PORT, https://HOST:PORT or unix:PATH"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_file(path: Path, problem: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AddressError(f"{path}: {problem}: {error.strerror}; name a file that this user can read") from error
