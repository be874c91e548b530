"""A database whose disk takes nothing more: full for SQLite, or its log at the kernel's limit.

Both can be lifted again, as when somebody makes room.
"""

import contextlib
from collections.abc import Generator
from pathlib import Path

import sqlalchemy as sa

from server.database import Store, Written
from tests.full_disks import files_end_at

NO_LIMIT = 2**31


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
