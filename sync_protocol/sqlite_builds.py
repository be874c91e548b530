"""Which SQLite builds may hold work: server and tablet refuse the others at their start.

Versions 3.7.0 to 3.51.2 can corrupt a database when two connections write and checkpoint a WAL at
once (sqlite.org/wal.html#walresetbug); 3.51.3 repairs it, as do the backports 3.44.6 and 3.50.7.
"""

from typing import Final

Version = tuple[int, int, int]

_FIRST_AFFECTED: Final[Version] = (3, 7, 0)
_REPAIRED: Final[Version] = (3, 51, 3)
_BACKPORTS: Final[tuple[Version, ...]] = ((3, 44, 6), (3, 50, 7))


class UnsafeSqlite(RuntimeError):
    """This SQLite can corrupt a database; nothing was opened. Install a repaired build."""


def is_safe(version: Version) -> bool:
    """Say whether a build is free of the WAL-reset bug.

    >>> is_safe((3, 40, 1)), is_safe((3, 44, 6)), is_safe((3, 53, 4))
    (False, True, True)
    """
    if version < _FIRST_AFFECTED or version >= _REPAIRED:
        return True
    return any(version[:2] == fix[:2] and version >= fix for fix in _BACKPORTS)


def require_safe(version: Version) -> None:
    """Refuse an affected build.

    Raises:
        UnsafeSqlite: names the version found and those that are right.
    """
    if not is_safe(version):
        found = ".".join(map(str, version))
        raise UnsafeSqlite(
            f"SQLite {found} has the WAL-reset bug; use 3.51.3 or later, 3.50.7 or 3.44.6"
        )
