"""``firstlight import``: load an operator's CSV files."""

import argparse
import contextlib
import csv
import sys
import textwrap
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from server.imports import profiles, runs
from server.imports.complaints import Complaint
from server.imports.kinds import KINDS, Kind, read_zone
from server.imports.profiles import Profile
from server.imports.runs import Complained, Import, Listener
from server.imports.terminal import Terminal
from server.opened import opened_store
from server.problems import WrongInput


def _describe_kinds() -> str:
    return "\n".join(
        textwrap.fill(
            f"{kind.name}: " + ", ".join(_describe_columns(kind)),
            width=96,
            initial_indent="  ",
            subsequent_indent="      ",
        )
        for kind in KINDS.values()
    )


def _describe_columns(kind: Kind) -> list[str]:
    fields = msgspec.structs.fields(kind.row_type)
    return [field.name if field.required else f"[{field.name}]" for field in fields]


_EPILOG = f"""\
A folder holds one file per kind, named after it (premises.csv ...); they are imported in the order
of their dependencies. A single file needs --kind, or a mapping, which names its kind. Rows are
matched by their external id: importing a file again changes nothing, and a corrected file changes
what differs. Bad rows are left out and named; the others are imported.

kinds, and the columns of their files ([...] may be left out):
{_describe_kinds()}

mappings that come with Firstlight: {", ".join(profiles.shipped_names())}

exit status: 0 everything was taken, 1 some rows were not, 2 nothing could be imported as asked
"""


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``import`` to the command line."""
    parser = subparsers.add_parser(
        "import",
        help="load premises, plant, accounts, products, technicians and ONTs from CSV files",
        description="Load an operator's CSV files.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", type=Path, metavar="FOLDER|FILE", help="what to import")
    parser.add_argument("--kind", choices=list(KINDS), help="what the rows of a file are")
    parser.add_argument("--mapping", metavar="NAME|FILE", help="saved mapping of a foreign file")
    parser.add_argument("--zone", metavar="ZONE", help="IANA zone where the file names none")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, write none")
    parser.add_argument(
        "--quarantine", type=Path, metavar="FILE", help="write rejected rows and why to this CSV"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Import what the arguments say.

    Raises:
        WrongInput: an argument that cannot be used; nothing was written.
        FileRefused: a file that cannot be read; of that one nothing was written.
    """
    imports = plan_imports(args.path, kind=args.kind, mapping=args.mapping, zone=args.zone)
    act_on = runs.rehearse if args.dry_run else runs.run
    _require_apart(args.quarantine, imports)
    with _opened_quarantine(args.quarantine) as rejected, opened_store(args.settings) as store:
        terminal = Terminal(sys.stderr, sys.stdout, clock=time.monotonic, dry_run=args.dry_run)
        listener = Listener(
            told=terminal.tell_progress,
            complained=(rejected, terminal.tell_complaints),
            finished=terminal.tell_end,
        )
        counts = act_on(store, imports, listener)
    return 1 if counts.quarantined else 0


def plan_imports(
    path: Path, *, kind: str | None, mapping: str | None, zone: str | None
) -> tuple[Import, ...]:
    """Decide which files to read as what.

    Raises:
        WrongInput: says which argument is wrong and what would be right.
    """
    _require_zone(zone)
    if _is(path, Path.is_dir):
        if kind is not None or mapping is not None:
            raise WrongInput(f"{str(path)!r} is a folder; --kind and --mapping belong to one file")
        return runs.find_files(path, lambda kind: profiles.own(kind, zone=zone))
    if not _is(path, Path.is_file):
        raise WrongInput(f"{str(path)!r} is no file and no folder; give one that exists")
    return (Import(path=path, profile=_profile(path, kind=kind, mapping=mapping, zone=zone)),)


def _profile(path: Path, *, kind: str | None, mapping: str | None, zone: str | None) -> Profile:
    if mapping is None:
        known = KINDS.get(kind or path.stem)
        if known is None:
            raise WrongInput(f"what is in {path.name!r}? Give --kind: {', '.join(KINDS)}")
        return profiles.own(known, zone=zone)
    profile = profiles.load(mapping)
    if kind not in (None, profile.kind):
        raise WrongInput(f"--kind {kind}, but the mapping {mapping!r} is for {profile.kind}")
    return profiles.with_zone(profile, zone)


def _is(path: Path, kind: Callable[[Path], bool]) -> bool:
    """Ask what a path is; one that the system does not take, such as one too long, is nothing."""
    with contextlib.suppress(OSError, ValueError):
        return kind(path)
    return False


def _require_zone(zone: str | None) -> None:
    if zone is not None:
        try:
            read_zone(zone)
        except ValueError as error:
            raise WrongInput(f"--zone {zone!r} is not {error}") from error


def _require_apart(quarantine: Path | None, imports: Sequence[Import]) -> None:
    """Refuse to write complaints over what they are about."""
    for one in imports:
        if quarantine is not None and _is(quarantine, one.path.samefile):
            raise WrongInput(
                f"--quarantine {str(quarantine)!r} is the file to import; give one of its own"
            )


@contextlib.contextmanager
def _opened_quarantine(path: Path | None) -> Generator[Complained]:
    if path is None:
        yield lambda _one, _complaints: None
        return
    try:
        stream = path.open("w", encoding="utf-8", newline="")
    except (OSError, ValueError) as error:  # ValueError: a name that no system takes
        reason = error.strerror if isinstance(error, OSError) else error
        raise WrongInput(f"cannot write --quarantine {str(path)!r}: {reason}") from error
    with stream:
        rows = csv.writer(stream)
        rows.writerow(("file", *Complaint.__struct_fields__))

        def write(one: Import, complaints: Sequence[Complaint]) -> None:
            rows.writerows((one.path.name, *msgspec.structs.astuple(each)) for each in complaints)

        yield write
