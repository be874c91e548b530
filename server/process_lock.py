"""One server per SQLite database: the second one says so instead of starting."""

import contextlib
from collections.abc import Generator

import filelock
import sqlalchemy as sa

from server.database.engines import DatabaseUnusable


@contextlib.contextmanager
def held(url: sa.URL) -> Generator[None]:
    """Hold a database for this process; on PostgreSQL many processes share one.

    Raises:
        DatabaseUnusable: another server has the file; nothing was opened.
    """
    if url.get_backend_name() != "sqlite":
        yield
        return
    lock = filelock.FileLock(f"{url.database}.lock", blocking=False)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise DatabaseUnusable(
            f"another server has {url.database!r}; SQLite serves one process, "
            "use PostgreSQL for several"
        ) from error
    try:
        yield
    finally:
        lock.release()
