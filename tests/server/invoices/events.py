"""Events of the completion feed, as if services had gone live."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from billing_bridge.feed import InstallCompleted
from billing_bridge.money import PriceSnapshot
from billing_bridge.start import BillingStartPolicy
from server.database import Connection, Store, Written
from server.invoices import feed
from server.orders.records import PlacedOrder
from tests.server.factories import act

LIVE: Final = datetime(2026, 7, 20, 22, 30, tzinfo=UTC)
"""In Berlin it is the 21st already."""


def append(store: Store, placed: PlacedOrder, premise: UUID) -> str:
    """Append an event; each is of an order item of its own, which its id is made from."""

    def unit(db: Connection) -> Written[str]:
        data = InstallCompleted(
            service_id=placed.service_id,
            order_id=placed.order_id,
            order_item_id=uuid7(),
            premise_id=premise,
            ont_serial="HWTC1A2B3C4D",
            completed_at=LIVE,
            received_at=LIVE,
            live_at=LIVE,
            rx_power_cdbm=-1910,
            billing_start=date(2026, 7, 21),
            billing_policy=BillingStartPolicy.LIVE_DAY,
            price=PriceSnapshot(price_minor=3990, currency="EUR", price_version="FIBER-300/1"),
            evidence_digest="a" * 64,
        )
        return Written(feed.append(db, data, operator_slug="stadtnetz", act=act(LIVE)).id)

    return store.write_now(unit)
