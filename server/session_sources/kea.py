"""DHCP leases, as Kea's HTTP API tells them.

The command hook ``lease_cmds`` finds DHCPv4 leases by address, hardware address, client id and host
name (src/share/api/lease4-get-by-*.json of isc-projects/kea), and by no part of option 82. Where
its hook ``flex_id`` runs with ``replace-client-id``, the client id is a zero byte and what the
operator's expression makes of the request, like the remote id (doc/sphinx/arm/hooks-flex-id.rst
there): so a lease is found by that.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

import httpx
import msgspec
from msgspec import Meta

from server.session_sources.records import Answer, NoSession, Session, SourceUnavailable
from server.session_sources.wanted import KeaLeases

ANSWER_BYTES_MAX: Final = 262_144
"""Some hundreds of leases; one client has one or two."""
_CONNECTIONS_MAX: Final = 4
_FOUND, _NOTHING = 0, 3
"""Of Kea's result codes; all others are errors."""
_ASSIGNED: Final = 0
"""State of a lease that somebody has; others are declined, expired, released."""


class _Lease(msgspec.Struct, frozen=True, rename="kebab"):
    ip_address: str
    cltt: Annotated[int, Meta(ge=0, le=2**33)]
    """When the client last asked or renewed, in seconds since 1970."""
    state: int


class _Leases(msgspec.Struct, frozen=True):
    leases: tuple[_Lease, ...]


class _Said(msgspec.Struct, frozen=True):
    result: int
    text: str = ""
    arguments: msgspec.Raw = msgspec.Raw(b"null")


class _TooLong(Exception):
    """More was sent than any answer to our question takes."""


class KeaLeasesSource:
    """Asks one Kea; it is only ever read."""

    def __init__(self, wanted: KeaLeases) -> None:
        self._wanted = wanted
        password = "" if wanted.password is None else wanted.password.reveal()
        self._client = httpx.AsyncClient(
            auth=(wanted.user, password) if wanted.user else None,
            limits=httpx.Limits(max_connections=_CONNECTIONS_MAX),
            follow_redirects=False,
            trust_env=False,
            timeout=None,  # noqa: S113  the whole question has its limit below
        )

    async def ask(self, identifier: str) -> Answer:
        """Look for the lease that its client spoke of last."""
        limit_s = self._wanted.timeout_ms / 1000
        try:
            async with asyncio.timeout(limit_s):
                status, body = await self._post(question(self._wanted.found_by, identifier))
        except TimeoutError:
            return SourceUnavailable(f"no answer within {limit_s:g} s")
        except _TooLong:
            return SourceUnavailable(f"its answer is longer than {ANSWER_BYTES_MAX} bytes")
        except httpx.HTTPError as error:
            return SourceUnavailable(f"{type(error).__name__}: {str(error) or 'no reason given'}")
        if status != HTTPStatus.OK:
            return SourceUnavailable(f"it answers with status {status}{_HINTS.get(status, '')}")
        return read_answer(body, identifier)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _post(self, asked: Mapping[str, Any]) -> tuple[int, bytes]:
        body = bytearray()
        async with self._client.stream("POST", self._wanted.url, json=asked) as response:
            async for part in response.aiter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_MAX:
                    raise _TooLong
        return response.status_code, bytes(body)


def question(found_by: str, identifier: str) -> Mapping[str, Any]:
    """Write the command that finds the leases of an identifier. Pure.

    >>> question("client_id", "AB")["arguments"]
    {'client-id': '00:41:42'}
    """
    if found_by == "hostname":
        command, arguments = "lease4-get-by-hostname", {"hostname": identifier}
    else:
        client_id = (b"\0" + identifier.encode()).hex(":")
        command, arguments = "lease4-get-by-client-id", {"client-id": client_id}
    return {"command": command, "service": ["dhcp4"], "arguments": arguments}


def read_answer(body: bytes, identifier: str) -> Answer:
    """Read what Kea answered: its control agent puts the answer into a list, a server does not."""
    try:
        said = msgspec.json.decode(body, type=tuple[_Said] | _Said)
        first = said if isinstance(said, _Said) else said[0]
        if first.result == _NOTHING:
            return NoSession(identifier=identifier)
        if first.result != _FOUND:
            return SourceUnavailable(f"it refuses with result {first.result}: {first.text[:200]!r}")
        leases = msgspec.json.decode(first.arguments, type=_Leases).leases
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return SourceUnavailable(f"its answer cannot be read: {error}")
    held = [lease for lease in leases if lease.state == _ASSIGNED]
    if not held:
        return NoSession(identifier=identifier)
    newest = max(held, key=lambda lease: lease.cltt)
    since = datetime.fromtimestamp(newest.cltt, UTC)
    return Session(identifier=identifier, since=since, address=newest.ip_address)


_HINTS: Final[Mapping[int, str]] = {
    HTTPStatus.UNAUTHORIZED: ", which asks for another user or password",
    HTTPStatus.NOT_FOUND: "; is the path of the URL right?",
}
