"""What the pages remember here and never send: drafts, preferences, what was looked at."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from field_client.replica.cards import JobCard, Shown
from field_client.storage import Connection
from field_client.storage.statements import fetch_all, find_row, run
from sync_protocol import wire
from sync_protocol.ids import JobId

CODE_DRAFT: Final = "done_code"
"""The draft of the visit code with which a job is to be finished."""
NEW_JOB: Final = JobId(UUID(int=0))
"""Stands for the job that is being begun and has no id yet: what is typed for it is a draft too."""


def store_draft(db: Connection, job_id: JobId, field: str, value: str, at: datetime) -> None:
    """Keep what was entered into a field that is no fact yet."""
    run(db, "draft_store", job_id=str(job_id), field=field, value=value, saved_at=at.isoformat())


def get_drafts(db: Connection, job_id: JobId) -> Mapping[str, str]:
    """Read what was entered for a job and became no fact, by field."""
    return {row["field"]: row["value"] for row in fetch_all(db, "drafts", job_id=str(job_id))}


def drop_draft(db: Connection, job_id: JobId, *fields: str) -> None:
    """Forget what was entered into these fields, in the transaction that makes it a fact."""
    for field in fields:
        run(db, "draft_drop", job_id=str(job_id), field=field)


def drop_drafts(db: Connection, job_id: JobId) -> None:
    """Forget the drafts of a job, once it is ended."""
    run(db, "drafts_drop", job_id=str(job_id))


def note_seen(db: Connection, job_id: JobId, shown: Shown) -> None:
    """Note what a person has seen of a job."""
    run(db, "seen_store", job_id=str(job_id), shown=wire.encode(shown))


def find_seen(db: Connection, job_id: JobId) -> Shown | None:
    """Read what was seen of a job when it was last looked at; None: never."""
    row = find_row(db, "seen", job_id=str(job_id))
    return None if row is None else wire.decode(row["shown"], Shown)


def note_own_value(db: Connection, job_id: JobId, field: str, value: str) -> None:
    """Note that a value has been seen by whoever entered it: what one enters is no news."""
    seen = find_seen(db, job_id)
    if seen is not None:
        fields = {**seen.fields, field: value}
        note_seen(db, job_id, msgspec.structs.replace(seen, fields=fields))


def list_changed_since_seen(db: Connection, cards: Iterable[JobCard]) -> frozenset[JobId]:
    """Name the jobs that were looked at and are different now."""
    seen = {row["job_id"]: row["shown"] for row in fetch_all(db, "seen_all")}
    return frozenset(
        card.id
        for card in cards
        if (before := seen.get(str(card.id))) is not None and before != wire.encode(card.shown)
    )


def forget_gone_jobs(db: Connection) -> None:
    """Forget drafts and looks of jobs that are no longer here."""
    run(db, "drafts_purge", new_job=str(NEW_JOB))
    run(db, "seen_purge")


def store_preference(db: Connection, name: str, value: str) -> None:
    """Remember how the person likes the pages."""
    run(db, "preference_store", preference=name, value=value)


def get_preferences(db: Connection) -> Mapping[str, str]:
    """Read how the person likes the pages, by name."""
    return {row["name"]: row["value"] for row in fetch_all(db, "preferences")}
