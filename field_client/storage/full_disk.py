"""A tablet whose disk takes nothing more: one error in plain words, whoever met it first."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from field_client.storage.driver import DatabaseError

_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# SQLITE_IOERR and SQLITE_FULL; the driver tells no finer, and a quota is the first.
_SQLITE_CODES: Final = frozenset({10, 13})


class StorageFull(RuntimeError):
    """The disk takes nothing more; nothing was changed. Make room, then do it again."""

    def __init__(self) -> None:
        super().__init__(
            "this tablet has no room left, so this was not saved; delete something else from the "
            "tablet, like videos or apps that nobody needs, then do it again. What was saved "
            "before is safe"
        )


@contextmanager
def naming_it() -> Generator[None]:
    """Turn whatever says that the disk is full into ``StorageFull``."""
    try:
        yield
    except (OSError, DatabaseError) as error:
        if not is_full(error):
            raise
        raise StorageFull from error


def is_full(error: OSError | DatabaseError) -> bool:
    """Say whether this is the disk, and not what was asked of it."""
    if isinstance(error, OSError):
        return error.errno in _ERRNOS
    return getattr(error, "sqlite_errorcode", None) in _SQLITE_CODES
