"""The OLT simulator and the UDP proxy as processes of their own, on free ports."""

import json
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

STOP_S = 10


class RunningSimulator(msgspec.Struct, frozen=True, kw_only=True):
    """Where a simulator listens, and the questions that a test has for it."""

    snmp_port: int
    control_url: str

    def sets(self) -> int:
        """Count the SET requests that have arrived."""
        return httpx.get(f"{self.control_url}/stats").json()["set_requests"]

    def registered(self) -> dict[str, str]:
        """Give the registered places by serial, like ``0/1/0:5``."""
        rows = [entry["row"] for entry in self._state()["registered"]]
        return {row["serial"]: f"{row['port']}:{row['ont_id']}" for row in rows}

    def service_ports(self) -> int:
        return len(self._state()["service_ports"])

    def deregister(self, serial: str) -> None:
        """Delete a registration as somebody at the OLT's console would."""
        httpx.delete(f"{self.control_url}/registrations/{serial}").raise_for_status()

    def misbehave(self, **fault: object) -> None:
        httpx.post(f"{self.control_url}/faults", json=fault).raise_for_status()

    def behave(self) -> None:
        httpx.delete(f"{self.control_url}/faults").raise_for_status()

    def _state(self) -> Mapping[str, Any]:
        return httpx.get(f"{self.control_url}/state").json()


@contextmanager
def running_simulator(folder: Path, scenario: object, *options: str) -> Generator[RunningSimulator]:
    """Start a simulator, wait for its word that it is ready, and stop it in the end."""
    path = folder / "scenario.json"
    path.write_bytes(msgspec.json.encode(scenario))
    arguments = ("activation.simulator", "--scenario", str(path), "--log", str(folder / "log"))
    with _process(arguments, "--snmp-port", "0", "--control-port", "0", *options) as ready:
        yield RunningSimulator(
            snmp_port=ready["snmp_port"],
            control_url=f"http://127.0.0.1:{ready['control_port']}",
        )


@contextmanager
def bad_link(target_port: int, *options: str) -> Generator[int]:
    """Put a slow and lossy link before an agent; gives the port to talk to."""
    arguments = ("activation.simulator.udp_proxy", "--target-port", str(target_port))
    with _process(arguments, "--listen-port", "0", *options) as ready:
        yield next(value for key, value in ready.items() if key in {"port", "listen_port"})


@contextmanager
def _process(module: Sequence[str], *options: str) -> Generator[dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *module, *options], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(STOP_S)
        assert process.stdout is not None
        process.stdout.close()
