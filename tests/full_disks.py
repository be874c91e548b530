"""Disks that take nothing more, without being root: real limits of SQLite and of the kernel.

Both can be lifted again, as when somebody makes room.
"""

import contextlib
import resource
from collections.abc import Generator
from pathlib import Path

import sqlalchemy as sa

from server.database import Store, Written

NO_LIMIT = 2**31


@contextlib.contextmanager
def files_end_at(size_bytes: int) -> Generator[None]:
    """Let no file of this process grow beyond a size (EFBIG) while the context lasts.

    Standard output may be such a file: capture the logs beside it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def leave_pages(store: Store, more: int) -> None:
    """Let a SQLite database grow by so many pages (SQLITE_FULL); ``NO_LIMIT`` makes room again."""

    def unit(db: sa.Connection) -> Written[None]:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count = {min(pages + more, NO_LIMIT)}")
        return Written(None)

    store.write_now(unit)


@contextlib.contextmanager
def full(store: Store) -> Generator[None]:
    """Let a SQLite database grow by nothing."""
    leave_pages(store, 0)
    try:
        yield
    finally:
        leave_pages(store, NO_LIMIT)


@contextlib.contextmanager
def log_may_not_grow(store: Store) -> Generator[None]:
    """Let the log of a SQLite database stay as long as it is: the driver calls it an I/O error."""
    with files_end_at(Path(f"{store.url.database}-wal").stat().st_size):
        yield
