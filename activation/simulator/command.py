"""The command ``firstlight olt-simulator``, also ``python -m activation.simulator``."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from activation.simulator.reading import ValueWrong, convert, whole_number
from activation.simulator.scenario import ScenarioWrong, read_scenario
from activation.simulator.settings import Ready, Settings

_SUMMARY = "run a simulated OLT that answers real SNMP on UDP"


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps its type private
    """Add ``olt-simulator`` to the subcommands of ``firstlight``."""
    parser = subparsers.add_parser("olt-simulator", help=_SUMMARY, description=_SUMMARY)
    _add_arguments(parser)


def main(arguments: Sequence[str]) -> int:
    """Run the command by itself; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m activation.simulator", description=_SUMMARY)
    _add_arguments(parser)
    parsed = parser.parse_args(arguments)
    return run(parsed)


def run(arguments: argparse.Namespace) -> int:
    """Run until stopped: 0, or 1 where a port or the log cannot be had, 2 for a wrong scenario."""
    try:
        # Here, so that the other commands need neither pysnmp nor the time that it takes to load.
        from activation.simulator.process import run_until_stopped  # noqa: PLC0415  see above
    except ImportError as error:
        return _fail(f"the simulator needs {error.name}; install firstlight[simulator]", 1)
    try:
        scenario = read_scenario(arguments.scenario)
        settings = convert(
            {
                "host": arguments.host,
                "snmp_port": arguments.snmp_port,
                "control_port": arguments.control_port,
                "log": arguments.log,
                "trap_host": arguments.trap_host,
                "trap_port": arguments.trap_port,
            },
            Settings,
        )
    except (ScenarioWrong, ValueWrong) as error:
        return _fail(str(error), 2)
    if settings.log is not None and settings.log.resolve() == arguments.scenario.resolve():
        return _fail(f"--log {str(settings.log)!r} is the scenario; give a file of its own", 2)
    try:
        asyncio.run(run_until_stopped(scenario, settings, now=_now, announce=_announce))
    except OSError as error:
        return _fail(
            f"the simulator cannot start: {error}; choose other ports or another --log file, or "
            "another --host",
            1,
        )
    return 0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenario", type=Path, required=True, help="what the OLT has, as JSON")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--snmp-port", type=whole_number, default=0, help="UDP port; 0 picks a free one"
    )
    parser.add_argument(
        "--control-port", type=whole_number, default=0, help="HTTP port; 0 picks a free one"
    )
    parser.add_argument("--log", type=Path, help="file that events are appended to, as JSON lines")
    parser.add_argument(
        "--trap-host", default="127.0.0.1", help="where traps are sent (%(default)s)"
    )
    parser.add_argument(
        "--trap-port", type=whole_number, default=0, help="UDP port there; 0 sends no traps"
    )
    parser.set_defaults(run=run)


def _announce(ready: Ready) -> None:
    sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
    sys.stdout.flush()


def _fail(message: str, status: int) -> int:
    sys.stderr.write(message + "\n")
    return status


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the process's own clock, handed to everything else
