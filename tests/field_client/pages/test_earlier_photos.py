"""Photos of earlier visits on the pages: small, large, still to come, and gone."""

import hashlib
from pathlib import Path

import httpx
import pytest

from field_client.agent import Agent
from field_client.earlier_photos import wanted
from field_client.replica.earlier_photos import (
    list_earlier_photos,
    list_showings,
    note_here,
    note_too_large,
    place_photos,
)
from field_client.settings import Settings
from field_client.storage import Connection
from field_client.storage.statements import run
from sync_protocol import wire
from tests.field_client.factories import JPEG, a_job, a_visit
from tests.field_client.tablets import JOB

FIRST, SECOND, THIRD = (JPEG + bytes([number]) for number in range(3))
DIGESTS = [hashlib.sha256(data).hexdigest() for data in (FIRST, SECOND, THIRD)]
URLS = [f"/jobs/{JOB}/earlier-photos/{digest}" for digest in DIGESTS]


def show_photos(db: Connection) -> None:
    """Let the job show three photos of two visits."""
    visits = (a_visit(*DIGESTS[:2]), a_visit(DIGESTS[2], DIGESTS[1]))
    run(db, "job_store", id=str(JOB), document=wire.encode(a_job(visits=visits)))
    plan = wanted(list_showings(db), {}, Settings(home="nowhere").earlier_photos)
    place_photos(db, tuple(plan))


@pytest.fixture
async def shown(agent: Agent) -> None:
    """Two of three photos have come."""
    await agent.store.write(show_photos)
    for data in (FIRST, SECOND):
        await agent.store.write(note_here, await agent.files.shelf.keep(data, "image/jpeg"))


@pytest.mark.usefixtures("shown")
async def test_a_job_shows_what_is_here_and_says_what_is_not(browser: httpx.AsyncClient) -> None:
    told = (await browser.get(f"/jobs/{JOB}")).text

    assert told.count(f'<a href="{URLS[0]}"><img src="{URLS[0]}/picture"') == 1
    assert f'src="{URLS[2]}/picture"' not in told
    assert told.count("Not here yet") == 1
    assert "Terminal port" in told


@pytest.mark.usefixtures("shown")
async def test_a_photo_is_sent_as_it_is_and_can_run_nothing(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"{URLS[0]}/picture")

    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (
        200, FIRST, "image/jpeg",
    )  # fmt: skip
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.usefixtures("shown")
async def test_a_large_photo_leads_to_the_ones_before_and_after_it(
    browser: httpx.AsyncClient,
) -> None:
    first, second, third = [(await browser.get(url)).text for url in URLS]

    assert ("Photo before" in first, f'href="{URLS[1]}" rel="next"' in first) == (False, True)
    assert (f'href="{URLS[0]}" rel="prev"' in second, "2 of 3" in second) == (True, True)
    assert ("Next photo" in third, "Not here yet" in third) == (False, True)


@pytest.mark.usefixtures("shown")
async def test_what_the_job_does_not_show_is_not_found(browser: httpx.AsyncClient) -> None:
    unknown = f"/jobs/{JOB}/earlier-photos/{'f' * 64}"

    for url in (unknown, f"{unknown}/picture", f"{URLS[2]}/picture"):
        assert (await browser.get(url)).status_code == 404, url


@pytest.mark.usefixtures("shown")
async def test_one_that_is_damaged_is_to_be_fetched_again(
    agent: Agent, browser: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "blobs" / DIGESTS[0][:2] / DIGESTS[0]).write_bytes(b"rubbish")

    assert (await browser.get(f"{URLS[0]}/picture")).status_code == 404
    photos = await agent.store.read(list_earlier_photos)
    assert [photo.is_here for photo in photos] == [False, True, False]
    await agent.store.write(note_here, await agent.files.shelf.keep(FIRST, "image/jpeg"))
    assert (await browser.get(f"{URLS[0]}/picture")).content == FIRST


@pytest.mark.usefixtures("shown")
async def test_before_one_leaves_the_photos_that_are_missing_are_counted(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    assert "1 photo of earlier visits is not here yet" in (await browser.get("/settings")).text

    await agent.store.write(note_too_large, DIGESTS[2], 10**9)

    assert "Photos of earlier visits are here" in (await browser.get("/settings")).text
    assert "Too large for this tablet" in (await browser.get(f"/jobs/{JOB}")).text


@pytest.mark.usefixtures("shown")
async def test_the_files_go_with_the_job(agent: Agent, tmp_path: Path) -> None:
    await agent.add_photo(JOB, "ont", SECOND)
    await agent.store.write(place_photos, ())

    await agent.files.tend(agent.now())

    left = {path.name for path in (tmp_path / "blobs").glob("*/*")}
    assert left == {DIGESTS[1]}, "it is our own work, which is not sent yet"
    assert await agent.store.read(list_earlier_photos) == ()
