"""Messages of the outbox, as if services had gone live."""

from uuid import UUID

from server.database import Connection, Store, Written
from server.notifications import outbox
from server.orders.records import PlacedOrder
from tests.server.factories import act


def record_message(store: Store, placed: PlacedOrder, account_id: UUID) -> None:
    """Record that the subscriber of an order shall be told."""

    def unit(db: Connection) -> Written[None]:
        outbox.record(
            db,
            "service_live",
            account_id=account_id,
            service_id=placed.service_id,
            order_item_id=placed.order_item_id,
            act=act(),
        )
        return Written(None)

    store.write_now(unit)
