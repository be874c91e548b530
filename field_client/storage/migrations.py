"""The replica's schema, brought up to date by ``user_version``, one transaction per step."""

from collections.abc import Iterator
from typing import Final

from field_client.storage.driver import Connection, driver
from field_client.storage.statements import read_sql

STEPS: Final = (
    "schema.sql",
    "begun_anew.sql",
    "scope_check.sql",
    "durable.sql",
    "pages.sql",
    "field_jobs.sql",
    "contact.sql",
    "revocation.sql",
    "briefing.sql",
    "earlier_photos.sql",
    "answers.sql",
)
"""Step n leads from ``user_version`` n to n + 1; a released step is never edited."""


class ReplicaTooNew(RuntimeError):
    """A later version of this program wrote the replica; nothing was changed. Install that one."""


def migrate(db: Connection, steps: tuple[str, ...] = STEPS) -> None:
    """Run the steps that the replica has not seen.

    Raises:
        ReplicaTooNew: the replica knows more steps than we do.
    """
    while (version := _version(db)) < len(steps):
        _run_step(db, version, read_sql(steps[version]))
    if version > len(steps):
        raise ReplicaTooNew(
            f"the replica has schema {version}, this program knows up to {len(steps)}"
        )


def _version(db: Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _run_step(db: Connection, version: int, script: str) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have taken the step while this one waited for the lock.
        if _version(db) == version:
            for statement in _statements(script):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {version + 1}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """Split at the ends of statements; ``executescript`` would commit in between."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if driver.complete_statement(pending):
            yield pending
            pending = ""
