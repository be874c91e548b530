from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from field_client.agent import Agent
from field_client.app import build_app
from field_client.browser_door import BrowserDoor
from field_client.safety.pins import Tries
from field_client.storage import Disk
from tests.field_client.safety.keeping import OTHER_PIN, PIN, key_files
from tests.field_client.safety.test_vault import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def client(home: Home) -> AsyncGenerator[httpx.AsyncClient]:
    async with home.on() as vault:
        agent = vault.agent()
        assert isinstance(agent, Agent)
        agent.loop.set_out(flight_mode=True)
        app = build_app(vault, "token", BrowserDoor(home.settings.key_folder, Disk()))
        transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]  httpx types an ASGI application by plain dicts
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://127.0.0.1/api",
            headers={"Authorization": "Bearer token"},
        ) as made:
            yield made


async def opened(client: httpx.AsyncClient, pin: str) -> httpx.Response:
    return await client.post("/lock/open", json={"pin": pin})


async def test_while_it_is_locked_only_the_lock_is_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/lock")).json() == {"type": "open", "has_pin": False}
    assert (await client.put("/lock/pin", json={"pin": PIN})).json()["has_pin"]
    locked = (await client.post("/lock")).json()
    status = await client.get("/status")
    jobs = await client.get("/jobs")

    assert locked == {"type": "locked", "tries_left": 10, "wait_ms": 0, "is_started": True}
    assert (status.status_code, status.json()["code"]) == (423, "locked")
    assert jobs.status_code == 423
    assert (await opened(client, PIN)).json() == {"type": "open", "has_pin": True}
    status = await client.get("/status")
    assert status.json()["safety"]["keys"] == "pin"
    assert status.json()["safety"]["idle_lock_s"] == 300


async def test_a_wrong_pin_tells_how_many_are_left_and_then_makes_wait(
    client: httpx.AsyncClient, home: Home
) -> None:
    await client.put("/lock/pin", json={"pin": PIN})
    await client.post("/lock")

    wrong = [await opened(client, OTHER_PIN) for _ in range(3)]
    soon = await opened(client, PIN)

    assert [answer.json()["code"] for answer in wrong] == ["wrong_pin"] * 3
    assert "9 tries left" in wrong[0].json()["detail"]
    assert "wait 5 s; 7 tries left" in wrong[2].json()["detail"]
    assert (soon.status_code, soon.json()["code"]) == (429, "pin_too_soon")
    home.clock.pass_ms(5_000)
    assert (await opened(client, PIN)).status_code == 200


async def test_the_last_wrong_pin_is_answered_as_gone(
    client: httpx.AsyncClient, home: Home
) -> None:
    await client.put("/lock/pin", json={"pin": PIN})
    key_files(home.settings.key_folder).note_tries(Tries(begun=9))
    await client.post("/lock")
    home.clock.pass_ms(300_000)

    last = await opened(client, OTHER_PIN)

    assert (last.status_code, last.json()["code"]) == (410, "wiped")
    assert (await client.get("/status")).status_code == 410
    assert (await client.get("/lock")).json()["reason"] == "wrong_pins"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/lock", {}, 409, "no_pin"),
        ("DELETE", "/lock/pin", {"pin": PIN}, 409, "no_pin"),
        ("PUT", "/lock/pin", {"pin": "111111"}, 400, "pin_too_weak"),
        ("PUT", "/lock/pin", {"pine": "1"}, 400, "unreadable"),
    ],
)
async def test_what_cannot_be_done_is_answered_with_its_reason(
    client: httpx.AsyncClient, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = await client.request(method, path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_pin_is_changed_and_removed_with_the_present_one(
    client: httpx.AsyncClient,
) -> None:
    await client.put("/lock/pin", json={"pin": PIN})

    refused = await client.put("/lock/pin", json={"pin": OTHER_PIN})
    changed = await client.put("/lock/pin", json={"pin": OTHER_PIN, "current": PIN})
    wrong = await client.request("DELETE", "/lock/pin", json={"pin": PIN})
    removed = await client.request("DELETE", "/lock/pin", json={"pin": OTHER_PIN})

    assert [refused.status_code, changed.status_code] == [403, 200]
    assert wrong.status_code == 403
    assert removed.json() == {"type": "open", "has_pin": False}
