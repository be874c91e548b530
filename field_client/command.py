"""``firstlight field``: the tablet agent, and its questions for an engineer at a shell."""

import argparse
import asyncio
import io
import os
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

import structlog
from platformdirs import user_data_dir, user_log_dir

from field_client import icon_command, pin_command
from field_client.agent import default_device_name
from field_client.engine import Synced
from field_client.enrolling import (
    AlreadyEnrolled,
    EnrolmentRefused,
    NoServer,
    NotACode,
    ServerUnreachable,
)
from field_client.keys import KeyDamaged
from field_client.replica.cards import list_jobs
from field_client.replica.held import NotEnrolled
from field_client.safety.key_files import TabletLocked
from field_client.safety.keystore import KeystoreSilent
from field_client.safety.pins import PinTooWeak
from field_client.safety.vault import NoPin, PinNeedsEncryption, Vault, open_vault
from field_client.safety.wiping import TabletWiped
from field_client.serving import print_line, serve
from field_client.settings import BadSettings, Settings, load_settings
from field_client.starting import AgentDoesNotStart, AgentSilent, Launcher, write_failure
from field_client.status import get_status
from field_client.storage import (
    Disk,
    ReplicaTooNew,
    ReplicaUnreadable,
    SettingNotTaken,
    StorageFull,
)
from sync_protocol.sqlite_builds import UnsafeSqlite

FAILED, WRONG_INPUT = 1, 2
APP_NAME: Final = "firstlight-field"
HOME: Final = Path(user_data_dir(APP_NAME, appauthor=False))
"""Where this user's tablet lives, as the system has it; its logs lie where logs belong."""
_WRONG: Final = (
    AlreadyEnrolled,
    BadSettings,
    EnrolmentRefused,
    NoPin,
    pin_command.PinMistyped,
    NoServer,
    NotACode,
    NotEnrolled,
    PinNeedsEncryption,
    PinTooWeak,
    TabletLocked,
    TabletWiped,
)
_BROKEN: Final = (
    AgentDoesNotStart,
    AgentSilent,
    KeyDamaged,
    KeystoreSilent,
    OSError,
    ReplicaTooNew,
    ReplicaUnreadable,
    ServerUnreachable,
    SettingNotTaken,
    StorageFull,
    UnsafeSqlite,
)


class Subparsers(Protocol):
    """What argparse's ``add_subparsers`` gives."""

    def add_parser(
        self,
        name: str,
        *,
        help: str,  # noqa: A002  argparse's own word
        description: str | None,
    ) -> argparse.ArgumentParser:
        """Add a subcommand."""
        ...


Ask = Callable[[Vault, argparse.Namespace], Awaitable[int]]


def add_to(subparsers: Subparsers) -> None:
    """Add ``field`` with its own subcommands to the ``firstlight`` command."""
    parser = subparsers.add_parser("field", help="the technician's tablet", description=__doc__)
    _add_commands(parser)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``python -m field_client``; the exit status."""
    parser = argparse.ArgumentParser(prog="field_client", description=__doc__)
    _add_commands(parser)
    args = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = args.run
    return run(args)


def _add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    start = _add(commands, "start", "run the agent and open its pages in the browser", None)
    start.set_defaults(run=_run_start)
    start.add_argument("--port", type=int, help="port on 127.0.0.1; by default that of last time")
    start.add_argument("--no-browser", action="store_true", help="only print the address to open")
    icon = _add(commands, "icon", "put an icon into the menu that does what start does", None)
    icon.set_defaults(run=_run_icon)
    icon.add_argument("--remove", action="store_true", help="take the icon away")
    serve = _add(commands, "serve", "run the local agent until it is stopped", None)
    serve.add_argument("--port", type=int, help="port on 127.0.0.1; 0 (default) takes a free one")
    enrol = _add(commands, "enrol", "make this tablet a technician's", _enrol)
    enrol.add_argument("code", help="the one-time code from the office")
    enrol.add_argument("--device-name", default=default_device_name(), help="as the office sees it")
    _add(commands, "jobs", "list the jobs on this tablet", _jobs)
    _add(commands, "sync", "send and receive once", _sync)
    _add(commands, "status", "say what is sent, what waits, and what is wrong", _status)
    pin = commands.add_parser("pin", help="the PIN of this tablet", description=pin_command.__doc__)
    actions = pin.add_subparsers(required=True, metavar="ACTION", title="actions")
    _add(actions, "set", "set the PIN, or change it", pin_command.set_pin)
    _add(actions, "remove", "let the tablet open without a PIN again", pin_command.remove_pin)


def _add(commands: Subparsers, name: str, summary: str, ask: Ask | None) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument(
        "--home", type=Path, default=HOME, help="the folder of this tablet (default: %(default)s)"
    )
    parser.add_argument("--server", help="the operator's server, like https://field.example.net")
    parser.add_argument(
        "--plain",
        action="store_true",
        help="no encryption of our own, for a device that encrypts its disk",
    )
    parser.add_argument("--pin-stdin", action="store_true", help=pin_command.PIN_STDIN_HELP)
    parser.set_defaults(run=_run, ask=ask)
    return parser


def _run(args: argparse.Namespace) -> int:
    """Serve, or ask the agent something."""

    def do(settings: Settings) -> int:
        if args.ask is None:
            asyncio.run(serve(settings, args))
            return 0
        return asyncio.run(_ask(settings, args))

    return _doing(args, do)


def _run_start(args: argparse.Namespace) -> int:
    """Start the agent, watch it, and open its pages; or a page that says why there are none."""
    _give_streams()
    logs = (
        Path(user_log_dir(APP_NAME, appauthor=False)) if args.home == HOME else args.home / "logs"
    )

    def show(address: str) -> None:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        if not args.no_browser:
            webbrowser.open(address)

    def do(settings: Settings) -> int:
        Launcher(settings, logs, Disk(), show).run()
        return 0

    def tell(sentence: str) -> None:
        _tell_terminal(sentence)
        if not args.no_browser and not sys.stderr.isatty():
            webbrowser.open(write_failure(sentence, logs).as_uri())

    return _doing(args, do, tell)


def _run_icon(args: argparse.Namespace) -> int:
    return _doing(args, lambda _: icon_command.change_icon(args, HOME))


def _give_streams() -> None:
    """Let a program speak that has nobody to hear it: Windows gives no streams behind an icon."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.StringIO())


def _tell_terminal(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _doing(
    args: argparse.Namespace,
    do: Callable[[Settings], int],
    tell: Callable[[str], object] = _tell_terminal,
) -> int:
    """Read the settings, do what was asked, and tell expected errors in one sentence."""
    _log_to_stderr()
    try:
        return do(load_settings(args.home, os.environ, _given(args)))
    except _WRONG as error:
        tell(str(error))
        return WRONG_INPUT
    except _BROKEN as error:
        tell(str(error))
        return FAILED


def _given(args: argparse.Namespace) -> dict[str, object]:
    return {
        "server_url": args.server,
        "port": getattr(args, "port", None),
        "encrypted": False if args.plain else None,
    }


async def _ask(settings: Settings, args: argparse.Namespace) -> int:
    async with open_vault(settings) as vault:
        ask: Ask = args.ask
        return await ask(vault, args)


async def _enrol(vault: Vault, args: argparse.Namespace) -> int:
    await vault.start_over()
    agent = await pin_command.unlock(vault, args)
    answer = await agent.enrol(args.code, args.device_name)
    print_line({"device_id": str(answer.device_id), "technician_name": answer.technician_name})
    return 0


async def _jobs(vault: Vault, args: argparse.Namespace) -> int:
    agent = await pin_command.unlock(vault, args)
    for card in await agent.store.read(list_jobs):
        print_line(card)
    return 0


async def _sync(vault: Vault, args: argparse.Namespace) -> int:
    agent = await pin_command.unlock(vault, args)
    report = await agent.sync_once()
    await vault.wipe_if_due()
    print_line(report)
    return 0 if isinstance(report.outcome, Synced) else FAILED


async def _status(vault: Vault, args: argparse.Namespace) -> int:
    agent = await pin_command.unlock(vault, args)
    print_line(await get_status(agent))
    return 0


def _log_to_stderr() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=_stderr_logger,
        wrapper_class=structlog.make_filtering_bound_logger(20),
    )


def _stderr_logger(*_names: object) -> structlog.PrintLogger:
    """Look up standard error at each line, for it may have been redirected since."""
    return structlog.PrintLogger(sys.stderr)
