"""The office of a crowd: a database that several processes commit to, this one among them."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Concatenate

from server.acts import utc_now
from server.database import Connection, Store, Written
from tests.simulation.chance import Chance
from tests.simulation.clocks import WorldClock
from tests.simulation.office import PRODUCTION, Office, P, T


class RealClock(WorldClock):
    """Real time, which goes on whether anybody looks or not; ``look`` takes it over."""

    def __init__(self) -> None:
        super().__init__()
        self._begun_at, self._begun = utc_now(), time.monotonic()

    def now(self) -> datetime:
        return self._begun_at + timedelta(milliseconds=self.now_ms)

    def look(self) -> None:
        """Take over how late it is."""
        self.now_ms = int((time.monotonic() - self._begun) * 1000)


class SharedOffice(Office):
    """Reads and writes through a store of its own; requests are answered by other processes."""

    def __init__(  # pyright: ignore[reportMissingSuperCall]  no file is opened
        self, url: str, clock: WorldClock, chance: Chance, *, blobs: Path | None = None
    ) -> None:
        self.code = PRODUCTION
        self.is_up = True
        self.life = 1
        self._clock = clock
        self._chance = chance
        self._store = Store(url)
        if blobs is not None:  # whoever only dispatches needs no files
            self._blob_store = self.code.blob_store(blobs)

    def write(
        self,
        unit: Callable[Concatenate[Connection, P], Written[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit through the writer, which is one of several on this database."""
        return self._store.write_now(unit, *args, **kwargs)

    def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query in a snapshot of its own."""
        return self._store.read_now(query, *args, **kwargs)

    def close(self) -> None:
        """Give the connections back."""
        self._store.close()
