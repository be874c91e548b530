"""Deliveries of the feed: whose turn it is, what is stored of an attempt, and how one ends."""

from datetime import datetime, timedelta

import pytest

from billing_bridge.adapter import Delivered, Outcome, Refused, TryLater
from server.database import Store
from server.database.tables.billing import webhook_deliveries, webhook_endpoints
from server.invoices import deliveries
from server.invoices.deliveries import DueDelivery
from tests.server.factories import act, found_town, place_order, rows
from tests.server.invoices.events import LIVE, append
from tests.server.operator import RECEIVER, add_endpoint

LATER = LIVE + deliveries.TAKEN_FOR
GONE = Refused(why="the receiver answered 410 Gone", gone=True)


@pytest.fixture
def waiting(store: Store) -> Store:
    """A store with one delivery that is due."""
    town = found_town(store)
    placed = place_order(store)
    add_endpoint(store)
    append(store, placed, town.premises[0])
    return store


def take(store: Store, now: datetime = LIVE) -> DueDelivery:
    (taken,) = store.write_now(deliveries.take_due, limit=64, act=act(now))
    return taken


def settle(store: Store, delivery: DueDelivery, outcome: Outcome, now: datetime = LATER) -> object:
    return store.write_now(deliveries.settle, delivery, outcome, jitter=0.0, act=act(now))


def test_a_delivery_in_hand_is_nobody_elses_until_its_time_is_over(waiting: Store) -> None:
    taken = take(waiting)

    assert taken.url == RECEIVER
    assert waiting.write_now(deliveries.take_due, limit=64, act=act(LIVE)) == ()
    assert take(waiting, LATER).attempt == taken.attempt + 1


@pytest.mark.parametrize("late", [TryLater(why="timed out"), GONE, Delivered(status=200)])
def test_a_late_answer_to_a_lost_attempt_does_not_overwrite_the_attempt_in_hand(
    waiting: Store, late: Outcome
) -> None:
    lost = take(waiting)
    in_hand = take(waiting, LATER)

    assert settle(waiting, lost, late) is None

    (row,) = rows(waiting, webhook_deliveries)
    assert (row["state"], row["last_status"]) == ("waiting", None)
    assert row["next_at"] == in_hand.taken_until
    (endpoint,) = rows(waiting, webhook_endpoints)
    assert endpoint["state"] == "enabled"


@pytest.mark.parametrize("late", [TryLater(why="timed out"), GONE])
def test_a_late_answer_to_a_lost_attempt_does_not_undo_what_the_next_one_brought(
    waiting: Store, late: Outcome
) -> None:
    lost = take(waiting)
    settle(waiting, take(waiting, LATER), Delivered(status=200))

    assert settle(waiting, lost, late) is None

    (row,) = rows(waiting, webhook_deliveries)
    assert (row["state"], row["last_status"]) == ("delivered", "delivered: 200")


def test_a_late_answer_does_not_shorten_the_wait_that_a_later_attempt_was_given(
    waiting: Store,
) -> None:
    lost = take(waiting)
    settle(waiting, take(waiting, LATER), TryLater(why="busy", after_s=3600))

    assert settle(waiting, lost, TryLater(why="timed out")) is None

    (row,) = rows(waiting, webhook_deliveries)
    assert (row["last_status"], row["next_at"]) == ("busy", LATER + timedelta(hours=1))
