"""The version of the schema: what a database has, what this program needs, and the way there."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from server.database import engines

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaOutdated(RuntimeError):
    """The database is not at the version this program needs; nothing was read or written."""


def newest() -> str:
    """Name the revision that this program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaOutdated("this installation has no migrations; install it again")
    return head


def known() -> frozenset[str]:
    """Name every revision that this program can bring up to its own."""
    script = ScriptDirectory.from_config(_config())
    return frozenset(revision.revision for revision in script.walk_revisions())


def current(db: sa.Connection) -> str | None:
    """Name the revision of a database; None for an empty one."""
    return MigrationContext.configure(db).get_current_revision()


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database to a revision, in one transaction: it arrives whole or stays as it was.

    Raises:
        DatabaseUnusable: the URL names no database that can be opened.
    """
    parsed = engines.parse_url(url)
    engines.require_one_name(parsed)
    writing, reading = engines.create(parsed)
    config = _config()
    try:
        with writing.connect() as db, db.begin():
            config.attributes["connection"] = db
            command.upgrade(config, revision)
    finally:
        writing.dispose()
        reading.dispose()


def require_newest(db: sa.Connection) -> None:
    """Refuse a database of another version.

    Raises:
        SchemaOutdated: says which command brings it up, or that the program is the older one.
    """
    found, needed = current(db), newest()
    if found != needed:
        raise SchemaOutdated(
            f"the database is at revision {found or 'none'}, this program needs {needed}; "
            "run: firstlight migrate"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
