"""Photos of earlier visits come to the tablet: last of all, whole, and never in the way of work."""

import hashlib
from collections.abc import Callable

import pytest

from field_client.engine import Synced
from field_client.replica.earlier_photos import (
    ASK_AGAIN_AFTER,
    EarlierPhoto,
    count_missing,
    forget_gone,
    list_earlier_photos,
    list_gone,
)
from field_client.storage import BlobUnreadable, StorageFull, StoredBlob
from field_client.tus import CHUNK_BYTES_FIRST
from sync_protocol.jobs import JobState
from tests.field_client import http_server
from tests.field_client.factories import COLLEAGUE, JPEG, a_job, a_visit
from tests.field_client.http_server import Reply
from tests.field_client.tablets import JOB, Tablet

LARGE = JPEG + hashlib.shake_256(b"a large photo").digest(3 * CHUNK_BYTES_FIRST)
SMALL = JPEG + b"a small photo"


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def show(tablet: Tablet, *photos: bytes) -> None:
    """Let the job show photos of an earlier visit, which the server has."""
    tablet.server.shown_photos |= {digest_of(data): data for data in photos}
    visit = a_visit(*(digest_of(data) for data in photos))
    tablet.server.protocol.put_job(a_job(visits=(visit,)))


async def held(tablet: Tablet) -> dict[str, EarlierPhoto]:
    photos = await tablet.store.read(list_earlier_photos)
    return {photo.sha256: photo for photo in photos}


async def is_here(tablet: Tablet, data: bytes) -> bool:
    photo = (await held(tablet)).get(digest_of(data))
    return photo is not None and photo.is_here


def gets(tablet: Tablet, since: int = 0) -> list[str]:
    return [each.headers["range"] for each in tablet.server.arrived[since:] if each.method == "GET"]


async def test_a_photo_comes_part_by_part_and_is_sealed_like_our_own(tablet: Tablet) -> None:
    show(tablet, LARGE)

    report = await tablet.sync()

    assert (report.outcome, report.fetched) == (Synced(), 1)
    assert tablet.blobs.get(digest_of(LARGE)) == LARGE
    assert (await held(tablet))[digest_of(LARGE)].media_type == "image/jpeg"
    assert gets(tablet)[:2] == ["bytes=0-32767", "bytes=32768-98303"]
    again = len(tablet.server.arrived)
    await tablet.sync()
    assert gets(tablet, again) == [], "it is here"


async def test_our_own_work_is_sent_before_a_photo_of_others_is_asked_for(tablet: Tablet) -> None:
    await tablet.sync()
    show(tablet, SMALL)
    await tablet.take_photo()
    begun = len(tablet.server.arrived)

    await tablet.sync()

    methods = [each.method for each in tablet.server.arrived[begun:]]
    assert methods.index("GET") > max(at for at, each in enumerate(methods) if each == "PATCH")
    assert await is_here(tablet, SMALL)


async def test_a_fact_recorded_meanwhile_goes_before_the_next_part(tablet: Tablet) -> None:
    show(tablet, LARGE)
    tablet.between_parts.append(tablet.start_job)

    report = await tablet.sync()

    order = [f"{each.method} {each.path[:6]}" for each in tablet.server.arrived]
    first, second = [at for at, each in enumerate(order) if each.startswith("GET")][:2]
    assert "POST /sync/" in order[first:second]
    assert (report.acked, report.fetched) == (1, 1)
    assert gets(tablet)[1].startswith("bytes=32768-"), "it goes on where it was"


async def test_a_photo_that_is_cut_goes_on_where_it_was(tablet: Tablet) -> None:
    show(tablet, LARGE)
    fair = http_server.play_fair
    tablet.server.tricks.extend([fair, fair, http_server.lose])

    cut = await tablet.sync()
    begun = len(tablet.server.arrived)
    again = await tablet.sync()

    assert (cut.outcome, cut.fetched) == (Synced(), 0), "facts are there; this is no failure"
    assert gets(tablet, begun)[0].startswith("bytes=32768-")
    assert (again.fetched, tablet.blobs.get(digest_of(LARGE))) == (1, LARGE)


NOT_A_PART: list[Callable[[Reply], Reply]] = [
    http_server.lose,
    http_server.captive_portal,
    http_server.cut_short,
    http_server.break_off,
    http_server.portal_401,
    http_server.busy,
    http_server.flood,
]


@pytest.mark.parametrize("trick", NOT_A_PART)
async def test_what_is_no_part_of_it_is_not_taken_and_it_comes_with_the_next_session(
    tablet: Tablet, trick: http_server.Trick
) -> None:
    show(tablet, SMALL)
    tablet.server.tricks.extend([http_server.play_fair, trick])

    first = await tablet.sync()
    assert (first.outcome, await is_here(tablet, SMALL)) == (Synced(), False)
    assert await tablet.store.read(count_missing) == 1

    assert (await tablet.sync()).fetched == 1


async def test_a_server_may_send_it_whole(tablet: Tablet) -> None:
    show(tablet, LARGE)
    tablet.server.sends_whole_photos = True

    assert (await tablet.sync()).fetched == 1
    assert tablet.blobs.get(digest_of(LARGE)) == LARGE


async def test_wrong_bytes_are_never_kept_and_asked_for_again_later(tablet: Tablet) -> None:
    show(tablet, SMALL, LARGE)
    tablet.server.protocol.now = lambda: tablet.clock.wall
    tablet.server.shown_photos[digest_of(SMALL)] = JPEG + b"another photo"

    report = await tablet.sync()

    assert (report.outcome, report.fetched) == (Synced(), 1), "the other one came"
    with pytest.raises(BlobUnreadable):
        tablet.blobs.get(digest_of(SMALL))
    show(tablet, SMALL, LARGE)
    assert (await tablet.sync()).fetched == 0
    tablet.clock.pass_ms(ASK_AGAIN_AFTER.seconds * 1000)
    assert (await tablet.sync()).fetched == 1


async def test_a_photo_that_the_server_does_not_have_yet_holds_up_no_other(tablet: Tablet) -> None:
    show(tablet, SMALL, LARGE)
    del tablet.server.shown_photos[digest_of(SMALL)]

    report = await tablet.sync()

    assert (report.outcome, report.fetched) == (Synced(), 1)
    assert (await is_here(tablet, SMALL), await is_here(tablet, LARGE)) == (False, True)
    asked = len(gets(tablet))
    await tablet.sync()
    assert len(gets(tablet)) == asked, "it was just asked for"


async def test_what_is_no_photo_is_not_kept_whatever_it_is_called(tablet: Tablet) -> None:
    page = b"<html><script>alert(1)</script></html>"
    show(tablet, page)

    await tablet.sync()

    assert not await is_here(tablet, page)


async def test_with_little_room_nothing_is_fetched(tablet: Tablet) -> None:
    show(tablet, SMALL)
    tablet.has_room = False

    report = await tablet.sync()

    assert (report.outcome, gets(tablet)) == (Synced(), [])
    assert await tablet.store.read(count_missing) == 1, "the page can say that it is not here"


async def test_a_disk_that_is_full_all_the_same_is_no_failure_of_the_session(
    tablet: Tablet,
) -> None:
    show(tablet, SMALL)

    async def refuse(_data: bytes, _media_type: str) -> StoredBlob:
        raise StorageFull

    tablet.keep = refuse

    assert (await tablet.sync()).outcome == Synced()
    assert not await is_here(tablet, SMALL)


async def test_one_that_is_too_large_is_left_and_not_asked_for_again(tablet: Tablet) -> None:
    show(tablet, LARGE, SMALL)
    tablet.set_limits(bytes_per_job=len(LARGE) - 1)

    report = await tablet.sync()

    assert (report.fetched, await is_here(tablet, SMALL)) == (1, True)
    assert (await held(tablet))[digest_of(LARGE)].is_too_large
    assert await tablet.store.read(count_missing) == 0, "it is not waited for"
    asked = len(gets(tablet))
    await tablet.sync()
    assert len(gets(tablet)) == asked


async def test_it_goes_with_its_job_and_our_own_work_stays(tablet: Tablet) -> None:
    show(tablet, SMALL, JPEG)
    await tablet.sync()
    await tablet.take_photo(JPEG)
    tablet.server.refused_blobs.add(digest_of(JPEG))
    await tablet.sync()

    tablet.server.protocol.take_away(JOB, COLLEAGUE)
    await tablet.sync()
    gone = await tablet.store.read(list_gone)

    assert {each.sha256: each.is_ours for each in gone} == {
        digest_of(SMALL): False, digest_of(JPEG): True,
    }  # fmt: skip
    await tablet.store.write(forget_gone)
    assert await held(tablet) == {}


async def test_what_this_tablet_took_itself_is_not_fetched(tablet: Tablet) -> None:
    await tablet.sync()
    await tablet.take_photo(JPEG)
    await tablet.sync()
    show(tablet, JPEG)

    report = await tablet.sync()

    assert (report.fetched, await is_here(tablet, JPEG), gets(tablet)) == (0, True, [])


async def test_a_job_that_has_ended_needs_its_photos_no_more(tablet: Tablet) -> None:
    show(tablet, SMALL)
    await tablet.sync()
    tablet.server.protocol.put_job(a_job(state=JobState.COMPLETED, visits=()))

    await tablet.sync()

    assert [each.sha256 for each in await tablet.store.read(list_gone)] == [digest_of(SMALL)]
