"""What was promised on any copy of any tablet, by what it says; numbers and copies come and go."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from field_client.storage import Connection as ReplicaConnection
from server.database.tables.people import devices
from server.database.tables.sync import operations
from sync_protocol import wire
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import Operation, OperationBody
from tests.simulation.office import Office

Key = bytes


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that took effect, or was refused one; not the duplicates of it."""

    technician_id: UUID
    incarnation: UUID
    dseq: int
    verdict: str


class Promises:
    """By technician: what must be at the office in the end, and what may be."""

    def __init__(self) -> None:
        self._must: dict[UUID, dict[Key, OperationBody]] = {}
        self._may: dict[UUID, dict[Key, OperationBody]] = {}

    def make(self, technician_id: UUID, raws: Iterable[bytes]) -> None:
        """Promise operations: they are safe on some tablet."""
        must, may = self._of(technician_id)
        for raw in raws:
            key, body = read(raw)
            must[key] = body
            may.pop(key, None)

    def overwrite(self, office: Office, technician_id: UUID, held: Mapping[Key, object]) -> None:
        """Forget what only an overwritten disk held, unless the office has it; it may come yet."""
        must, may = self._of(technician_id)
        there = office.read(stored_by_key)
        for key in held:
            if key in must and key not in there:
                may[key] = must.pop(key)

    def put_back(
        self, office: Office, technician_id: UUID, held: Sequence[Mapping[Key, object]]
    ) -> None:
        """Forget what neither the office, put back to a backup, nor any tablet holds."""
        must, may = self._of(technician_id)
        there = office.read(stored_by_key)
        for key in [key for key in must if key not in there]:
            if not any(key in each for each in held):
                may[key] = must.pop(key)

    def of(self, technician_id: UUID, there: Mapping[Key, object]) -> list[OperationBody]:
        """Give what a technician has said that is at the office, or has to be."""
        must, may = self._of(technician_id)
        return [*must.values(), *(body for key, body in may.items() if key in there)]

    def faults(self, there: Mapping[Key, list[Stored]]) -> list[str]:
        """Name every promise that was broken."""
        lacking = [
            f"{technician_id} was promised {body}, the office has {len(there.get(key, []))} of it"
            for technician_id, promised in self._must.items()
            for key, body in promised.items()
            if len(there.get(key, [])) != 1
        ]
        known = {
            key: technician_id
            for side in (self._must, self._may)
            for technician_id, promised in side.items()
            for key in promised
        }
        strange = [
            f"the office has {stored}; it was said by {known.get(key)}"
            for key, stored in there.items()
            if len(stored) != 1 or stored[0].technician_id != known.get(key)
        ]
        return [*lacking, *strange]

    @staticmethod
    def held(db: ReplicaConnection) -> Mapping[Key, OperationBody]:
        """Read what one replica holds, of whatever incarnation."""
        rows = db.execute(
            "SELECT raw FROM past_operation UNION ALL SELECT raw FROM operation"
        ).fetchall()
        return dict(read(row["raw"]) for row in rows)

    def _of(self, technician_id: UUID) -> tuple[dict[Key, OperationBody], ...]:
        return (
            self._must.setdefault(technician_id, {}),
            self._may.setdefault(technician_id, {}),
        )


def read(raw: bytes) -> tuple[Key, OperationBody]:
    """Give an operation's key, which no number is part of, and what it says."""
    said = wire.decode(raw, Operation)
    plain = msgspec.structs.replace(said, dseq=1, origin=None)
    return wire.encode(plain), said.body


def stored_by_key(db: sa.Connection) -> Mapping[Key, list[Stored]]:
    """Read what the office has taken, by what it says."""
    found: dict[Key, list[Stored]] = {}
    rows = db.execute(
        sa.select(operations, devices.c.technician_id)
        .join(devices, devices.c.id == operations.c.device_id)
        .where(operations.c.verdict_kind != VerdictKind.DUPLICATE)
        .order_by(operations.c.incarnation, operations.c.dseq)
    )
    for row in rows:
        stored = Stored(
            technician_id=row.technician_id,
            incarnation=row.incarnation,
            dseq=row.dseq,
            verdict=row.verdict_kind,
        )
        found.setdefault(read(row.raw)[0], []).append(stored)
    return found


def count_duplicates(db: sa.Connection) -> Counter[str]:
    """Count what was issued again, for a world to tell."""
    rows = db.execute(
        sa.select(operations.c.verdict_kind).where(
            operations.c.verdict_kind == VerdictKind.DUPLICATE
        )
    )
    return Counter({"issued again and known": len(rows.all())})
