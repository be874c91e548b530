"""Sessions over real sockets, with a replica on the disk and a server that plays tricks."""

from pathlib import Path
from uuid import UUID

import pytest

from field_client.engine import Blocked, Busy, Obstacle, Synced, Unreachable
from field_client.keys import DeviceKey
from field_client.replica.cards import list_jobs
from field_client.replica.state import find_enrolment, get_state, initialise
from field_client.replica.views import count_all, list_blob_faults
from field_client.storage import Connection, open_store
from sync_protocol.ids import Epoch, Incarnation
from sync_protocol.jobs import JobState
from sync_protocol.messages import Refusal
from tests.field_client import http_server
from tests.field_client.factories import (
    COLLEAGUE,
    JPEG,
    a_job,
)
from tests.field_client.fake_server import FakeServer
from tests.field_client.http_server import HttpFakeServer, Trick, serving
from tests.field_client.tablets import JOB, KEY, Tablet


def place(db: Connection) -> tuple[object, ...]:
    state = get_state(db)
    return state.acked_dseq, state.settled_dseq, state.cursor, state.epoch, len(list_jobs(db))


async def test_a_session_pulls_pushes_and_then_uploads(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    sha256 = await tablet.take_photo()

    report = await tablet.sync()

    assert report.outcome == Synced()
    assert (report.acked, report.verdicts, report.uploaded) == (2, {"applied": 2}, 1)
    assert tablet.server.protocol.jobs[JOB].state is JobState.WORKING
    assert tablet.server.protocol.blobs[sha256] == JPEG
    assert tablet.server.paths()[-5:] == [
        "POST /sync/v1",
        f"HEAD /blobs/{sha256}",
        "POST /blobs",
        f"HEAD /blobs/{sha256}",
        f"PATCH /blobs/{sha256}",
    ]
    counts = await tablet.store.read(count_all)
    assert (counts.pending_operations, counts.pending_blobs) == (0, 0)


@pytest.mark.parametrize(
    "trick",
    [
        http_server.captive_portal,
        http_server.portal_json,
        http_server.portal_401,
        http_server.cut_short,
        http_server.break_off,
        http_server.bomb,
        http_server.flood,
        http_server.mislabelled,
        http_server.refusal_cut_to_nothing,
        http_server.lose,
    ],
)
async def test_what_is_no_whole_answer_of_ours_moves_nothing(tablet: Tablet, trick: Trick) -> None:
    await tablet.sync()
    await tablet.start_job()
    before = await tablet.store.read(place)
    tablet.server.tricks.append(trick)

    report = await tablet.sync()

    assert isinstance(report.outcome, Unreachable)
    assert report.outcome.detail
    assert await tablet.store.read(place) == before
    assert (await tablet.sync()).outcome == Synced()
    assert len(tablet.server.protocol.operations) == 1


async def test_an_expired_token_is_renewed_with_the_device_key(tablet: Tablet) -> None:
    tablet.server.tokens = {"another"}

    report = await tablet.sync()

    assert report.outcome == Synced()
    assert tablet.server.paths() == [
        "POST /sync/v1",
        "POST /devices/v1/challenge",
        "POST /devices/v1/token",
        "POST /sync/v1",
    ]
    enrolment = await tablet.store.read(find_enrolment)
    assert enrolment is not None
    assert enrolment.token in tablet.server.tokens


async def test_a_challenge_that_is_good_no_more_is_asked_for_once_more(tablet: Tablet) -> None:
    """It expires on a slow link, and a server that was put back knows nothing of it."""

    def not_taken(_reply: http_server.Reply) -> http_server.Reply:
        return http_server.problem(401, Refusal.UNKNOWN_DEVICE)

    def as_it_is(reply: http_server.Reply) -> http_server.Reply:
        return reply

    tablet.server.tokens = {"another"}
    tablet.server.tricks.extend([as_it_is, as_it_is, not_taken])

    report = await tablet.sync()

    assert report.outcome == Synced()
    assert tablet.server.paths().count("POST /devices/v1/token") == 2


async def test_a_server_that_takes_no_token_is_not_asked_in_circles(tablet: Tablet) -> None:
    def forget(reply: http_server.Reply) -> http_server.Reply:
        tablet.server.tokens = set()
        return reply

    tablet.server.tokens = set()
    tablet.server.tricks.extend([forget] * 20)

    report = await tablet.sync()

    assert isinstance(report.outcome, Unreachable)
    assert tablet.server.paths().count("POST /devices/v1/token") == 1


async def test_a_token_that_expires_during_an_upload_is_renewed(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.take_photo()

    def expire(reply: http_server.Reply) -> http_server.Reply:
        tablet.server.tokens = set()
        return reply

    tablet.server.tricks.append(expire)

    report = await tablet.sync()

    assert (report.outcome, report.uploaded) == (Synced(), 1)


async def test_another_key_gets_no_token_and_nothing_is_lost(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    tablet.server.tokens = set()
    tablet.key = DeviceKey(bytes(32))

    report = await tablet.sync()

    assert isinstance(report.outcome, Blocked)
    assert report.outcome.obstacle is Obstacle.UNKNOWN_DEVICE
    assert (await tablet.store.read(count_all)).pending_operations == 1


async def test_a_proxy_that_asks_for_a_sign_in_is_no_refusal_of_ours(tablet: Tablet) -> None:
    tablet.server.tricks.extend([http_server.proxy_401] * 3)

    assert isinstance((await tablet.sync()).outcome, Unreachable)
    tablet.server.tricks.clear()
    assert (await tablet.sync()).outcome == Synced()


@pytest.mark.parametrize("trick", [http_server.bomb, http_server.flood])
async def test_no_more_of_an_answer_is_held_than_a_message_may_have(
    tablet: Tablet, trick: Trick
) -> None:
    tablet.server.tricks.append(trick)

    report = await tablet.sync()

    assert isinstance(report.outcome, Unreachable)
    assert "more than 4000000 bytes" in report.outcome.detail


async def test_a_revoked_device_says_so_and_keeps_what_is_unsent(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    await tablet.take_photo()
    tablet.server.is_revoked = True

    report = await tablet.sync()

    assert isinstance(report.outcome, Blocked)
    assert report.outcome.obstacle is Obstacle.DEVICE_REVOKED
    counts = await tablet.store.read(count_all)
    assert (counts.pending_operations, counts.pending_blobs) == (2, 1)


async def test_a_busy_server_is_given_the_time_that_it_asks_for(tablet: Tablet) -> None:
    tablet.server.tricks.append(http_server.busy)

    assert (await tablet.sync()).outcome == Busy(retry_after_ms=7_000)


async def test_a_tablet_that_is_nobodys_asks_nothing(tmp_path: Path) -> None:
    async with (
        serving(HttpFakeServer(FakeServer())) as server,
        open_store(tmp_path / "replica.db", KEY) as store,
    ):
        await store.write(initialise, Incarnation(UUID(int=1)))

        report = await Tablet(store, tmp_path, server).sync()

    assert isinstance(report.outcome, Blocked)
    assert report.outcome.obstacle is Obstacle.NOT_ENROLLED
    assert server.arrived == []


async def test_a_gap_is_filled_from_what_was_kept(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.start_job()
    await tablet.sync()
    await tablet.take_photo()
    restored = FakeServer()
    restored.epoch = Epoch(UUID(int=78))
    restored.put_job(a_job())
    tablet.server.protocol = restored

    report = await tablet.sync()

    assert report.outcome == Synced()
    assert [operation.dseq for operation in restored.operations] == [1, 2]


async def test_a_large_photo_goes_on_where_it_broke_off(tablet: Tablet) -> None:
    await tablet.sync()
    data = JPEG + bytes(1_300_000)
    sha256 = await tablet.take_photo(data)

    tablet.server.tricks.extend([*[http_server.play_fair] * 5, http_server.lose])
    first = await tablet.sync()
    sent_before = len(tablet.server.arrived)
    held_before = len(tablet.server.protocol.blobs[sha256])

    second = await tablet.sync()

    assert isinstance(first.outcome, Unreachable)
    assert (second.outcome, second.uploaded) == (Synced(), 1)
    assert tablet.server.protocol.blobs[sha256] == data
    parts = [
        int(request.headers["upload-offset"])
        for request in tablet.server.arrived[sent_before:]
        if request.method == "PATCH"
    ]
    assert held_before > 0
    assert parts[0] == held_before


async def test_a_photo_that_the_server_refuses_delays_no_other(tablet: Tablet) -> None:
    await tablet.sync()
    bad = await tablet.take_photo(JPEG + b"bad")
    good = await tablet.take_photo(JPEG + b"good")
    tablet.server.refused_blobs = {bad}

    report = await tablet.sync()

    assert (report.outcome, report.uploaded) == (Synced(), 1)
    assert tablet.server.whole_blobs() == {good}
    (fault,) = await tablet.store.read(list_blob_faults)
    assert (fault.sha256, fault.last_error) == (bad, "too large")


async def test_a_photo_that_arrives_altered_is_tried_again_and_delays_no_other(
    tablet: Tablet,
) -> None:
    await tablet.sync()
    bad = await tablet.take_photo(JPEG + b"bad")
    good = await tablet.take_photo(JPEG + b"good")
    tablet.server.mistaken_blobs = {bad}

    first = await tablet.sync()
    (fault,) = await tablet.store.read(list_blob_faults)
    tablet.server.mistaken_blobs = set()
    second = await tablet.sync()

    assert (first.uploaded, second.uploaded) == (1, 1)
    assert (fault.sha256, "460" in fault.last_error) == (bad, True)
    assert tablet.server.whole_blobs() == {bad, good}
    assert await tablet.store.read(list_blob_faults) == ()


async def test_a_photo_whose_file_is_lost_is_named_and_delays_no_other(tablet: Tablet) -> None:
    await tablet.sync()
    lost = await tablet.take_photo(JPEG + b"lost")
    await tablet.take_photo(JPEG + b"good")
    tablet.blobs.remove(lost)

    report = await tablet.sync()

    assert (report.outcome, report.uploaded) == (Synced(), 1)
    (fault,) = await tablet.store.read(list_blob_faults)
    assert fault.sha256 == lost


async def test_a_job_that_left_goes_when_its_photo_has_arrived(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.take_photo()
    tablet.server.protocol.take_away(JOB, COLLEAGUE)

    report = await tablet.sync()

    assert (report.outcome, report.verdicts) == (Synced(), {"merged": 1})
    assert await tablet.store.read(list_jobs) == ()


async def test_a_server_that_has_more_but_gives_nothing_is_not_asked_in_circles(
    tablet: Tablet,
) -> None:
    tablet.server.protocol.page_size = 0

    report = await tablet.sync()

    assert isinstance(report.outcome, Unreachable)
    assert report.rounds <= 2
