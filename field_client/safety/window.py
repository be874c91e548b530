"""The offline window: how long a tablet may be away before it only shows what it has.

What was entered is never touched by this, and goes on being sent. A withdrawn or stolen tablet, on
the other hand, is not to be of use for ever only because nobody lets it meet the server.

How much time has passed since then a tablet knows by a clock that runs on within one boot. Across
boots only the wall clock tells, which can be set: back, and the latest time that was seen counts;
forward, and the work stops on a guess, which the refusal says.
"""

import enum
from datetime import datetime, timedelta

import msgspec

from sync_protocol.operations import Moment
from sync_protocol.units import Millis

_MS = timedelta(milliseconds=1)


class Standing(enum.StrEnum):
    """What the time since the last contact means."""

    FRESH = "fresh"
    WARN = "warn"
    """The last quarter of the window."""
    READ_ONLY = "read_only"
    """No job may be begun; one under way may be finished."""


class OfflineTooLong(RuntimeError):
    """The tablet was away for too long; nothing was recorded. Sync, then do it again."""


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """When the server last answered, and what is known of the time since."""

    server_time: datetime
    at: Moment
    """The tablet's moment when the answer came."""
    seen: Moment
    """When the clocks were last looked at."""
    ran_ms: Millis = 0
    """What has certainly passed from ``at`` to ``seen``."""
    latest_wall: datetime
    """The latest that the wall clock has shown from ``at`` to ``seen``."""


class Offline(msgspec.Struct, frozen=True, kw_only=True):
    """How long ago the last contact was, and what follows."""

    standing: Standing
    last_contact_at: datetime
    """By the server's clock."""
    passed_ms: Millis
    left_ms: Millis
    """Until no job may be begun any more."""
    is_guess: bool
    """True: only the wall clock says so, and somebody may have set it."""
    detail: str


def met(server_time: datetime, at: Moment) -> Contact:
    """Begin to count: the server has just answered."""
    return Contact(server_time=server_time, at=at, seen=at, latest_wall=at.wall)


def look(contact: Contact, now: Moment) -> Contact:
    """Take in what the clocks show; time that passed is never taken back."""
    return msgspec.structs.replace(
        contact,
        seen=now,
        ran_ms=contact.ran_ms + _ran_ms(contact.seen, now),
        latest_wall=max(contact.latest_wall, now.wall),
    )


def judge(contact: Contact, now: Moment, limit: timedelta) -> Offline:
    """Say what the tablet may do now.

    Within the boot of the last contact its running clock decides alone. Later the wall clock does,
    but for less than what ran for certain.
    """
    looked = look(contact, now)
    passed_ms = looked.ran_ms
    if contact.at.boot_id != now.boot_id:
        passed_ms = max(passed_ms, (looked.latest_wall - contact.at.wall) // _MS)
    limit_ms = limit // _MS
    standing = _standing(passed_ms, limit_ms)
    is_guess = standing is not _standing(looked.ran_ms, limit_ms)
    return Offline(
        standing=standing,
        last_contact_at=contact.server_time,
        passed_ms=passed_ms,
        left_ms=max(0, limit_ms - passed_ms),
        is_guess=is_guess,
        detail=_detail(standing, contact, limit, looked.latest_wall if is_guess else None),
    )


def _ran_ms(before: Moment, now: Moment) -> Millis:
    """Take what a running clock shows; after another start it began anew, at zero or where it was.

    Where the system does not name its boots each start of this program counts as one.
    """
    if now.monotonic_ms >= before.monotonic_ms:
        return now.monotonic_ms - before.monotonic_ms
    return 0 if now.boot_id == before.boot_id else now.monotonic_ms


def _standing(passed_ms: Millis, limit_ms: Millis) -> Standing:
    if passed_ms >= limit_ms:
        return Standing.READ_ONLY
    return Standing.WARN if passed_ms >= limit_ms * 3 // 4 else Standing.FRESH


def _detail(
    standing: Standing, contact: Contact, limit: timedelta, guessed: datetime | None
) -> str:
    if standing is Standing.FRESH:
        return ""
    since = f"this tablet last heard from the office on {contact.server_time:%Y-%m-%d %H:%M} UTC"
    doubt = (
        ""
        if guessed is None
        else (
            f" So says its clock, which has shown {guessed:%Y-%m-%d %H:%M} UTC; if that is wrong, "
            "only a sync can tell."
        )
    )
    if standing is Standing.WARN:
        return f"{since}; let it sync, for after {limit.days} days no job can be begun.{doubt}"
    return (
        f"{since}, more than {limit.days} days ago, so no job can be begun until it syncs. What "
        f"was entered is safe and is sent by itself; jobs under way can be finished.{doubt}"
    )
