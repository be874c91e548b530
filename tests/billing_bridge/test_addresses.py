import asyncio
import ipaddress
import re
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_bridge.addresses import (
    Address,
    AddressForbidden,
    GuardedTransport,
    is_public,
    require_url,
)
from billing_bridge.errors import UrlImpossible

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


PRIVATE = [ipaddress.ip_network("10.20.0.0/16"), ipaddress.ip_network("fd00::/8")]


@pytest.mark.parametrize(
    "url",
    [
        "https://billing.example/hooks",
        "https://billing.example",
        "HTTPS://Billing.Example/hooks",
        "https://billing.example:8443/hooks?tenant=7&x=%20",
        "https://billing.example:65535/",
        "https://billing.example/hooks/@me",
        "https://b\u00fccher.example/hooks",
        "https://billing_system/hooks",
        "https://8.8.8.8/hooks",
        "https://[2606:4700:4700::1111]:8443/hooks",
        "https://10.20.0.7/hooks",
        "http://10.20.0.7:8080/hooks",
        "http://[fd00::7]/hooks",
        "http://billing/hooks",
        "https://" + "a" * 63 + ".example/",
    ],
)
def test_a_url_that_webhooks_can_go_to_is_taken(url: str) -> None:
    require_url(url, allowed_networks=PRIVATE)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "is no web address"),
        ("billing.example/hooks", "is no web address"),
        ("//billing.example/hooks", "is no web address"),
        ("ftp://billing.example/hooks", "is no web address"),
        ("gopher://billing.example/", "is no web address"),
        ("javascript:alert(1)", "is no web address"),
        ("https://", "is no web address"),
        ("https:///hooks", "is no web address"),
        ("https:/billing.example/hooks", "is no web address"),
        ("https://:8443/hooks", "is no web address"),
        ("https://billing.example:0/", "has port 0; a port is 1 to 65535"),
        ("https://billing.example:65536/", "has port 65536"),
        ("https://billing.example:-1/", "has port -1"),
        ("https://billing.example:https/", "is no web address"),
        ("https://billing.example/hooks#part", "after '#'"),
        ("https://billing.example/hooks#", "after '#'"),
        ("https://billing .example/", "has a blank"),
        (" https://billing.example/", "has a blank"),
        ("https://billing.example/a b", "has a blank"),
        ("https://billing.example/hooks\n", "invisible character"),
        ("https://billing.example/\0", "invisible character"),
        ("https://billing.example\\@other.example/", "no user name"),
        ("https://billing.example\\hooks", "a backslash"),
        ("https://billing..example/", "has '' in its host name"),
        ("https://.example/", "has '' in its host name"),
        ("https://billing.example./", "has '' in its host name"),
        ("https://./", "has '' in its host name"),
        ("https://-billing.example/", "has '-billing' in its host name"),
        ("https://billing-.example/", "has 'billing-' in its host name"),
        ("https://bill%69ng.example/", "in its host name"),
        ("https://billing,example/", "in its host name"),
        ("https://" + "a" * 64 + ".example/", "in its host name"),
        ("https://" + "a." * 130 + "example/", "has a host name of 267 characters"),
        ("https://billing.example/" + "a" * 500, "has 524 characters; at most 500"),
        ("https://::1/hooks", "is no web address"),
        ("https://fd00::7/hooks", "is no web address"),
        ("https://[::1/hooks", "is no web address"),
        ("https://[fd00::g]/hooks", "is no web address"),
        ("https://[fe80::1%25eth0]/hooks", "in its host name"),
        ("https://256.1.1.1/", "is no web address"),
        ("https://1.2.3.4.5/", "neither a name nor an address"),
        ("https://2130706433/", "neither a name nor an address"),
        ("https://0x7f.1/", "neither a name nor an address"),
        ("https://0x7f000001/", "neither a name nor an address"),
        ("https://127.1/", "neither a name nor an address"),
        ("https://127.0.0.1/hooks", "not a public address"),
        ("https://[::ffff:127.0.0.1]/hooks", "not a public address"),
        ("https://169.254.169.254/latest", "not a public address"),
        ("https://10.21.0.1/", "not a public address"),
        ("http://8.8.8.8/hooks", "is not encrypted; use https"),
    ],
)
def test_a_url_that_no_webhook_can_go_to_is_refused_with_what_is_wrong(url: str, why: str) -> None:
    with pytest.raises(UrlImpossible, match=re.escape(why)):
        require_url(url, allowed_networks=PRIVATE)


def test_where_no_network_is_allowed_nothing_goes_out_unencrypted() -> None:
    with pytest.raises(UrlImpossible, match="is not encrypted; use https"):
        require_url("http://billing.example/hooks")


@pytest.mark.parametrize(
    "userinfo", ["anna:geheim", "geheim", ":geheim", "a:geheim@b", "%67:geheim"]
)
def test_a_password_in_a_url_is_refused_and_not_shown(userinfo: str) -> None:
    with pytest.raises(UrlImpossible, match="no user name and no password") as said:
        require_url(f"https://{userinfo}@billing.example/hooks")

    assert "geheim" not in str(said.value)


@settings(deadline=None)
@given(
    st.sampled_from(["https://", "http://", "https:", ""]),
    st.text(max_size=30) | st.text("a1.-_:[]%@/?#xn", max_size=30),
)
def test_any_text_is_taken_or_refused_with_a_reason(scheme: str, rest: str) -> None:
    try:
        require_url(scheme + rest, allowed_networks=PRIVATE)
    except UrlImpossible as error:
        assert str(error)  # noqa: PT017  both ends are allowed, any other exception is not
    else:
        assert httpx.URL(scheme + rest).host
