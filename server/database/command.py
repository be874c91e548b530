"""``firstlight migrate``: bring the database to the schema of this program."""

import argparse
import os
import sys
from typing import Any

from server import settings
from server.database import engines, schema_versions

_DESCRIPTION = """\
Bring the database to the schema that this program needs, in one transaction: it arrives whole or
stays as it was. An empty or absent SQLite file becomes a new database. Running it again does
nothing. Take a backup first when the database holds work.
"""


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``migrate`` to the command line."""
    parser = subparsers.add_parser(
        "migrate",
        help="create the database or bring it to this version",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Migrate the database of the settings.

    Raises:
        SettingsUnusable: nothing was opened.
        DatabaseUnusable: nothing was changed.
    """
    url = settings.load_installation(args.settings, os.environ).database_url
    schema_versions.upgrade(url)
    shown = engines.parse_url(url).render_as_string(hide_password=True)
    sys.stdout.write(f"{shown} is at revision {schema_versions.newest()}\n")
    return 0
