"""``faults``: completions while OLTs misbehave, links lose datagrams, and workers die and stall.

Three workers on PostgreSQL drive the fulfilment. Meanwhile, from a seed: OLTs fall silent, are busy
and lose their answers to writes; workers are killed and replaced, or stopped for longer than their
lease and then let go on, as a paused virtual machine is. When every completion has been tried, the
faults end, and what is stuck with a code is retried as a person would. In the end each OLT must
hold exactly the ONTs of its houses, each on its port and once, and each service must run and be
charged.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from server.acts import SYSTEM, act_of
from server.database import Store
from server.database.tables.billing import invoice_lines
from server.database.tables.fulfilment import processes
from server.database.tables.offers import services
from server.fulfilment import commands
from server.fulfilment.records import ProcessState
from server.services.records import ServiceState
from tests.acceptance.processes import ROOT, running
from tests.benchmarks.access_network import (
    Shape,
    SimulatedOlt,
    are_all_done,
    found,
    port_name,
    serial_of,
    simulated_olts,
    states_of,
    wait_until,
)
from tests.benchmarks.figures import Figure
from tests.postgres import started
from tests.server.factories import count, rows

OLTS: Final = 10
WORKERS: Final = 3
LEASE_S: Final = 5
TIMEOUT_MS: Final = 300
QUIET_S: Final = 0.4
"""Between two mishaps; at this pace about a third of the OLTs misbehave at any time."""
DEADLINE_S: Final = 3_600.0


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """How it ended."""

    took_s: float
    mishaps: Mapping[str, int]
    retried: Mapping[str, int]
    """What a person had to try again, by its code."""
    uncoded: int
    registered: int
    misplaced: int
    """ONTs that are registered elsewhere than where they are, more than once, or without a flow."""
    unfinished: int
    live: int
    charged: int


async def measure(repeat: int) -> tuple[Figure, ...]:
    """Run with so many completions."""
    ended = await asyncio.to_thread(run, repeat)
    return (
        Figure(key="completions", value=repeat, says=f"over {OLTS} OLTs, {WORKERS} workers"),
        Figure(key="not_registered", value=repeat - ended.registered, most=0, says="by the OLTs"),
        Figure(key="misplaced", value=ended.misplaced, most=0, says="or twice, or without a flow"),
        Figure(key="unfinished", value=ended.unfinished, most=0, says="processes"),
        Figure(key="uncoded", value=ended.uncoded, most=0, says="fallouts without a reason"),
        Figure(key="not_live", value=repeat - ended.live, most=0, says="services"),
        Figure(key="charged_wrongly", value=abs(repeat - ended.charged), most=0, says="services"),
        Figure(key="mishaps", value=sum(ended.mishaps.values()), says=_listed(ended.mishaps)),
        Figure(key="retried", value=sum(ended.retried.values()), says=_listed(ended.retried)),
        Figure(key="took_s", value=ended.took_s, says="until the last was live"),
    )


def _listed(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counted.items())) or "none"


def run(houses: int, *, olts: int = OLTS, seed: int = 1) -> Found:
    """Let so many completions arrive in such a network, and see what becomes of them."""
    shape = Shape(olts=olts, houses=houses, loss=0.01, duplicates=0.02)
    with (
        tempfile.TemporaryDirectory(prefix="fl-faults-", ignore_cleanup_errors=True) as place,
        started(Path(place)) as server,
        server.database() as url,
        simulated_olts(Path(place), shape) as network,
    ):
        found(url, network, shape)
        store = Store(url)
        try:
            return _live_through(Path(place), url, store, network, shape, seed)
        finally:
            store.close()


def _live_through(
    folder: Path, url: str, store: Store, olts: Sequence[SimulatedOlt], shape: Shape, seed: int
) -> Found:
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        mail = stack.enter_context(
            running(
                folder / "mail.err", "server.demo.mail_sink",
                "--port", "0", "--log", str(folder / "mail.log"),
            )
        )  # fmt: skip
        crew = stack.enter_context(Crew(folder, url, int(mail.ready["port"])))
        chaos = Chaos(olts, crew, random.Random(seed))  # noqa: S311  chaos, no secret
        retried: Counter[str] = Counter()
        with chaos.raging():
            wait_until(lambda: not set(states_of(store)) & _UNTRIED, by=begun + DEADLINE_S)

        def is_done_with_help() -> bool:
            fallen_out = [row for row in rows(store, processes) if row["state"] == _STUCK]
            for row in fallen_out:
                retried[str(row["code"])] += 1
                store.write_now(commands.retry, row["id"], act=act_of(SYSTEM))
            return are_all_done(states_of(store))

        wait_until(is_done_with_help, by=begun + DEADLINE_S)
        took_s = time.monotonic() - begun
    states = states_of(store)
    registered, misplaced = _compare(olts, shape)
    return Found(
        took_s=took_s,
        mishaps=chaos.mishaps,
        retried=retried,
        uncoded=retried["None"],
        registered=registered,
        misplaced=misplaced,
        unfinished=sum(states.values()) - states.get(ProcessState.DONE, 0),
        live=count(store, services, services.c.state == ServiceState.ACTIVE),
        charged=len({row["service_id"] for row in rows(store, invoice_lines)}),
    )


_STUCK: Final = ProcessState.STUCK.value
_UNTRIED: Final = frozenset(
    {ProcessState.READY.value, ProcessState.LEASED.value, ProcessState.WAITING.value}
)


def _compare(olts: Sequence[SimulatedOlt], shape: Shape) -> tuple[int, int]:
    """Count the ONTs that are registered where they are, and whatever else there is."""
    right, wrong = 0, 0
    for number, olt in enumerate(olts):
        state = olt.state()
        flows = Counter((row["port"], row["ont_id"]) for row in state["service_ports"])
        wanted = {serial_of(h): port_name(shape.port_of(h)) for h in shape.houses_of(number)}
        for entry in state["registered"]:
            row = entry["row"]
            place = (row["port"], row["ont_id"])
            if wanted.pop(row["serial"], None) == row["port"] and flows.pop(place, 0) == 1:
                right += 1
            else:
                wrong += 1
        wrong += len(flows)
    return right, wrong


class Crew:
    """Workers as processes, which may be killed or stopped at any moment."""

    def __init__(self, folder: Path, url: str, mail_port: int) -> None:
        self._log = folder / "workers.log"
        self._environ = {
            **os.environ,
            "FIRSTLIGHT_DATABASE_URL": url,
            "FIRSTLIGHT_BLOB_FOLDER": str(folder / "blobs"),
            "FIRSTLIGHT_LEASE_S": str(LEASE_S),
            "FIRSTLIGHT_SNMP_TIMEOUT_MS": str(TIMEOUT_MS),
            "FIRSTLIGHT_MAIL": f'{{"port": {mail_port}}}',
            "FIRSTLIGHT_SNMP": '{"town": {"read": "town-read", "write": "town-write"}}',
        }
        self._workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for _ in range(WORKERS):
            self._hire()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.send_signal(signal.SIGCONT)
            worker.kill()
            worker.wait()

    def _hire(self) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "server", "worker"]
            self._workers.append(
                subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=self._environ)
            )

    def kill_one(self, which: int) -> None:
        """Kill a worker, and let another begin."""
        worker = self._workers.pop(which % len(self._workers))
        worker.kill()
        worker.wait()
        self._hire()

    def signal_one(self, which: int, number: signal.Signals) -> None:
        """Stop a worker where it is, or let it go on."""
        self._workers[which % len(self._workers)].send_signal(number)


class Chaos:
    """What goes wrong meanwhile, drawn from a seed."""

    def __init__(self, olts: Sequence[SimulatedOlt], crew: Crew, chance: random.Random) -> None:
        self._olts = olts
        self._crew = crew
        self._chance = chance
        self._end = threading.Event()
        self.mishaps: Counter[str] = Counter()

    @contextlib.contextmanager
    def raging(self) -> Generator[None]:
        """Let things go wrong while the context lasts; every fault ends with it."""
        thread = threading.Thread(target=self._rage, name="chaos")
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()
            for olt in self._olts:
                olt.behave()

    def _rage(self) -> None:
        while not self._end.wait(QUIET_S):
            name, mishap = self._chance.choice(self._known())
            self.mishaps[name] += 1
            mishap()

    def _known(self) -> Sequence[tuple[str, Callable[[], None]]]:
        return (
            ("silent", lambda: self._misbehave("silent", seconds=self._chance.uniform(0.5, 4))),
            ("busy", lambda: self._misbehave("busy", seconds=self._chance.uniform(0.5, 4))),
            ("replies lost", self._lose_replies),
            ("killed", lambda: self._crew.kill_one(self._chance.randrange(WORKERS))),
            ("stalled", self._stall),
        )

    def _misbehave(self, kind: str, **how: float) -> None:
        self._chance.choice(self._olts).misbehave(kind=kind, **how)

    def _lose_replies(self) -> None:
        self._misbehave("drop_reply_after_set", count=self._chance.randrange(1, 6))

    def _stall(self) -> None:
        """Stop a worker, now and then for longer than its lease and the grace together."""
        which = self._chance.randrange(WORKERS)
        self._crew.signal_one(which, signal.SIGSTOP)
        self._end.wait(self._chance.choice((0.5, 2, LEASE_S + 2)))
        self._crew.signal_one(which, signal.SIGCONT)
