"""A disk that takes nothing more: told apart from other failures, said once, and gone when it goes.

SQLite answers most such failures by ending the whole transaction, so no unit of its group may be
taken for stored. Whoever asked is told to ask again; nothing waits for a restart.
"""

import contextlib
import errno
import threading
import time
from collections.abc import Callable, Generator
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

RETRY_AFTER_S: Final = 30
"""Space does not come back by itself in a second; somebody has to make it."""
QUIET_S: Final = 2 * RETRY_AFTER_S
_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# SQLITE_IOERR and SQLITE_FULL. The driver tells no finer: a quota, a limit on the size of files and
# a failing disk are all SQLITE_IOERR, and all of them are the operator's to mend.
_SQLITE_CODES: Final = frozenset({10, 13})
_SQLSTATE: Final = "53100"  # disk_full of PostgreSQL


class StorageFull(RuntimeError):
    """The disk takes nothing more, full or failing; nothing was stored. Ask again once it does."""


def is_full(error: BaseException | None) -> bool:
    """Say whether this failure, or one that it was raised over, is a disk that takes no more.

    SQLAlchemy then fails to go back to a savepoint that is no longer there, and raises that.
    """
    while error is not None:
        if _is_full_itself(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_full_itself(error: BaseException) -> bool:
    match error:
        case StorageFull():
            return True
        case OSError():
            return error.errno in _ERRNOS
        case DBAPIError(orig=orig):
            return (
                getattr(orig, "sqlite_errorcode", None) in _SQLITE_CODES
                or getattr(orig, "sqlstate", None) == _SQLSTATE
            )
        case _:
            return False


@contextlib.contextmanager
def naming_it(what: str) -> Generator[None]:
    """Turn whatever says that a disk is full into ``StorageFull``; ``what`` could not be stored."""
    try:
        yield
    except (OSError, DBAPIError) as error:
        if not is_full(error):
            raise
        raise StorageFull(
            f"the disk of the server takes nothing more, so {what} was not stored; "
            "ask again when the operator has made room"
        ) from error


class Outage:
    """Says once that a disk takes nothing more, and once that it does again.

    What is small may fit where the next does not: an outage is over when none was met for a while.
    """

    def __init__(self, store: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._met_s: float | None = None

    def begin(self, error: BaseException) -> None:
        """Note that something could not be stored."""
        with self._lock:
            is_known = self._met_s is not None
            self._met_s = self._clock()
        if not is_known:
            structlog.get_logger().error(
                "storage.full", store=self._store, error=repr(error.__cause__ or error)
            )

    def end(self) -> None:
        """Note that something was stored."""
        with self._lock:
            if self._met_s is None or self._clock() - self._met_s < QUIET_S:
                return
            self._met_s = None
        structlog.get_logger().warning("storage.has_room", store=self._store)
