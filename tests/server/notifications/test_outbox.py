"""The outbox of notifications: whose turn a message is, and what is noted of a send."""

from datetime import datetime, timedelta

import pytest

from server.database import Store
from server.database.tables.billing import notifications
from server.notifications import outbox
from server.notifications.outbox import Message
from tests.server.factories import NOON, act, found_town, place_order, rows
from tests.server.notifications.messages import record_message

LATER = NOON + outbox.TAKEN_FOR


@pytest.fixture
def waiting(store: Store) -> Store:
    """A store with one message that is due."""
    town = found_town(store)
    record_message(store, place_order(store), town.account)
    return store


def take(store: Store, now: datetime = NOON) -> Message:
    (taken,) = store.write_now(outbox.take_due, limit=64, act=act(now))
    return taken


def settle(store: Store, message: Message, state: str, next_at: datetime | None = None) -> bool:
    return store.write_now(
        outbox.settle, message, state=state, status=state, next_at=next_at, act=act(LATER)
    )


def test_a_message_in_hand_is_nobody_elses_until_its_time_is_over(waiting: Store) -> None:
    taken = take(waiting)

    assert waiting.write_now(outbox.take_due, limit=64, act=act()) == ()
    assert take(waiting, LATER).attempt == taken.attempt + 1


@pytest.mark.parametrize("late", ["failed", "sent", "waiting"])
def test_a_late_answer_to_a_lost_send_does_not_overwrite_the_send_in_hand(
    waiting: Store, late: str
) -> None:
    lost = take(waiting)
    in_hand = take(waiting, LATER)

    assert not settle(waiting, lost, late, NOON if late == "waiting" else None)

    (row,) = rows(waiting, notifications)
    assert (row["state"], row["last_status"], row["sent_at"]) == ("waiting", None, None)
    assert row["next_at"] == in_hand.taken_until


@pytest.mark.parametrize("late", ["failed", "waiting"])
def test_a_late_answer_to_a_lost_send_does_not_undo_what_the_next_one_brought(
    waiting: Store, late: str
) -> None:
    lost = take(waiting)
    assert settle(waiting, take(waiting, LATER), "sent")

    assert not settle(waiting, lost, late, NOON if late == "waiting" else None)

    (row,) = rows(waiting, notifications)
    assert (row["state"], row["sent_at"]) == ("sent", LATER)


def test_a_restart_takes_up_what_was_in_hand_and_nothing_that_waits_its_turn(
    waiting: Store,
) -> None:
    take(waiting)
    waiting.write_now(outbox.hurry, act=act())
    again = take(waiting)
    assert again.attempt == 1

    settle(waiting, again, "waiting", LATER + timedelta(hours=1))
    waiting.write_now(outbox.hurry, act=act(LATER))

    assert waiting.write_now(outbox.take_due, limit=64, act=act(LATER)) == ()
