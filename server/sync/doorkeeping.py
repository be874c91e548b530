"""At the doors of the tablets: who may come in now, and what is said to whoever may not."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from server.database import Store
from server.people import secrets
from server.problems import HttpRequest
from server.settings import Settings
from server.sync.access import device_of
from server.sync.admission import Admission
from server.sync.fingerprints import Fingerprints
from server.sync.recent_tokens import RecentTokens
from server.sync.records import Device
from server.sync.refusals import SyncRefused, TooOften
from server.sync.sources import SourceLimit
from sync_protocol import wire
from sync_protocol.messages import Refusal
from sync_protocol.versions import Spoken

BODY_S_MAX: Final = 120
"""How long a body may take to arrive; a tablet that has lost its network must not keep its room."""
_LATE_MS: Final = 5_000
ENROLMENTS_AT_ONCE: Final = 60
ENROLMENTS_PER_S: Final = 1 / 15
"""As for signing in: sixty wrong codes a quarter of an hour."""
TOKENS_AT_ONCE: Final = 2_000
TOKENS_PER_S: Final = 30.0
"""A thousand tablets behind one address may all come back with tokens that have expired."""


class Doors(msgspec.Struct, frozen=True):
    """Whom one process understands, and what it remembers of who came and what they were sent."""

    spoken: Spoken
    syncs: Admission
    recent: RecentTokens
    fingerprints: Fingerprints
    enrolments: SourceLimit
    tokens: SourceLimit


def make_doors(settings: Settings, spoken: Spoken) -> Doors:
    """Make the doors of one process."""
    return Doors(
        spoken=spoken,
        syncs=Admission(
            requests_max=settings.sync_requests_max, bytes_max=settings.sync_body_bytes_max
        ),
        recent=RecentTokens(),
        fingerprints=Fingerprints(),
        enrolments=SourceLimit(at_once=ENROLMENTS_AT_ONCE, per_s=ENROLMENTS_PER_S),
        tokens=SourceLimit(at_once=TOKENS_AT_ONCE, per_s=TOKENS_PER_S),
    )


@contextlib.asynccontextmanager
async def admitted(request: HttpRequest, store: Store, doors: Doors) -> AsyncGenerator[Device]:
    """Let a device in until its sync is answered; a stranger takes no room and gets no turn.

    Raises:
        SyncRefused: no usable token, or no room now; the body was not read.
    """
    shown = request.headers.get("authorization")
    key = secrets.hash_secret(shown or "")
    device = doors.recent.find(key, now_s=time.monotonic())
    # In a storm most of those who are turned away were here before: asking nobody keeps it cheap.
    if device is None and not doors.syncs.has_turn(key):
        device = await _looked_up(store, doors, key, shown)
    size = _announced_bytes(request)
    wait_ms = doors.syncs.enter(key, size, now_s=time.monotonic(), jitter=random.random())  # noqa: S311  no secret
    if wait_ms:
        raise SyncRefused(
            Refusal.BUSY,
            f"{doors.syncs.requests} syncs are in work; nothing was taken, come back in "
            f"{wait_ms} ms",
            retry_after_ms=wait_ms,
        )
    try:
        yield device or await _looked_up(store, doors, key, shown)
    finally:
        doors.syncs.leave(size, now_s=time.monotonic())


async def _looked_up(store: Store, doors: Doors, key: str, shown: str | None) -> Device:
    device = await device_of(store, shown)
    doors.recent.keep(key, device, now_s=time.monotonic())
    return device


async def body_of(request: HttpRequest) -> bytes:
    """Read a body that arrives in time.

    Raises:
        SyncRefused: it did not.
    """
    try:
        async with asyncio.timeout(BODY_S_MAX):
            return await request.body()
    except TimeoutError as error:
        raise SyncRefused(
            Refusal.BUSY,
            f"the body did not arrive within {BODY_S_MAX} s; nothing was taken, try again",
            retry_after_ms=_LATE_MS,
        ) from error


def require_seldom(limit: SourceLimit, request: HttpRequest) -> str:
    """Count a try of the caller's address; the address.

    Raises:
        TooOften: it has had its share for now; the try was not counted.
    """
    address = request.client.host if request.client else ""
    wait_s = limit.admit(address, now_s=time.monotonic())
    if wait_s:
        raise TooOften(f"too many tries from {address}", retry_after_ms=int(wait_s * 1000) + 1)
    return address


def _announced_bytes(request: HttpRequest) -> int:
    """Tell how large a body will be at most: it is let in by what it announces."""
    text = request.headers.get("content-length", "")
    known = int(text) if text.isascii() and text.isdigit() else wire.COMPRESSED_BYTES_MAX
    return min(known, wire.COMPRESSED_BYTES_MAX)
