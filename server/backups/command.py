"""``firstlight backup``: a sound copy of the database, taken while the server runs."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from server import settings
from server.acts import SYSTEM, act_of
from server.backups import copying, lives
from server.database.engines import DatabaseUnusable, parse_url
from server.opened import opened_url

_DESCRIPTION = """\
Copy the database to a new file while the server runs, check the copy, and note how far the tablets'
work is in it. SQLite only: for PostgreSQL run pg_dump, or archive its log. Photos lie in the blob
folder; copy it after this command, with any tool: a file in it never changes once it is whole.
"""


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``backup`` to the command line."""
    parser = subparsers.add_parser(
        "backup",
        help="copy the database to a file, while the server runs",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that does not exist yet")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Back up the database of the settings.

    Raises:
        DatabaseUnusable: no backup was made; the text says why.
        SchemaOutdated: run firstlight migrate first.
    """
    url = settings.load_installation(args.settings, os.environ).database_url
    if parse_url(url).get_backend_name() == "postgresql":
        raise DatabaseUnusable(
            "firstlight backup copies SQLite; for PostgreSQL run: pg_dump --format=custom "
            f"--file={args.file} NAME"
        )
    copying.refuse_existing(args.file)
    with opened_url(url) as store:
        horizon = copying.back_up(Path(str(store.url.database)), args.file)
        store.write_now(lives.mark_durable, horizon, act=act_of(SYSTEM))
    size_bytes = args.file.stat().st_size
    sys.stdout.write(
        f"{args.file}: {size_bytes} bytes, checked; the feed up to {horizon.place.seq}, "
        f"{len(horizon.heads)} tablets with work that no earlier backup has\n"
    )
    return 0
