"""Which addresses a webhook may reach, and the transport that reaches no other (SSRF).

An endpoint's URL is typed by a person outside, so it could name the server's own network. A name is
resolved once, every address is judged, and the connection goes to a judged address: a second
look-up could answer something else. (httpx-secure would do most of this, at the price of a cache of
look-ups that has to be switched off; this is small, and rests on httpx's public interface alone.)
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from ssl import SSLContext
from typing import Final

import httpx

from billing_bridge.errors import UrlImpossible

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

# RFC 6052: the last 32 bits are an IPv4 address that a translator connects to.
_NAT64: Final = ip_network("64:ff9b::/96")
# RFC 4291: the global unicast addresses that have been given out so far.
_IPV6_UNICAST: Final = ip_network("2000::/3")

# One part of a host name; the underscore is no part of a DNS name but of many a container's.
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
# Where the last part is a number, resolvers read an address: 127.1 and 0x7f000001 are this machine.
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_HOST_CHARS_MAX: Final = 253
URL_CHARS_MAX: Final = 500
_LIKE: Final = "write it like https://billing.example/hooks"

_PORT_MAX: Final = 65_535
_PORTS: Final = {"https": 443, "http": 80}


class AddressForbidden(httpx.RequestError):
    """The URL leads where webhooks may not go; nothing was sent, and a person must change it."""


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Ask the system's resolver once.

    Raises:
        OSError: the name does not resolve at present; trying again is safe.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def is_public(address: Address) -> bool:
    """Say whether an address is out on the internet, looking through embedded IPv4 addresses."""
    if isinstance(address, IPv6Address):
        embedded = _embedded_ipv4(address)
        if embedded is not None:
            return is_public(embedded)
        if address not in _IPV6_UNICAST:
            return False
    # ipaddress calls most multicast and some reserved ranges global.
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _forbidden_because(
    url: httpx.URL, address: Address, allowed_networks: Sequence[Network]
) -> str | None:
    if any(address in network for network in allowed_networks):
        return None
    if url.scheme != "https":
        return f"{url.scheme}://{url.host} is not encrypted; use https"
    if not is_public(address):
        return (
            f"{url.host} is {address}, which is not a public address; "
            "use a public one or add its network to the allowed networks"
        )
    return None


def require_url(text: str, *, allowed_networks: Sequence[Network] = ()) -> None:
    """Check, without looking anything up, that webhooks could go to a URL.

    What a name leads to is judged at every attempt, for names move.

    Raises:
        UrlImpossible: says what is wrong with it and what would be right.
    """
    url = _parsed(text)
    why = _wrong_with_host(url.raw_host.decode("ascii"))
    if why is None and url.scheme == "http" and not allowed_networks:
        why = "is not encrypted; use https, or allow the network that it is in"
    if why is not None:
        raise UrlImpossible(f"{text!r} {why}")
    address = _literal(url.raw_host.decode("ascii"))
    forbidden = address and _forbidden_because(url, address, allowed_networks)
    if forbidden:
        raise UrlImpossible(forbidden)


def _parsed(text: str) -> httpx.URL:
    authority = re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]
    if "@" in authority:
        raise UrlImpossible(
            "a webhook URL holds no user name and no password; leave them out, "
            "the receiver knows us by our signature"
        )
    why = _wrong_with_text(text)
    if why is not None:
        raise UrlImpossible(f"{text[:URL_CHARS_MAX]!r} {why}")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise UrlImpossible(f"{text!r} is no web address: {error}; {_LIKE}") from error
    if url.scheme not in _PORTS or not url.host:
        raise UrlImpossible(f"{text!r} is no web address; {_LIKE}")
    if url.port is not None and not 1 <= url.port <= _PORT_MAX:
        raise UrlImpossible(f"{text!r} has port {url.port}; a port is 1 to {_PORT_MAX}")
    return url


def _wrong_with_text(text: str) -> str | None:
    if len(text) > URL_CHARS_MAX:
        return f"has {len(text)} characters; at most {URL_CHARS_MAX} are kept"
    if not text.isprintable() or " " in text or "\\" in text:
        return f"has a blank, a backslash or an invisible character; {_LIKE}"
    if "#" in text:
        return "has a part after '#', which no receiver ever gets; leave it out"
    return None


def _wrong_with_host(host: str) -> str | None:
    if _literal(host) is not None:
        return None
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return f"has a host that is neither a name nor an address; {_LIKE}"
    if len(host) > _HOST_CHARS_MAX:
        return f"has a host name of {len(host)} characters; at most {_HOST_CHARS_MAX} are possible"
    for label in host.split("."):
        if not _LABEL.fullmatch(label):
            return f"has {label!r} in its host name, which is no part of a name; {_LIKE}"
    return None


def _literal(host: str) -> Address | None:
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends over TLS to public addresses, and anywhere into the networks explicitly allowed.

    An allowed network is trusted: it may be private and may be spoken to without TLS, as an
    on-premises billing system is.
    """

    def __init__(
        self,
        *,
        allowed_networks: Sequence[Network] = (),
        resolve: Resolve = resolve,
        verify: SSLContext | bool = True,
    ) -> None:
        self._allowed_networks = tuple(allowed_networks)
        self._resolve = resolve
        # Nothing is kept alive: the pool knows connections by address, and one that was verified
        # for one name must not carry a request for another.
        self._inner = httpx.AsyncHTTPTransport(
            verify=verify, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the first judged address that takes the connection.

        Raises:
            AddressForbidden: nothing was sent.
            httpx.ConnectError: nothing was sent; trying again is safe.
        """
        addresses = await self._judged_addresses(request)
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_pinned(request, addresses[-1]))

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    async def _judged_addresses(self, request: httpx.Request) -> Sequence[Address]:
        host, port = _destination(request)
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(
                f"{host} does not resolve: {error}", request=request
            ) from error
        if not addresses:
            raise httpx.ConnectError(f"{host} has no address", request=request)
        for address in addresses:
            self._judge(address, request)
        return addresses

    def _judge(self, address: Address, request: httpx.Request) -> None:
        why = _forbidden_because(request.url, address, self._allowed_networks)
        if why is not None:
            raise AddressForbidden(why, request=request)


def _destination(request: httpx.Request) -> tuple[str, int]:
    url = request.url
    host = url.raw_host.decode("ascii")
    port = _PORTS.get(url.scheme, 0) if url.port is None else url.port
    if url.scheme not in _PORTS or not host or not 1 <= port <= _PORT_MAX:
        raise AddressForbidden(
            f"{str(url)!r} is no webhook URL; {_LIKE}",
            request=request,
        )
    return host, port


def _pinned(request: httpx.Request, address: Address) -> httpx.Request:
    """Aim a request at an address; the Host header and the TLS identity stay those of the URL."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )
