"""A server is put back to a backup; what the tablet did since comes back, once in effect."""

import socket
from collections.abc import Generator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.backups import lives
from sync_protocol.optics import predict
from sync_protocol.units import format_dbm
from tests.acceptance.office import SCOPES, Caller, do_the_job, job_on, light_path
from tests.acceptance.processes import (
    Running,
    Surroundings,
    run,
    running,
    surroundings,
    until,
    write_settings,
)
from tests.acceptance.test_story import SERIAL, found
from tests.server.factories import Town


class Installation:
    """A server that is stopped, put back and started again at one address, and one tablet."""

    def __init__(self, folder: Path, around: Surroundings) -> None:
        self._folder = folder
        self.around = around
        url = f"sqlite:///{folder / 'firstlight.db'}"
        self.town: Town = found(url, around.olt.ready["snmp_port"])
        settings = write_settings(folder, around, url)
        settings.write_text(settings.read_text().replace("port = 0\n", f"port = {_free_port()}\n"))
        self.settings = str(settings)
        scopes = [word for scope in (*SCOPES, "evidence:read") for word in ("--scope", scope)]
        self.token = self.command("token", "add", "office", *scopes).strip()

    def command(self, *words: str) -> str:
        return run("server", "--settings", self.settings, *words)

    def serving(self) -> Any:  # noqa: ANN401  a context of a process
        words = ("server", "--settings", self.settings, "serve")
        return running(self._folder / "server.err", *words)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def installation(tmp_path: Path) -> Generator[Installation]:
    with surroundings(tmp_path) as around:
        yield Installation(tmp_path, around)


def test_work_done_since_the_backup_comes_back_and_causes_nothing_twice(
    installation: Installation, tmp_path: Path
) -> None:
    town, around = installation.town, installation.around
    with ExitStack() as stack:
        with installation.serving() as server, Caller(server.url, installation.token) as office:
            tablet = _tablet(stack, tmp_path, server, office, town)
            hooks = f"{around.receiver.url}/hooks"
            office.post("/api/webhooks", url=hooks, secret_name="billing")
            job_id = _order(office, town)
            tablet.post("/sync")
            installation.command("backup", str(tmp_path / "backup.db"))
            _do_it(tablet, around, job_id)
            tablet.post("/sync")
            before = until(lambda: _told(office, around, job_id, hooks=1), "end of the story")
        olt_before = httpx.get(f"{around.olt_url}/state").json()
        installation.command("restore", str(tmp_path / "backup.db"))
        with installation.serving() as server, Caller(server.url, installation.token) as office:
            assert office.get(f"/api/jobs/{job_id}")["state"] == "assigned"
            tablet.post("/sync")
            again = until(lambda: _told(office, around, job_id, hooks=2), "the story again")
            assert office.http.get(f"/api/jobs/{job_id}/evidence-bundle").is_success

    assert again["service"]["state"] == "active"
    assert again["event_ids"] == before["event_ids"]
    assert len(again["charges"]) == len(before["charges"]) == 1
    seen = httpx.get(f"{around.receiver.url}/seen").json()
    assert (seen["distinct_events"], seen["signature_verified"]) == (1, 2)
    olt_after = httpx.get(f"{around.olt_url}/state").json()
    assert olt_after["service_ports"] == olt_before["service_ports"]
    assert [ont["row"] for ont in olt_after["registered"]] == [
        ont["row"] for ont in olt_before["registered"]
    ]
    # The mail went out before the backup was put back, and nobody is told twice.
    assert len(around.mails) == 1
    assert [each["last_status"] for each in again["notifications"]] == [lives.HELD]


def _do_it(tablet: Caller, around: Surroundings, job_id: str) -> None:
    predicted = predict(light_path(job_on(tablet, job_id))).rx_power_cdbm
    ont = {"serial": SERIAL, "port": "0/1/0", "come_up_s": 0.5, "ont_rx_cdbm": predicted}
    httpx.post(f"{around.olt_url}/onts", json=ont).raise_for_status()
    do_the_job(tablet, job_id, serial=SERIAL, reading=format_dbm(predicted))


def _tablet(stack: ExitStack, folder: Path, server: Running, office: Caller, town: Town) -> Caller:
    words = ("serve", "--home", str(folder / "ada"), "--server", server.url)
    agent = stack.enter_context(running(folder / "ada.err", "field_client", *words))
    tablet = stack.enter_context(Caller(f"{agent.url}/api", agent.ready["token"]))
    code = office.post(f"/api/technicians/{town.ada}/enrolment-code")["code"]
    tablet.post("/enrol", code=code, device_name="ada")
    return tablet


def _order(office: Caller, town: Town) -> str:
    placed = office.post(
        "/api/orders/",
        number="O-1",
        account="A-1",
        premise="P-1",
        product="FIBER-300",
        appointment_starts_at="2026-07-02T14:00:00+02:00",
        appointment_ends_at="2026-07-02T16:00:00+02:00",
    )
    job_id = str(placed["job_id"])
    office.post(f"/api/jobs/{job_id}/assignment", technician_id=str(town.ada))
    return job_id


def _told(office: Caller, around: Surroundings, job_id: str, *, hooks: int) -> Any:  # noqa: ANN401  any JSON
    caused = office.get(f"/api/jobs/{job_id}/fulfilment")
    settled = [each for each in caused["notifications"] if each["state"] != "waiting"]
    seen = httpx.get(f"{around.receiver.url}/seen").json()
    return caused if settled and seen["deliveries"] == hooks else None
