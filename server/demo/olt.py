"""An OLT of the demo: the simulator behind a slow link, and what can be asked of both.

What the story reports of the OLT is read here: from the simulator's control API and its log, and
over SNMP by ``server.demo.snmp_reader``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from server.demo.children import Household
from server.demo.watching import JsonLog, Line

ROUND_TRIP_MS: Final = 50
SENTINEL_S: Final = 0.5


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests the OLT has counted."""

    get_requests: int
    getnext_requests: int
    getbulk_requests: int
    set_requests: int
    accepted_sets: int
    unanswered_requests: int

    @property
    def requests(self) -> int:
        """All requests: as many round trips as the link has carried."""
        return self.get_requests + self.getnext_requests + self.getbulk_requests + self.set_requests


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a serial is registered on the OLT."""

    port: str
    ont_id: int
    acceptable: bool


class Olt:
    """One simulated OLT and the link to it."""

    def __init__(
        self, name: str, *, snmp_port: int, link_port: int, control_url: str, log: Path
    ) -> None:
        self.name = name
        self.snmp_port = snmp_port
        self.link_port = link_port
        """Where the server finds it: the far end of the slow link."""
        self._http = httpx.AsyncClient(base_url=control_url, timeout=10)
        self.log = JsonLog(log)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def stats(self) -> Stats:
        """Ask for the counts of requests."""
        answer = (await self._http.get("/stats")).raise_for_status()
        return msgspec.json.decode(answer.content, type=Stats)

    async def places(self, serial: str) -> tuple[Place, ...]:
        """Ask where a serial is registered."""
        rows = [entry for entry in await self._registered() if entry["row"]["serial"] == serial]
        return tuple(
            Place(
                port=entry["row"]["port"],
                ont_id=entry["row"]["ont_id"],
                acceptable=entry["acceptable"],
            )
            for entry in rows
        )

    async def plug(self, serial: str, port: str, *, rx_power_cdbm: int, come_up_s: float) -> None:
        """Put an ONT on the fiber of a port."""
        ont = {
            "serial": serial,
            "port": port,
            "come_up_s": come_up_s,
            "sentinel_s": SENTINEL_S,
            "ont_rx_cdbm": rx_power_cdbm,
        }
        (await self._http.post("/onts", json=ont)).raise_for_status()

    async def fall_silent(self, *, seconds: float) -> None:
        """Lose every request for a while."""
        fault = {"kind": "silent", "seconds": seconds}
        (await self._http.post("/faults", json=fault)).raise_for_status()

    async def events(self, serial: str) -> list[Line]:
        """Ask for what happened to an ONT, oldest first."""
        answer = (await self._http.get("/events")).raise_for_status()
        lines = msgspec.json.decode(answer.content, type=list[Line])
        return [line for line in lines if line.get("serial") == serial]

    async def _registered(self) -> list[Mapping[str, Any]]:
        answer = (await self._http.get("/state")).raise_for_status()
        state: dict[str, Any] = msgspec.json.decode(answer.content)
        return state["registered"]


async def start_olt(
    household: Household, name: str, scenario: Mapping[str, Any], folder: Path, *, seed: int
) -> Olt:
    """Start a simulator and its link."""
    file = folder / f"{name}.json"
    file.write_bytes(msgspec.json.encode(scenario))
    log = folder / f"{name}.jsonl"
    simulator = await household.start(
        name, ["activation.simulator", "--scenario", str(file), "--log", str(log)]
    )
    link = await household.start(
        f"{name}-link",
        [
            "activation.simulator.udp_proxy",
            "--target-port",
            str(simulator.ready["snmp_port"]),
            "--latency-ms",
            str(ROUND_TRIP_MS),
            "--seed",
            str(seed),
        ],
    )
    return Olt(
        name,
        snmp_port=simulator.ready["snmp_port"],
        link_port=link.ready["listen_port"],
        control_url=f"http://127.0.0.1:{simulator.ready['control_port']}",
        log=log,
    )
