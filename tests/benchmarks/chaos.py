"""What goes wrong in ``bench faults``: workers that die and stall, OLTs that misbehave."""

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from tests.acceptance.processes import ROOT
from tests.benchmarks.access_network import COME_UP_S, Shape, SimulatedOlt, port_name
from tests.server.factories import SERVICE_PROFILE

OLTS: Final = 10
WORKERS: Final = 3
LEASE_S: Final = 5
TIMEOUT_MS: Final = 300
QUIET_S: Final = 0.4
"""Between two mishaps; at this pace about a third of the OLTs misbehave at any time."""
UNSAVED_S: Final = COME_UP_S / 2
"""At most so long before a restart an OLT has saved: shorter than an ONT takes to come up."""
PORT_CAPACITY: Final = 128


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How large the trial is."""

    houses: int
    olts: int = OLTS
    workers: int = WORKERS
    quiet_s: float = QUIET_S
    rounds: int | None = None
    """How often each kind of mishap happens; None: for as long as there is something to do."""


class Crew:
    """Workers as processes, which may be killed or stopped at any moment."""

    def __init__(self, folder: Path, url: str, mail_port: int, workers: int) -> None:
        self._log = folder / "workers.log"
        self.number = workers
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
        for _ in range(self.number):
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
    """What goes wrong meanwhile, drawn from a seed: each kind once before any comes again."""

    def __init__(
        self,
        olts: Sequence[SimulatedOlt],
        crew: Crew,
        shape: Shape,
        chance: random.Random,
        scale: Scale,
    ) -> None:
        self._olts = olts
        self._crew = crew
        self._shape = shape
        self._chance = chance
        self._quiet_s = scale.quiet_s
        self._rounds = scale.rounds
        self._end = threading.Event()
        self.spared_nothing = threading.Event()
        """Set when each kind has happened once."""
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
        kinds = list(self._kinds().items())
        for _ in itertools.count() if self._rounds is None else range(self._rounds):
            self._chance.shuffle(kinds)
            for name, mishap in kinds:
                if self._end.wait(self._quiet_s):
                    return
                mishap()
                self.mishaps[name] += 1
            self.spared_nothing.set()

    def _kinds(self) -> Mapping[str, Callable[[], None]]:
        return {
            "silent": lambda: self._misbehave("silent", seconds=self._chance.uniform(0.5, 4)),
            "busy": lambda: self._misbehave("busy", seconds=self._chance.uniform(0.5, 4)),
            "walks cut": lambda: self._misbehave("cut_walk", seconds=self._chance.uniform(0.5, 2)),
            "writes lost": lambda: self._misbehave("drop_set", count=self._chance.randrange(1, 6)),
            "replies lost": lambda: self._misbehave(
                "drop_reply_after_set", count=self._chance.randrange(1, 6)
            ),
            "silent after writes": lambda: self._misbehave(
                "silent_after_set", seconds=self._chance.uniform(0.5, 3)
            ),
            "restarted": self._restart,
            "profile missing": self._lack_profile,
            "port full": self._fill_port,
            "killed": lambda: self._crew.kill_one(self._chance.randrange(self._crew.number)),
            "stalled": self._stall,
        }

    def _misbehave(self, kind: str, **how: float) -> None:
        self._chance.choice(self._olts).misbehave(kind=kind, **how)

    def _restart(self) -> None:
        olt = self._chance.choice(self._olts)
        olt.save()
        self._end.wait(self._chance.uniform(0, UNSAVED_S))
        olt.restart()

    def _lack_profile(self) -> None:
        olt = self._chance.choice(self._olts)
        olt.remove_profile("service", SERVICE_PROFILE)
        self._end.wait(self._chance.uniform(0.1, 0.5))
        olt.add_profile("service", SERVICE_PROFILE)

    def _fill_port(self) -> None:
        olt = self._chance.choice(self._olts)
        name = port_name(self._chance.randrange(self._shape.ports))
        olt.change_port(name, capacity=0)
        self._end.wait(self._chance.uniform(0.1, 0.5))
        olt.change_port(name, capacity=PORT_CAPACITY)

    def _stall(self) -> None:
        """Stop a worker, now and then for longer than its lease and the grace together."""
        which = self._chance.randrange(self._crew.number)
        self._crew.signal_one(which, signal.SIGSTOP)
        self._end.wait(self._chance.choice((0.5, 2, LEASE_S + 2)))
        self._crew.signal_one(which, signal.SIGCONT)
