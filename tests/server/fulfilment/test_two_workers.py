"""Two server processes on one PostgreSQL, each with connections of its own."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from server.database import Store
from server.fulfilment import leases
from server.fulfilment.leases import LeaseTerms, Ran
from server.fulfilment.records import Process
from server.fulfilment.steps import Finish
from tests.server.factories import NOON, act, found_town
from tests.server.fulfilment.test_leases import add_processes

WORKERS = 3
HOUSES = 8


class Street:
    """What may be one at a time, and how many there ever were at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside: Counter[str] = Counter()
        self.most = 0
        self.done: list[str] = []

    def enter(self, process: Process) -> None:
        with self._lock:
            self._inside[str(process.lane)] += 1
            self.most = max(self.most, *self._inside.values())

    def leave(self, process: Process) -> None:
        with self._lock:
            self._inside[str(process.lane)] -= 1
            self.done.append(str(process.id))


def test_workers_that_race_for_one_olt_never_hold_it_together(postgres_store: Store) -> None:
    town = found_town(postgres_store, houses=HOUSES)
    add_processes(postgres_store, town, HOUSES)
    street, start = Street(), threading.Barrier(WORKERS)

    def work(owner: str) -> None:
        store = Store(postgres_store.url.render_as_string(hide_password=False))
        terms = LeaseTerms(owner=owner, lease=timedelta(seconds=30), grace=timedelta(seconds=2))
        start.wait(20)
        while len(street.done) < HOUSES:
            taken = list(store.write_now(leases.take_due, terms, limit=64, act=act()))
            for process in taken:
                street.enter(process)
                # Out before the lease ends: whoever is next may be faster than our return.
                street.leave(process)
                ran = Ran(outcome=Finish(progress=process.progress), started_at=NOON, jitter=0)
                let_go = store.write_now(leases.let_go, process, ran, terms, act=act())
                if let_go.next is not None:
                    taken.append(let_go.next)
        store.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        for ended in [pool.submit(work, f"worker-{number}") for number in range(WORKERS)]:
            ended.result(60)

    assert street.most == 1
    assert len(set(street.done)) == len(street.done) == HOUSES
