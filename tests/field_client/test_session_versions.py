"""Sessions with servers of other versions, over real sockets: nothing is lost to age."""

import msgspec
import pytest

from field_client.engine import Blocked, Obstacle, Synced
from field_client.replica.state import get_state
from field_client.replica.views import count_all, get_job
from sync_protocol import wire
from sync_protocol.jobs import JobState
from sync_protocol.messages import (
    PullPage,
    Refusal,
    RefusedSync,
    SyncRequest,
    SyncResponse,
    Upgrade,
)
from sync_protocol.versions import VersionRange
from tests.field_client.factories import a_job
from tests.field_client.http_server import Reply, problem
from tests.field_client.tablets import JOB, Tablet


def withhold(reply: Reply) -> Reply:
    """Answer as a server does that is too new for the tablet to pull from."""
    said = wire.decode(wire.decompress(reply.body), SyncResponse)
    upgrade = Upgrade(needed_for="pull", detail="protocol 1 is too old to receive")
    empty = PullPage(cursor=None, more=False, entries=())
    withheld = msgspec.structs.replace(said, pull=empty, upgrade=upgrade)
    return msgspec.structs.replace(reply, body=wire.compress(wire.encode(withheld)))


def refuse(lowest: int, highest: int) -> Reply:
    body = RefusedSync(
        refusal=Refusal.UPGRADE_REQUIRED,
        detail="another version",
        needed_for="push",
        lowest_protocol=lowest,
        highest_protocol=highest,
    )
    return Reply(426, {"content-type": "application/problem+json"}, wire.encode(body))


def refuse_old(_reply: Reply) -> Reply:
    return refuse(2, 3)


def refuse_new(_reply: Reply) -> Reply:
    return refuse(1, 2)


def spoken(tablet: Tablet) -> list[int]:
    asked = (each for each in tablet.server.arrived if each.path == "/sync/v1")
    return [wire.decode(wire.decompress(each.body), SyncRequest).protocol for each in asked]


async def test_a_tablet_too_old_to_pull_goes_on_pushing_and_says_so(tablet: Tablet) -> None:
    await tablet.sync()
    before = await tablet.store.read(get_state)
    tablet.clock.pass_ms(1_000)
    tablet.server.protocol.put_job(a_job(number="renamed"))
    await tablet.start_job()
    tablet.server.tricks.append(withhold)

    report = await tablet.sync()

    assert (report.outcome, report.acked) == (Synced(), 1)
    assert report.upgrade == "protocol 1 is too old to receive"
    after = await tablet.store.read(get_state)
    assert (after.cursor, after.last_synced_at) == (before.cursor, before.last_synced_at)
    assert (await tablet.store.read(get_job, JOB)).card.state is JobState.WORKING
    # As soon as it is new enough, everything is there.
    assert (await tablet.sync()).upgrade is None
    assert (await tablet.store.read(get_job, JOB)).document.number == "renamed"


async def test_a_tablet_too_old_to_push_keeps_everything(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    tablet.server.tricks.append(refuse_old)

    report = await tablet.sync()

    assert isinstance(report.outcome, Blocked)
    assert report.outcome.obstacle is Obstacle.UPGRADE_REQUIRED
    assert (await tablet.store.read(count_all)).pending_operations == 1


async def test_a_tablet_newer_than_the_server_speaks_what_both_know(tablet: Tablet) -> None:
    tablet.protocols = VersionRange(lowest=1, highest=4)
    tablet.server.tricks.append(refuse_new)

    report = await tablet.sync()

    assert report.outcome == Synced()
    assert spoken(tablet) == [4, 2]


@pytest.mark.parametrize("answers", [1, 9])
async def test_a_tablet_that_has_no_version_in_common_does_not_ask_in_circles(
    tablet: Tablet, answers: int
) -> None:
    tablet.protocols = VersionRange(lowest=3, highest=4)
    tablet.server.tricks.extend([refuse_new] * answers)

    report = await tablet.sync()

    assert isinstance(report.outcome, Blocked)
    assert spoken(tablet) == [4]


async def test_a_server_of_before_that_names_no_versions_is_believed(tablet: Tablet) -> None:
    tablet.server.tricks.append(lambda _reply: problem(426, Refusal.UPGRADE_REQUIRED))

    report = await tablet.sync()

    assert isinstance(report.outcome, Blocked)
    assert report.outcome.obstacle is Obstacle.UPGRADE_REQUIRED
