"""What checks read of both sides: rows of the office's database and of replicas."""

import functools
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from field_client.replica.healing import get_check
from field_client.replica.outbox import find_chain
from field_client.replica.state import ReplicaState, get_state
from field_client.storage import Connection as ReplicaConnection
from field_client.storage.statements import fetch_all
from server.database import tables
from server.database.prepared import Prepared
from server.database.tables import fulfilment, offers, people, sync, work
from server.orders.records import NO_CHANGE
from sync_protocol import evidence, wire
from sync_protocol.documents import OVERRULED, JobDocument
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import Manifest, Operation, SetField
from tests.simulation.pending import Place, place

NEEDS_ISSUE: Final = (VerdictKind.KEPT_AS_CONFLICT, VerdictKind.PARKED, VerdictKind.REJECTED)

_HEAD: Final = Prepared(
    sa.select(people.incarnations.c.head_dseq).where(
        people.incarnations.c.incarnation == sa.bindparam("wanted")
    )
)


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as one side has it."""

    dseq: int
    raw: bytes
    chain: str
    verdict: bytes | None


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that a tablet keeps as it was acknowledged under an earlier incarnation."""

    incarnation: UUID
    received: Received


def head(db: sa.Connection, incarnation: UUID) -> int:
    (found,) = _HEAD.rows(db, {"wanted": incarnation})
    return found["head_dseq"]


def is_device(db: sa.Connection, device_id: UUID) -> bool:
    known = sa.select(
        sa.exists(sa.select(people.devices.c.id).where(people.devices.c.id == device_id))
    )
    return bool(db.execute(known).scalar_one())


def stored_as(db: sa.Connection, incarnation: UUID, dseq: int) -> Received:
    stored = sync.operations
    row = db.execute(
        sa.select(stored).where(stored.c.incarnation == incarnation, stored.c.dseq == dseq)
    ).one()
    return Received(dseq=row.dseq, raw=row.raw, chain=row.chain, verdict=row.verdict)


def stored(db: sa.Connection, state: ReplicaState) -> tuple[Received, ...]:
    stored = sync.operations
    rows = db.execute(
        sa.select(stored).where(stored.c.incarnation == state.incarnation).order_by(stored.c.dseq)
    )
    return tuple(
        Received(dseq=row.dseq, raw=row.raw, chain=row.chain, verdict=row.verdict) for row in rows
    )


def job_states(db: sa.Connection) -> Mapping[UUID, str]:
    return {row.id: row.state for row in db.execute(sa.select(work.jobs.c.id, work.jobs.c.state))}


def without_effect(db: sa.Connection) -> set[UUID]:
    """The jobs whose order changes no service: they began in the field."""
    items = offers.order_items
    began = sa.select(work.jobs.c.id).join(items, items.c.id == work.jobs.c.order_item_id)
    return set(db.execute(began.where(items.c.action == NO_CHANGE)).scalars())


def proposals(db: sa.Connection) -> list[UUID]:
    return sorted(db.execute(sa.select(work.proposals.c.id)).scalars())


def corrections(db: sa.Connection) -> list[UUID]:
    kind = work.captures.c.kind == "correction"
    return sorted(db.execute(sa.select(work.captures.c.id).where(kind)).scalars())


def digests(db: sa.Connection, technician_id: UUID) -> Mapping[UUID, str]:
    captures = work.captures
    rows = db.execute(sa.select(captures).where(captures.c.technician_id == technician_id))
    return {row.id: row.digest for row in rows}


def completion_ids(db: sa.Connection, technician_id: UUID) -> list[UUID]:
    completions = work.completions
    mine = completions.c.technician_id == technician_id
    return sorted(db.execute(sa.select(completions.c.id).where(mine)).scalars())


def withheld(db: sa.Connection) -> list[tuple[UUID, int]]:
    stored = sync.operations
    kinds = stored.c.verdict_kind.in_(NEEDS_ISSUE)
    rows = db.execute(sa.select(stored.c.incarnation, stored.c.dseq).where(kinds))
    return sorted((row.incarnation, row.dseq) for row in rows)


def issue_places(db: sa.Connection) -> list[tuple[UUID, int]]:
    issues = sync.issues
    # Who was overruled is told of an operation that was not withheld.
    withheld = sa.select(issues.c.incarnation, issues.c.dseq).where(issues.c.code != OVERRULED)
    rows = db.execute(withheld)
    return sorted((row.incarnation, row.dseq) for row in rows)


def answered_places(db: sa.Connection) -> set[tuple[UUID, int]]:
    issues = sync.issues
    answered = sa.select(issues.c.incarnation, issues.c.dseq).where(
        issues.c.code != OVERRULED, issues.c.answer.is_not(None)
    )
    return {(row.incarnation, row.dseq) for row in db.execute(answered)}


def signed(db: sa.Connection) -> list[tuple[UUID, str, str, bytes]]:
    completions, keys = work.completions, people.devices
    rows = db.execute(
        sa.select(
            completions.c.id, keys.c.public_key, completions.c.signature, completions.c.manifest
        )
        .join(keys, keys.c.id == completions.c.device_id)
        .order_by(completions.c.id)
    )
    return [
        (
            row.id,
            row.public_key,
            row.signature,
            evidence.bytes_to_sign(msgspec.convert(row.manifest, Manifest)),
        )
        for row in rows
    ]


def process_jobs(db: sa.Connection) -> list[UUID]:
    return list(db.execute(sa.select(fulfilment.processes.c.job_id)).scalars())


def completions_without_effect(db: sa.Connection) -> set[UUID]:
    completions = work.completions
    moved = (VerdictKind.APPLIED, VerdictKind.MERGED)
    rows = db.execute(sa.select(completions.c.id).where(completions.c.verdict.not_in(moved)))
    return set(rows.scalars())


def inbox(db: sa.Connection) -> list[UUID]:
    items = fulfilment.inbox_items
    kind = items.c.kind == "completion_without_effect"
    return list(db.execute(sa.select(items.c.completion_id).where(kind)).scalars())


def dump(db: sa.Connection) -> str:
    """Write everything that the database holds, so that two states can be compared."""
    return "\n".join(
        f"{name}: {sorted(map(repr, db.execute(statement).all()))}"
        for name, statement in _everything_told()
    )


@functools.cache
def _everything_told() -> tuple[tuple[str, sa.Select[Any]], ...]:
    """Sort the tables and build their statements once: each world asks for them twice."""
    return tuple((table.name, sa.select(table)) for table in told(tables.metadata.sorted_tables))


def told(known: Iterable[sa.Table]) -> Iterable[sa.Table]:
    # Plant and people's cards never change here, and a world prints what it ends with.
    untold = {"premises", "terminals", "drops", "accounts", "products", "technicians"}
    return (table for table in known if table.name not in untold)


def glance(db: ReplicaConnection, dseq: int) -> tuple[ReplicaState, str | None, int, Place]:
    return get_state(db), find_chain(db, dseq), get_check(db).heals, place(db)


def recorded(db: ReplicaConnection) -> tuple[Received, ...]:
    rows = db.execute("SELECT dseq, raw, chain, verdict FROM operation ORDER BY dseq").fetchall()
    return tuple(msgspec.convert(dict(row), Received) for row in rows)


def verdict_rows(db: ReplicaConnection) -> list[Any]:
    return db.execute(
        "SELECT incarnation, dseq, verdict_kind FROM past_operation "
        "UNION ALL SELECT incarnation, dseq, verdict_kind FROM operation, replica"
    ).fetchall()


def said_ever(db: ReplicaConnection) -> list[bytes]:
    rows = db.execute("SELECT raw FROM past_operation UNION ALL SELECT raw FROM operation")
    return [row["raw"] for row in rows.fetchall()]


def said_after(db: ReplicaConnection, dseq: int) -> list[bytes]:
    rows = db.execute("SELECT raw FROM operation WHERE dseq > ? ORDER BY dseq", (dseq,))
    return [row["raw"] for row in rows.fetchall()]


def past(db: ReplicaConnection) -> tuple[Past, ...]:
    rows = db.execute(
        "SELECT incarnation, dseq, raw, chain, verdict FROM past_operation ORDER BY position"
    ).fetchall()
    return tuple(
        Past(
            incarnation=UUID(row["incarnation"]),
            received=Received(
                dseq=row["dseq"], raw=row["raw"], chain=row["chain"], verdict=row["verdict"]
            ),
        )
        for row in rows
    )


def job_rows(db: ReplicaConnection) -> list[Any]:
    return fetch_all(db, "jobs")


def shown(db: ReplicaConnection) -> list[tuple[str, bytes]]:
    rows = db.execute("SELECT id, document FROM job WHERE left_reason IS NULL ORDER BY id")
    return [(row["id"], row["document"]) for row in rows.fetchall()]


def fields(db: sa.Connection) -> Mapping[tuple[UUID, str], str]:
    rows = db.execute(sa.select(work.job_fields))
    return {(row.job_id, row.field): row.value for row in rows}


def last_set(db: sa.Connection) -> Mapping[tuple[UUID, str], set[str]]:
    """What each shared field was last set to; several values where two came at one instant."""
    stored = sync.operations
    no_effect = (VerdictKind.REJECTED, VerdictKind.PARKED, VerdictKind.DUPLICATE)
    rows = db.execute(
        sa.select(stored)
        .where(stored.c.verdict_kind.not_in(no_effect))
        .order_by(stored.c.received_at, stored.c.incarnation, stored.c.dseq)
    )
    last: dict[tuple[UUID, str], dict[UUID, tuple[datetime, str]]] = {}
    for row in rows:
        body = wire.decode(row.raw, Operation).body
        # What a former assignee enters is kept beside, and changes nothing.
        if isinstance(body, SetField) and b'"code":"not_assigned"' not in row.verdict:
            last.setdefault((body.job_id, body.field), {})[row.incarnation] = (
                row.received_at,
                body.value,
            )
    return {
        key: {value for at, value in said.values() if at == max(said.values())[0]}
        for key, said in last.items()
    }


def documents(db: ReplicaConnection) -> Mapping[UUID, JobDocument]:
    documents = (wire.decode(row["document"], JobDocument) for row in job_rows(db))
    return {document.id: document for document in documents}
