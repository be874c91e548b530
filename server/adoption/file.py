"""The operator's file: which ONT belongs to which account, premise and product."""

import csv
from collections.abc import Generator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from server.imports.complaints import FileRefused
from server.services.records import SuspensionReason
from sync_protocol.serials import NotAnOntSerial, parse_serial


class AdoptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One living service, as the operator's other systems know it."""

    serial: str
    """In its canonical form."""
    account: str
    premise: str
    product: str
    """Its code; the newest version is meant."""
    live_since: date | None = None
    billing_start: date | None = None
    """Kept with the service; without it nothing says that anything was ever billed."""
    suspended_for: SuspensionReason | None = None
    """Needed where the ONT is deactivated on the OLT, and only there."""


class Refused(msgspec.Struct, frozen=True):
    """Why a line cannot be taken, and what would be right."""

    code: str
    detail: str


class Line(msgspec.Struct, frozen=True):
    """A line of the file with its number, and its row or what is wrong with it."""

    number: int
    texts: Mapping[str, str]
    row: AdoptionRow | Refused


COLUMNS: Final = AdoptionRow.__struct_fields__
_NEEDED: Final = ("serial", "account", "premise", "product")


def read(path: Path) -> Generator[Line]:
    """Give the lines of a file one by one.

    Raises:
        FileRefused: not a readable file, not UTF-8, or without a column that is needed, or with one
            that is not known.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = csv.DictReader(stream, strict=True)
            _require_columns(path, lines.fieldnames or ())
            serials = set[str]()
            for texts in lines:
                line = Line(lines.line_num, *_row(texts))
                if isinstance(line.row, AdoptionRow) and line.row.serial in serials:
                    twice = f"{line.row.serial} is named further up in this file"
                    line = Line(line.number, line.texts, Refused("SERIAL_TWICE", twice))
                elif isinstance(line.row, AdoptionRow):
                    serials.add(line.row.serial)
                yield line
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileRefused(f"{str(path)!r} cannot be read: {error}") from error


def _require_columns(path: Path, names: Any) -> None:  # noqa: ANN401  what csv found
    if lacking := [name for name in _NEEDED if name not in names]:
        raise FileRefused(
            f"{str(path)!r} has no column {', '.join(lacking)}; it needs {', '.join(_NEEDED)} "
            f"and may have {', '.join(COLUMNS[len(_NEEDED) :])}"
        )
    if strange := [name for name in names if name not in COLUMNS]:
        raise FileRefused(
            f"{str(path)!r} has columns that are not known: {', '.join(map(repr, strange))}; "
            f"known are {', '.join(COLUMNS)}"
        )


def _row(texts: Mapping[Any, Any]) -> tuple[Mapping[str, str], AdoptionRow | Refused]:
    if None in texts or None in texts.values():
        kept = {str(name): str(text) for name, text in texts.items() if name}
        return kept, Refused("LINE_MALFORMED", "it has more or fewer cells than the header")
    given = {name: text.strip() for name, text in texts.items()}
    filled = {name: text for name, text in given.items() if text}
    try:
        row = msgspec.convert(filled, AdoptionRow, strict=False)
    except msgspec.ValidationError as error:
        return given, Refused("LINE_MALFORMED", str(error))
    try:
        return given, msgspec.structs.replace(row, serial=parse_serial(row.serial))
    except NotAnOntSerial as error:
        return given, Refused("SERIAL_MALFORMED", str(error))
