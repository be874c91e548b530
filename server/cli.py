"""The command ``firstlight``: finds its subcommands by entry point and says what went wrong.

A subcommand is an entry point of the group ``firstlight.commands`` that names a function
``add_to(subparsers)``; its parser sets ``run``, which takes the arguments and answers the exit
status. So no package imports another for the sake of the command line.
"""

import argparse
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from server import inputs, logs
from server.database.engines import DatabaseUnusable
from server.database.full_disk import StorageFull
from server.database.schema_versions import SchemaOutdated
from server.database.sqlite import SettingRefused
from server.imports.complaints import FileRefused
from server.problems import Conflicting, NotFound, WrongInput
from server.settings import SettingsUnusable
from sync_protocol.jobs import MoveNotAllowed
from sync_protocol.sqlite_builds import UnsafeSqlite

GROUP: Final = "firstlight.commands"
FAILED: Final = 1
WRONG_INPUT: Final = 2

_STATUS: Final[Mapping[type[Exception], int]] = {
    SettingsUnusable: WRONG_INPUT,
    DatabaseUnusable: WRONG_INPUT,
    WrongInput: WRONG_INPUT,
    FileRefused: WRONG_INPUT,
    NotFound: WRONG_INPUT,
    SchemaOutdated: FAILED,
    UnsafeSqlite: FAILED,
    SettingRefused: FAILED,
    StorageFull: FAILED,
    Conflicting: FAILED,
    MoveNotAllowed: FAILED,
}

_DESCRIPTION = """\
Firstlight: the open, offline-first field and fulfilment system for fiber operators.

A first installation: firstlight migrate, firstlight doctor, firstlight import FOLDER, firstlight
serve. Each command explains itself with --help.
"""
_EPILOG = """\
Settings come from a TOML file (--settings) and FIRSTLIGHT_... environment variables.
exit status: 0 done, 1 failed, 2 wrong input
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 done, 1 failed, 2 wrong input."""
    logs.configure("info")
    parser = build_parser(importlib.metadata.entry_points(group=GROUP))
    args = parser.parse_args(argv)
    try:
        return _run(args)
    except tuple(_STATUS) as error:
        return _say(
            error, next(_STATUS[known] for known in type(error).__mro__ if known in _STATUS)
        )
    except DBAPIError as error:
        return _tell_of_database(error, args.command)
    except KeyboardInterrupt:
        return _say("interrupted", FAILED)
    except BrokenPipeError:
        # Who read our output has gone; Python must not complain again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:  # noqa: BLE001  the command line is the last to hear; it logs and ends
        return _unforeseen(args.command)


def _run(args: argparse.Namespace) -> int:
    # A file may have any name; a text goes into the database or is looked up there.
    for name, value in vars(args).items():
        if not isinstance(value, Path):
            inputs.require_printable(value, name)
    return args.run(args)


def _tell_of_database(error: DBAPIError, command: str) -> int:
    # Without a statement it is the connection that failed; with one, it may be our mistake.
    if error.statement is not None and not isinstance(error, OperationalError):
        return _unforeseen(command)
    told = " ".join(str(error.orig).split())
    return _say(f"the database cannot be used: {told}", FAILED)


def build_parser(found: Iterable[importlib.metadata.EntryPoint]) -> argparse.ArgumentParser:
    """Build the parser of all commands; one that cannot be loaded says so when it is used."""
    parser = argparse.ArgumentParser(
        prog="firstlight",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="TOML file with the settings of the server"
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for entry_point in sorted(found, key=lambda entry_point: entry_point.name):
        try:
            entry_point.load()(subparsers)
        except Exception as error:  # noqa: BLE001  a broken plug-in must not take the others with it
            _add_broken(subparsers, entry_point.name, error)
    return parser


def _add_broken(subparsers: Any, name: str, error: Exception) -> None:  # noqa: ANN401  argparse keeps the type to itself
    parser = subparsers.choices.get(name) or subparsers.add_parser(
        name, help=f"not available: {type(error).__name__}"
    )
    parser.set_defaults(run=_refuse(f"{name} cannot be loaded: {error!r}"))


def _refuse(reason: str) -> Callable[[argparse.Namespace], int]:
    return lambda _args: _say(reason, FAILED)


def _unforeseen(command: str) -> int:
    structlog.get_logger().exception("command.failed", command=command)
    return _say(f"{command} failed for a reason that we did not foresee", FAILED)


def _say(what: object, status: int) -> int:
    sys.stderr.write(f"firstlight: {what}\n")
    return status
