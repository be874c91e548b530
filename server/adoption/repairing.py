"""Ordering that an OLT be brought back to the records, for all services that it has lost.

A person orders it; each service gets an order of its own, which is carried out as any other.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from server.acts import Act
from server.adoption import storage
from server.adoption.records import Drift, Verdict
from server.database import Connection, Store, Written
from server.fulfilment import service_orders
from server.fulfilment.records import DUE, Intent
from server.fulfilment.service_orders import Wanted
from server.people.records import Role
from server.problems import Conflicting

MAY_REPAIR: Final = (Role.NOC, Role.ADMIN)
AT_ONCE: Final = 25
"""Orders in one transaction: others write in between."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A service that got no order, and why."""

    service_id: UUID
    serial: str
    why: str


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """How many services have an order now, the earlier ones included, and which were refused."""

    ordered: int
    refused: tuple[Refused, ...]


def order_number(service_id: UUID, seen_at: datetime) -> str:
    """Make up the number of an order, by the service and when its difference was last seen.

    Whoever presses again before the OLT was read anew meets the same order.

    >>> from datetime import UTC
    >>> order_number(UUID(int=11), datetime(2026, 5, 4, 12, tzinfo=UTC))
    'R-00000000000B-69F88A40'
    """
    return f"R-{service_id.hex[-12:].upper()}-{int(seen_at.timestamp()):X}"


def verdicts(*, differing: bool) -> frozenset[Verdict]:
    """Say which differences are meant; of the others a person must find out more first.

    What differs is only meant where that is asked for: on an OLT that was adopted, profiles differ
    by the thousand, and rightly so.
    """
    return frozenset({Verdict.MISSING, Verdict.DIFFERS} if differing else {Verdict.MISSING})


async def order_all(store: Store, olt: str, *, differing: bool, act: Act) -> Repair:
    """Order it for each service that is missing, or differs, by the last reading of an OLT.

    Raises:
        NotFound: no such OLT; nothing was ordered.
    """
    olt_id = (await store.read(storage.get_olt, olt)).id
    ordered, refused, after = 0, tuple[Refused, ...](), None
    meant = verdicts(differing=differing)
    while page := await store.read(_list, olt_id, after=after, meant=meant):
        done = await store.write(_order, page, act=act)
        ordered, refused, after = ordered + done.ordered, refused + done.refused, page[-1].id
    return Repair(ordered=ordered, refused=refused)


def _list(
    db: Connection, olt_id: UUID, *, after: UUID | None, meant: frozenset[Verdict]
) -> tuple[Drift, ...]:
    return storage.list_drifts(db, olt_id, after=after, limit=AT_ONCE, verdicts=meant)


def _order(db: Connection, page: Sequence[Drift], *, act: Act) -> Written[Repair]:
    refused: list[Refused] = []
    for drift in page:
        if drift.service_id is None:
            raise AssertionError(f"drift {drift.id} is {drift.verdict} and of no service")
        wanted = Wanted(
            number=order_number(drift.service_id, drift.seen_at),
            service_id=drift.service_id,
            intent=Intent.REPROVISION,
        )
        try:
            service_orders.place(db, wanted, act=act)
        except Conflicting as error:
            refused.append(
                Refused(service_id=drift.service_id, serial=drift.serial, why=str(error))
            )
    repair = Repair(ordered=len(page) - len(refused), refused=tuple(refused))
    return Written(repair, topics=DUE)
