"""What a person does to the simulated OLT beside SNMP, through the control API."""

from collections.abc import Generator
from typing import Any

import pytest
from litestar.testing import TestClient

from activation.simulator.control import build_control
from activation.simulator.events import EventLog
from activation.simulator.records import OntRow, PonPort
from tests.activation.simulator.factories import (
    OTHER,
    OTHER_PORT,
    PORT,
    SERIAL,
    Bench,
    a_scenario,
    an_ont,
    an_ont_row,
    creating_flow,
    registering,
)

Client = TestClient[Any]
MANY = 3_000


def client_of(bench: Bench, log: EventLog) -> Client:
    async def restart() -> None:
        bench.exchange.restart()

    return TestClient(build_control(bench.exchange, log, lambda: bench.now, restart))


class Site:
    """An OLT whose one ONT runs, and the control API of it."""

    def __init__(self, bench: Bench, client: Client) -> None:
        self.bench = bench
        self.client = client

    def ont(self, serial: str = SERIAL) -> dict[str, Any]:
        registered = self.client.get("/state").json()["registered"]
        return next(each for each in registered if each["row"]["serial"] == serial)

    def told(self, event: str) -> list[dict[str, Any]]:
        return self.client.get("/events", params={"event": event}).json()


@pytest.fixture
def site() -> Generator[Site]:
    log = EventLog()
    bench = Bench(log=log)
    with client_of(bench, log) as client:
        bench.set(registering())
        bench.set(creating_flow())
        bench.wait(60)
        yield Site(bench, client)


@pytest.mark.parametrize(
    ("change", "cause"), [({"powered": False}, "dying_gasp"), ({"lit": False}, "los")]
)
def test_an_ont_without_power_or_light_is_down_at_once_and_says_why(
    site: Site, change: dict[str, bool], cause: str
) -> None:
    assert site.client.patch(f"/onts/{SERIAL}", json=change).status_code == 200
    assert (site.ont()["up"], site.ont()["down_cause"]) == (False, cause)
    (down,) = site.told("ont.down")
    assert (down["serial"], down["reason"]) == (SERIAL, cause)

    site.client.patch(f"/onts/{SERIAL}", json=dict.fromkeys(change, True))
    assert not site.ont()["up"]
    site.bench.wait(60)
    assert site.ont()["acceptable"]
    assert len(site.told("ont.acceptable")) == 2


def test_a_cut_fiber_takes_its_port_down_and_mending_brings_it_back(site: Site) -> None:
    cut = site.client.patch("/ports", json={"name": PORT, "cut": True})
    assert (cut.status_code, cut.json()["cut"]) == (200, True)
    assert site.ont()["down_cause"] == "los"
    # Without light there is nobody to hear a gasp.
    site.client.patch(f"/onts/{SERIAL}", json={"powered": False})
    assert len(site.told("ont.down")) == 1
    site.client.patch(f"/onts/{SERIAL}", json={"powered": True})
    site.client.patch("/ports", json={"name": PORT, "cut": False})
    site.bench.wait(60)
    assert site.ont()["up"]
    assert [row["port"] for row in site.told("port.mended")] == [PORT]


def test_an_unregistered_ont_on_a_cut_fiber_is_not_found(site: Site) -> None:
    site.client.patch("/ports", json={"name": OTHER_PORT, "cut": True})
    site.client.post("/onts", json={"serial": "HWTC000000BB", "port": OTHER_PORT})
    assert site.client.get("/state").json()["found"] == []
    site.client.patch("/ports", json={"name": OTHER_PORT, "cut": False})
    assert site.client.get("/state").json()["found"] == ["HWTC000000BB"]


def test_light_that_degrades_is_read_without_a_fall(site: Site) -> None:
    answer = site.client.patch(f"/onts/{SERIAL}", json={"ont_rx_cdbm": -2790, "olt_rx_cdbm": -2900})
    assert answer.json()["ont_rx_cdbm"] == -2790
    assert site.ont()["acceptable"]
    assert site.told("ont.down") == []


def test_a_restart_loses_what_was_not_saved(site: Site) -> None:
    site.bench.wait(10)
    assert site.client.post("/restart").status_code == 204
    state = site.client.get("/state").json()
    assert [each["row"]["serial"] for each in state["registered"]] == [OTHER]
    assert (state["found"], state["service_ports"]) == ([SERIAL], [])
    assert site.bench.olt is not site.bench.exchange.olt
    assert site.bench.exchange.olt.started_at == site.bench.now


def test_a_restart_keeps_what_was_saved_and_brings_it_up_anew(site: Site) -> None:
    assert site.client.post("/save").status_code == 204
    site.client.post("/restart")
    assert not site.ont()["up"]
    site.bench.wait(60)
    assert site.ont()["acceptable"]
    assert len(site.client.get("/state").json()["service_ports"]) == 1


def test_a_fiber_that_is_cut_stays_cut_over_a_restart(site: Site) -> None:
    site.client.post("/save")
    site.client.patch("/ports", json={"name": PORT, "cut": True})
    site.client.post("/restart")
    site.bench.wait(60)
    assert not site.ont()["up"]


def test_an_ont_is_registered_and_deleted_by_hand(site: Site) -> None:
    assert site.client.delete(f"/registrations/{SERIAL}").status_code == 204
    state = site.client.get("/state").json()
    assert (state["found"], state["service_ports"]) == ([SERIAL], [])
    row = {
        "port": PORT,
        "ont_id": 9,
        "serial": SERIAL,
        "line_profile": "FTTH",
        "service_profile": "HG8245H",
    }
    assert site.client.post("/registrations", json=row).status_code == 201
    site.bench.wait(60)
    assert site.ont()["acceptable"]
    assert site.ont()["row"]["ont_id"] == 9


def test_a_profile_that_was_removed_is_missing_to_a_write(site: Site) -> None:
    site.client.delete(f"/registrations/{SERIAL}")
    assert site.client.delete("/profiles/line/FTTH").status_code == 204
    assert site.bench.set(registering())[0] != 0
    (refused,) = site.told("set.rejected")
    assert refused["reason"] == "line_profile_missing"
    assert site.client.post("/profiles", json={"kind": "line", "name": "FTTH"}).status_code == 201
    assert site.bench.set(registering())[0] == 0


def test_a_traffic_table_that_was_removed_is_missing_to_a_write(site: Site) -> None:
    (flow,) = site.bench.olt.flows.values()
    site.bench.olt.remove_flow(flow)
    site.client.delete("/profiles/traffic/100M")
    assert site.bench.set(creating_flow())[0] != 0
    site.client.post("/profiles", json={"kind": "traffic", "name": "100M"})
    assert site.bench.set(creating_flow())[0] == 0


def test_a_port_whose_capacity_was_lowered_is_full(site: Site) -> None:
    site.client.delete(f"/registrations/{SERIAL}")
    site.client.patch("/ports", json={"name": PORT, "capacity": 0})
    assert site.bench.set(registering())[0] != 0
    assert site.told("set.rejected")[0]["reason"] == "port_full"


ROW = {
    "port": PORT,
    "ont_id": 7,
    "serial": "HWTC000000BB",
    "line_profile": "FTTH",
    "service_profile": "HG8245H",
}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("PATCH", "/onts/HWTC000000BB", {"lit": False}, 404, "no ONT 'HWTC000000BB' is plugged in"),
        ("PATCH", f"/onts/{SERIAL}", {"colour": 1}, 400, "unknown field `colour`"),
        ("PATCH", f"/onts/{SERIAL}", {"ont_rx_cdbm": 99999}, 400, "99999"),
        ("PATCH", "/ports", {"name": "0/9/0", "cut": True}, 400, "it has 0/1/0, 0/1/1"),
        ("PATCH", "/ports", {"cut": True}, 400, "missing required field `name`"),
        ("POST", "/registrations", ROW | {"ont_id": 5}, 409, f"0/1/0 5 holds {SERIAL}"),
        ("POST", "/registrations", ROW | {"serial": OTHER}, 409, "is registered at 0/1/1 3"),
        ("POST", "/registrations", ROW | {"line_profile": "X"}, 409, "'X'; there are FTTH"),
        ("POST", "/registrations", ROW | {"port": "0/9/0"}, 400, "it has 0/1/0, 0/1/1"),
        ("DELETE", "/registrations/HWTC000000BB", None, 404, "'HWTC000000BB' is registered"),
        ("DELETE", "/profiles/line/X", None, 404, "no line profile 'X'; there are FTTH"),
        ("DELETE", "/profiles/colour/X", None, 400, "colour"),
        ("POST", "/profiles", {"kind": "line", "name": "FTTH"}, 409, "'FTTH' already"),
    ],
)
def test_what_cannot_be_done_by_hand_is_refused_with_what_can(
    site: Site, method: str, path: str, body: object, status: int, said: str
) -> None:
    before = site.client.get("/state").json()
    answer = site.client.request(method, path, json=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
    assert site.client.get("/state").json() == before


def test_a_port_that_is_full_takes_nobody_by_hand(site: Site) -> None:
    site.client.patch("/ports", json={"name": PORT, "capacity": 1})
    answer = site.client.post("/registrations", json=ROW)
    assert (answer.status_code, "takes 1 ONTs" in answer.text) == (409, True)


def test_thousands_that_come_up_one_by_one_are_each_told_once() -> None:
    onts = [
        an_ont(
            serial=f"HWTC{number:08X}",
            port=f"0/{1 + number // 1500}/{number // 100 % 15}",
            come_up_s=number / 100,
        )
        for number in range(MANY)
    ]
    rows: list[OntRow] = [
        an_ont_row(port=ont.port, ont_id=number % 100, serial=ont.serial)
        for number, ont in enumerate(onts)
    ]
    names = dict.fromkeys(ont.port for ont in onts)
    log = EventLog()
    scenario = a_scenario(
        ports=tuple(PonPort(name=name) for name in names),
        onts=tuple(onts),
        registered=tuple(rows),
    )
    bench = Bench(scenario, log=log)
    bench.exchange.restart()
    steps = 0
    while (due := bench.exchange.due_at()) is not None:
        bench.now = due
        bench.exchange.settle()
        steps += 1

    ups = [event for event in log.latest if event.event == "ont.up"]
    assert (len(ups), len({event.serial for event in ups})) == (MANY, MANY)
    assert steps >= MANY
