"""The replica for asynchronous callers: one writer thread, and aiosqlite for reads.

Nothing outside this package starts a thread. What runs in them are plain functions over a
connection, which a simulation calls inline instead.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar, cast

import aiosqlite

from field_client.storage.driver import Connection
from field_client.storage.replica_file import ReplicaKey, open_for_reading, open_replica
from field_client.storage.units import Checkpoint, pass_by, read_unit, write_unit

P = ParamSpec("P")
T = TypeVar("T")
_Run = Callable[..., Awaitable[T]]


class Reader(aiosqlite.Connection):
    """An aiosqlite connection that also runs a whole plain function over one state."""

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run queries in the connection's thread."""
        # aiosqlite leaves the method untyped; it is its hook for subclasses.
        run = cast("_Run[T]", self._execute)  # pyright: ignore[reportUnknownMemberType]  see above
        return await run(read_unit, self._conn, unit)


class Aside:
    """A single thread for work that would hold up the event loop: decoding an image, fsync."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._others: list[Aside] = []

    def beside(self, name: str) -> "Aside":
        """Make another such thread, for work that this one must not wait for; both end together."""
        other = Aside(name)
        self._others.append(other)
        return other

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function there, one at a time in the order asked."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(work, *args, **kwargs))

    def close(self) -> None:
        """Finish what was asked, then end the thread."""
        for other in self._others:
            other.close()
        self._executor.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class Store:
    """Runs plain functions over the replica: ``write`` one after another, ``read`` beside them."""

    def __init__(
        self, writer: Connection, reader: Reader, aside: Aside, checkpoint: Checkpoint
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._aside = aside
        self._checkpoint = checkpoint

    async def write(
        self,
        unit: Callable[Concatenate[Connection, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a unit in its own transaction; when this returns, its effect survives a power cut."""
        bound = partial(_bound, unit, args, kwargs)
        return await self._aside.run(write_unit, self._writer, bound, self._checkpoint)

    async def read(
        self,
        query: Callable[Concatenate[Connection, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run queries that see one committed state."""
        return await self._reader.read(partial(_bound, query, args, kwargs))


def _bound(
    unit: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object], db: Connection
) -> T:
    return unit(db, *args, **kwargs)


@asynccontextmanager
async def open_store(
    path: Path, key: ReplicaKey, checkpoint: Checkpoint = pass_by
) -> AsyncGenerator[Store, None]:
    """Open a replica for the life of a process.

    Raises:
        UnsafeSqlite, ReplicaUnreadable, ReplicaTooNew, SettingNotTaken: as ``open_replica``.
    """
    with Aside("replica-writer") as aside:
        writer = await aside.run(open_replica, path, key)
        try:
            reader = Reader(lambda: open_for_reading(path, key), 64)
            async with reader:
                yield Store(writer, reader, aside, checkpoint)
        finally:
            await aside.run(writer.close)
