"""Deliveries of the feed: whose turn it is, what is stored of an attempt, and how one ends."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from activation.snmp import Secret
from billing_bridge.adapter import Delivered, Outcome, Refused, TryLater
from billing_bridge.schedule import ATTEMPT_DELAYS_S
from server.database import Store
from server.database.tables.billing import (
    completion_events,
    webhook_deliveries,
    webhook_endpoints,
)
from server.database.tables.people import audit
from server.due_loop import TAKES_MAX
from server.invoices import dead_letters, deliveries
from server.invoices.deliveries import Deliverer, DueDelivery
from server.problems import Conflicting, NotFound
from tests.server.factories import act, change, count, found_town, place_order, rows
from tests.server.invoices.events import LIVE, append
from tests.server.operator import RECEIVER, SECRET, add_endpoint

GOOD = {"billing": Secret(SECRET)}
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


def test_a_restart_takes_up_what_was_in_hand_and_nothing_that_waits_its_turn(
    waiting: Store,
) -> None:
    take(waiting)
    waiting.write_now(deliveries.hurry, act=act(LIVE))
    again = take(waiting)
    assert again.attempt == 1

    settle(waiting, again, TryLater(why="busy", after_s=3600), now=LIVE)
    waiting.write_now(deliveries.hurry, act=act(LATER))

    assert waiting.write_now(deliveries.take_due, limit=64, act=act(LATER)) == ()


def receive(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=httpx.ByteStream(b""))


async def attempt(
    store: Store, *, secrets: Mapping[str, Secret] = GOOD, now: datetime = LIVE
) -> str:
    """Make the attempt that is due; how the delivery stands then, and why."""
    client = httpx.AsyncClient(transport=httpx.MockTransport(receive))
    deliverer = Deliverer(store, client, secrets, clock=lambda: now, random=lambda: 0.0)
    (delivery,) = await deliverer.take(64)
    await deliverer.handle(delivery)
    (row,) = rows(store, webhook_deliveries)
    return f"{row['state']}: {row['last_status']}"


async def test_an_event_that_cannot_be_read_ends_at_once_and_says_so(waiting: Store) -> None:
    change(waiting, sa.update(completion_events).values(event={"specversion": "1.0"}))

    assert await attempt(waiting) == (
        "dead_lettered: feed event 1 is damaged: Object missing required field `id`"
    )


async def test_a_secret_that_cannot_sign_ends_at_once_and_is_not_shown(waiting: Store) -> None:
    ended = await attempt(waiting, secrets={"billing": Secret("whsec_short")})

    assert ended.startswith("dead_lettered: the webhook secret ")
    assert "short" not in ended


async def test_a_secret_that_is_missing_is_waited_for(waiting: Store) -> None:
    assert await attempt(waiting, secrets={}) == (
        "waiting: the settings hold no webhook secret 'billing'"
    )


async def test_what_fails_unforeseen_is_tried_as_often_as_a_receiver_that_is_down(
    waiting: Store,
) -> None:
    client = httpx.AsyncClient()
    now = LIVE
    deliverer = Deliverer(waiting, client, GOOD, clock=lambda: now, random=lambda: 0.0)
    for _ in ATTEMPT_DELAYS_S:
        (delivery,) = await deliverer.take(64)
        await deliverer.fail(delivery, KeyError("url"))
        now += timedelta(days=2)

    assert await deliverer.take(64) == ()
    (row,) = rows(waiting, webhook_deliveries)
    assert row["state"] == "dead_lettered"
    assert row["last_status"] == "an error on our side, KeyError: see the log"


async def test_what_is_taken_again_and_again_without_an_end_is_given_up(waiting: Store) -> None:
    change(waiting, sa.update(webhook_deliveries).values(attempt=TAKES_MAX))

    assert await attempt(waiting) == f"dead_lettered: taken {TAKES_MAX} times and never ended"


async def test_what_was_given_up_is_shown_with_its_reason_and_tried_again(waiting: Store) -> None:
    event = rows(waiting, completion_events)[0]["event"]
    change(waiting, sa.update(completion_events).values(event={}))
    await attempt(waiting)
    (standing,) = waiting.read_now(dead_letters.list_endpoints)
    assert (standing.url, standing.waiting, standing.dead_lettered) == (RECEIVER, 0, 1)
    assert "is damaged" in (standing.dead_letters[0].last_status or "")

    change(waiting, sa.update(completion_events).values(event=event))
    assert waiting.write_now(dead_letters.retry, standing.id, act=act(LATER)) == 1

    assert await attempt(waiting, now=LATER) == "delivered: delivered: 200"
    (standing,) = waiting.read_now(dead_letters.list_endpoints)
    assert (standing.dead_lettered, standing.dead_letters) == (0, ())
    assert count(waiting, audit, audit.c.action == "webhook.retried") == 1


def test_nothing_is_tried_again_for_a_receiver_that_is_gone(waiting: Store) -> None:
    settle(waiting, take(waiting), GONE)
    (standing,) = waiting.read_now(dead_letters.list_endpoints)

    with pytest.raises(Conflicting, match="add it again"):
        waiting.write_now(dead_letters.retry, standing.id, act=act())
    with pytest.raises(NotFound):
        waiting.write_now(dead_letters.retry, UUID(int=1), act=act())


def test_an_endpoint_whose_secret_the_settings_do_not_hold_is_found(waiting: Store) -> None:
    (standing,) = waiting.read_now(dead_letters.list_endpoints)

    assert waiting.read_now(dead_letters.find_without_secret, GOOD) == {}
    assert waiting.read_now(dead_letters.find_without_secret, {}) == {standing.id: "billing"}
