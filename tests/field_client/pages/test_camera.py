"""Frames of the live camera: what is on them is filled in, and nothing is recorded by them."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from field_client.agent import Agent
from field_client.opening import open_agent
from field_client.replica.views import count_all
from field_client.settings import Settings
from tests.field_client.factories import SERIAL
from tests.field_client.labels import CODE_128, QR_CODE, draw_label
from tests.field_client.pages.conftest import browsing
from tests.field_client.tablets import JOB

INVITATION = "https://field.example.net/enrol?code=ABCDE-FGH23"


@pytest.fixture
async def nobodys(tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """The browser in front of a tablet that is nobody's yet."""
    settings = Settings(home=str(tmp_path / "new"), encrypted=False, keys="folder")
    async with open_agent(settings) as agent:
        agent.loop.set_out(flight_mode=True)
        async with browsing(agent, tmp_path) as browser:
            yield browser


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (INVITATION, [{"code": "ABCDE-FGH23", "server": "https://field.example.net"}]),
        ("ABCDE-FGH23", [{"code": "ABCDE-FGH23", "server": ""}]),
        (f"SN:{SERIAL}", []),
        ("https://example.net/manual", []),
    ],
)
async def test_the_camera_takes_the_offices_code_and_no_other(
    nobodys: httpx.AsyncClient, text: str, found: list[dict[str, str]]
) -> None:
    frame = draw_label((text, QR_CODE))

    answer = await nobodys.post("/enrol/frame", content=frame)

    assert (answer.status_code, answer.json()) == (200, {"found": found})


async def test_setting_up_offers_the_camera_a_photo_and_typing(nobodys: httpx.AsyncClient) -> None:
    page = (await nobodys.get("/enrol")).text

    assert 'data-frame-url="/enrol/frame" hidden' in page
    assert 'name="photo"' in page
    assert 'name="code"' in page
    assert "scanning.js" in page


async def test_a_serial_on_a_frame_is_found_and_not_recorded(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    frame = draw_label((SERIAL, CODE_128))

    answer = await browser.post(f"/jobs/{JOB}/serial-frame", content=frame)

    assert answer.json() == {"found": [{"text": SERIAL, "method": "camera"}]}
    assert (await agent.store.read(count_all)).captured == 0


async def test_a_frame_that_is_no_picture_is_an_answer(browser: httpx.AsyncClient) -> None:
    answer = await browser.post(f"/jobs/{JOB}/serial-frame", content=b"no picture")

    assert (answer.status_code, answer.json()) == (200, {"found": []})


async def test_pages_may_use_camera_and_position_and_nothing_else(
    browser: httpx.AsyncClient,
) -> None:
    headers = (await browser.get("/settings")).headers

    allowed = "camera=(self), geolocation=(self), microphone=()"
    assert headers["Permissions-Policy"] == allowed
