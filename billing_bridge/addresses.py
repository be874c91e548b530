"""Which addresses a webhook may reach, and the transport that reaches no other (SSRF).

An endpoint's URL is typed by a person outside, so it could name the server's own network. A name is
resolved once, every address is judged, and the connection goes to a judged address: a second
look-up could answer something else. (httpx-secure would do most of this, at the price of a cache of
look-ups that has to be switched off; this is small, and rests on httpx's public interface alone.)
"""

import asyncio
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

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

# RFC 6052: the last 32 bits are an IPv4 address that a translator connects to.
_NAT64: Final = ip_network("64:ff9b::/96")
# RFC 4291: the global unicast addresses that have been given out so far.
_IPV6_UNICAST: Final = ip_network("2000::/3")

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
        if any(address in network for network in self._allowed_networks):
            return
        if request.url.scheme != "https":
            raise AddressForbidden(
                f"{request.url.scheme}://{request.url.host} is not encrypted; use https",
                request=request,
            )
        if not is_public(address):
            raise AddressForbidden(
                f"{request.url.host} is {address}, which is not a public address; "
                "use a public one or add its network to the allowed networks",
                request=request,
            )


def _destination(request: httpx.Request) -> tuple[str, int]:
    url = request.url
    host = url.raw_host.decode("ascii")
    port = _PORTS.get(url.scheme, 0) if url.port is None else url.port
    if url.scheme not in _PORTS or not host or not 1 <= port <= _PORT_MAX:
        raise AddressForbidden(
            f"{str(url)!r} is no webhook URL; write it like https://billing.example/hooks",
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
