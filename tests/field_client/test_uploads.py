"""Files on links good and bad: facts go first, and no chunk is larger than the link bears."""

import itertools

import pytest

from field_client.engine import Synced, Unreachable
from field_client.tus import CHUNK_BYTES_FIRST, CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, CHUNK_MS
from tests.field_client import http_server
from tests.field_client.factories import JPEG
from tests.field_client.tablets import Tablet


def methods(tablet: Tablet, since: int) -> list[str]:
    return [f"{each.method} {each.path[:6]}" for each in tablet.server.arrived[since:]]


async def test_a_fact_recorded_during_an_upload_goes_out_before_the_next_chunk(
    tablet: Tablet,
) -> None:
    await tablet.sync()
    await tablet.take_photo(JPEG + bytes(600_000))
    tablet.bytes_per_s = 8_000
    # The first request tells of the large photo; what is taken later is told while it is sent.
    tablet.between_chunks.extend([tablet.take_photo] * 3)
    sent_before = len(tablet.server.arrived)

    report = await tablet.sync()

    assert (report.outcome, report.uploaded) == (Synced(), 1 + 1)
    order = methods(tablet, sent_before)
    patches = [at for at, each in enumerate(order) if each.startswith("PATCH")]
    for first, second in itertools.pairwise(patches[:4]):
        assert any(each.startswith("POST /sync/") for each in order[first:second]), order


@pytest.mark.parametrize(
    ("bytes_per_s", "least", "most"),
    [(8_000, CHUNK_BYTES_MIN, 24_000), (100_000, 200_000, 310_000), (10**9, 2**20, 2**20)],
)
async def test_a_chunk_takes_about_as_long_whatever_the_link(
    tablet: Tablet, bytes_per_s: int, least: int, most: int
) -> None:
    await tablet.sync()
    tablet.bytes_per_s = bytes_per_s
    sent_before = len(tablet.server.arrived)
    await tablet.take_photo(JPEG + bytes(6_000_000))

    await tablet.sync()

    chunks = [len(r.body) for r in tablet.server.arrived[sent_before:] if r.method == "PATCH"]
    settled = chunks[7:-1]
    assert settled
    assert all(least <= size <= most for size in settled), settled
    assert max(chunks) <= CHUNK_BYTES_MAX
    if bytes_per_s < 10**9:
        assert all(size * 1000 / bytes_per_s <= 1.1 * CHUNK_MS for size in settled)


async def test_after_a_chunk_that_did_not_get_through_a_smaller_one_is_tried(
    tablet: Tablet,
) -> None:
    await tablet.sync()
    await tablet.take_photo(JPEG + bytes(300_000))
    tablet.server.tricks.extend([*[http_server.play_fair] * 4, http_server.lose])

    first = await tablet.sync()

    assert isinstance(first.outcome, Unreachable)
    assert tablet.chunk.now_bytes == CHUNK_BYTES_FIRST // 4


@pytest.mark.parametrize("held", [b"", JPEG[:50], JPEG])
async def test_what_was_announced_longer_is_begun_anew_and_not_taken_for_whole(
    tablet: Tablet, held: bytes
) -> None:
    """Some tablet was mistaken about its length: the server would wait for the rest for ever."""
    await tablet.sync()
    sha256 = await tablet.take_photo()
    tablet.server.protocol.blobs[sha256] = held
    tablet.server.announced[sha256] = len(JPEG) + 100

    report = await tablet.sync()

    assert (report.outcome, report.uploaded) == (Synced(), 1)
    assert tablet.server.protocol.blobs[sha256] == JPEG
    assert tablet.server.announced[sha256] == len(JPEG), "it is waited for no more"
