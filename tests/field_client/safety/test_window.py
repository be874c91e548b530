from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_client.safety.window import Contact, Standing, judge, look, met
from sync_protocol.operations import Moment
from tests.field_client.factories import NOON

LIMIT = timedelta(days=7)
DAY_MS = 86_400_000
CONTACT = met(NOON, Moment(wall=NOON, monotonic_ms=1_000, boot_id="boot-1"))


def moment(*, ran_days: float, wall_days: float, boot: str = "boot-1") -> Moment:
    started_ms = 1_000 if boot == "boot-1" else 0
    return Moment(
        wall=NOON + timedelta(days=wall_days),
        monotonic_ms=started_ms + int(ran_days * DAY_MS),
        boot_id=boot,
    )


@pytest.mark.parametrize(
    ("days", "standing"),
    [
        (0, Standing.FRESH),
        (5.2, Standing.FRESH),
        (5.25, Standing.WARN),
        (6.99, Standing.WARN),
        (7, Standing.READ_ONLY),
        (400, Standing.READ_ONLY),
    ],
)
@pytest.mark.parametrize("wall_days", [-900, 0, 900])
def test_within_one_boot_no_wall_clock_matters(
    days: float, standing: Standing, wall_days: float
) -> None:
    offline = judge(CONTACT, moment(ran_days=days, wall_days=wall_days), LIMIT)

    assert offline.standing is standing
    assert offline.passed_ms == int(days * DAY_MS)
    assert not offline.is_guess


@pytest.mark.parametrize(
    ("days", "standing"), [(1, Standing.FRESH), (6, Standing.WARN), (8, Standing.READ_ONLY)]
)
def test_after_another_boot_the_wall_clock_tells_and_it_is_said_to_be_a_guess(
    days: float, standing: Standing
) -> None:
    offline = judge(CONTACT, moment(ran_days=0.01, wall_days=days, boot="boot-2"), LIMIT)

    assert offline.standing is standing
    assert offline.is_guess is (standing is not Standing.FRESH)


def test_a_clock_that_is_set_back_gives_no_day_back() -> None:
    seen = look(CONTACT, moment(ran_days=0.1, wall_days=6.9, boot="boot-2"))

    offline = judge(seen, moment(ran_days=0.2, wall_days=-300, boot="boot-2"), LIMIT)

    assert offline.standing is Standing.WARN
    assert offline.left_ms == pytest.approx(0.1 * DAY_MS)


def test_a_clock_that_stands_in_the_past_for_ever_still_runs_out() -> None:
    """Every day another boot with a dead battery, so the wall clock begins in the past again."""
    contact = CONTACT
    for day in range(2, 10):
        for ran_days in (0, 0.5, 0.95):
            now = moment(ran_days=ran_days, wall_days=ran_days - 5_000, boot=f"boot-{day}")
            contact = look(contact, now)

    last = moment(ran_days=0, wall_days=-5_000, boot="boot-99")
    assert judge(contact, last, LIMIT).standing is Standing.READ_ONLY


def test_a_clock_that_jumped_ahead_is_named_in_the_refusal() -> None:
    offline = judge(CONTACT, moment(ran_days=0.5, wall_days=365, boot="boot-2"), LIMIT)

    assert offline.standing is Standing.READ_ONLY
    assert "last heard from the office on 2026-03-14 12:00 UTC" in offline.detail
    assert "its clock, which has shown 2027-03-14" in offline.detail
    assert "What was entered is safe" in offline.detail


def test_a_known_time_is_told_without_a_doubt() -> None:
    offline = judge(CONTACT, moment(ran_days=8, wall_days=8), LIMIT)

    assert "its clock" not in offline.detail
    assert judge(CONTACT, moment(ran_days=1, wall_days=1), LIMIT).detail == ""


MOMENTS = st.builds(
    Moment,
    wall=st.integers(-900 * 24, 900 * 24).map(lambda hours: NOON + timedelta(hours=hours)),
    monotonic_ms=st.integers(0, 10**10),
    boot_id=st.sampled_from(["boot-1", "boot-2", "boot-3"]),
)


@given(seen=st.lists(MOMENTS, max_size=6), at=MOMENTS, ran_ms=st.integers(0, 10**9), later=MOMENTS)
def test_no_setting_of_a_clock_gives_time_back(
    seen: list[Moment], at: Moment, ran_ms: int, later: Moment
) -> None:
    contact = CONTACT
    for moment_seen in seen:
        contact = look(contact, moment_seen)
    told = judge(contact, at, LIMIT).passed_ms
    contact = look(contact, at)

    later = msgspec.structs.replace(
        at, wall=later.wall, monotonic_ms=min(10**12, at.monotonic_ms + ran_ms)
    )

    assert judge(contact, later, LIMIT).passed_ms >= told
    assert msgspec.json.decode(msgspec.json.encode(contact), type=Contact) == contact
