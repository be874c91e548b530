"""Where the tablet is: said of entries for a while, and never longer."""

from uuid import UUID

import pytest

from field_client.position import FAR_M, GOOD_FOR_MS, Position, Whereabouts, far_off_m
from sync_protocol.ids import JobId

HERE = Position(latitude=52.5, longitude=13.4, accuracy_m=12)
JOB, OTHER = JobId(UUID(int=1)), JobId(UUID(int=2))
DEGREE_M = 111_195
"""Along a meridian, on the sphere that is reckoned with."""


def test_a_position_is_good_for_its_job_and_for_some_minutes() -> None:
    where = Whereabouts()
    where.tell(JOB, HERE, now_ms=1_000)

    assert where.fresh(1_000 + GOOD_FOR_MS) == {JOB: HERE}
    assert where.fresh(1_001 + GOOD_FOR_MS) == {}


def test_the_last_one_told_stands_and_each_job_has_its_own() -> None:
    where, later = Whereabouts(), Position(latitude=1, longitude=2)
    where.tell(JOB, HERE, now_ms=0)
    where.tell(OTHER, HERE, now_ms=10)
    where.tell(JOB, later, now_ms=20)

    assert where.fresh(30) == {JOB: later, OTHER: HERE}
    where.forget()
    assert where.fresh(30) == {}


@pytest.mark.parametrize(
    ("away_m", "accuracy_m", "told"),
    [(FAR_M - 1, 0, None), (FAR_M + 1, 0, FAR_M + 1), (FAR_M + 50, 60, None), (2_000, None, 2_000)],
)
def test_far_is_what_certainly_is(away_m: int, accuracy_m: int | None, told: int | None) -> None:
    here = Position(latitude=50.0, longitude=8.0, accuracy_m=accuracy_m)

    assert far_off_m(here, 50.0 + away_m / DEGREE_M, 8.0) == told
