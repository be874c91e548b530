"""The control API, through its routes."""

import re
from collections.abc import Generator
from typing import Any, cast

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from activation.simulator.control import build_control
from activation.simulator.events import EventLog
from tests.activation.simulator.factories import (
    OTHER,
    SERIAL,
    Bench,
    creating_flow,
    registering,
)


class Desk:
    """A control client and the OLT that it controls."""

    def __init__(self, bench: Bench, client: TestClient[Any]) -> None:
        self.bench = bench
        self.client = client


@pytest.fixture
def desk() -> Generator[Desk]:
    log = EventLog()
    bench = Bench(log=log)

    async def restart() -> None:
        bench.exchange.restart()

    app = build_control(bench.exchange, log, lambda: bench.now, restart)
    with TestClient(app) as client:
        yield Desk(bench, client)


def test_the_state_shows_what_is_plugged_found_and_registered(desk: Desk) -> None:
    state = desk.client.get("/state").json()
    assert (state["found"], state["at"]) == ([SERIAL], "2026-05-04T14:02:00Z")
    desk.bench.set(registering())
    desk.bench.set(creating_flow())
    desk.bench.wait(60)
    state = desk.client.get("/state").json()
    assert (state["found"], state["service_ports"][0]["service_vlan"]) == ([], 100)
    assert [(o["row"]["serial"], o["up"], o["acceptable"]) for o in state["registered"]] == [
        (SERIAL, True, True),
        (OTHER, False, False),
    ]


def test_an_ont_is_plugged_in_and_unplugged(desk: Desk) -> None:
    answer = desk.client.post("/onts", json={"serial": OTHER, "port": "0/1/1"})
    assert (answer.status_code, answer.json()["serial"]) == (201, OTHER)
    assert len(desk.client.get("/state").json()["plugged"]) == 2
    assert desk.client.delete(f"/onts/{OTHER.lower()}").status_code == 204
    assert len(desk.client.get("/state").json()["plugged"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"serial": SERIAL, "port": "0/1/0"}, 409, "is plugged in on 0/1/0; unplug it first"),
        ({"serial": OTHER, "port": "0/9/0"}, 400, "it has 0/1/0, 0/1/1"),
        ({"serial": "nonsense", "port": "0/1/0"}, 400, "serial"),
        ({"serial": OTHER, "port": "0/1/0", "colour": "red"}, 400, "unknown field `colour`"),
        ({"serial": OTHER}, 400, "missing required field `port`"),
    ],
)
def test_an_ont_that_cannot_be_plugged_in_is_refused(
    desk: Desk, body: dict[str, str], status: int, message: str
) -> None:
    answer = desk.client.post("/onts", json=body)
    assert answer.status_code == status
    assert message in answer.text


@pytest.mark.parametrize(("serial", "status"), [(OTHER, 404), ("nonsense", 400)])
def test_an_ont_that_is_not_there_cannot_be_unplugged(desk: Desk, serial: str, status: int) -> None:
    answer = desk.client.delete(f"/onts/{serial}")
    assert (answer.status_code, serial in answer.text) == (status, True)


@pytest.mark.parametrize("path", ["/onts", "/faults"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "'{' is no JSON"),
        (b"[7]", "which holds [7]"),
        (b'{"kind": "loud", "port": "7/7"}', "unknown field `kind`|'loud'"),
        (b"[" * 100_000, "nests too deep"),
        (b'"\xff"', "is not UTF-8"),
    ],
)
def test_a_body_that_cannot_be_read_is_answered_with_what_it_holds(
    desk: Desk, path: str, body: bytes, message: str
) -> None:
    answer = desk.client.post(path, content=body)
    assert answer.status_code == 400
    detail = answer.json()["detail"]
    assert any(part in detail for part in message.split("|"))
    assert len(detail) < 300


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/status", 404), ("DELETE", "/state", 405)]
)
def test_a_path_that_does_not_exist_is_told_those_that_do(
    desk: Desk, method: str, path: str, status: int
) -> None:
    answer = desk.client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(f"no {method} {path}; there are GET /state, ")


def routes_of(client: TestClient[Any]) -> list[tuple[str, set[str]]]:
    """Give the paths of an app with their methods."""
    return [
        (route.path_format, {str(method) for method in route.methods} - {"OPTIONS", "HEAD"})
        for route in cast("Litestar", client.app).routes  # pyright: ignore[reportUnknownMemberType]  no type in the library
        if isinstance(route, HTTPRoute)
    ]


def test_every_route_is_among_those_that_are_told(desk: Desk) -> None:
    told = desk.client.get("/nowhere").json()["detail"].partition("there are ")[2].split(", ")
    routes = {
        f"{method} {re.sub(r'{([a-z]+)}', lambda part: part[1].upper(), path)}"
        for path, methods in routes_of(desk.client)
        for method in methods
    }
    assert set(told) == routes


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"kind":"loud"}', b'{"kind":"busy","count":0}']
)
def test_a_garbage_fault_is_a_400(desk: Desk, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    assert desk.client.post("/faults", content=body, headers=headers).status_code == 400


def test_a_fault_is_played_and_cleared(desk: Desk) -> None:
    answer = desk.client.post("/faults", json={"kind": "silent", "seconds": 20})
    assert answer.json()["until"] == "2026-05-04T14:02:20Z"
    assert [f["kind"] for f in desk.client.get("/state").json()["faults"]] == ["silent"]
    assert desk.client.delete("/faults").status_code == 204
    assert desk.client.get("/state").json()["faults"] == []


def test_counts_and_events_are_read(desk: Desk) -> None:
    desk.bench.set(registering())
    desk.bench.set(registering())
    stats = desk.client.get("/stats").json()
    assert (stats["set_requests"], stats["set_varbinds"], stats["rejected_sets"]) == (2, 14, 1)
    rows = desk.client.get("/events").json()
    assert [row["event"] for row in rows] == ["set.accepted", "set.rejected"]
    (accepted,) = desk.client.get("/events", params={"event": "set.accepted"}).json()
    assert accepted == {
        "at": "2026-05-04T14:02:00.000+00:00",
        "event": "set.accepted",
        "table": "ont",
        "action": "create",
        "port": "0/1/0",
        "ont_id": 5,
        "serial": SERIAL,
    }
