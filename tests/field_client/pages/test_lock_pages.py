"""The pages of the lock over a vault: the PIN, and what the last wrong one leaves."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from field_client.agent import Agent
from field_client.safety.pins import Tries
from tests.field_client.pages.conftest import browsing
from tests.field_client.safety.keeping import OTHER_PIN, PIN, key_files
from tests.field_client.safety.test_vault import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def locker(home: Home, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser before a tablet with a vault."""
    async with home.on() as vault:
        agent = vault.agent()
        assert isinstance(agent, Agent)
        agent.loop.set_out(flight_mode=True)
        async with browsing(vault, tmp_path) as client:
            yield client


async def test_a_pin_is_changed_and_removed_by_whoever_knows_it(locker: httpx.AsyncClient) -> None:
    entries = (
        ({"pin": "12"}, "PinTooWeak"),
        ({"pin": PIN}, "saved"),
        ({"current": OTHER_PIN, "pin": OTHER_PIN}, "WrongPin"),
        ({"current": PIN, "pin": OTHER_PIN}, "saved"),
        ({"current": OTHER_PIN, "pin": ""}, "saved"),
        ({"pin": ""}, "NoPin"),
    )
    for form, told in entries:
        answer = await locker.post("/lock/pin", data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/settings?pin={told}")
        page = await locker.get(answer.headers["Location"])
        assert (page.status_code, "notice" in page.text) == (200, True)


async def test_only_the_lock_is_shown_while_it_is_locked(locker: httpx.AsyncClient) -> None:
    assert (await locker.get("/lock")).headers["Location"] == "/"
    await locker.post("/lock/pin", data={"pin": PIN})
    assert (await locker.post("/lock/now")).headers["Location"] == "/lock"

    for path in ("/", "/queue", "/stock", "/settings"):
        assert (await locker.get(path)).headers["Location"] == "/lock"
    by_htmx = await locker.get("/chip", headers={"HX-Request": "true"})
    assert by_htmx.headers["HX-Redirect"] == "/lock"
    assert "This tablet is locked" in (await locker.get("/lock")).text
    assert (await locker.post("/lock", data={"pin": PIN})).headers["Location"] == "/"
    assert (await locker.get("/queue")).status_code == 200


async def test_the_last_wrong_pin_leaves_a_tablet_to_set_up(
    locker: httpx.AsyncClient, home: Home
) -> None:
    await locker.post("/lock/pin", data={"pin": PIN})
    key_files(home.settings.key_folder).note_tries(Tries(begun=9))
    await locker.post("/lock/now")
    home.clock.pass_ms(300_000)

    last = await locker.post("/lock", data={"pin": OTHER_PIN})

    assert (last.status_code, "This tablet was erased" in last.text) == (410, True)
    assert (await locker.get("/lock")).status_code == 410
    assert (await locker.post("/lock/start-over")).headers["Location"] == "/enrol"
    assert "Set up this tablet" in (await locker.get("/enrol")).text
