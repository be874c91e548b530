"""Which tablets hold a job that embeds what an import has changed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from server.database.tables.offers import services
from server.database.tables.plant import drops, pon_ports, splitters, terminals
from server.database.tables.sync import feed
from server.database.tables.work import jobs
from server.database.units import FeedChange, FeedKind

# Where the id of a changed row stands in the join of a job with what its document embeds.
_EMBEDDED: Final[Mapping[str, sa.Column[Any]]] = {
    "premises": jobs.c.premise_id,
    "accounts": services.c.account_id,
    "products": services.c.product_id,
    "drops": drops.c.id,
    "terminals": drops.c.terminal_id,
    "splitters": terminals.c.splitter_id,
    "pon-ports": splitters.c.pon_port_id,
    "olts": pon_ports.c.olt_id,
}
_JOIN: Final = (
    jobs.join(services, services.c.id == jobs.c.service_id)
    .outerjoin(drops, drops.c.premise_id == jobs.c.premise_id)
    .outerjoin(terminals, terminals.c.id == drops.c.terminal_id)
    .outerjoin(splitters, splitters.c.id == terminals.c.splitter_id)
    .outerjoin(pon_ports, pon_ports.c.id == splitters.c.pon_port_id)
)


def find(db: sa.Connection, kind: str, changed: Iterable[UUID]) -> tuple[FeedChange, ...]:
    """Tell every scope that holds an affected job; two queries, however many rows changed.

    The jobs are locked first: an assignment that is under way is waited for, and one that comes
    later renders the new data by itself.
    """
    column = _EMBEDDED.get(kind)
    ids = list(changed)
    if column is None or not ids:
        return ()
    affected = sa.select(jobs.c.id).select_from(_JOIN).where(column.in_(ids)).order_by(jobs.c.id)
    locked = db.execute(affected.with_for_update(key_share=True, of=jobs)).scalars().all()
    if not locked:
        return ()
    holders = db.execute(
        sa.select(feed.c.scope, feed.c.entity_id).where(
            feed.c.entity == "job",
            feed.c.entity_id.in_(sorted(set(locked))),
            feed.c.kind != FeedKind.LEAVE,
        )
    )
    return tuple(
        FeedChange(scope=row.scope, entity="job", entity_id=row.entity_id, kind=FeedKind.UPDATE)
        for row in holders
    )
