"""DESIGN.md's story through public surfaces only, every part a process of its own."""

import json
from collections.abc import Generator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.database import Store, schema_versions
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
from tests.postgres import PostgresServer
from tests.server.factories import Town, found_town

SERIAL = "HWTC1A2B3C4D"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'firstlight.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


def found(url: str, snmp_port: int) -> Town:
    """Lay the plant; importing an operator's files has its own tests."""
    schema_versions.upgrade(url)
    store = Store(url)
    town = found_town(store, snmp_port=snmp_port)
    store.close()
    return town


class Stage:
    """A server and two tablets among their surroundings."""

    def __init__(self, stack: ExitStack, url: str, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self.around: Surroundings = stack.enter_context(surroundings(folder))
        self.shares_its_database = url.startswith("postgresql")
        self.town = found(url, self.around.olt.ready["snmp_port"])
        self._settings = str(write_settings(folder, self.around, url))
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        token = run("server", "--settings", self._settings, "token", "add", "office", *scopes)
        self.server: Running = self._start(
            "server", "server", "--settings", self._settings, "serve"
        )
        self.office = stack.enter_context(Caller(self.server.url, token.strip()))
        self.office.post(
            "/api/webhooks", url=f"{self.around.receiver.url}/hooks", secret_name="billing"
        )

    def command(self, *words: str) -> str:
        """Run a command of the office on the machine of the server; what it printed."""
        return run("server", "--settings", self._settings, *words)

    def home(self, name: str) -> Path:
        """Where a tablet has all that it has."""
        return self._folder / name

    def start_worker(self) -> None:
        self._start("worker", "server", "--settings", self._settings, "worker")

    def tablet(self, name: str, technician_id: object) -> Caller:
        """Start an agent and make it a technician's."""
        home = self._folder / name
        words = ("serve", "--home", str(home), "--server", self.server.url)
        agent = self._start(name, "field_client", *words)
        tablet = self._stack.enter_context(Caller(f"{agent.url}/api", agent.ready["token"]))
        code = self.office.post(f"/api/technicians/{technician_id}/enrolment-code")["code"]
        tablet.post("/enrol", code=code, device_name=name)
        return tablet

    def order(self, technician_id: object) -> str:
        placed = self.office.post(
            "/api/orders/",
            number="O-1",
            account="A-1",
            premise="P-1",
            product="FIBER-300",
            appointment_starts_at="2026-07-02T14:00:00+02:00",
            appointment_ends_at="2026-07-02T16:00:00+02:00",
        )
        self.assign(placed["job_id"], technician_id)
        return placed["job_id"]

    def assign(self, job_id: str, technician_id: object) -> None:
        self.office.post(f"/api/jobs/{job_id}/assignment", technician_id=str(technician_id))

    def plug(self, serial: str, rx_cdbm: int) -> None:
        ont = {"serial": serial, "port": "0/1/0", "come_up_s": 1.0, "ont_rx_cdbm": rx_cdbm}
        httpx.post(f"{self.around.olt_url}/onts", json=ont).raise_for_status()

    def olt_state(self) -> Any:  # noqa: ANN401  any JSON
        return httpx.get(f"{self.around.olt_url}/state").json()

    def told(self, job_id: str) -> Any:  # noqa: ANN401  any JSON
        """Wait until the subscriber has been told and billing has heard; what was caused."""

        def ask() -> Any:  # noqa: ANN401  any JSON
            caused = self.office.get(f"/api/jobs/{job_id}/fulfilment")
            seen = httpx.get(f"{self.around.receiver.url}/seen").json()
            sent = [each for each in caused["notifications"] if each["state"] == "sent"]
            return (caused, seen) if sent and seen["distinct_events"] else None

        return until(ask, "notification and webhook")

    def _start(self, name: str, *module: str) -> Running:
        return self._stack.enter_context(running(self._folder / f"{name}.err", *module))


@pytest.fixture
def stage(empty_database: str, tmp_path: Path) -> Generator[Stage]:
    with ExitStack() as stack:
        yield Stage(stack, empty_database, tmp_path)


def test_a_job_done_without_signal_goes_live_is_billed_and_told_untouched(stage: Stage) -> None:
    ada = stage.tablet("ada", stage.town.ada)
    job_id = stage.order(stage.town.ada)
    ada.post("/sync")
    path = light_path(job_on(ada, job_id))
    predicted = predict(path).rx_power_cdbm
    ada.post("/flight-mode", on=True)

    judged = do_the_job(ada, job_id, serial=SERIAL, reading=format_dbm(predicted - 30))

    assert judged["judgement"]["verdict"] == "ok"
    assert stage.office.get(f"/api/jobs/{job_id}")["state"] == "assigned"
    assert stage.olt_state()["registered"] == []
    stage.plug(SERIAL, predicted - 20)
    ada.post("/flight-mode", on=False)
    ada.post("/sync")
    caused, seen = stage.told(job_id)
    assert caused["service"]["state"] == "active"
    assert caused["service"]["ont_serial"] == SERIAL
    _caused_once_in_order(caused)
    state = stage.olt_state()
    assert [ont["row"]["serial"] for ont in state["registered"]] == [SERIAL]
    assert len(state["service_ports"]) == 1
    assert (seen["distinct_events"], seen["signature_verified"]) == (1, True)
    assert [mail["to"] for mail in stage.around.mails] == ["erika@example.org"]
    feed = stage.office.get("/feed/completions")
    assert [event["id"] for event in feed["events"]] == caused["event_ids"]
    assert feed["events"][0]["subject"] == caused["service"]["id"]
    _nobody_touched_it(stage, job_id, caused["service"]["completed_at"])
    ada.post("/sync")
    assert job_on(ada, job_id)["document"]["service_state"] == "active"


def _caused_once_in_order(caused: Any) -> None:  # noqa: ANN401  any JSON
    instants = [
        datetime.fromisoformat(caused["service"][name])
        for name in ("completed_at", "received_at", "live_at")
    ]
    assert instants == sorted(instants)
    assert caused["service"]["billing_start"] == caused["charges"][0]["billing_start"]
    assert len(caused["charges"]) == len(caused["event_ids"]) == len(caused["notifications"]) == 1


def _nobody_touched_it(stage: Stage, job_id: str, completed_at: str) -> None:
    """People and their systems act before the completion; devices and the server act after it."""
    timeline = stage.office.get(f"/api/jobs/{job_id}/timeline")
    actors = {
        entry["actor_kind"]
        for entry in timeline
        if datetime.fromisoformat(entry["at"]) > datetime.fromisoformat(completed_at)
    }
    assert actors <= {"device", "system"}, json.dumps(timeline)


def test_a_job_reassigned_meanwhile_loses_nobodys_work(stage: Stage) -> None:
    if stage.shares_its_database:
        stage.start_worker()
    ada, ben = stage.tablet("ada", stage.town.ada), stage.tablet("ben", stage.town.ben)
    job_id = stage.order(stage.town.ada)
    ada.post("/sync")
    predicted = predict(light_path(job_on(ada, job_id))).rx_power_cdbm
    ada.post("/flight-mode", on=True)
    stage.assign(job_id, stage.town.ben)
    ben.post("/sync")
    stage.plug(SERIAL, predicted)
    do_the_job(ada, job_id, serial="HWTC000000AA", reading=format_dbm(predicted))
    do_the_job(ben, job_id, serial=SERIAL, reading=format_dbm(predicted))
    ada.post("/flight-mode", on=False)
    ada.post("/sync")
    ben.post("/sync")

    caused, _ = stage.told(job_id)

    assert caused["service"]["ont_serial"] == SERIAL, "the network decides"
    _caused_once_in_order(caused)
    assert [ont["row"]["serial"] for ont in stage.olt_state()["registered"]] == [SERIAL]
    assert {item["code"] for item in caused["inbox"]} >= {"already_completed"}
    for tablet in (ada, ben):
        tablet.post("/sync")
        operations = tablet.get("/operations")
        assert operations
        assert all(operation["verdict"] for operation in operations)
        assert not [o for o in operations if o["verdict"] == "rejected"]


def test_a_withdrawn_tablet_hands_its_job_over_and_the_office_lets_it_go_live(
    stage: Stage,
) -> None:
    ada = stage.tablet("ada", stage.town.ada)
    job_id = stage.order(stage.town.ada)
    ada.post("/sync")
    predicted = predict(light_path(job_on(ada, job_id))).rx_power_cdbm
    ada.post("/flight-mode", on=True)
    do_the_job(ada, job_id, serial=SERIAL, reading=format_dbm(predicted))
    (device,) = stage.office.get("/api/devices")
    stage.office.post(f"/api/devices/{device['id']}/revocation")

    ada.post("/flight-mode", on=False)
    wiped = until(lambda: _wiped(ada), "wipe")

    assert wiped["operations_handed_over"] >= 10
    assert wiped["photos_handed_over"] >= 2
    assert not (stage.home("ada") / "replica").exists()
    assert list((stage.home("ada") / "keys").iterdir()) == []
    assert stage.office.get(f"/api/jobs/{job_id}")["state"] == "assigned"
    stage.plug(SERIAL, predicted)
    (listed,) = stage.command("device", "quarantine", "list").splitlines()
    stage.command("device", "quarantine", "release", listed.split()[0])
    caused, _ = stage.told(job_id)
    assert caused["service"]["ont_serial"] == SERIAL
    _caused_once_in_order(caused)


def _wiped(tablet: Caller) -> Any:  # noqa: ANN401  any JSON
    state = tablet.get("/lock")
    return state if state["type"] == "wiped" and state["is_done"] else None
