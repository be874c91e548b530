"""Whose turn it is: what of which OLT is asked next, one thing of an OLT at a time.

An OLT is taken as a whole, so that workers of several processes never ask one at once. Ports go
before light, what was asked longest ago goes first, and where a port was polled last is in the
table: a restart goes on from there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from activation.requests import OntRef, Phase, PonPort
from server.database import Connection
from server.database.tables.alarms import olt_polls, ont_lights, ont_states, pon_polls
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.offers import services
from server.database.tables.plant import olts, pon_ports
from server.plant.routes import OltAddress
from server.services.records import ServiceState

OLTS_MAX: Final = 500
"""Looked at in one take; the others have their turn in the next."""
NOT_AGAIN_FOR: Final = timedelta(seconds=30)
"""However many hints come, a port that was polled is left alone so long."""
BREATH: Final = timedelta(seconds=1)
"""Between two things that one OLT is asked."""


class PortPoll(msgspec.Struct, frozen=True, kw_only=True):
    """A port that is due, and on which OLT it is."""

    pon_port_id: UUID
    olt: OltAddress
    port: PonPort
    failures: int
    olt_failures: int
    ports: int
    """How many ports of this OLT are polled."""


class LightLook(msgspec.Struct, frozen=True, kw_only=True):
    """A service whose ONT is asked about its light."""

    service_id: UUID
    olt: OltAddress
    pon_port_id: UUID
    ref: OntRef
    serial: str
    olt_failures: int


Turn = PortPoll | LightLook
_OLT: Final = tuple(OltAddress.__struct_fields__)
_OLT_COLUMNS: Final = tuple(olts.c[name].label(f"olt_{name}") for name in _OLT)


def take(
    db: Connection,
    now: datetime,
    until: datetime,
    *,
    limit: int,
    left_alone: Collection[str] = (),
    with_light: bool = True,
) -> list[Turn]:
    """Take one thing of each OLT that is free, and keep the OLT from others until an instant.

    ``left_alone`` names OLTs, by their external ids, that are never asked.
    """
    free = _free_olts(db, now, left_alone)
    if not free:
        return []
    turns: dict[UUID, Turn] = {each.olt.id: each for each in _due_ports(db, now, free)}
    quiet = {olt_id: failures for olt_id, failures in free.items() if olt_id not in turns}
    if with_light and quiet:
        turns |= {each.olt.id: each for each in _due_lights(db, now, quiet)}
    taken = list(turns.values())[:limit]
    if taken:
        db.execute(
            sa.update(olt_polls)
            .where(olt_polls.c.olt_id.in_([each.olt.id for each in taken]))
            .values(taken_until=until)
        )
    return taken


def _free_olts(db: Connection, now: datetime, left_alone: Collection[str]) -> Mapping[UUID, int]:
    """Find the OLTs that nobody asks, with how often each did not answer; held by this unit."""
    rows = db.execute(
        sa.select(olt_polls.c.olt_id, olt_polls.c.failures)
        .join(olts, olts.c.id == olt_polls.c.olt_id)
        .where(
            olt_polls.c.free_at <= now,
            sa.or_(olt_polls.c.taken_until.is_(None), olt_polls.c.taken_until <= now),
            olts.c.external_id.not_in(left_alone),
        )
        .order_by(olt_polls.c.free_at, olt_polls.c.olt_id)
        .limit(OLTS_MAX)
        .with_for_update(of=olt_polls, skip_locked=True)
    )
    return {row.olt_id: row.failures for row in rows}


def _due_ports(db: Connection, now: datetime, free: Mapping[UUID, int]) -> Iterable[PortPoll]:
    of_olt = pon_ports.c.olt_id
    place = sa.func.row_number().over(
        partition_by=of_olt, order_by=(pon_polls.c.next_at, pon_polls.c.pon_port_id)
    )
    listed = (
        sa.select(
            pon_polls.c.pon_port_id,
            pon_polls.c.failures,
            pon_polls.c.next_at,
            pon_ports.c.frame,
            pon_ports.c.slot,
            pon_ports.c.port,
            *_OLT_COLUMNS,
            place.label("place"),
            sa.func.count().over(partition_by=of_olt).label("ports"),
        )
        .join(pon_ports, pon_ports.c.id == pon_polls.c.pon_port_id)
        .join(olts, olts.c.id == of_olt)
        .where(of_olt.in_(free))
        .subquery()
    )
    first = sa.select(listed).where(listed.c.place == 1, listed.c.next_at <= now)
    for row in db.execute(first.order_by(listed.c.next_at, listed.c.pon_port_id)).mappings():
        olt = _olt(row)
        yield PortPoll(
            pon_port_id=row["pon_port_id"],
            olt=olt,
            port=PonPort(frame=row["frame"], slot=row["slot"], port=row["port"]),
            failures=row["failures"],
            olt_failures=free[olt.id],
            ports=row["ports"],
        )


def _due_lights(db: Connection, now: datetime, free: Mapping[UUID, int]) -> Iterable[LightLook]:
    of_olt = ont_allocations.c.olt_id
    place = sa.func.row_number().over(
        partition_by=of_olt, order_by=(ont_lights.c.next_at, ont_lights.c.service_id)
    )
    names = ("service_id", "pon_port_id", "serial", "frame", "slot", "port", "ont_id")
    listed = (
        sa.select(
            *(ont_allocations.c[name] for name in names),
            *_OLT_COLUMNS,
            place.label("place"),
        )
        .select_from(ont_lights)
        .join(ont_allocations, ont_allocations.c.service_id == ont_lights.c.service_id)
        .join(services, services.c.id == ont_lights.c.service_id)
        .join(ont_states, ont_states.c.service_id == ont_lights.c.service_id)
        .join(olts, olts.c.id == of_olt)
        .where(
            ont_lights.c.next_at <= now,
            of_olt.in_(free),
            services.c.state == ServiceState.ACTIVE,
            ont_states.c.phase == Phase.ONLINE,
        )
        .subquery()
    )
    for row in db.execute(sa.select(listed).where(listed.c.place == 1)).mappings():
        olt = _olt(row)
        port = PonPort(frame=row["frame"], slot=row["slot"], port=row["port"])
        yield LightLook(
            service_id=row["service_id"],
            olt=olt,
            pon_port_id=row["pon_port_id"],
            ref=OntRef(port=port, ont_id=row["ont_id"]),
            serial=row["serial"],
            olt_failures=free[olt.id],
        )


def _olt(row: Mapping[Any, Any]) -> OltAddress:
    return OltAddress(**{name: row[f"olt_{name}"] for name in _OLT})


def next_due_at(db: sa.Connection, *, left_alone: Collection[str]) -> datetime | None:
    """Tell when the next port is due on an OLT that may be asked then; None when nothing runs.

    Light is slow and has no instant of its own: it is looked for whenever somebody looks.
    """
    free_at = sa.func.coalesce(olt_polls.c.taken_until, olt_polls.c.free_at)
    due_at = sa.case((free_at > pon_polls.c.next_at, free_at), else_=pon_polls.c.next_at)
    return db.execute(
        sa.select(sa.func.min(due_at, type_=pon_polls.c.next_at.type))
        .select_from(pon_polls)
        .join(pon_ports, pon_ports.c.id == pon_polls.c.pon_port_id)
        .join(olt_polls, olt_polls.c.olt_id == pon_ports.c.olt_id)
        .join(olts, olts.c.id == olt_polls.c.olt_id)
        .where(olts.c.external_id.not_in(left_alone))
    ).scalar_one()


def note_poll(
    db: Connection, poll: PortPoll, *, next_at: datetime, code: str | None, now: datetime
) -> None:
    """Note how a poll went and when the port is due again."""
    values: dict[str, Any] = {"next_at": next_at, "code": code}
    if code is None:
        values |= {"polled_at": now, "failures": 0}
    else:
        values["failures"] = poll.failures + 1
    db.execute(
        sa.update(pon_polls).where(pon_polls.c.pon_port_id == poll.pon_port_id).values(**values)
    )


def take_olt(db: Connection, olt_id: UUID, now: datetime, until: datetime) -> bool:
    """Keep an OLT, watched or not, from others until an instant; False while somebody asks it."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    new = insert(olt_polls).values(olt_id=olt_id, free_at=now, failures=0)
    db.execute(new.on_conflict_do_nothing(index_elements=["olt_id"]))
    taken = (
        sa.update(olt_polls)
        .where(
            olt_polls.c.olt_id == olt_id,
            sa.or_(olt_polls.c.taken_until.is_(None), olt_polls.c.taken_until <= now),
        )
        .values(taken_until=until)
        .returning(olt_polls.c.olt_id)
    )
    return db.execute(taken).one_or_none() is not None


def let_go_olt(db: Connection, olt_id: UUID, *, until: datetime | None = None) -> None:
    """Let others ask an OLT again; when polling may is left as it was.

    ``until`` says until when it was taken: one that somebody else has taken since stays theirs.
    """
    letting_go = sa.update(olt_polls).where(olt_polls.c.olt_id == olt_id)
    if until is not None:
        letting_go = letting_go.where(olt_polls.c.taken_until == until)
    db.execute(letting_go.values(taken_until=None))


def give_back(db: Connection, olt_id: UUID, *, free_at: datetime, failures: int) -> None:
    """Let an OLT be asked again from an instant on."""
    db.execute(
        sa.update(olt_polls)
        .where(olt_polls.c.olt_id == olt_id)
        .values(free_at=free_at, taken_until=None, failures=failures)
    )


def hurry(
    db: Connection,
    ports: Sequence[tuple[UUID, PonPort | None]],
    now: datetime,
    *,
    polled_before: datetime | None = None,
) -> int:
    """Let ports be polled next, or all ports of an OLT; answer how many.

    ``polled_before`` passes over what was polled since then; without it, what was polled just now.
    Neither an OLT that is being asked nor one that does not answer is asked more by it.
    """
    wanted = [_is_wanted(olt_id, port) for olt_id, port in ports]
    if not wanted:
        return 0
    long_ago = now - NOT_AGAIN_FOR if polled_before is None else polled_before
    found = sa.select(pon_ports.c.id).where(sa.or_(*wanted))
    hurried = db.execute(
        sa.update(pon_polls)
        .where(
            pon_polls.c.pon_port_id.in_(found),
            pon_polls.c.next_at > now,
            pon_polls.c.failures == 0,
            sa.or_(pon_polls.c.polled_at.is_(None), pon_polls.c.polled_at < long_ago),
        )
        .values(next_at=now)
    ).rowcount
    # Also where none is new: what was hurried before is still waiting for the rest to end.
    waiting = (
        sa.select(pon_ports.c.olt_id)
        .join(pon_polls, pon_polls.c.pon_port_id == pon_ports.c.id)
        .where(pon_ports.c.id.in_(found), pon_polls.c.next_at <= now)
    )
    db.execute(
        sa.update(olt_polls)
        .where(
            olt_polls.c.olt_id.in_(waiting),
            olt_polls.c.failures == 0,
            olt_polls.c.free_at > now + BREATH,
        )
        .values(free_at=now + BREATH)
    )
    return hurried


def _is_wanted(olt_id: UUID, port: PonPort | None) -> sa.ColumnElement[bool]:
    of_olt = pon_ports.c.olt_id == olt_id
    if port is None:
        return of_olt
    place = [pon_ports.c[name] == getattr(port, name) for name in ("frame", "slot", "port")]
    return sa.and_(of_olt, *place)
