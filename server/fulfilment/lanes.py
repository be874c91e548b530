"""Lanes: what must not happen twice at once. Writes to one OLT share a lane."""

import sqlalchemy as sa

from server.database.tables.offers import services
from server.database.tables.plant import drops, pon_ports, splitters, terminals
from server.fulfilment.records import Process


def lane_of(db: sa.Connection, process: Process) -> str:
    """Name the lane of a process: its OLT, or the service itself where no drop leads there."""
    olt_id = db.execute(
        sa.select(pon_ports.c.olt_id)
        .join(splitters, splitters.c.pon_port_id == pon_ports.c.id)
        .join(terminals, terminals.c.splitter_id == splitters.c.id)
        .join(drops, drops.c.terminal_id == terminals.c.id)
        .join(services, services.c.premise_id == drops.c.premise_id)
        .where(services.c.id == process.service_id)
        .limit(1)
    ).scalar_one_or_none()
    return f"olt:{olt_id}" if olt_id else f"service:{process.service_id}"
