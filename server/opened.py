"""Opening the database of an installation for one command."""

import contextlib
import os
from collections.abc import Generator
from pathlib import Path

from server import settings
from server.database import Store, schema_versions
from server.database.engines import parse_url, require_present
from server.database.writer import Probe


@contextlib.contextmanager
def opened_store(settings_file: Path | None) -> Generator[Store]:
    """Open the database that the settings name, for as long as the context lasts.

    Raises:
        SettingsUnusable: nothing was opened.
        DatabaseUnusable: there is no such database.
        SchemaOutdated: run firstlight migrate first.
    """
    with opened_url(settings.load(settings_file, os.environ).database_url) as store:
        yield store


@contextlib.contextmanager
def opened_url(url: str, *, probe: Probe | None = None) -> Generator[Store]:
    """Open a database by its URL.

    Raises:
        DatabaseUnusable: there is no such database.
        SchemaOutdated: run firstlight migrate first.
    """
    require_present(parse_url(url))
    store = Store(url, probe=probe)
    try:
        store.read_now(schema_versions.require_newest)
        yield store
    finally:
        store.close()
