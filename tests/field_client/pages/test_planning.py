from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest

from field_client.pages.planning import in_travel_order, plan
from field_client.replica.captures import Receipt
from field_client.replica.cards import JobCard, Shown
from sync_protocol.documents import Appointment, JobKind
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobState
from tests.field_client.factories import NOON

HOUR = timedelta(hours=1)
TODAY = date(2026, 3, 14)


def a_card(number: int, **changes: object) -> JobCard:
    appointment = Appointment(starts_at=NOON, ends_at=NOON + 2 * HOUR)
    shown = Shown(appointment=appointment, address="", customer="", phone="", product="",
                  terminal="", expected_ont="", fields={})  # fmt: skip
    card = JobCard(
        id=JobId(UUID(int=number)),
        number=f"J-{number}",
        state=JobState.ASSIGNED,
        address="",
        appointment=appointment,
        lingering=False,
        receipt=Receipt.SENT,
        pending_operations=0,
        pending_blobs=0,
        kind=JobKind.INSTALL,
        shown=shown,
        customer_name="",
        latitude=52.5,
        longitude=13.4,
        zone="Europe/Berlin",
    )
    return msgspec.structs.replace(card, **changes)


def at(hours: float) -> Appointment:
    return Appointment(starts_at=NOON + hours * HOUR, ends_at=NOON + (hours + 2) * HOUR)


def test_jobs_are_driven_to_by_appointment_and_then_to_the_nearest() -> None:
    cards = [
        a_card(1, appointment=at(2)),
        a_card(2, longitude=13.9),
        a_card(3, longitude=13.41),
        a_card(4),
    ]

    stops = in_travel_order(cards)

    ways = [stop.from_before_m for stop in stops]
    assert [stop.card.number for stop in stops] == ["J-2", "J-3", "J-4", "J-1"]
    assert [None if way is None else round(way, -3) for way in ways] == [None, 33_000, 1_000, 0]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, "days"),
        ({"appointment": at(24)}, "days"),
        ({"appointment": at(-24)}, "overdue"),
        ({"state": JobState.COMPLETED}, "ended"),
        ({"state": JobState.NOT_DONE, "appointment": at(24)}, "ended"),
        ({"lingering": True}, "ended"),
    ],
)
def test_a_job_stands_where_it_is_looked_for(changes: dict[str, object], place: str) -> None:
    planned = plan([a_card(1, **changes)], TODAY)

    assert {
        "overdue": len(planned.overdue), "days": len(planned.days), "ended": len(planned.ended),
    } == {"overdue": 0, "days": 0, "ended": 0, place: 1}  # fmt: skip


def test_the_day_is_that_of_the_premise() -> None:
    late = Appointment(starts_at=NOON.replace(hour=23), ends_at=NOON.replace(hour=23, minute=59))
    planned = plan([a_card(1, appointment=late)], TODAY)

    assert [day.on for day in planned.days] == [TODAY + timedelta(days=1)]
