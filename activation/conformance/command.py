"""``conformance``: run the suite for one driver and print how many checks it passes.

The simulator is an extra of the package; a rig of somebody else's may do without it.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, Final

import msgspec

from activation.conformance.leaping import LeapingLoop
from activation.conformance.rig import ENTRY_POINT_GROUP, RigFactory
from activation.conformance.running import SUITE, Failed, Missing, Passed, run
from activation.driver import DriverFactory
from activation.registry import DriverUnknown, driver_names, find_driver

_OK, _FAILED, _WRONG_INPUT = 0, 1, 2
VERSIONS: Final = ("v2c", "v3")


class RigUnknown(LookupError):
    """There is no OLT to run the suite on for a driver of that name."""


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse's own class is private
    """Add the command."""
    parser = subparsers.add_parser(
        "conformance",
        help="run the checks that every driver owes",
        description=(
            "Runs each check on a fresh OLT: a simulated one of the driver's vendor, or what a "
            f"package brings under the entry-point group {ENTRY_POINT_GROUP}. What a driver "
            "declares that it cannot do counts as missing."
        ),
    )
    parser.add_argument("--driver", default="huawei", help=", ".join(driver_names()))
    parser.add_argument("--snmp", choices=VERSIONS, default="v2c", help="version of SNMP (v2c)")
    parser.set_defaults(run=_run)


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What the suite runs on, and in which event loop."""

    rig: RigFactory
    loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop


def find_ground(name: str, factory: DriverFactory) -> Ground:
    """Find the rig of a driver: one that a package brings, or the simulator's.

    Raises:
        RigUnknown: as it says, with what would help.
    """
    for entry in entry_points(group=ENTRY_POINT_GROUP, name=name):
        return Ground(rig=entry.load())
    try:
        from activation.conformance.simulated import GROUNDS, rig_of  # noqa: PLC0415  an extra
    except ImportError as error:
        raise RigUnknown(
            f"the simulator cannot be loaded ({error}); install the extra: firstlight[simulator]"
        ) from error
    if name not in GROUNDS:
        known = ", ".join(sorted(GROUNDS))
        raise RigUnknown(
            f"no OLT is simulated for driver {name!r}; simulated are {known}. Bring a rig of your "
            f"own under the entry-point group {ENTRY_POINT_GROUP}"
        )
    return Ground(rig=rig_of(name, factory), loop=LeapingLoop)


def _run(arguments: argparse.Namespace) -> int:
    try:
        factory = find_driver(arguments.driver)
        ground = find_ground(arguments.driver, factory)
    except (DriverUnknown, RigUnknown) as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG_INPUT
    with asyncio.Runner(loop_factory=ground.loop) as runner:
        return runner.run(_judge(arguments.driver, factory, ground.rig, arguments.snmp))


async def _judge(name: str, factory: DriverFactory, rig: RigFactory, snmp: str) -> int:
    passed = missing = failed = 0
    async for result in run(factory, rig, snmp=snmp, checks=SUITE):
        match result:
            case Passed():
                passed += 1
                _say(f"ok       {result.check}")
            case Missing():
                missing += 1
                _say(f"missing  {result.check}: {result.capability} is not declared")
            case Failed():
                failed += 1
                _say(f"FAILED   {result.check}: {result.reason}")
    _say(f"{name} over {snmp}: {passed} of {len(SUITE)} ({missing} missing, {failed} failed)")
    return _FAILED if failed else _OK


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
