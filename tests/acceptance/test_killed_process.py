"""A real server process is ended with SIGKILL at a commit boundary, and a new one goes on."""

import contextlib
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from server.database import Store
from server.database.tables.billing import webhook_endpoints
from server.database.tables.plant import olts
from server.people.records import Scope
from sync_protocol import wire
from tests.acceptance.office import Caller
from tests.acceptance.processes import (
    Running,
    Surroundings,
    running,
    surroundings,
    until,
    write_settings,
)
from tests.acceptance.scene import Scene
from tests.server.factories import add_token, change
from tests.server.tablets import SERIAL


@pytest.fixture
def around(tmp_path: Path) -> Generator[Surroundings]:
    with surroundings(tmp_path) as found:
        ont = {"serial": SERIAL, "port": "0/1/0", "come_up_s": 0.5, "ont_rx_cdbm": -1910}
        httpx.post(f"{found.olt_url}/onts", json=ont).raise_for_status()
        yield found


@pytest.mark.parametrize("crash_at", ["after:7", "before:10", "after:12"])
def test_a_server_killed_in_the_middle_is_taken_up_by_the_next(
    around: Surroundings, tmp_path: Path, crash_at: str
) -> None:
    scene, url = Scene(), f"sqlite:///{tmp_path / 'firstlight.db'}"
    scene.prepare(url)
    token = _settle_in(url, around)
    settings = write_settings(tmp_path, around, url)

    with _serving(tmp_path, settings, FIRSTLIGHT_CRASH_AT=crash_at) as server:
        _send(server, scene)
        assert server.wait() == -signal.SIGKILL
    with _serving(tmp_path, settings) as server, Caller(server.url, token) as office:
        until(lambda: _send(server, scene), "answer to the batch")
        caused = until(lambda: _told(office, around, scene), "end of the story")

    assert caused["service"]["state"] == "active"
    assert len(caused["charges"]) == len(caused["event_ids"]) == len(caused["notifications"]) == 1
    seen = httpx.get(f"{around.receiver.url}/seen").json()
    assert (seen["distinct_events"], seen["signature_verified"]) == (1, True)
    assert len({mail["message_id"] for mail in around.mails}) == 1
    olt = httpx.get(f"{around.olt_url}/state").json()
    assert [ont["row"]["serial"] for ont in olt["registered"]] == [SERIAL]
    created = [
        event
        for event in httpx.get(f"{around.olt_url}/events").json()
        if (event.get("table"), event.get("action")) == ("ont", "create")
    ]
    assert len(created) == 1


def _serving(
    folder: Path, settings: Path, **environ: str
) -> contextlib.AbstractContextManager[Running]:
    words = ("server", "--settings", str(settings), "serve")
    return running(folder / "server.err", *words, environ=environ)


def _send(server: Running, scene: Scene) -> bool | None:
    """Send the whole batch; None where no answer came."""
    try:
        answer = httpx.post(
            f"{server.url}/sync/v1",
            content=wire.compress(wire.encode(scene.tablet.request())),
            headers={
                "authorization": f"Bearer {scene.tablet.token}",
                "content-encoding": "gzip",
            },
            timeout=20,
        )
    except httpx.TransportError:
        return None
    return answer.is_success or None


def _told(office: Caller, around: Surroundings, scene: Scene) -> Any:  # noqa: ANN401  any JSON
    assert scene.placed is not None
    caused = office.get(f"/api/jobs/{scene.placed.job_id}/fulfilment")
    sent = [each for each in caused["notifications"] if each["state"] == "sent"]
    seen = httpx.get(f"{around.receiver.url}/seen").json()
    return caused if sent and seen["distinct_events"] else None


def _settle_in(url: str, around: Surroundings) -> str:
    """Point the scene at this OLT and receiver; answer an office's token."""
    store = Store(url)
    change(store, sa.update(olts).values(snmp_port=around.olt.ready["snmp_port"]))
    change(store, sa.update(webhook_endpoints).values(url=f"{around.receiver.url}/hooks"))
    token = add_token(store, Scope.JOBS_READ)
    store.close()
    return token
