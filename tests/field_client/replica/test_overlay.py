from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_client.replica.overlay import overlay
from sync_protocol.documents import VersionedValue
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.operations import GiveUpJob, MoveJob, OperationBody, SetField
from tests.field_client.factories import COLLEAGUE, TECHNICIAN, a_job

JOB = JobId(UUID(int=100))


def moved(event: JobEvent, base: int = 3) -> MoveJob:
    return MoveJob(job_id=JOB, event=event, base_state_version=base)


def noted(value: str, base: int = 0) -> SetField:
    return SetField(job_id=JOB, field="access_notes", value=value, base_version=base, base_value="")


@pytest.mark.parametrize(
    ("events", "state", "version"),
    [
        ([], JobState.ASSIGNED, 3),
        ([JobEvent.ACCEPT], JobState.ACCEPTED, 4),
        ([JobEvent.ACCEPT, JobEvent.ARRIVE, JobEvent.START], JobState.WORKING, 6),
        # What cannot be, the server will park: it does not move the job here either.
        ([JobEvent.RESUME], JobState.ASSIGNED, 3),
        ([JobEvent.RESUME, JobEvent.START], JobState.WORKING, 4),
    ],
)
def test_pending_moves_show_where_the_job_will_be(
    events: list[JobEvent], state: JobState, version: int
) -> None:
    shown = overlay(a_job(), TECHNICIAN, captures={}, pending=[moved(event) for event in events])

    assert (shown.state, shown.state_version) == (state, version)


def test_a_job_of_a_colleague_is_not_moved_by_what_was_done_here() -> None:
    job = a_job(assignee_id=COLLEAGUE, state=JobState.EN_ROUTE)

    shown = overlay(job, TECHNICIAN, captures={}, pending=[moved(JobEvent.START)])

    assert shown.state is JobState.EN_ROUTE


def test_an_edited_field_shows_here_before_it_is_sent() -> None:
    job = a_job(fields={"access_notes": VersionedValue(value="bell broken", version=2)})

    shown = overlay(
        job, TECHNICIAN, captures={}, pending=[noted("key at no. 3", 2), noted("no key", 3)]
    )

    assert shown.fields["access_notes"] == VersionedValue(value="no key", version=4)


BODIES = st.lists(
    st.one_of(
        st.sampled_from(sorted(JobEvent)).map(moved),
        st.text(max_size=5).map(noted),
        st.just(GiveUpJob(job_id=JOB, code="N01", base_state_version=3)),
    ),
    max_size=8,
)


@given(BODIES, BODIES)
def test_settling_in_pieces_shows_what_settling_at_once_shows(
    first: list[OperationBody], second: list[OperationBody]
) -> None:
    at_once = overlay(a_job(), TECHNICIAN, captures={}, pending=[*first, *second])
    half_way = overlay(a_job(), TECHNICIAN, captures={}, pending=first)
    job = a_job(state=half_way.state, state_version=half_way.state_version, fields=half_way.fields)

    assert overlay(job, TECHNICIAN, captures={}, pending=second) == at_once
