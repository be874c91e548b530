"""Running an import: files through the store in batches, with progress and a quarantine."""

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from server.acts import SYSTEM, act_of
from server.database import Store
from server.imports import commands, files
from server.imports.batches import BatchPlan
from server.imports.commands import Counts
from server.imports.complaints import Complaint
from server.imports.files import Faulty, Numbered, Reading, Skipped
from server.imports.kinds import KINDS, Kind
from server.imports.profiles import Profile
from server.imports.stored import Values
from server.problems import WrongInput

BATCH_ROWS: Final = 1000
"""One unit of work: small enough that tablets sync in between."""


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """One file and how it is read."""

    path: Path
    profile: Profile


Told = Callable[[Import, Counts], None]
Complained = Callable[[Import, Sequence[Complaint]], None]


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """Who hears of progress and of the end of a file (the counts so far), and of complaints."""

    told: Told
    complained: tuple[Complained, ...]
    finished: Told


def find_files(path: Path, profile_of: Callable[[Kind], Profile]) -> tuple[Import, ...]:
    """Find the files of a folder, in order of dependency; each is named after its kind.

    Raises:
        WrongInput: a CSV file with another name, or none at all.
    """
    names = [f"{kind}.csv" for kind in KINDS]
    found = {file.name: file for file in path.iterdir() if file.suffix.lower() == ".csv"}
    foreign = sorted(set(found) - set(names))
    if foreign or not found:
        what = f"{foreign[0]!r} is not the name of a kind" if foreign else "there is no CSV file"
        raise WrongInput(f"in {str(path)!r} {what}; known are {', '.join(names)}")
    return tuple(
        Import(path=found[f"{kind.name}.csv"], profile=profile_of(kind))
        for kind in KINDS.values()
        if f"{kind.name}.csv" in found
    )


def run(store: Store, imports: Iterable[Import], listener: Listener) -> Counts:
    """Import files one after the other; batches that were committed stay if a later one fails.

    Raises:
        FileRefused: a file cannot be read; of this one nothing was imported.
    """
    total = Counts()
    for one in imports:
        kind = KINDS[one.profile.kind]

        def write(rows: Sequence[Numbered], kind: Kind = kind) -> BatchPlan:
            return store.write_now(commands.import_batch, kind, rows, act=act_of(SYSTEM))

        counts = _run_file(one, write, listener)
        store.write_now(commands.record_import, kind, counts, act=act_of(SYSTEM))
        total += counts
    return total


def rehearse(store: Store, imports: Iterable[Import], listener: Listener) -> Counts:
    """Say what ``run`` would do; nothing is written."""
    total = Counts()
    planned: dict[str, dict[str, Values]] = {}
    for one in imports:
        kind = KINDS[one.profile.kind]

        def plan(rows: Sequence[Numbered], kind: Kind = kind) -> BatchPlan:
            found = store.read_now(
                commands.rehearse_batch, kind, rows, act=act_of(SYSTEM), planned=planned
            )
            planned.setdefault(kind.name, {}).update(commands.would_lend(kind, found))
            return found

        total += _run_file(one, plan, listener)
    return total


def _run_file(
    one: Import, act_on: Callable[[Sequence[Numbered]], BatchPlan], listener: Listener
) -> Counts:
    counts = Counts()
    for batch in _in_batches(files.read(one.path, one.profile), BATCH_ROWS):
        done, complaints = _count(batch, act_on, one.profile)
        counts += done
        for complained in listener.complained if complaints else ():
            complained(one, complaints)
        listener.told(one, counts)
    listener.finished(one, counts)
    return counts


def _count(
    batch: Sequence[Reading], act_on: Callable[[Sequence[Numbered]], BatchPlan], profile: Profile
) -> tuple[Counts, tuple[Complaint, ...]]:
    rows = [reading for reading in batch if isinstance(reading, Numbered)]
    faulty = [reading for reading in batch if isinstance(reading, Faulty)]
    planned = act_on(rows) if rows else None
    late = [_in_words_of(profile, complaint) for complaint in planned.complaints] if planned else []
    complaints = [complaint for reading in faulty for complaint in reading.complaints]
    counts = Counts(
        inserted=len(planned.inserts) if planned is not None else 0,
        updated=len(planned.updates) if planned is not None else 0,
        unchanged=planned.unchanged if planned is not None else 0,
        skipped=sum(isinstance(reading, Skipped) for reading in batch),
        quarantined=len(faulty) + len(late),
    )
    return counts, tuple(sorted((*complaints, *late), key=lambda complaint: complaint.row))


def _in_words_of(profile: Profile, complaint: Complaint) -> Complaint:
    """Name the columns of the file instead of our fields."""
    columns = (profile.column_of(field) for field in complaint.column.split(" + "))
    return msgspec.structs.replace(complaint, column=" + ".join(columns))


def _in_batches(readings: Iterator[Reading], size: int) -> Generator[tuple[Reading, ...]]:
    while batch := tuple(itertools.islice(readings, size)):
        yield batch
