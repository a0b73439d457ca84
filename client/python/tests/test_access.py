"""Servers are asked with encryption, certificates and tokens, and errors say what to do."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from demo_kernel import Demo

from hunktrace import AsyncClient, Client
from hunktrace.address import Address
from hunktrace.errors import AddressError, NotAllowedError, UnreachableError

TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Guarded:
    """A server that asks for encryption, a certificate and a token."""

    address: str
    ca: Path
    certificate: Path


@pytest.fixture(scope="module")
def guarded(demo: Demo, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("access")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "server.pem")
    )
    authority.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    (folder / "tokens").write_text(f"tester status sha256:{hashlib.sha256(TOKEN.encode()).hexdigest()}\n")
    pem = folder / "server.pem"
    command: list[str | Path] = [program, "serve", "--index", demo.index, "--listen", "127.0.0.1:0"]
    command += [
        "--tls-certificate",
        pem,
        "--tls-key",
        pem,
        "--tls-client-ca",
        folder / "ca.pem",
        "--tokens",
        folder / "tokens",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield Guarded(server.stdout.readline().split()[-1], folder / "ca.pem", folder / "client.pem")
        server.terminate()


def test_guarded_server_is_asked(guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = guarded.certificate
    with Client(guarded.address, ca=guarded.ca, certificate=pem, key=pem, token=TOKEN) as client:
        assert client.status().commits == 26
        with pytest.raises(NotAllowedError, match="ask whoever runs the server for the scope"):
            client.lookup("x")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("HUNKTRACE_SERVER_CA", str(guarded.ca))
    monkeypatch.setenv("HUNKTRACE_SERVER_CERTIFICATE", str(pem))
    monkeypatch.setenv("HUNKTRACE_SERVER_KEY", str(pem))
    monkeypatch.setenv("HUNKTRACE_SERVER_TOKEN_FILE", str(tmp_path / "token"))

    async def ask() -> None:
        async with AsyncClient(guarded.address) as client:
            assert (await client.status()).commits == 26

    asyncio.run(ask())


def test_reason_is_told_where_texts_go_on_behind_the_refusal(guarded: Guarded, demo: Demo) -> None:
    pem = guarded.certificate

    async def ask() -> None:
        async with AsyncClient(guarded.address, ca=guarded.ca, certificate=pem, key=pem, token=TOKEN) as client:
            for _ in range(40):
                with pytest.raises(NotAllowedError, match="scope"):
                    async for _ in client.lookup_many(demo.patches * 20):
                        pass

    asyncio.run(ask())


def test_what_is_missing_is_named(guarded: Guarded) -> None:
    pem = guarded.certificate
    with Client(guarded.address, ca=guarded.ca, certificate=pem, key=pem) as client:
        with pytest.raises(NotAllowedError, match="give a token that the server knows"):
            client.status()
    with Client(guarded.address, certificate=pem, key=pem) as client:
        with pytest.raises(UnreachableError, match="give the authority of its certificate with ca"):
            client.status()
    with Client(guarded.address, ca=guarded.ca) as client, pytest.raises(UnreachableError, match="no server answers"):
        client.status()


def test_secrets_are_not_sent_in_the_clear(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="would be sent in the clear"):
        Client("http://192.0.2.1:1", token=TOKEN)
    with pytest.raises(AddressError, match="certificates are for encrypted connections"):
        Client("http://127.0.0.1:1", ca=tmp_path)
    with pytest.raises(AddressError, match="give both"):
        Client("https://127.0.0.1:1", key=tmp_path)
    with pytest.raises(AddressError, match="cannot be read"):
        Client("https://127.0.0.1:1", ca=tmp_path / "gone")
    (tmp_path / "empty").touch()
    with pytest.raises(AddressError, match="holds no token"):
        Client("https://127.0.0.1:1", token_file=tmp_path / "empty")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "unix:/nowhere/h.sock"])
def test_server_that_is_not_there_is_named_with_the_remedy(address: str) -> None:
    with Client(address) as client, pytest.raises(UnreachableError) as error:
        client.status()
    assert str(error.value).startswith(f"{address}: no server answers: ")
    assert "'hunktrace serve --index DIR'" in str(error.value)


def test_addresses_are_read() -> None:
    assert Address.read("unix:/run/h.sock").target == "unix:/run/h.sock"
    assert Address.read("unix:///run/h.sock").target == "unix:/run/h.sock"
    assert Address.read("https://example.org").target == "example.org:443"
    assert Address.read("http://[::1]:7").target == "[::1]:7" and Address.read("http://[::1]:7").is_here
    assert Address.read("example.org:7300") == Address("example.org:7300", "example.org:7300", False, False)
    for wrong in ("http://", "ftp://x:1", "unix:", "", "http://x:port"):
        with pytest.raises(AddressError, match="is no address of a server"):
            Address.read(wrong)
