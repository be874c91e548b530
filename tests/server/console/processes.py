"""Processes as a worker leaves them, for tests of the pages that show them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.acts import utc_now
from server.database import Connection, Store, Written
from server.database.rows import to_row
from server.database.tables.fulfilment import process_attempts
from server.database.tables.work import jobs
from server.fulfilment import storage
from server.fulfilment.records import Attempt, Intent, Process, ProcessState, Progress, effect_key
from tests.server.console.town import NOON

EXCHANGE = {"verb": "set", "asked": ["1.3.6.1.4.1.2011 = <b>4</b>"], "error": "no answer"}


def let_fall(
    store: Store,
    job_id: UUID,
    *,
    state: ProcessState = ProcessState.STUCK,
    code: str | None = "PROFILE_MISSING",
    detail: str = "profile 'line-1' is missing",
    at: datetime = NOON,
    **changes: Any,  # noqa: ANN401  whatever the record takes
) -> Process:
    """Let the activation of a job stand somewhere, with one attempt behind it."""

    def unit(db: Connection) -> Written[Process]:
        job = db.execute(sa.select(jobs).where(jobs.c.id == job_id)).one()
        process = Process(
            id=uuid7(),
            effect_key=effect_key(job.service_id, job.order_item_id, Intent.ACTIVATE),
            intent=Intent.ACTIVATE,
            service_id=job.service_id,
            order_item_id=job.order_item_id,
            job_id=job_id,
            state=state,
            step="register",
            attempt=1,
            lane=None,
            next_at=at + timedelta(days=300),
            lease_owner=None,
            lease_until=None,
            fencing_token=1,
            code=code,
            progress=Progress(),
            created_at=at,
            updated_at=at,
        )
        process = msgspec.structs.replace(process, **changes)
        storage.add_process(db, process)
        add_attempt(db, process, detail)
        return Written(process, topics=process.topics)

    return store.write_now(unit)


def get_stuck(store: Store, process: Process) -> None:
    """Let a process that was on its way get stuck."""

    def unit(db: Connection) -> Written[None]:
        stuck = msgspec.structs.replace(
            process, state=ProcessState.STUCK, code="PROFILE_MISSING", updated_at=utc_now()
        )
        storage.store(db, stuck)
        return Written(None, topics=process.topics)

    store.write_now(unit)


def add_attempt(db: Connection, process: Process, detail: str) -> None:
    outcomes = {ProcessState.STUCK: "stick", ProcessState.HELD: "hold"}
    attempt = Attempt(
        id=uuid7(),
        process_id=process.id,
        step=process.step,
        attempt=1,
        started_at=process.updated_at,
        ended_at=process.updated_at,
        outcome=outcomes.get(process.state, "tryagain"),
        code=process.code,
        detail={"detail": detail, "exchanges": [EXCHANGE]},
    )
    db.execute(sa.insert(process_attempts).values(**to_row(attempt)))
