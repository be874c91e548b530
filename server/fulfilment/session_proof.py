"""The session of a subscriber as part of the proof that a service is live.

Light is judged first. Where no source is configured nothing is asked, and light is all the proof.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from activation.verification import next_poll_s
from server.database import Store
from server.database.tables.plant import olts
from server.fulfilment.records import Process
from server.fulfilment.situation import Reserved
from server.fulfilment.steps import Advance, Hold, Outcome, Wait
from server.session_sources.identifiers import Whose
from server.session_sources.records import Answer, NoSession, Session, SourceUnavailable
from server.session_sources.sources import SessionSources

NO_SESSION: Final = "NO_SESSION"
UNAVAILABLE: Final = "SESSION_SOURCE_UNAVAILABLE"
CLOCKS_APART: Final = timedelta(minutes=1)
"""So far the source's clock may be behind ours; and an ONT may be up before its write is told."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What follows, and what was found, for the attempt."""

    outcome: Outcome
    detail: Mapping[str, Any] = {}


def after_answer(
    process: Process, verified: Advance, answer: Answer, *, is_required: bool, now: datetime
) -> Outcome:
    """Say what follows for a service whose light is proven, from what its source answered. Pure.

    A session that began before the ONT was registered is of an ONT or a subscriber from before: it
    proves nothing. A source that fell silent after it had said that there is none has not said that
    there is one by now, so that service waits whatever the policy is.
    """
    registered_at = verified.progress.registered_at
    if registered_at is None:
        raise AssertionError("what is verified was registered")
    match answer:
        case Session(since=since) if since >= registered_at - CLOCKS_APART:
            progress = msgspec.structs.replace(verified.progress, session_code=None)
            return msgspec.structs.replace(verified, progress=progress)
        case Session(identifier=identifier, since=since):
            detail = (
                f"the session of {identifier!r} is older than the ONT's registration: {since} is "
                f"before {registered_at}; let the subscriber's router dial in anew"
            )
            return _later(NO_SESSION, detail, registered_at, now)
        case NoSession(identifier=identifier):
            detail = (
                f"there is light, and no session of {identifier!r}; is the subscriber's router on, "
                "and is it known to the server that gives out sessions?"
            )
            return _later(NO_SESSION, detail, registered_at, now)
        case SourceUnavailable(reason=reason) if is_required:
            return _later(UNAVAILABLE, reason, registered_at, now)
        case SourceUnavailable(reason=reason) if process.code == NO_SESSION:
            detail = f"there was none when its source last answered, which is silent now: {reason}"
            return _later(NO_SESSION, detail, registered_at, now)
        case SourceUnavailable():
            progress = msgspec.structs.replace(verified.progress, session_code=UNAVAILABLE)
            return msgspec.structs.replace(verified, progress=progress)


def _later(code: str, detail: str, registered_at: datetime, now: datetime) -> Outcome:
    wait_s = next_poll_s((now - registered_at).total_seconds())
    return Hold(code=code, detail=detail) if wait_s is None else Wait(after_s=wait_s, code=code)


class SessionProof:
    """Asks the source of an OLT for the session of a service on it."""

    def __init__(self, store: Store, sources: SessionSources | None) -> None:
        self._store = store
        self._sources = sources
        self._olts: dict[UUID, str] = {}

    async def prove(
        self, process: Process, own: Reserved, verified: Advance, now: datetime
    ) -> Proof:
        """Judge a service whose light is proven by its session, too, where a source tells of it."""
        if self._sources is None:
            return Proof(outcome=verified)
        olt = await self._imported_as(own.olt.id)
        asked = self._sources.of(olt)
        if asked is None:
            return Proof(outcome=verified)
        port = own.allocation.ref.port
        whose = Whose(
            service_id=process.service_id,
            serial=own.serial,
            olt=olt,
            olt_name=own.olt.name,
            frame=port.frame,
            slot=port.slot,
            port=port.port,
            ont_id=own.allocation.ref.ont_id,
        )
        answer = await asked.source.ask(asked.template.fill(whose))
        is_required = self._sources.is_required
        return Proof(
            outcome=after_answer(process, verified, answer, is_required=is_required, now=now),
            detail={"session": {"source": asked.name, **msgspec.to_builtins(answer)}},
        )

    async def _imported_as(self, olt_id: UUID) -> str:
        """Tell the id under which an OLT was imported; it never changes."""
        if olt_id not in self._olts:
            self._olts[olt_id] = await self._store.read(_load_imported_as, olt_id)
        return self._olts[olt_id]


def _load_imported_as(db: sa.Connection, olt_id: UUID) -> str:
    return db.execute(sa.select(olts.c.external_id).where(olts.c.id == olt_id)).scalar_one()
