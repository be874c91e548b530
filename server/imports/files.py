"""Reading CSV files: a stream of rows, each typed and bounded, or complained about.

What concerns the file as a whole (encoding, header) is found before the first row is given out, so
that a refused file leaves nothing behind.
"""

import codecs
import csv
import difflib
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from server.imports.complaints import NOTHING, WHOLE_ROW, Complaint, FileRefused, describe
from server.imports.kinds import KINDS, Kind
from server.imports.profiles import Profile, Source
from server.imports.rows import ImportRow

_CHUNK_BYTES: Final = 1 << 20
_ALIKE: Final = 0.85
"""From here on two names of columns are one name and a slip: 'technican', 'snmp port', 'E-Mail'."""
_SHOWN_MAX: Final = 80
"""Characters shown of a row that is at fault as a whole."""


class Numbered(msgspec.Struct, frozen=True):
    """A row that may be imported, with its number in the file."""

    number: int
    row: ImportRow


class Skipped(msgspec.Struct, frozen=True):
    """A row that the profile leaves out."""


class Faulty(msgspec.Struct, frozen=True):
    """A row that cannot be imported."""

    complaints: tuple[Complaint, ...]


Reading = Numbered | Skipped | Faulty


def read(path: Path, profile: Profile) -> Generator[Reading]:
    """Give the rows of a file one by one; memory grows with the keys of the file only.

    Raises:
        FileRefused: not a readable file, not UTF-8, empty, or without a column that is needed.
    """
    _require_utf8(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        raw = list[str]()
        lines = csv.reader(_noting(stream, raw), delimiter=profile.delimiter, strict=True)
        header = _read_header(path, lines)
        _require_columns(path, header, profile)
        yield from _RowReader(header, profile).read(lines, raw)


def _noting(stream: Iterable[str], raw: list[str]) -> Generator[str]:
    """Pass lines on and note them: what is no CSV must be shown as it stands."""
    for line in stream:
        raw.append(line)
        yield line


def _require_utf8(path: Path) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    done_bytes = 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
                done_bytes += len(chunk)
            decoder.decode(b"", final=True)
    except OSError as error:
        raise FileRefused(f"cannot read {str(path)!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileRefused(
            f"{path.name} is not UTF-8 near byte {done_bytes + error.start}; save it as UTF-8"
        ) from error


def _read_header(path: Path, lines: Iterator[list[str]]) -> tuple[str, ...]:
    try:
        header = tuple(name.strip() for name in next(lines, list[str]()))
    except csv.Error as error:
        raise FileRefused(f"{path.name} is not CSV: {error}") from error
    if not any(header):
        raise FileRefused(f"{path.name} is empty; its first row names the columns")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise FileRefused(f"{path.name} has the column {twice[0]!r} twice; name each column once")
    return header


def _require_columns(path: Path, header: tuple[str, ...], profile: Profile) -> None:
    kind = KINDS[profile.kind]
    required = {field.name for field in msgspec.structs.fields(kind.row_type) if field.required}
    sources = profile.sources
    needed = [(column, "where") for column in profile.where]
    for name in sorted(required):
        source = sources.get(name, Source())
        if not source.columns and not source.default:
            raise FileRefused(f"the mapping of {kind.name} gives no {name!r}, which is needed")
        if not source.default:
            needed += [(column, name) for column in source.columns]
    missing = sorted({column for column, _ in needed if column not in header})
    if missing:
        raise FileRefused(
            f"{path.name} has no column {', '.join(map(repr, missing))}; it has "
            f"{', '.join(map(repr, header))}. Name the columns so, or give a mapping"
        )
    _refuse_misspelt(path, header, profile)


def _refuse_misspelt(path: Path, header: tuple[str, ...], profile: Profile) -> None:
    """Refuse a column that may be left out and is there under a name much like its own.

    Other columns are nobody's, and ignored. This one would be ignored as well, and the default be
    stored for what the operator did write down.
    """
    known = {column for source in profile.sources.values() for column in source.columns}
    by_letters = {name.lower(): name for name in header if name not in known}
    for absent in sorted(known.difference(header)):
        if found := difflib.get_close_matches(absent.lower(), by_letters, n=1, cutoff=_ALIKE):
            raise FileRefused(
                f"{path.name} has no column {absent!r}, but {by_letters[found[0]]!r}; name it "
                f"{absent!r}, or give it a name of its own if it is something else"
            )


class _RowReader:
    """Reads one file; remembers the keys that it has seen."""

    def __init__(self, header: tuple[str, ...], profile: Profile) -> None:
        self._header = header
        self._kind = KINDS[profile.kind]
        self._profile = profile
        # A column that is only wished for may be absent: its field keeps the default of the row.
        self._sources = {
            name: source
            for name, source in profile.sources.items()
            if source.default or all(column in header for column in source.columns)
        }
        self._absent = dict.fromkeys(
            column
            for source in self._sources.values()
            for column in source.columns
            if column not in header
        )
        self._seen: dict[tuple[Any, ...], int] = {}

    def read(self, lines: Iterator[list[str]], raw: list[str]) -> Generator[Reading]:
        number = 1
        while True:
            number += 1
            raw.clear()
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                text = "".join(raw).strip()[:_SHOWN_MAX]
                yield Faulty((_complain(number, WHOLE_ROW, text, f"a CSV row; {error}"),))
                continue
            if cells:
                yield self._read_row(number, cells)

    def _read_row(self, number: int, cells: list[str]) -> Reading:
        if len(cells) != len(self._header):
            right = f"{len(self._header)} columns like the header, not {len(cells)}"
            text = self._profile.delimiter.join(cells)[:_SHOWN_MAX]
            return Faulty((_complain(number, WHOLE_ROW, text, right),))
        values = dict(zip(self._header, cells, strict=True))
        if any(
            values[column].strip() not in wanted for column, wanted in self._profile.where.items()
        ):
            return Skipped()
        values.update(dict.fromkeys(self._absent, ""))
        texts = {name: source.read(values) for name, source in self._sources.items()}
        outcome = read_row(self._kind, texts)
        if not isinstance(outcome, ImportRow):
            return Faulty(
                tuple(
                    _complain(number, self._profile.column_of(name), texts.get(name, ""), right)
                    for name, right in outcome.items()
                )
            )
        return self._unless_repeated(number, outcome)

    def _unless_repeated(self, number: int, row: ImportRow) -> Reading:
        for names in (self._kind.key, self._kind.unique):
            if not names:
                continue
            values = tuple(getattr(row, name) for name in names)
            before = self._seen.setdefault((names, *values), number)
            if before != number:
                columns = " + ".join(self._profile.column_of(name) for name in names)
                shown = " + ".join(str(value) for value in values)
                right = f"a value of its own; row {before} has the same"
                return Faulty((_complain(number, columns, shown, right),))
        return Numbered(number, row)


def read_row(kind: Kind, texts: Mapping[str, str]) -> ImportRow | Mapping[str, str]:
    """Read the texts of a row; where they cannot be used, say per field what would be right."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if not text.isprintable():
            wrong[name] = "text without invisible characters"
        elif text:
            reader = kind.readers.get(name)
            try:
                values[name] = reader(text) if reader is not None else text
            except ValueError as error:
                wrong[name] = str(error)
    try:
        row = msgspec.convert(values, kind.row_type, strict=False)
    except msgspec.ValidationError:
        return {**wrong, **_find_wrong(kind, values, already=wrong)}
    return wrong or row


def _find_wrong(
    kind: Kind, values: Mapping[str, Any], *, already: Mapping[str, str]
) -> Mapping[str, str]:
    """Try every field by itself, so that a row is complained about once and for all."""
    wrong: dict[str, str] = {}
    for field in msgspec.structs.fields(kind.row_type):
        if field.name in already:
            continue
        if field.name not in values:
            if field.required:
                wrong[field.name] = _describe_missing(kind, field)
            continue
        try:
            msgspec.convert(values[field.name], field.type, strict=False)
        except msgspec.ValidationError:
            wrong[field.name] = describe(field.type)
    return wrong


def _describe_missing(kind: Kind, field: msgspec.structs.FieldInfo) -> str:
    """Say what a field takes, in the words of its reader where it has one."""
    try:
        kind.readers.get(field.name, str)("")
    except ValueError as error:
        return str(error)
    return describe(field.type)


def _complain(row: int, column: str, value: str, right: str) -> Complaint:
    return Complaint(row=row, column=column, value=value or NOTHING, right=right)
