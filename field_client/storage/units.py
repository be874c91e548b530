"""One unit of work, one transaction: run by the writer thread, and inline by simulations."""

import enum
from collections.abc import Callable
from typing import TypeVar

from field_client.storage.driver import Connection
from field_client.storage.full_disk import naming_it

T = TypeVar("T")


class CommitPoint(enum.StrEnum):
    """Where a process may die, as tests see it."""

    BEGUN = "begun"
    BEFORE_COMMIT = "before_commit"
    COMMITTED = "committed"


Checkpoint = Callable[[CommitPoint], None]


def pass_by(_point: CommitPoint) -> None:
    """Let a unit go on: the checkpoint of production."""


def write_unit(
    db: Connection, unit: Callable[[Connection], T], checkpoint: Checkpoint = pass_by
) -> T:
    """Run a unit in a transaction of its own; whatever it raises leaves nothing behind.

    Raises:
        StorageFull: the disk takes nothing more.
    """
    with naming_it():
        value = _commit(db, unit, checkpoint)
    checkpoint(CommitPoint.COMMITTED)
    return value


def _commit(db: Connection, unit: Callable[[Connection], T], checkpoint: Checkpoint) -> T:
    db.execute("BEGIN IMMEDIATE")
    try:
        checkpoint(CommitPoint.BEGUN)
        value = unit(db)
        checkpoint(CommitPoint.BEFORE_COMMIT)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return value


def read_unit(db: Connection, unit: Callable[[Connection], T]) -> T:
    """Run queries that all see the same state."""
    db.execute("BEGIN")
    try:
        return unit(db)
    finally:
        db.execute("ROLLBACK")
