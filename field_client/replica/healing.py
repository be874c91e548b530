"""Comparing the replica with the scope as the server describes it; where they differ, it heals.

A replica that differs forgets its cursor: the next pull is a snapshot, and pending work stays. At
most once in ``HEAL_EVERY``, for a difference that a snapshot does not mend is not mended by ten.
"""

from datetime import timedelta
from typing import Final

import msgspec

from field_client.storage import Connection
from field_client.storage.statements import fetch_all, fetch_row, run
from sync_protocol import wire
from sync_protocol.digest import HeldDocument, scope_digest
from sync_protocol.operations import Moment
from sync_protocol.units import Counter, Sha256Hex

CHECK_EVERY: Final = timedelta(hours=1)
HEAL_EVERY: Final = timedelta(hours=1)


class ScopeCheck(msgspec.Struct, frozen=True, kw_only=True):
    """When the scope was last compared and last healed, and how often it was healed."""

    checked_at: Moment | None
    healed_at: Moment | None
    heals: Counter


def get_check(db: Connection) -> ScopeCheck:
    """Read how the scope was found."""
    row = fetch_row(db, "scope_check")
    return ScopeCheck(
        checked_at=_moment(row["checked_at"]),
        healed_at=_moment(row["healed_at"]),
        heals=row["heals"],
    )


def is_check_due(db: Connection, now: Moment) -> bool:
    """Say whether it is time to ask for the digest though nothing may have come."""
    return has_passed(CHECK_EVERY, get_check(db).checked_at, now)


def has_passed(pause: timedelta, since: Moment | None, now: Moment) -> bool:
    """Say whether so much time has passed, as far as this tablet's clocks show it.

    Within one boot the monotonic clock decides. After another boot only the wall clocks are left;
    when one was set back further than the pause, waiting for it would be waiting for months.
    """
    if since is None:
        return True
    if since.boot_id == now.boot_id:
        return timedelta(milliseconds=now.monotonic_ms - since.monotonic_ms) >= pause
    return abs(now.wall - since.wall) >= pause


def check(db: Connection, digest: Sha256Hex | None, now: Moment) -> bool:
    """Compare the scope after a pull; True: it differs, and the cursor is forgotten."""
    run(db, "scope_checked", at=wire.encode(now))
    if digest is None or digest == digest_of_replica(db):
        return False
    if not has_passed(HEAL_EVERY, get_check(db).healed_at, now):
        return False
    run(db, "scope_healed", at=wire.encode(now))
    run(db, "replica_pull_anew")
    return True


def digest_of_replica(db: Connection) -> Sha256Hex:
    """Digest what is in scope here: without what lingers, and without what waits to be sent."""
    jobs = (
        HeldDocument("job", row["id"], row["document"])
        for row in fetch_all(db, "jobs")
        if row["left_reason"] is None
    )
    issues = (HeldDocument("issue", row["id"], row["document"]) for row in fetch_all(db, "issues"))
    briefings = (
        HeldDocument("briefing", row["id"], row["document"]) for row in fetch_all(db, "briefings")
    )
    return scope_digest([*jobs, *issues, *briefings])


def _moment(raw: bytes | None) -> Moment | None:
    return None if raw is None else wire.decode(raw, Moment)
