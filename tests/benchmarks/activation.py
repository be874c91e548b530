"""``activation``: many completions over many OLTs, against the bound that latency and lanes set.

One OLT is written to by one registration at a time, and a registration is some round trips in a
row; no server could be quicker than the busiest OLT's lane, plus the time in which the last ONT
comes up and is looked at::

    bound_s = registrations_per_olt * ROUND_TRIPS * round_trip_s + LAST_ONE_S

``share_of_bound`` is that over the time that it took, from the start of the fulfilment to the last
charge. Simulators, links, server and database share the two cores of whoever runs this.
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from activation.verification import POLL_AFTER_S
from server.database import Store
from tests.acceptance.processes import running
from tests.benchmarks.access_network import (
    COME_UP_S,
    Shape,
    are_all_done,
    codes_of,
    found,
    simulated_olts,
    states_of,
    wait_until,
)
from tests.benchmarks.discovery import compare
from tests.benchmarks.figures import Figure
from tests.postgres import started

OLTS: Final = 10
ROUND_TRIP_MS: Final = 50.0
ROUND_TRIPS: Final = 6
"""In a row, for one registration: survey, both rows, register, read back, bind, read back. What can
travel side by side does, and counts once."""
LAST_ONE_S: Final = next(s for s in POLL_AFTER_S if s > COME_UP_S) + ROUND_TRIP_MS / 1000
"""The first look of the schedule after an ONT can be up, and its round trip."""
DEADLINE_S: Final = 900.0
WORKERS: Final = 2
"""On PostgreSQL, where several processes may drive the fulfilment."""


async def measure(repeat: int) -> tuple[Figure, ...]:
    """Measure with so many activations, on SQLite and on PostgreSQL."""
    return await asyncio.to_thread(_measure, repeat)


def _measure(count: int) -> tuple[Figure, ...]:
    bound_s = -(-count // OLTS) * ROUND_TRIPS * ROUND_TRIP_MS / 1000 + LAST_ONE_S
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as name:
        folder = Path(name)
        discovery = compare(folder)
        on_sqlite = _run(folder, f"sqlite:///{folder / 'firstlight.db'}", count)
    with (
        tempfile.TemporaryDirectory(prefix="fl-pg-", ignore_cleanup_errors=True) as place,
        started(Path(place)) as server,
        server.database() as url,
    ):
        (Path(place) / "run").mkdir()
        on_postgres = _run(Path(place) / "run", url, count)
    return (
        Figure(key="activations", value=count, says=f"over {OLTS} OLTs at {ROUND_TRIP_MS:g} ms"),
        Figure(key="bound_s", value=bound_s, says="set by latency and lanes"),
        *_figures("", bound_s, count, on_sqlite),
        *_figures("_postgres", bound_s, count, on_postgres),
        *discovery,
    )


class _Run:
    """How one run went."""

    def __init__(self, took_s: float, cpu_s: float, violations: int, wrong: int) -> None:
        self.took_s = took_s
        self.cpu_s = cpu_s
        self.violations = violations
        self.wrong = wrong


def _figures(suffix: str, bound_s: float, count: int, run: _Run) -> Iterable[Figure]:
    where = "on PostgreSQL" if suffix else "on SQLite"
    return (
        Figure(
            key=f"share_of_bound{suffix}",
            value=bound_s / run.took_s,
            says=f"{where}; at least {0.75 if suffix else 0.6} is asked for",
        ),
        Figure(key=f"took_s{suffix}", value=run.took_s, says=where),
        Figure(key=f"lane_violations{suffix}", value=run.violations, most=0, says="seen by OLTs"),
        Figure(key=f"not_registered{suffix}", value=run.wrong, most=0, says="by the OLTs"),
        Figure(
            key=f"cpu_ms_per_activation{suffix}",
            value=run.cpu_s * 1000 / count,
            says="of the server's processes, bill, feed and notice included",
        ),
    )


def _run(folder: Path, url: str, count: int) -> _Run:
    shape = Shape(olts=OLTS, houses=count, round_trip_ms=ROUND_TRIP_MS)
    with simulated_olts(folder, shape) as olts:
        found(url, olts, shape)
        store = Store(url)
        try:
            took_s, cpu_s = _drive(folder, url, store)
        finally:
            store.close()
        registered = sum(len(olt.state()["registered"]) for olt in olts)
        violations = sum(lane_violations(olt.events()) for olt in olts)
    return _Run(took_s, cpu_s, violations, count - registered)


def _drive(folder: Path, url: str, store: Store) -> tuple[float, float]:
    """Let the fulfilment run to its end; how long that took, and its processes' CPU."""
    with contextlib.ExitStack() as stack:
        mail = stack.enter_context(
            running(
                folder / "mail.err", "server.demo.mail_sink",
                "--port", "0", "--log", str(folder / "mail.log"),
            )
        )  # fmt: skip
        environ = {
            "FIRSTLIGHT_DATABASE_URL": url,
            "FIRSTLIGHT_BLOB_FOLDER": str(folder / "blobs"),
            "FIRSTLIGHT_PORT": "0",
            "FIRSTLIGHT_MAIL": f'{{"port": {mail.ready["port"]}}}',
            "FIRSTLIGHT_SNMP": '{"town": {"read": "town-read", "write": "town-write"}}',
        }
        commands = ["worker"] * WORKERS if store.is_postgres else ["serve"]
        servers = [
            stack.enter_context(
                running(folder / f"server-{at}.log", "server", command, environ=environ)
            )
            for at, command in enumerate(commands)
        ]
        begun, spent_s = time.monotonic(), sum(_cpu_s(server.process.pid) for server in servers)
        if not wait_until(lambda: are_all_done(states_of(store)), by=begun + DEADLINE_S):
            raise AssertionError(f"after {DEADLINE_S} s: {codes_of(store)}")
        took_s = time.monotonic() - begun
        return took_s, sum(_cpu_s(server.process.pid) for server in servers) - spent_s


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lane_violations(events: Sequence[Mapping[str, Any]]) -> int:
    """Count registrations that began on an OLT before the one before had its service port.

    >>> one = {"event": "set.accepted", "action": "create", "table": "ont", "ont_id": 1}
    >>> bound = {**one, "table": "service_port"}
    >>> lane_violations([one, bound]), lane_violations([one, {**one, "ont_id": 2}, bound])
    (0, 2)
    """
    violations, open_one = 0, None
    for event in events:
        if event.get("event") != "set.accepted" or event.get("action") != "create":
            continue
        place = (event.get("port"), event.get("ont_id"))
        if event["table"] == "ont":
            violations += open_one is not None
            open_one = place
        else:
            violations += open_one != place
            open_one = None
    return violations
