import asyncio
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from billing_bridge.addresses import (
    Address,
    AddressForbidden,
    GuardedTransport,
    is_public,
)

from .local_https import LOOPBACK, answering, listening, tls_contexts

OK = answering("200 OK")


def resolving(*answers: Sequence[str]) -> tuple[list[str], "Resolver"]:
    asked: list[str] = []
    return asked, Resolver(asked, list(answers))


class Resolver:
    """Answers each look-up with the next of its answers, as a rebinding name server does."""

    def __init__(self, asked: list[str], answers: list[Sequence[str]]) -> None:
        self._asked = asked
        self._answers = answers

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self._asked.append(f"{host}:{port}")
        return [ipaddress.ip_address(text) for text in self._answers.pop(0)]


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "0.0.0.0",  # noqa: S104  an address to refuse, nothing binds to it
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::10.0.0.1",
        "2002:a00:1::",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2001:0:a00:1::",
    ],
)
def test_an_address_inside_some_network_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_an_address_out_on_the_internet_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1"]
)
async def test_no_spelling_of_this_machine_is_reached(host: str) -> None:
    async with (
        listening(OK) as receiver,
        httpx.AsyncClient(transport=GuardedTransport()) as client,
    ):
        with pytest.raises(AddressForbidden, match="not a public address"):
            await client.post(f"https://{host}:{receiver.port}/hooks")

        assert receiver.requests == []


@pytest.mark.parametrize("url", ["http://8.8.8.8/hooks", "ftp://8.8.8.8/hooks", "https:///hooks"])
async def test_only_https_leaves_the_house(url: str) -> None:
    async with httpx.AsyncClient(transport=GuardedTransport()) as client:
        with pytest.raises(AddressForbidden, match="https"):
            await client.post(url)


async def test_one_private_address_among_public_ones_forbids_the_name() -> None:
    _, resolve = resolving(["8.8.8.8", "10.0.0.1"])
    async with httpx.AsyncClient(transport=GuardedTransport(resolve=resolve)) as client:
        with pytest.raises(AddressForbidden, match=r"10\.0\.0\.1"):
            await client.post("https://billing.example/hooks")


async def test_the_judged_address_is_the_one_that_is_reached() -> None:
    asked, resolve = resolving(["127.0.0.1"], ["10.0.0.1"])
    guarded = GuardedTransport(allowed_networks=[LOOPBACK], resolve=resolve)
    async with listening(OK) as receiver, httpx.AsyncClient(transport=guarded) as client:
        answer = await client.post(f"http://billing.example:{receiver.port}/hooks")

    assert answer.status_code == 200
    assert asked == [f"billing.example:{receiver.port}"]
    assert receiver.requests[0].headers["host"] == f"billing.example:{receiver.port}"


async def hold_open(writer: asyncio.StreamWriter) -> None:
    """Answer and keep the connection, as if for another request."""
    writer.write(OK)
    await writer.drain()
    await writer.wait_closed()


async def test_tls_is_verified_for_the_name_although_the_address_is_dialled(tmp_path: Path) -> None:
    server_side, client_side = tls_contexts("billing.example", tmp_path)
    named: list[str | None] = []

    def note_name(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        named.append(name)

    server_side.sni_callback = note_name
    _, resolve = resolving(["127.0.0.1"], ["127.0.0.1"])
    guarded = GuardedTransport(allowed_networks=[LOOPBACK], resolve=resolve, verify=client_side)
    async with (
        listening(hold_open, tls=server_side) as receiver,
        httpx.AsyncClient(transport=guarded) as client,
    ):
        answer = await client.post(f"https://billing.example:{receiver.port}/hooks")
        with pytest.raises(httpx.ConnectError, match=r"other\.example"):
            await client.post(f"https://other.example:{receiver.port}/hooks")

    assert answer.status_code == 200
    assert named == ["billing.example", "other.example"]
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("order", [["::1", "127.0.0.1"], ["127.0.0.1", "::1"]])
async def test_an_address_that_takes_no_connection_gives_way_to_the_next(order: list[str]) -> None:
    _, resolve = resolving(order)
    loopbacks = [LOOPBACK, ipaddress.ip_network("::1/128")]
    guarded = GuardedTransport(allowed_networks=loopbacks, resolve=resolve)
    async with listening(OK) as receiver, httpx.AsyncClient(transport=guarded) as client:
        answer = await client.post(f"http://billing.example:{receiver.port}/hooks", content=b"x")

    assert answer.status_code == 200
    assert receiver.requests[0].body == b"x"


@pytest.mark.parametrize("text", ["127.0.0.1", "::1"])
async def test_an_allowed_network_opens_nothing_else(text: str) -> None:
    _, resolve = resolving([text])
    other = ipaddress.ip_network("10.20.0.0/16")
    guarded = GuardedTransport(allowed_networks=[other], resolve=resolve)
    async with httpx.AsyncClient(transport=guarded) as client:
        with pytest.raises(AddressForbidden):
            await client.post("https://billing.example/hooks")
