"""Lanes: what must not happen twice at once. Writes to one OLT share a lane."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from server.database.tables.fulfilment import processes
from server.database.tables.offers import services
from server.database.tables.plant import drops, pon_ports, splitters, terminals
from server.fulfilment.records import Process
from server.fulfilment.steps import STEPS

_OLT: Final = "olt:"


def lane_of(db: sa.Connection, process: Process) -> str:
    """Name the lane of a process: its OLT, or the service itself where no drop leads there."""
    olt_id = db.execute(
        sa.select(pon_ports.c.olt_id)
        .join(splitters, splitters.c.pon_port_id == pon_ports.c.id)
        .join(terminals, terminals.c.splitter_id == splitters.c.id)
        .join(drops, drops.c.terminal_id == terminals.c.id)
        .join(services, services.c.premise_id == drops.c.premise_id)
        .where(services.c.id == process.service_id)
        .order_by(drops.c.external_id)  # of several drops the route takes this one, too
        .limit(1)
    ).scalar_one_or_none()
    return f"{_OLT}{olt_id}" if olt_id else f"service:{process.service_id}"


def is_blocked(held: Iterable[str]) -> sa.ColumnElement[bool]:
    """Pick the processes whose next step needs one of these lanes."""
    olt_ids = [UUID(lane.removeprefix(_OLT)) for lane in held if lane.startswith(_OLT)]
    behind_them = (
        sa.select(services.c.id)
        .join(drops, drops.c.premise_id == services.c.premise_id)
        .join(terminals, terminals.c.id == drops.c.terminal_id)
        .join(splitters, splitters.c.id == terminals.c.splitter_id)
        .join(pon_ports, pon_ports.c.id == splitters.c.pon_port_id)
        .where(pon_ports.c.olt_id.in_(olt_ids))
    )
    holding = [step.name for step in STEPS.values() if step.holds_lane]
    return processes.c.step.in_(holding) & processes.c.service_id.in_(behind_them)
