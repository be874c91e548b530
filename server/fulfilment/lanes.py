"""Lanes: what must not happen twice at once. Writes to one OLT share a lane."""

from typing import Final

import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.offers import services
from server.database.tables.plant import drops, pon_ports, splitters, terminals
from server.fulfilment.records import Process
from server.fulfilment.steps import STEPS, LaneOf, StepName

_OLT: Final = "olt:"


def lane_of(db: sa.Connection, process: Process) -> str | None:
    """Name the lane that the next step of a process needs; None when it needs none.

    Where nothing leads to an OLT the service has a lane of its own.
    """
    lane = STEPS[StepName(process.step)].lane
    if lane is None:
        return None
    # Of several drops the route takes the first, too.
    found = _OLT_OF[lane].rows(db, {"wanted": process.service_id})
    return f"{_OLT}{found[0]['olt_id']}" if found else f"service:{process.service_id}"


_OLTS: Final = {
    LaneOf.PLANNED: sa.select(pon_ports.c.olt_id)
    .join(splitters, splitters.c.pon_port_id == pon_ports.c.id)
    .join(terminals, terminals.c.splitter_id == splitters.c.id)
    .join(drops, drops.c.terminal_id == terminals.c.id)
    .join(services, services.c.premise_id == drops.c.premise_id)
    .order_by(drops.c.external_id),
    LaneOf.REGISTERED: sa.select(ont_allocations.c.olt_id),
}
_SERVICE: Final = {
    LaneOf.PLANNED: services.c.id,
    LaneOf.REGISTERED: ont_allocations.c.service_id,
}
_OLT_OF: Final = {
    lane: Prepared(_OLTS[lane].where(_SERVICE[lane] == sa.bindparam("wanted"))) for lane in LaneOf
}
