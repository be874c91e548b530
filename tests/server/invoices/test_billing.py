"""Charges, the completion feed and its deliveries, over the store."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from billing_bridge.feed import Cursor, FeedPage, decode_cursor
from billing_bridge.ledger import InvoiceLine, InvoiceState
from billing_bridge.start import ServiceInstants
from server.database import Connection, Store, Written
from server.database.tables.billing import (
    completion_events,
    invoices,
    webhook_deliveries,
    webhook_endpoints,
)
from server.database.tables.people import audit
from server.invoices import charging, deliveries, feed
from server.orders.records import PlacedOrder
from server.problems import Conflicting, Damaged
from server.services import storage as services
from tests.server.factories import act, change, count, found_town, place_order, rows
from tests.server.invoices.events import LIVE, append
from tests.server.operator import RECEIVER, add_endpoint


def charge(store: Store, placed: PlacedOrder, live_at: datetime = LIVE) -> InvoiceLine:
    def unit(db: Connection) -> Written[InvoiceLine]:
        instants = ServiceInstants(completed_at=live_at, received_at=live_at, live_at=live_at)
        service = services.get(db, placed.service_id)
        return Written(
            charging.charge_first(db, service, placed.order_item_id, instants, act=act(live_at))
        )

    return store.write_now(unit)


def test_the_first_charge_runs_from_the_live_day_in_the_accounts_zone(store: Store) -> None:
    found_town(store)
    line = charge(store, place_order(store))

    assert line.billing_start == date(2026, 7, 21)
    assert (line.billed_days, line.period_days) == (11, 31)
    assert line.amount_minor == 1416  # 3990 * 11 / 31 = 1415.8, half up
    assert line.currency == "EUR"


def test_two_services_of_one_account_share_the_draft_of_a_period(store: Store) -> None:
    found_town(store)
    first, second = place_order(store), place_order(store, "O-2", house=2)

    assert charge(store, first).invoice_id == charge(store, second).invoice_id
    assert count(store, invoices) == 1


@pytest.mark.parametrize("state", [InvoiceState.ISSUED, InvoiceState.VOID])
def test_a_charge_after_the_invoice_was_issued_goes_to_the_draft_of_the_next_period(
    store: Store, state: InvoiceState
) -> None:
    found_town(store)
    first, second, third = (place_order(store, f"O-{at}", house=at) for at in (1, 2, 3))
    issued = charge(store, first).invoice_id
    change(store, sa.update(invoices).values(state=state))

    late, later = charge(store, second), charge(store, third)

    assert late.invoice_id == later.invoice_id != issued
    assert (late.period_start, late.period_end) == (date(2026, 7, 21), date(2026, 8, 1))
    drafts = [row for row in rows(store, invoices) if row["state"] == "draft"]
    assert [(row["period_start"], row["period_end"]) for row in drafts] == [
        (date(2026, 8, 1), date(2026, 9, 1))
    ]


def test_a_charge_that_comes_very_late_goes_to_the_first_period_that_is_still_open(
    store: Store,
) -> None:
    found_town(store)
    first, second, third = (place_order(store, f"O-{at}", house=at) for at in (1, 2, 3))
    charge(store, first)
    charge(store, second, LIVE + timedelta(days=31))
    change(store, sa.update(invoices).values(state="issued"))

    line = charge(store, third)

    (draft,) = [row for row in rows(store, invoices) if row["state"] == "draft"]
    assert (draft["id"], draft["period_start"]) == (line.invoice_id, date(2026, 9, 1))
    assert line.period_start == date(2026, 7, 21)


def test_a_service_is_charged_for_a_period_once(store: Store) -> None:
    found_town(store)
    placed = place_order(store)
    charge(store, placed)

    with pytest.raises(Exception, match=r"(?i)unique"):
        charge(store, placed)
    with pytest.raises(Exception, match=r"(?i)unique"):
        charge(store, placed, LIVE + timedelta(days=40))
    assert len(store.read_now(charging.list_lines, placed.service_id)) == 1


def read_all(store: Store, limit: int) -> Sequence[str]:
    """Follow the cursor to the end; the ids in order."""
    found: list[str] = []
    cursor = None
    while True:
        page: FeedPage = store.read_now(feed.page, cursor, limit=limit)
        if not page.events:
            return found
        found += [event.id for event in page.events]
        cursor = decode_cursor(page.next_cursor)


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_the_feed_is_read_without_gap_or_repeat_by_any_page_size(store: Store, limit: int) -> None:
    town = found_town(store)
    placed = place_order(store)
    appended = [append(store, placed, town.premises[0]) for _ in range(5)]

    assert read_all(store, limit) == appended


def test_a_cursor_of_another_life_of_the_server_skips_nothing_silently(store: Store) -> None:
    town = found_town(store)
    append(store, place_order(store), town.premises[0])

    with pytest.raises(Conflicting, match="read again without 'after'"):
        store.read_now(feed.page, Cursor("another-epoch", 1000))


def test_a_page_ends_before_an_event_that_cannot_be_read_and_the_next_says_why(
    store: Store,
) -> None:
    town = found_town(store)
    placed = place_order(store)
    first, _ = (append(store, placed, town.premises[0]) for _ in range(2))
    damaged = sa.update(completion_events).where(completion_events.c.position == 2)
    change(store, damaged.values(event={"id": 7}))

    page = store.read_now(feed.page, None)

    assert [event.id for event in page.events] == [first]
    with pytest.raises(Damaged, match="feed event 2 is damaged"):
        store.read_now(feed.page, decode_cursor(page.next_cursor))


def test_adding_an_endpoint_again_enables_it_under_its_new_secret(store: Store) -> None:
    endpoint = add_endpoint(store)
    change(store, sa.update(webhook_endpoints).values(state="disabled"))

    assert store.write_now(deliveries.add_endpoint, RECEIVER, "newer", act=act()) == endpoint

    (row,) = rows(store, webhook_endpoints)
    assert (row["state"], row["secret_name"]) == ("enabled", "newer")
    assert [line["detail"]["secret_name"] for line in rows(store, audit)] == ["billing", "newer"]


def test_an_endpoint_hears_of_what_comes_after_it(store: Store) -> None:
    town = found_town(store)
    placed = place_order(store)
    append(store, placed, town.premises[0])
    endpoint = add_endpoint(store)
    assert add_endpoint(store) == endpoint

    append(store, placed, town.premises[0])

    assert [row["position"] for row in rows(store, webhook_deliveries)] == [2]
