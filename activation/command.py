"""``firstlight olt``: what an engineer asks one OLT at the shell; nothing is written to it."""

import argparse
import asyncio
import contextlib
import ipaddress
import os
import re
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from activation import credentials
from activation.conformance import command as conformance
from activation.credentials import CredentialsUnusable
from activation.driver import DriverFactory, OltDriver
from activation.dry_run import names_of, rehearse, told
from activation.failures import Failure
from activation.puresnmp_session import PuresnmpSession
from activation.registry import DriverUnknown, driver_names, find_driver
from activation.requests import (
    NotAPonPort,
    NotReadable,
    OntRef,
    OntSpec,
    PonPort,
    Reading,
    parse_pon_port,
)
from activation.snmp import SnmpSession, SnmpSettings
from sync_protocol.serials import NotAnOntSerial, OntSerial, parse_serial
from sync_protocol.units import format_dbm

_OK, _FAILED, _WRONG_INPUT = 0, 1, 2

_ONT_ID_MAX: Final = 1020
"""XGS-PON's greatest; which ids one OLT has is for its driver to say."""
_PLACE: Final = re.compile(r"([^:]*):([0-9]{1,4})")
# The last label of a name is not a number, or a mistyped address would be looked up as a name.
_HOST_NAME: Final = re.compile(r"(?:[\w-]{1,63}\.)*(?![0-9]+\.?$)[\w-]{1,63}\.?", re.ASCII)
_HOST_NAME_MAX: Final = 253
_VLAN_MAX: Final = 4094
_NO_VLAN: Final = 1
"""What a registration alone has where a service has its VLAN; no driver looks at it."""
_GEM_PORT_MAX: Final = 1023

Question = Callable[
    [DriverFactory, SnmpSession, argparse.Namespace], Awaitable[Sequence[str] | Failure]
]
DriverQuestion = Callable[[OltDriver, argparse.Namespace], Awaitable[Sequence[str] | Failure]]


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse's own class is private
    """Add ``olt`` with its questions to a command line."""
    add_questions(subparsers.add_parser("olt", help="ask an OLT: probe, light, dry-run and more"))


def add_questions(parser: argparse.ArgumentParser) -> None:
    """Add the questions to a parser, each with the options that say which OLT is meant."""
    questions = parser.add_subparsers(dest="question", required=True, metavar="QUESTION")
    probe = questions.add_parser("probe", help="who it is, and which PON ports it has")
    _add_olt_options(probe, _of_driver(_probe))
    unregistered = questions.add_parser("unregistered", help="lit ONTs that wait for registration")
    unregistered.add_argument("--pon", type=_pon_port, help="only this port, like 0/1/0")
    _add_olt_options(unregistered, _of_driver(_unregistered))
    light = questions.add_parser("light", help="state and light of one registered ONT")
    light.add_argument("--ont", type=_ont_ref, required=True, help="port and id, like 0/1/0:5")
    light.add_argument("--serial", type=_serial, required=True, help="like HWTC1A2B3C4D")
    _add_olt_options(light, _of_driver(_light))
    _add_dry_run(questions)
    conformance.add_to(questions)


def _add_dry_run(questions: Any) -> None:  # noqa: ANN401  argparse's own class is private
    parser = questions.add_parser(
        "dry-run",
        help="what an activation would write",
        description=(
            "Reads what an activation reads, and shows the survey, the decision and every value "
            "that would be written. Nothing is written."
        ),
    )
    parser.add_argument("--pon", type=_pon_port, required=True, help="planned port, like 0/1/0")
    parser.add_argument("--serial", type=_serial, required=True, help="like HWTC1A2B3C4D")
    parser.add_argument("--service-profile", required=True, help="its name; of a ZTE the ONU type")
    parser.add_argument("--description", default="dry-run", help="(dry-run)")
    parser.add_argument(
        "--registration-alone",
        action="store_true",
        help="without a service; for a driver that makes none, like zte",
    )
    service = parser.add_argument_group("service", "left out with --registration-alone")
    service.add_argument("--line-profile", help="name of the line profile")
    service.add_argument("--vlan", type=_number(1, _VLAN_MAX), help="service VLAN")
    service.add_argument("--traffic-in", help="traffic table, from the subscriber")
    service.add_argument("--traffic-out", help="traffic table, to the subscriber")
    service.add_argument(
        "--user-vlan", type=_number(1, _VLAN_MAX), help="VLAN that the ONT sends (as --vlan)"
    )
    service.add_argument("--gem-port", type=_number(0, _GEM_PORT_MAX), help="(1)")
    _add_olt_options(parser, _dry_run, wrong_about=_wrong_about_service)


def _wrong_about_service(arguments: argparse.Namespace) -> str | None:
    """Say which options of the service are missing, or are too many."""
    needed = ("line_profile", "vlan", "traffic_in", "traffic_out")
    if not arguments.registration_alone:
        missing = [_option(name) for name in needed if getattr(arguments, name) is None]
        if not missing:
            return None
        return f"{', '.join(missing)} must be given, or --registration-alone for no service"
    given = [
        _option(name)
        for name in (*needed, "user_vlan", "gem_port")
        if getattr(arguments, name) is not None
    ]
    if not given:
        return None
    return f"--registration-alone makes no service; leave out {', '.join(given)}"


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _of_driver(question: DriverQuestion) -> Question:
    """Ask a driver that talks through the session itself."""

    async def ask(
        factory: DriverFactory, session: SnmpSession, arguments: argparse.Namespace
    ) -> Sequence[str] | Failure:
        return await question(factory(session), arguments)

    return ask


def _add_olt_options(
    parser: argparse.ArgumentParser,
    question: Question,
    *,
    wrong_about: Callable[[argparse.Namespace], str | None] = lambda _: None,
) -> None:
    parser.add_argument("host", type=_host, help="name or address of the OLT")
    parser.add_argument("--port", type=_number(1, 65_535), default=161, help="UDP port (161)")
    parser.add_argument("--driver", default="huawei", help=", ".join(driver_names()))
    parser.add_argument(
        "--timeout-ms", type=_number(10, 60_000), default=2000, help="per attempt (2000)"
    )
    credentials.add_options(parser)

    def run(arguments: argparse.Namespace) -> int:
        wrong = wrong_about(arguments)
        return _complain(wrong) if wrong else _run(question, arguments, os.environ)

    parser.set_defaults(run=run)


def _run(question: Question, arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    try:
        factory = find_driver(arguments.driver)
        who = credentials.read(arguments, environment)
    except (DriverUnknown, CredentialsUnusable) as error:
        return _complain(str(error))

    async def ask() -> Sequence[str] | Failure:
        settings = SnmpSettings(timeout_ms=arguments.timeout_ms, read_attempts=2)
        session = PuresnmpSession(arguments.host, arguments.port, who, settings)
        return await question(factory, session, arguments)

    answer = asyncio.run(ask())
    if isinstance(answer, Failure):
        print(f"{answer.code}: {answer}", file=sys.stderr)  # noqa: T201  a command prints
        return _FAILED
    print("\n".join(answer))  # noqa: T201  a command prints
    return _OK


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201  a command prints
    return _WRONG_INPUT


async def _probe(driver: OltDriver, _arguments: argparse.Namespace) -> Sequence[str] | Failure:
    info = await driver.probe()
    if isinstance(info, Failure):
        return info
    mode = "can be provisioned" if info.provisionable else "is in a mode that cannot be provisioned"
    ports = " ".join(str(port) for port in info.ports.items)
    more = "" if info.ports.complete else " and more; the list was not read to its end"
    return (
        f"{info.description}, up for {info.uptime_s} s, {mode}",
        f"{len(info.ports.items)} PON ports: {ports}{more}",
    )


async def _unregistered(
    driver: OltDriver, arguments: argparse.Namespace
) -> Sequence[str] | Failure:
    listing = await driver.discover(arguments.pon)
    if isinstance(listing, Failure):
        return listing
    lines = [f"{seen.serial} {seen.port} {seen.equipment_id or ''}" for seen in listing.items]
    if not listing.complete:
        lines.append("and more; the list was not read to its end")
    return lines or ("none",)


async def _light(driver: OltDriver, arguments: argparse.Namespace) -> Sequence[str] | Failure:
    seen = await driver.observe(arguments.ont, arguments.serial)
    if isinstance(seen, Failure):
        return seen
    cause = f", last down: {seen.down_cause}" if seen.down_cause else ""
    return (
        f"{seen.serial_registered} at {seen.ref}: {seen.phase}, configuration {seen.config}{cause}",
        f"ONT receives {_level(seen.ont_rx)}, OLT receives {_level(seen.olt_rx)}",
    )


async def _dry_run(
    factory: DriverFactory, session: SnmpSession, arguments: argparse.Namespace
) -> Sequence[str] | Failure:
    spec = OntSpec(
        serial=arguments.serial,
        line_profile=arguments.line_profile or "",
        service_profile=arguments.service_profile,
        description=arguments.description,
        vlan=arguments.vlan or _NO_VLAN,
        user_vlan=arguments.user_vlan or arguments.vlan or _NO_VLAN,
        gem_port=1 if arguments.gem_port is None else arguments.gem_port,
        traffic_in=arguments.traffic_in or "",
        traffic_out=arguments.traffic_out or "",
        registration_alone=arguments.registration_alone,
    )
    try:
        run = await rehearse(factory, session, arguments.pon, spec)
    except ValueError as error:
        return (f"would stop: {error}",)
    return run if isinstance(run, Failure) else told(run, names_of(factory))


def _level(light: Reading | NotReadable) -> str:
    match light:
        case Reading(power_cdbm=power_cdbm):
            return f"{format_dbm(power_cdbm)} dBm"
        case NotReadable(reason=reason):
            return f"nothing readable ({reason})"


def _pon_port(text: str) -> PonPort:
    try:
        return parse_pon_port(text)
    except NotAPonPort as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _ont_ref(text: str) -> OntRef:
    place = _PLACE.fullmatch(text)
    if place is None or int(place[2]) > _ONT_ID_MAX:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no ONT place; write it like 0/1/0:5, with an id up to {_ONT_ID_MAX}"
        )
    return OntRef(port=_pon_port(place[1]), ont_id=int(place[2]))


def _serial(text: str) -> OntSerial:
    try:
        return parse_serial(text)
    except NotAnOntSerial as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _host(text: str) -> str:
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(text))
    with contextlib.suppress(UnicodeError):
        name = text.encode("idna").decode()
        if _HOST_NAME.fullmatch(name) and len(name) <= _HOST_NAME_MAX:
            return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is no host; write a name or an address like 192.0.2.7, and its port as --port"
    )


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and low <= int(text[:9]) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {low} to {high}")

    return parse
