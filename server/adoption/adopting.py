"""Making services of what is registered on an OLT and named in a file, in bounded batches."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from server import audit
from server.acts import Act
from server.adoption import plan
from server.adoption.file import AdoptionRow, Line, Refused
from server.adoption.plan import Adopt, Already, Known, Seen
from server.alarms import watching
from server.alarms.records import OntLight
from server.database import Connection, Written
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.offers import accounts, products, services
from server.database.tables.plant import premises
from server.fulfilment.flows import load_flows
from server.plant.routes import routes_of
from server.services import suspensions
from server.services.records import ServiceState

BATCH: Final = 500


class Rejected(msgspec.Struct, frozen=True):
    """A line that was not taken."""

    line: Line
    why: Refused


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What became of some lines of the file."""

    adopted: int
    already: int
    rejected: tuple[Rejected, ...]


def in_batches(lines: Iterable[Line]) -> Iterator[Sequence[Line]]:
    """Cut a file into what one transaction takes."""
    rest = iter(lines)
    while batch := tuple(islice(rest, BATCH)):
        yield batch


def adopt(
    db: Connection, lines: Sequence[Line], seen: Seen, *, dry_run: bool, act: Act
) -> Written[Batch]:
    """Adopt what some lines name.

    Repeated it finds its own services and makes nothing new. Nothing is written to the OLT.
    """
    known = _load(db, [line.row for line in lines if isinstance(line.row, AdoptionRow)], seen)
    adopted: list[Adopt] = []
    already = 0
    rejected: list[Rejected] = []
    for line in lines:
        row = line.row
        match row if isinstance(row, Refused) else plan.decide(row, seen, known):
            case Adopt() as one:
                adopted.append(one)
            case Already():
                already += 1
            case Refused() as why:
                rejected.append(Rejected(line, why))
    if adopted and not dry_run:
        _store(db, adopted, seen, act)
    done = Batch(adopted=len(adopted), already=already, rejected=tuple(rejected))
    return Written(done, topics=frozenset({"polls"}) if adopted else frozenset())


def _load(db: Connection, rows: Sequence[AdoptionRow], seen: Seen) -> Known:
    """Load what the lines of a batch name, each kind in one statement."""
    by_account = _ids(db, accounts, {row.account for row in rows})
    by_premise = _ids(db, premises, {row.premise for row in rows})
    newest = db.execute(
        sa.select(products.c.code, products.c.id)
        .where(products.c.code.in_({row.product for row in rows}))
        .order_by(products.c.version)
    )
    by_code = {row.code: row.id for row in newest}
    serials = {row.serial for row in rows}
    held = db.execute(
        sa.select(
            ont_allocations.c.serial,
            ont_allocations.c.service_id,
            ont_allocations.c.olt_id,
            services.c.account_id,
            services.c.premise_id,
        )
        .join(services, services.c.id == ont_allocations.c.service_id)
        .where(ont_allocations.c.serial.in_(serials))
    ).all()
    return Known(
        accounts=by_account,
        premises=by_premise,
        products=by_code,
        flows=load_flows(db, set(by_code.values()), seen.olt.id),
        routes=routes_of(db, list(by_premise.values())),
        holders={row.serial: row.service_id for row in held},
        adopted=frozenset(
            (row.serial, row.account_id, row.premise_id)
            for row in held
            if row.olt_id == seen.olt.id
        ),
    )


def _ids(db: Connection, table: sa.Table, external_ids: set[str]) -> dict[str, Any]:
    found = sa.select(table.c.external_id, table.c.id).where(table.c.external_id.in_(external_ids))
    return {row.external_id: row.id for row in db.execute(found)}


def _store(db: Connection, adopted: Sequence[Adopt], seen: Seen, act: Act) -> None:
    zones = _zones(db, adopted)
    made = [(act.new_id(), each) for each in adopted]
    db.execute(
        sa.insert(services),
        [
            {
                "id": service_id,
                "account_id": each.account_id,
                "premise_id": each.premise_id,
                "product_id": each.product_id,
                "state": ServiceState.SUSPENDED if each.row.suspended_for else ServiceState.ACTIVE,
                "ont_serial": each.row.serial,
                "live_at": _live_at(each, zones[each.account_id], act.now),
                "billing_start": each.row.billing_start,
            }
            for service_id, each in made
        ],
    )
    db.execute(
        sa.insert(ont_allocations),
        [
            {
                "service_id": service_id,
                "olt_id": seen.olt.id,
                "pon_port_id": each.route.pon_port_id,
                "serial": each.row.serial,
                "frame": each.allocation.ref.port.frame,
                "slot": each.allocation.ref.port.slot,
                "port": each.allocation.ref.port.port,
                "ont_id": each.allocation.ref.ont_id,
                "service_port": each.allocation.service_port,
                "adopted": True,
                "given": msgspec.to_builtins(each.given),
            }
            for service_id, each in made
        ],
    )
    lights = [
        OntLight(service_id=service_id, serial=each.row.serial, next_at=act.now)
        for service_id, each in made
    ]
    watching.watch_many(db, lights, first_at=act.now)
    for service_id, each in made:
        if each.row.suspended_for is not None:
            suspensions.begin(db, service_id, each.row.suspended_for, act=act)
    audit.record(
        db,
        act,
        "services.adopted",
        detail={"olt": seen.olt.name, "services": len(made)},
    )


def _zones(db: Connection, adopted: Sequence[Adopt]) -> dict[Any, str]:
    wanted = {each.account_id for each in adopted}
    found = db.execute(sa.select(accounts.c.id, accounts.c.zone).where(accounts.c.id.in_(wanted)))
    return {row.id: row.zone for row in found}


def _live_at(adopted: Adopt, zone: str, now: datetime) -> datetime:
    """Say since when it is live: from the midnight, in the account's zone, that the file gives."""
    day = adopted.row.live_since
    return now if day is None else datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
