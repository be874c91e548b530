"""The last contact with the server as the replica keeps it, and what may be entered after it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from field_client.replica.cards import list_jobs
from field_client.replica.state import get_state
from field_client.safety.window import (
    Contact,
    Offline,
    OfflineTooLong,
    Standing,
    judge,
    look,
    met,
)
from field_client.storage import Connection
from field_client.storage.statements import fetch_all, find_row, run
from sync_protocol import wire
from sync_protocol.jobs import JobState
from sync_protocol.operations import Moment

T = TypeVar("T")
_UNDER_WAY: Final = frozenset(
    {JobState.EN_ROUTE, JobState.ON_SITE, JobState.WORKING, JobState.PAUSED}
)


def note_contact(db: Connection, server_time: datetime, at: Moment) -> None:
    """The server has answered; the window begins anew."""
    _store(db, met(server_time, at))


def note_time(db: Connection, now: Moment) -> None:
    """Keep what the clocks show, so that none of them can be set back before it."""
    contact = _find(db)
    if contact is not None:
        _store(db, look(contact, now))


def find_offline(db: Connection, now: Moment, limit: timedelta) -> Offline | None:
    """Say how long the tablet was away; None: it was never counted."""
    contact = _find(db)
    return None if contact is None else judge(contact, now, limit)


def within_window(db: Connection, record: Callable[[], T], now: Moment, limit: timedelta) -> T:
    """Record something over this connection, unless the tablet was away for too long.

    A job that was under way when the window closed can be finished: who stands before an open wall
    cannot drive to a network first. None is begun any more, so what is under way then was before.

    Raises:
        OfflineTooLong: and whatever recording raises; the transaction is to be undone.
    """
    offline = find_offline(db, now, limit)
    if offline is None or offline.standing is not Standing.READ_ONLY:
        note_time(db, now)
        return record()
    under_way = {str(card.id) for card in list_jobs(db) if card.state in _UNDER_WAY}
    before = get_state(db).head_dseq
    value = record()
    recorded = {row["job_id"] for row in fetch_all(db, "jobs_recorded_after", dseq=before)}
    if not recorded <= under_way:
        raise OfflineTooLong(offline.detail)
    return value


def _find(db: Connection) -> Contact | None:
    row = find_row(db, "contact")
    return None if row is None else wire.decode(row["body"], Contact)


def _store(db: Connection, contact: Contact) -> None:
    run(db, "contact_store", body=wire.encode(contact))
