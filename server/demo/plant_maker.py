"""Laying an invented plant over real addresses: a PON tree, the same for the same seed.

Lengths follow the distances between the coordinates, with the detour that cables take along
streets. Everything comes out as import rows, so that an invented plant takes the way of a real one.
"""

import csv
import itertools
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from server.imports.kinds import KINDS
from server.imports.rows import (
    DropRow,
    ImportRow,
    OltRow,
    PonPortRow,
    PremiseRow,
    SplitterRow,
    TerminalRow,
)

T = TypeVar("T")

PREMISES_MAX: Final = 512
_TERMINAL_PORTS: Final = 8
_TERMINALS_PER_SPLITTER: Final = 4
_PORTS_PER_SLOT: Final = 16
_DETOUR: Final = 1.35
"""Cable along streets, per metre as the crow flies."""
_EARTH_M: Final = 6_371_000

Point = tuple[float, float]
"""Latitude and longitude, WGS84 degrees."""


class OltPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The OLT that the plant hangs on, as the demo runs it."""

    external_id: str
    name: str
    driver: str
    host: str
    snmp_port: int
    credentials: str


class Plant(msgspec.Struct, frozen=True, kw_only=True):
    """An invented plant as import rows, by kind and in order of dependency."""

    rows: Mapping[str, tuple[ImportRow, ...]]


def make_plant(
    premises: Sequence[PremiseRow], olt: OltPlace, *, seed: int, limit: int = PREMISES_MAX
) -> Plant:
    """Lay a plant to the premises around one of them, chosen by the seed.

    One splitter tree 1:4, 1:8 per PON port, one terminal for eight neighbouring premises.

    Raises:
        ValueError: there are no premises.
    """
    if not premises:
        raise ValueError("there are no premises to lay a plant to; import some first")
    chance = random.Random(seed)  # noqa: S311  invented data, not a secret
    centre = _point(chance.choice(sorted(premises, key=lambda premise: premise.external_id)))
    served = sorted(premises, key=lambda one: (_metres(centre, _point(one)), one.external_id))
    neighbours = sorted(served[:limit], key=lambda one: (_along_curve(centre, one), one.address))
    terminals = list(_chunks(neighbours, _TERMINAL_PORTS))
    splitters = list(_chunks(terminals, _TERMINALS_PER_SPLITTER))
    olt_row = OltRow(**msgspec.structs.asdict(olt))
    return Plant(
        rows={
            "olts": (olt_row,),
            "pon-ports": tuple(
                _pon_port(olt, number, launch_cdbm=chance.randrange(220, 420, 10))
                for number in range(len(splitters))
            ),
            "splitters": tuple(
                _splitter(olt, number, _length_m(centre, _middle(itertools.chain(*group))))
                for number, group in enumerate(splitters)
            ),
            "terminals": tuple(
                _terminal(olt, number, group, splitters[number // _TERMINALS_PER_SPLITTER])
                for number, group in enumerate(terminals)
            ),
            "drops": tuple(
                _drop(olt, number, port, premise, _length_m(_middle(group), _point(premise)))
                for number, group in enumerate(terminals)
                for port, premise in enumerate(group, start=1)
            ),
        }
    )


def write_files(plant: Plant, folder: Path) -> None:
    """Write a plant as CSV files that ``firstlight import`` takes as they are."""
    for name, rows in plant.rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(KINDS[name].row_type.__struct_fields__)
            writer.writerows([_cell(value) for value in msgspec.structs.astuple(r)] for r in rows)


def _cell(value: object) -> object:
    return " ".join(f"1:{ratio}" for ratio in value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownVariableType]  the only tuples are ratios


def _pon_port(olt: OltPlace, number: int, *, launch_cdbm: int) -> PonPortRow:
    slot, port = divmod(number, _PORTS_PER_SLOT)
    return PonPortRow(
        external_id=f"{olt.external_id}-P{number:03d}",
        olt=olt.external_id,
        frame=0,
        slot=slot + 1,
        port=port,
        optic_class="GPON_B+",
        launch_cdbm=launch_cdbm,
    )


def _splitter(olt: OltPlace, number: int, feeder_length_m: int) -> SplitterRow:
    return SplitterRow(
        external_id=f"{olt.external_id}-S{number:03d}",
        pon_port=f"{olt.external_id}-P{number:03d}",
        ratios=(_TERMINALS_PER_SPLITTER, _TERMINAL_PORTS),
        feeder_length_m=feeder_length_m,
    )


def _terminal(
    olt: OltPlace,
    number: int,
    group: Sequence[PremiseRow],
    tree: Sequence[Sequence[PremiseRow]],
) -> TerminalRow:
    latitude, longitude = _middle(group)
    return TerminalRow(
        external_id=f"{olt.external_id}-T{number:04d}",
        splitter=f"{olt.external_id}-S{number // _TERMINALS_PER_SPLITTER:03d}",
        latitude=round(latitude, 6),
        longitude=round(longitude, 6),
        distribution_length_m=_length_m(_middle(itertools.chain(*tree)), (latitude, longitude)),
        ports=_TERMINAL_PORTS,
    )


def _drop(olt: OltPlace, terminal: int, port: int, premise: PremiseRow, length_m: int) -> DropRow:
    return DropRow(
        external_id=f"{olt.external_id}-D{terminal:04d}-{port}",
        terminal=f"{olt.external_id}-T{terminal:04d}",
        premise=premise.external_id,
        terminal_port=port,
        length_m=length_m + 10,  # into the house
        connectors=5,
        splices=6,
    )


def _chunks(things: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (things[start : start + size] for start in range(0, len(things), size))


def _point(premise: PremiseRow) -> Point:
    return premise.latitude, premise.longitude


def _middle(group: Iterable[PremiseRow]) -> Point:
    points = [_point(premise) for premise in group]
    return (
        math.fsum(latitude for latitude, _ in points) / len(points),
        math.fsum(longitude for _, longitude in points) / len(points),
    )


def _metres(here: Point, there: Point) -> float:
    """Distance as the crow flies; a plane is exact enough within one town."""
    north = math.radians(there[0] - here[0])
    east = math.radians(there[1] - here[1]) * math.cos(math.radians(here[0]))
    return _EARTH_M * math.hypot(north, east)


def _length_m(here: Point, there: Point) -> int:
    return round(_metres(here, there) * _DETOUR)


def _along_curve(centre: Point, premise: PremiseRow) -> int:
    """Give the place on a Z-order curve: neighbours on it are neighbours on the ground."""
    north = int((premise.latitude - centre[0] + 1) * 1e5)
    east = int((premise.longitude - centre[1] + 1) * 1e5)
    return sum(
        (north >> bit & 1) << (2 * bit + 1) | (east >> bit & 1) << (2 * bit) for bit in range(18)
    )
