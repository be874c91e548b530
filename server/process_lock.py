"""One server per SQLite database: the second one says so instead of starting.

The lock belongs to the file, not to the name it was opened by: links are followed to where the file
lies, and a file with two names of its own is refused.
"""

import contextlib
from collections.abc import Generator
from pathlib import Path

import filelock
import sqlalchemy as sa

from server.database.engines import DatabaseUnusable, require_one_name


@contextlib.contextmanager
def held(url: sa.URL) -> Generator[None]:
    """Hold a database for this process; on PostgreSQL many processes share one.

    Raises:
        DatabaseUnusable: another server has the file, or it has several names; nothing was opened.
    """
    if url.get_backend_name() != "sqlite":
        yield
        return
    require_one_name(url)
    lock = filelock.FileLock(f"{Path(str(url.database)).resolve()}.lock", blocking=False)
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
