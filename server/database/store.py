"""The store: where the rest of the server reads and writes.

``read`` and ``write`` run plain functions over a connection away from the event loop. Reads see one
snapshot each; writes go through the one writer and answer after their commit is durable.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa

from server.database import engines
from server.database.signals import PostgresRelay, Signals
from server.database.units import Written
from server.database.writer import Probe, Writer

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")


class Store:
    """One database, opened."""

    def __init__(self, url: str, *, probe: Probe | None = None) -> None:
        self.url = engines.parse_url(url)
        self.signals = Signals()
        self._relay: PostgresRelay | None = None
        self.writing, self.reading = engines.create(self.url)
        if self.is_postgres:
            self._relay = PostgresRelay(self.url, self.signals)
        self._writer = Writer(
            self.writing,
            self.reading,
            threads=engines.POSTGRES_WRITERS if self.is_postgres else 1,
            notify=self._relay.publish if self._relay else self.signals.notify,
            probe=probe,
        )
        if self._relay is not None:
            self._relay.start()
        self._readers = ThreadPoolExecutor(max_workers=engines.READERS, thread_name_prefix="reader")

    @property
    def is_postgres(self) -> bool:
        """Whether several processes may share this database."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def commits(self) -> int:
        """How many commits this store has made."""
        return self._writer.counter.commits

    async def read(
        self, query: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query in a snapshot of its own."""

        def run() -> T:
            return self.read_now(query, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def write(
        self,
        unit: Callable[Concatenate[sa.Connection, P], Written[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit of work; answer its value once it is durable.

        Raises:
            Exception: whatever the unit raised; it was rolled back and left nothing.
        """
        future = self._writer.submit(lambda db: unit(db, *args, **kwargs))
        return cast("T", await asyncio.wrap_future(future))

    async def write_then_read(
        self, unit: Callable[[sa.Connection], Written[T]], query: Callable[[sa.Connection], R]
    ) -> tuple[T, R]:
        """Run a unit and, once it is durable, a query that sees it; the values of both.

        The thread that committed reads: handing over to another one costs as much as a short query
        does, and more the more there is to do.

        Raises:
            Exception: whatever the unit raised, which left nothing; or what the query raised, and
                then the unit is durable.
        """
        future = self._writer.submit(unit, query)
        return cast("tuple[T, R]", await asyncio.wrap_future(future))

    def read_now(
        self, query: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query in this thread; for commands and tests, never on an event loop."""
        with self.reading.connect() as db, db.begin():
            return query(db, *args, **kwargs)

    def write_now(
        self,
        unit: Callable[Concatenate[sa.Connection, P], Written[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit and wait for its commit; for commands and tests, never on an event loop."""
        return cast("T", self._writer.submit(lambda db: unit(db, *args, **kwargs)).result())

    def close(self) -> None:
        """Finish what is queued and close every connection."""
        self._writer.stop()
        self._readers.shutdown()
        if self._relay is not None:
            self._relay.stop()
        self.writing.dispose()
        self.reading.dispose()
