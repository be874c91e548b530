"""Sessions that meet another history, and enrolments after a key was lost."""

from collections import deque

import pytest
from uuid_utils.compat import uuid7

from field_client import enrolling
from field_client.engine import Blocked, Obstacle, Synced
from field_client.enrolling import OtherTechnician, Wish
from field_client.replica.state import Why, get_state, store_enrolment
from field_client.replica.views import count_all
from field_client.transport import Failure, NoAnswer, Refused
from sync_protocol import wire
from sync_protocol.messages import (
    BeginIncarnation,
    EnrolRequest,
    EnrolResponse,
    Refusal,
)
from tests.field_client.factories import COLLEAGUE, an_enrolment
from tests.field_client.http_server import Trick, play_fair, problem
from tests.field_client.tablets import Tablet

WISH = Wish(code="welcome-1234", device_name="t", public_key="k" * 44)
SYNC, BEGIN = "POST /sync/v1", "POST /devices/v1/incarnations"


def refuse(refusal: Refusal) -> Trick:
    return lambda _reply: problem(409, refusal)


async def test_a_fork_heals_by_itself(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    before = await tablet.store.read(get_state)
    asked = len(tablet.server.arrived)
    tablet.server.tricks.extend(
        [refuse(Refusal.FORK), refuse(Refusal.UNKNOWN_INCARNATION), play_fair]
    )

    report = await tablet.sync()

    state = await tablet.store.read(get_state)
    assert report.outcome == Synced()
    assert tablet.server.paths()[asked:] == [SYNC, SYNC, BEGIN, SYNC]
    assert (state.began_after, state.began_why) == (before.incarnation, Why.FORK)
    registered = wire.decode(tablet.server.arrived[asked + 2].body, BeginIncarnation)
    assert registered == BeginIncarnation(incarnation=state.incarnation, after=before.incarnation)
    assert (await tablet.store.read(count_all)).pending_operations == 0


async def test_a_server_that_has_more_than_the_tablet_made_heals_too(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    tablet.server.protocol.hear_from_a_copy((await tablet.store.read(get_state)).incarnation)

    report = await tablet.sync()

    assert report.outcome == Synced()
    assert (await tablet.store.read(get_state)).began_why is Why.FORK


async def test_an_incarnation_that_the_server_lost_is_registered_again(tablet: Tablet) -> None:
    tablet.server.tricks.extend([refuse(Refusal.UNKNOWN_INCARNATION), play_fair])
    before = await tablet.store.read(get_state)

    assert (await tablet.sync()).outcome == Synced()

    assert (await tablet.store.read(get_state)).incarnation == before.incarnation


async def test_an_incarnation_that_cannot_be_had_is_left_for_another(tablet: Tablet) -> None:
    tablet.server.tricks.extend([refuse(Refusal.UNKNOWN_INCARNATION), refuse(Refusal.FORK)])

    assert (await tablet.sync()).outcome == Synced()

    assert (await tablet.store.read(get_state)).began_why is Why.TAKEN


@pytest.mark.parametrize("refusal", [Refusal.FORK, Refusal.UNKNOWN_INCARNATION])
async def test_a_server_that_takes_no_incarnation_is_a_dead_end_and_no_storm(
    tablet: Tablet, refusal: Refusal
) -> None:
    await tablet.sync()
    await tablet.start_job()
    tablet.server.tricks.extend([refuse(refusal)] * 50)

    report = await tablet.sync()

    assert isinstance(report.outcome, Blocked)
    assert report.outcome.obstacle is Obstacle.FORK
    assert len(tablet.server.arrived) < 20
    assert (await tablet.store.read(count_all)).pending_operations == 1


class Door:
    """Answers enrolments in turn and keeps what was asked."""

    def __init__(self, *answers: EnrolResponse | Failure) -> None:
        self.asked: list[EnrolRequest] = []
        self._answers = deque(answers)

    async def enrol(self, request: EnrolRequest) -> EnrolResponse | Failure:
        self.asked.append(request)
        return self._answers.popleft()


TAKEN = Refused(status=409, detail="another device's")


async def enrol(tablet: Tablet, door: Door) -> EnrolResponse | Failure:
    return await enrolling.enrol(tablet.store, door, WISH, clock=tablet.clock, new_id=uuid7)


async def test_after_a_lost_key_what_waits_goes_on_in_a_new_incarnation(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    before = await tablet.store.read(get_state)
    door = Door(TAKEN, an_enrolment())

    assert await enrol(tablet, door) == an_enrolment()

    state = await tablet.store.read(get_state)
    assert [each.incarnation for each in door.asked] == [before.incarnation, state.incarnation]
    assert (state.began_why, state.began_after) == (Why.KEY_LOST, before.incarnation)
    assert state.head_dseq == 1


async def test_an_enrolment_whose_answer_was_lost_asks_for_the_same_again(tablet: Tablet) -> None:
    first, second = Door(TAKEN, NoAnswer(detail="lost")), Door(an_enrolment())

    await enrol(tablet, first)
    await enrol(tablet, second)

    assert second.asked == first.asked[1:]


async def test_work_of_one_technician_is_never_another_ones(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    door = Door(an_enrolment(COLLEAGUE))

    with pytest.raises(OtherTechnician, match="is kept for them"):
        await enrol(tablet, door)

    assert door.asked[0].technician_id == an_enrolment().technician_id
    assert (await tablet.store.read(count_all)).pending_operations == 1


async def test_without_the_key_that_it_was_enrolled_with_a_tablet_says_so_and_keeps_quiet(
    tablet: Tablet,
) -> None:
    await tablet.store.write(store_enrolment, tablet.server.url, an_enrolment(), "another key")

    report = await tablet.sync()

    assert isinstance(report.outcome, Blocked)
    assert report.outcome.obstacle is Obstacle.UNKNOWN_DEVICE
    assert "T. Echnician" in report.outcome.detail
    assert tablet.server.arrived == []
