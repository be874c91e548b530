"""``firstlight network``: adopt what OLTs hold already, and tell where they differ."""

import argparse
import asyncio
import contextlib
import csv
import os
import sys
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from server import settings as settings_of
from server.acts import SYSTEM, act_of, utc_now
from server.adoption import adopting, file, storage
from server.adoption.adopting import Rejected
from server.adoption.plan import Seen
from server.adoption.reading import OltReader, ports_named
from server.adoption.records import DRIFTS, Drift, OltReading, Verdict
from server.adoption.repairing import order_all, verdicts
from server.adoption.rounds import conclude
from server.database import Store
from server.fulfilment.device_steps import NOT_CONFIGURED
from server.fulfilment.network import network_of
from server.opened import opened_store
from server.problems import WrongInput
from server.settings import Settings

_ADOPT_EPILOG: Final = f"""\
The file is a CSV with the columns serial, account, premise, product and, where wanted,
{", ".join(file.COLUMNS[4:])}.
Account and premise are named by the ids under which they were imported, the product by its code.
Nothing is ever written to the OLT.

exit status: 0 all was taken, 1 some lines were not, 2 nothing could be done as asked
"""
_DRIFT_EPILOG: Final = """\
exit status: 0 records and OLT agree, 1 they differ or a port could not be read, 2 wrong input
"""


_REPROVISION_EPILOG: Final = """\
Goes by the last reading: see firstlight network drift. Every service that is missing gets an order,
which the running server carries out. The same command again, before the OLT is read anew, orders
nothing twice.

exit status: 0 all that can be is ordered, 1 some services were refused, 2 wrong input
"""


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``network`` to the command line."""
    parser = subparsers.add_parser("network", help="adopt what OLTs hold, and tell what differs")
    commands = parser.add_subparsers(dest="network", metavar="COMMAND", required=True)
    _add_adopt(commands)
    _add_drift(commands)
    _add_reprovision(commands)


def _add_adopt(commands: Any) -> None:  # noqa: ANN401  as above
    parser = commands.add_parser(
        "adopt",
        help="make services of ONTs that are registered already",
        epilog=_ADOPT_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("olt", metavar="OLT", help="the id under which it was imported")
    parser.add_argument("file", type=Path, metavar="FILE", help="whose each ONT is")
    parser.add_argument("--port", action="append", default=[], metavar="0/1/0", help="read only it")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, store none")
    parser.add_argument("--quarantine", type=Path, metavar="FILE", help="write refused lines to it")
    parser.set_defaults(run=run_adopt)


def _add_drift(commands: Any) -> None:  # noqa: ANN401  as above
    parser = commands.add_parser(
        "drift",
        help="tell where an OLT and the records differ",
        epilog=_DRIFT_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("olt", metavar="OLT", help="the id under which it was imported")
    parser.add_argument("--stored", action="store_true", help="as last read, without asking it")
    parser.add_argument("--json", action="store_true", help="one JSON object for each difference")
    parser.set_defaults(run=run_drift)


def _add_reprovision(commands: Any) -> None:  # noqa: ANN401  as above
    parser = commands.add_parser(
        "reprovision",
        help="register again what an OLT has lost",
        epilog=_REPROVISION_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("olt", metavar="OLT", help="the id under which it was imported")
    parser.add_argument(
        "--differing", action="store_true", help="also set right what is configured otherwise"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be ordered")
    parser.set_defaults(run=run_reprovision)


def run_adopt(args: argparse.Namespace) -> int:
    """Read an OLT and adopt what the file names.

    Raises:
        WrongInput: names the argument; nothing was read or stored.
        NotFound: no such OLT.
        FileRefused: the file as a whole cannot be taken; what was adopted before stays.
    """
    if not args.file.is_file():
        raise WrongInput(f"{str(args.file)!r} is no file; give one that exists")
    if args.quarantine is not None and args.quarantine.resolve() == args.file.resolve():
        raise WrongInput("--quarantine is the file itself; give another one")
    with _opened_quarantine(args.quarantine) as rejected, opened_store(args.settings) as store:
        reading = _read(store, settings_of.load(args.settings, os.environ), args.olt, args.port)
        _tell_unread(reading)
        seen, codes = Seen(reading), Counter[str]()
        adopted = already = 0
        for lines in adopting.in_batches(file.read(args.file)):
            act = act_of(SYSTEM)
            batch = store.write_now(adopting.adopt, lines, seen, dry_run=args.dry_run, act=act)
            adopted, already = adopted + batch.adopted, already + batch.already
            codes.update(each.why.code for each in batch.rejected)
            rejected(batch.rejected)
    would = "would be adopted" if args.dry_run else "adopted"
    _show(f"{adopted:,} {would}, {already:,} were before, {codes.total():,} refused")
    for code, number in sorted(codes.items()):
        _show(f"  {number:,} {code}")
    return 1 if codes else 0


def run_drift(args: argparse.Namespace) -> int:
    """Tell where an OLT and the records differ.

    Raises:
        NotFound: no such OLT.
        WrongInput: the settings lack what it takes to ask the OLT.
    """
    with opened_store(args.settings) as store:
        unread = 0
        if not args.stored:
            settings = settings_of.load(args.settings, os.environ)
            reading = _read(store, settings, args.olt, ())
            _tell_unread(reading)
            unread = len(reading.unread)
            every = timedelta(seconds=settings.reading_interval_s or 86_400)
            store.write_now(conclude, reading, utc_now() + every, act=act_of(SYSTEM))
        olt = store.read_now(storage.get_olt, args.olt)
        number = 0
        for drift in _drifts(store, olt.id):
            number += 1
            _show(msgspec.json.encode(drift).decode() if args.json else _line(drift))
        counts = store.read_now(storage.count_drifts, olt.id)
    if not args.json:
        _tell_counts(counts)
    return 1 if number or unread else 0


def run_reprovision(args: argparse.Namespace) -> int:
    """Order that an OLT be brought back to the records, by its last reading.

    Raises:
        NotFound: no such OLT.
    """
    with opened_store(args.settings) as store:
        olt = store.read_now(storage.get_olt, args.olt)
        if args.dry_run:
            number = 0
            for drift in _drifts(store, olt.id, verdicts(differing=args.differing)):
                number += 1
                _show(_line(drift))
            _show(f"{number:,} would have an order")
            return 0
        act = act_of(SYSTEM)
        repair = asyncio.run(order_all(store, args.olt, differing=args.differing, act=act))
    for each in repair.refused:
        _say(f"{each.serial} of service {each.service_id}: {each.why}")
    _show(f"{repair.ordered:,} have an order now, {len(repair.refused):,} refused")
    return 1 if repair.refused else 0


def _read(store: Store, settings: Settings, olt_name: str, names: Sequence[str]) -> OltReading:
    olt = store.read_now(storage.get_olt, olt_name)
    network = network_of(settings)
    try:
        ports = ports_named(store.read_now(storage.list_ports, olt.id), names)
        driver = network.driver(olt)
    except (ValueError, *NOT_CONFIGURED) as error:
        raise WrongInput(str(error)) from error
    return asyncio.run(OltReader(store, clock=utc_now).read(olt, driver, ports))


def _drifts(store: Store, olt_id: UUID, meant: Collection[Verdict] = DRIFTS) -> Generator[Drift]:
    after = None
    while page := store.read_now(storage.list_drifts, olt_id, after=after, verdicts=meant):
        yield from page
        after = page[-1].id


def _line(drift: Drift) -> str:
    whose = f" of service {drift.service_id}" if drift.service_id else ""
    since = f"{drift.first_seen_at:%Y-%m-%d %H:%M} UTC"
    return (
        f"{drift.verdict:9} {drift.ref!s:12} {drift.serial}{whose}: {drift.detail}, since {since}"
    )


def _tell_unread(reading: OltReading) -> None:
    for port, code in reading.unread.items():
        _say(f"port {port} could not be read to its end: {code}")
    if reading.service_ports is None:
        _say("the service ports are not known: they are not compared")


def _tell_counts(counts: dict[Verdict, int]) -> None:
    if not counts:
        _show("records and OLT agree")
        return
    _show(", ".join(f"{number:,} {verdict}" for verdict, number in counts.items()))


@contextlib.contextmanager
def _opened_quarantine(path: Path | None) -> Generator[Any]:
    if path is None:
        yield _complain
        return
    try:
        stream = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise WrongInput(f"--quarantine {str(path)!r} cannot be written: {error}") from error
    with stream:
        writer = csv.writer(stream)
        writer.writerow(("line", "code", "why", *file.COLUMNS))

        def write(rejected: Iterable[Rejected]) -> None:
            for each in rejected:
                texts = (each.line.texts.get(name, "") for name in file.COLUMNS)
                writer.writerow((each.line.number, each.why.code, each.why.detail, *texts))

        yield write


def _complain(rejected: Iterable[Rejected]) -> None:
    for each in rejected:
        _say(f"line {each.line.number}: {each.why.code}: {each.why.detail}")


def _show(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
