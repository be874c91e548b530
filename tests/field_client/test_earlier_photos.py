"""Which photos of earlier visits belong on a tablet, as cases."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from field_client.earlier_photos import Limits, Showing, showings, wanted
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobState
from tests.field_client.factories import NOON, a_job, a_visit
from tests.field_client.tablets import JOB

OTHER = JobId(UUID(int=101))
A, B, C, D = (letter * 64 for letter in "abcd")
ENOUGH = Limits(count_per_job=10, bytes_per_job=1_000, count=10, bytes=1_000)


def test_the_soonest_appointment_comes_first_and_of_a_job_the_newest_visit() -> None:
    appointment = a_job().appointment
    later = msgspec.structs.replace(appointment, starts_at=NOON + timedelta(days=1))
    jobs = [
        a_job(id=OTHER, appointment=later, visits=(a_visit(A),)),
        a_job(visits=(a_visit(B, C), a_visit(C, D))),
    ]

    assert showings(jobs) == (Showing(JOB, (B, C, D)), Showing(OTHER, (A,)))


def test_a_job_that_has_ended_shows_nothing() -> None:
    assert showings([a_job(state=JobState.COMPLETED, visits=(a_visit(A),))]) == ()


CASES: list[tuple[str, dict[str, int], dict[str, int], list[str]]] = [
    ("all of it fits", {}, {}, [A, B, C, D]),
    ("so many of a job", {"count_per_job": 1}, {}, [A, C]),
    ("so many in all", {"count": 3}, {}, [A, B, C]),
    ("none", {"count_per_job": 0}, {}, []),
    ("a large one takes the room of those after it", {"bytes_per_job": 100}, {A: 100}, [A, C, D]),
    ("one that does not fit gives way", {"bytes_per_job": 100}, {A: 60, B: 60}, [A, C, D]),
    ("the sooner job goes first", {"bytes": 100}, {A: 50, B: 50, C: 50}, [A, B]),
]


@pytest.mark.parametrize(
    ("changes", "here", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_wanted_keeps_within_the_limits(
    changes: dict[str, int], here: dict[str, int], expected: list[str]
) -> None:
    limits = msgspec.structs.replace(ENOUGH, **changes)
    shown = (Showing(JOB, (A, B, C)), Showing(OTHER, (C, D)))

    assert [each.sha256 for each in wanted(shown, here, limits)] == expected


def test_what_is_left_is_what_the_photos_before_it_do_not_take() -> None:
    shown = (Showing(JOB, (A, B)), Showing(OTHER, (C,)))
    limits = msgspec.structs.replace(ENOUGH, bytes_per_job=300, bytes=400)

    chosen = {each.sha256: each.bytes_left for each in wanted(shown, {A: 250}, limits)}

    assert chosen == {A: 300, B: 50, C: 150}
