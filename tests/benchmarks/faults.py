"""``faults``: completions while OLTs misbehave, links lose datagrams, and workers die and stall.

Several workers on PostgreSQL drive the fulfilment. Meanwhile, from a seed: OLTs fall silent, are
busy, lose writes or their answers, end walks early, restart and lose what was not saved, lack a
profile or the room on a port; links lose and repeat datagrams; workers are killed and replaced, or
stopped for longer than their lease and then let go on, as a paused virtual machine is. When every
completion has been tried, the faults end, and what is stuck with a code is retried as a person
would. In the end each OLT must hold exactly the ONTs of its houses, each on its port and once, and
each service must run and be charged.

An OLT that restarts has saved by itself a moment before, less than an ONT takes to come up: what it
forgets is still being verified, and is registered again. What is live and was never saved is lost
by a restart for everybody; that is drift, which nothing repairs by itself.
"""

import asyncio
import contextlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from server.acts import SYSTEM, act_of
from server.database import Store
from server.database.tables.billing import invoice_lines
from server.database.tables.fulfilment import processes
from server.database.tables.offers import services
from server.fulfilment import commands
from server.fulfilment.records import ProcessState
from server.services.records import ServiceState
from tests.acceptance.processes import running
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
from tests.benchmarks.chaos import OLTS, WORKERS, Chaos, Crew, Scale
from tests.benchmarks.figures import Figure
from tests.postgres import started
from tests.server.factories import count, rows

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
    ended = await asyncio.to_thread(run, Scale(houses=repeat))
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


def run(scale: Scale, *, seed: int = 1) -> Found:
    """Let so many completions arrive in such a network, and see what becomes of them."""
    shape = Shape(olts=scale.olts, houses=scale.houses, loss=0.01, duplicates=0.02)
    with (
        tempfile.TemporaryDirectory(prefix="fl-faults-", ignore_cleanup_errors=True) as place,
        started(Path(place)) as server,
        server.database() as url,
        simulated_olts(Path(place), shape) as network,
    ):
        found(url, network, shape)
        store = Store(url)
        try:
            return _live_through(Path(place), url, store, network, shape, scale, seed)
        finally:
            store.close()


def _live_through(  # noqa: PLR0913, PLR0917  what the trial is made of
    folder: Path,
    url: str,
    store: Store,
    olts: Sequence[SimulatedOlt],
    shape: Shape,
    scale: Scale,
    seed: int,
) -> Found:
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        mail = stack.enter_context(
            running(
                folder / "mail.err", "server.demo.mail_sink",
                "--port", "0", "--log", str(folder / "mail.log"),
            )
        )  # fmt: skip
        crew = stack.enter_context(Crew(folder, url, int(mail.ready["port"]), scale.workers))
        chance = random.Random(seed)  # noqa: S311  chaos, no secret
        chaos = Chaos(olts, crew, shape, chance, scale)
        retried: Counter[str] = Counter()
        with chaos.raging():
            wait_until(
                lambda: chaos.spared_nothing.is_set() and not set(states_of(store)) & _UNTRIED,
                by=begun + DEADLINE_S,
            )

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
