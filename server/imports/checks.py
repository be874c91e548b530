"""Whether a row fits what is stored: the first thing that is wrong with it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from server.imports.complaints import Complaint
from server.imports.dependants import DEPENDANTS
from server.imports.files import Numbered
from server.imports.kinds import KINDS, Kind
from server.imports.stored import Referred, Stored, Values, column_of, key_of


def find_unknown(kind: Kind, numbered: Numbered, referred: Referred) -> Complaint | None:
    """Complain about the first reference to something that is not stored."""
    for field, target in kind.refers.items():
        value = getattr(numbered.row, field)
        if value is not None and value not in referred[target]:
            right = f"the {_key_word(target)} of one of the {target}, imported before this file"
            return complain(numbered, field, right=right)
    return None


def _key_word(kind_name: str) -> str:
    key = KINDS[kind_name].key[0]
    return "id" if key == "external_id" else key


def find_refused(
    kind: Kind, numbered: Numbered, values: Values, stored: Stored
) -> Complaint | None:
    """Complain about the first value that stored rows do not admit; references are known."""
    return next(_find_all(kind, numbered, values, stored), None)


def find_crowded(kind: Kind, rows: Sequence[Numbered], stored: Stored) -> dict[int, Complaint]:
    """Complain, by number, about rows for which there is no room left once all have moved.

    A row that stays where it was always has its room, also where there are too many already.
    """
    room = kind.room
    if room is None:
        return {}
    known = stored.referred[kind.references[room.of]]
    taking = dict(stored.taking_room)
    arriving: list[tuple[Numbered, UUID, int]] = []
    for numbered in rows:
        ours, there = key_of(kind, numbered.row)[0], known.get(getattr(numbered.row, room.of))
        if there is not None and taking.get(ours) != there["id"]:
            taking.pop(ours, None)
            arriving.append((numbered, there["id"], room.places(there)))
    taken = Counter(taking.values())
    crowded: dict[int, Complaint] = {}
    for numbered, there_id, places in arriving:
        if taken[there_id] < places:
            taken[there_id] += 1
        else:
            right = room.right.format(places=places)
            crowded[numbered.number] = complain(numbered, room.of, right=right)
    return crowded


def complain(numbered: Numbered, *fields: str, right: str) -> Complaint:
    """Complain about fields of a row that was read."""
    return Complaint(
        row=numbered.number,
        column=" + ".join(fields),
        value=" + ".join(_show(getattr(numbered.row, field)) for field in fields),
        right=right,
    )


def _show(value: str | float | tuple[int, ...]) -> str:
    """Write a value as a file does; of those that are several, only ratios are complained of."""
    if isinstance(value, tuple):
        return " ".join(f"1:{ratio}" for ratio in value)
    return str(value)


def _find_all(
    kind: Kind, numbered: Numbered, values: Values, stored: Stored
) -> Iterator[Complaint]:
    yield from _beyond_limits(kind, numbered, stored)
    yield from _fixed(kind, numbered, values, stored)
    yield from _held(kind, numbered, values, stored)
    yield from _rested_upon(kind, numbered, values, stored)


def _beyond_limits(kind: Kind, numbered: Numbered, stored: Stored) -> Iterator[Complaint]:
    for limit in kind.limits:
        name = getattr(numbered.row, limit.of)
        most = stored.referred[kind.references[limit.of]][name][limit.column]
        if getattr(numbered.row, limit.field) > most:
            right = f"a whole number from 1 to {most}, the {limit.column} of {name}"
            yield complain(numbered, limit.field, right=right)


def _fixed(kind: Kind, numbered: Numbered, values: Values, stored: Stored) -> Iterator[Complaint]:
    before = stored.by_key.get(key_of(kind, numbered.row), values)
    for field in kind.fixed:
        column = column_of(kind, field)
        if before[column] != values[column]:
            yield complain(numbered, field, right=kind.fixed_right)


def _held(kind: Kind, numbered: Numbered, values: Values, stored: Stored) -> Iterator[Complaint]:
    holder = stored.holders.get(tuple(values[column_of(kind, name)] for name in kind.unique))
    if holder is not None and holder != key_of(kind, numbered.row):
        held_by = " ".join(map(str, holder))
        yield complain(numbered, *kind.unique, right=f"a place that {held_by} does not hold")


def _rested_upon(
    kind: Kind, numbered: Numbered, values: Values, stored: Stored
) -> Iterator[Complaint]:
    before = stored.by_key.get(key_of(kind, numbered.row))
    number = stored.dependants.get(before["id"]) if before and kind.name in DEPENDANTS else None
    if before is not None and number is not None:
        refusal = DEPENDANTS[kind.name].refuse(before, values, number)
        if refusal is not None:
            yield complain(numbered, *refusal.fields, right=refusal.right)
