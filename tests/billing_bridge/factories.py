"""Valid billing records in one call; a test names only what matters to it."""

import base64
import time
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from billing_bridge.feed import CompletionEvent, InstallCompleted, completion_event
from billing_bridge.ledger import BilledService, BillingTerms
from billing_bridge.money import PriceSnapshot
from billing_bridge.start import BillingStartPolicy, ServiceInstants
from billing_bridge.webhooks import WebhookSecret

SECRET = WebhookSecret("whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode())
OTHER_SECRET = WebhookSecret(
    "whsec_" + base64.b64encode(b"another secret of enough bytes..").decode()
)
EVENT_ID = UUID("019aae00-0000-7000-8000-0000000000e1")
SERVICE_ID = UUID("019aae00-0000-7000-8000-0000000000c1")
PRICE = PriceSnapshot(price_minor=4900, currency="EUR", price_version="2026-01")


def wall_clock() -> datetime:
    """Give the real time: the standardwebhooks library checks signatures against its own clock."""
    return datetime.fromtimestamp(time.time(), UTC)


def instants(**changes: object) -> ServiceInstants:
    given = ServiceInstants(
        completed_at=datetime(2026, 1, 14, 13, 2, tzinfo=UTC),
        received_at=datetime(2026, 1, 14, 15, 30, tzinfo=UTC),
        live_at=datetime(2026, 1, 14, 15, 30, 9, tzinfo=UTC),
    )
    return msgspec.structs.replace(given, **changes)


def terms(**changes: object) -> BillingTerms:
    given = BillingTerms(
        account_id=UUID("019aae00-0000-7000-8000-0000000000a1"), zone="Europe/Berlin"
    )
    return msgspec.structs.replace(given, **changes)


def a_service(**changes: object) -> BilledService:
    given = BilledService(
        service_id=SERVICE_ID,
        order_item_id=UUID("019aae00-0000-7000-8000-0000000000b1"),
        price=PRICE,
    )
    return msgspec.structs.replace(given, **changes)


def a_completion(**changes: object) -> InstallCompleted:
    given = InstallCompleted(
        service_id=SERVICE_ID,
        order_id=UUID("019aae00-0000-7000-8000-0000000000b0"),
        order_item_id=UUID("019aae00-0000-7000-8000-0000000000b1"),
        premise_id=UUID("019aae00-0000-7000-8000-0000000000d1"),
        ont_serial="HWTC1A2B3C4D",
        completed_at=datetime(2026, 1, 14, 13, 2, tzinfo=UTC),
        received_at=datetime(2026, 1, 14, 15, 30, tzinfo=UTC),
        live_at=datetime(2026, 1, 14, 15, 30, 9, tzinfo=UTC),
        rx_power_cdbm=-1940,
        billing_start=date(2026, 1, 14),
        billing_policy=BillingStartPolicy.LIVE_DAY,
        price=PRICE,
        evidence_digest="ab" * 32,
    )
    return msgspec.structs.replace(given, **changes)


def an_event(
    data: InstallCompleted | None = None, *, event_id: UUID = EVENT_ID, sequence: int = 1
) -> CompletionEvent:
    return completion_event(
        data or a_completion(), event_id=event_id, operator_slug="north-fiber", sequence=sequence
    )
