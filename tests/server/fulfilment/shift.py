"""A working day: a store with a town, the world outside, and one worker."""

from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database import Connection, Store
from server.database.tables.billing import completion_events, invoice_lines, notifications
from server.database.tables.fulfilment import processes
from server.fulfilment import storage
from server.fulfilment.records import Process
from server.orders.records import PlacedOrder
from server.services import storage as services
from server.services.records import Service
from tests.server.factories import Town, assigned_job, count
from tests.server.operator import Operator, Outside
from tests.server.tablets import Tablet, bodies, enrolled, push


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    store: Store
    town: Town
    world: Outside
    worker: Operator

    def complete_job(
        self, number: str = "O-1", *, house: int = 1, serial: str | None = None
    ) -> tuple[PlacedOrder, Tablet]:
        """Order, assign, complete and push."""
        placed = assigned_job(self.store, self.town.ada, number, house=house)
        tablet = enrolled(self.store, self.town.ada)
        tablet.complete(placed.job_id, bodies(serial) if serial else None)
        push(self.store, tablet, now=self.world.clock())
        return placed, tablet

    def process(self) -> Process:
        """Get the only process."""

        def query(db: Connection) -> UUID:
            return db.execute(sa.select(processes.c.id)).scalar_one()

        return self.store.read_now(storage.get, self.store.read_now(query))

    def service(self, service_id: UUID) -> Service:
        return self.store.read_now(services.get, service_id)

    def figures(self) -> dict[str, int]:
        return figures(self.store, self.world)


def figures(store: Store, world: Outside) -> dict[str, int]:
    """Count what must have happened exactly once."""
    return {
        "activations": len(world.olt.creations),
        "invoice_lines": count(store, invoice_lines),
        "events": count(store, completion_events),
        "notifications": count(store, notifications),
        "webhooks": len(set(world.hooks)),
        "mails": len(set(world.mails)),
    }


ONCE = {
    "activations": 1,
    "invoice_lines": 1,
    "events": 1,
    "notifications": 1,
    "webhooks": 1,
    "mails": 1,
}
