"""Which SQLite releases must not touch a replica.

3.7.0 to 3.51.2 can corrupt a database in WAL mode when two connections write and checkpoint at the
same instant (sqlite.org/wal.html#walresetbug); fixed in 3.51.3 and in the branches named below.
"""

from typing import Final

Release = tuple[int, int, int]

FIRST_AFFECTED: Final[Release] = (3, 7, 0)
FIRST_FIXED: Final[Release] = (3, 51, 3)
_FIXED_IN_BRANCH: Final[dict[tuple[int, int], int]] = {(3, 44): 6, (3, 50): 7}


class SqliteUnsafe(RuntimeError):
    """This SQLite build can corrupt a replica; nothing was opened. Install a fixed build."""


def is_affected(release: Release) -> bool:
    """Say whether a release has the WAL-reset bug.

    >>> is_affected((3, 50, 6)), is_affected((3, 50, 7)), is_affected((3, 51, 0))
    (True, False, True)
    """
    if not FIRST_AFFECTED <= release < FIRST_FIXED:
        return False
    fixed_patch = _FIXED_IN_BRANCH.get(release[:2])
    return fixed_patch is None or release[2] < fixed_patch


def refuse_affected(release: Release) -> None:
    """Stop before such a build opens a file.

    Raises:
        SqliteUnsafe: names the release and what would be right.
    """
    if is_affected(release):
        found = ".".join(map(str, release))
        raise SqliteUnsafe(
            f"SQLite {found} can corrupt a database in WAL mode; 3.51.3 or later, 3.50.7 or 3.44.6 "
            "is needed"
        )
