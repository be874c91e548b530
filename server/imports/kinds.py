"""The kinds of files: what a row is, where it goes, what identifies it and what it refers to.

The order of ``KINDS`` is the order of dependency: what stands further down refers upwards.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import available_timezones

import msgspec
import sqlalchemy as sa

from activation.registry import driver_names
from billing_bridge.errors import CurrencyUnknown
from billing_bridge.money import require_currency
from server import times
from server.database.tables import offers, people, plant, work
from server.imports import rows
from sync_protocol.optics import OPTIC_CLASSES, SPLITTER_LOSS_CDB
from sync_protocol.serials import parse_serial

Reader = Callable[[str], Any]

OUTPUTS_MAX: Final = 256
"""Of all stages behind one port: XGS-PON's greatest split (ITU-T G.9807.1); GPON's is 128."""


class ValueNotUnderstood(ValueError):
    """A value is none of those that are possible; the text says what would be right."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A field that counts from 1 to a number of the row that another field refers to."""

    field: str
    of: str
    column: str


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A reference to a row that has places for so many and no more."""

    of: str
    places: Callable[[Mapping[str, Any]], int]
    """How many places there are, from what the row lends."""
    right: str
    """What would be right instead; ``{places}`` is their number."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of file."""

    name: str
    table: sa.Table
    row_type: type[rows.ImportRow]
    key: tuple[str, ...] = ("external_id",)
    references: Mapping[str, str] = {}
    """Field of the row → kind that it names; stored in the column ``FIELD_id``."""
    named: Mapping[str, str] = {}
    """Field of the row → kind that it names; stored as it is, for several rows may have it."""
    unique: tuple[str, ...] = ()
    """Fields that no two rows may share, besides the key."""
    fixed: tuple[str, ...] = ()
    """Fields that an import never changes once they are stored."""
    fixed_right: str = ""
    """What to do instead of changing a fixed field."""
    readers: Mapping[str, Reader] = {}
    """How the text of a field is read where a type alone cannot."""
    lends: tuple[str, ...] = ()
    """Columns, besides the id, that rows which refer to this kind are checked with."""
    dated: Mapping[str, str] = {}
    """Column → field since whose last change it counts."""
    limits: tuple[Limit, ...] = ()
    room: Room | None = None

    @property
    def refers(self) -> Mapping[str, str]:
        """Fields that name a row of another kind, which must be stored, and that kind."""
        return {**self.references, **self.named}


def read_zone(text: str) -> str:
    """Read an IANA zone."""
    if text not in _ZONES:
        raise ValueNotUnderstood("an IANA time zone, like Europe/Berlin or America/New_York")
    return text


def read_currency(text: str) -> str:
    """Read a currency that money can be paid in."""
    try:
        return require_currency(text)
    except CurrencyUnknown as error:
        raise ValueNotUnderstood(
            "a currency of three capital letters, like EUR, that ISO 4217 lists at present"
        ) from error


def read_driver(text: str) -> str:
    """Read the name of an OLT driver that is installed."""
    known = driver_names()
    if text not in known:
        raise ValueNotUnderstood(f"an OLT driver; known are {', '.join(known)}")
    return text


def read_optic_class(text: str) -> str:
    """Read the name of an optic class that the light budget knows."""
    if text not in OPTIC_CLASSES:
        raise ValueNotUnderstood(f"an optic class; known are {', '.join(OPTIC_CLASSES)}")
    return text


def read_list(text: str) -> tuple[str, ...]:
    """Read several texts, one after the other.

    >>> read_list("dog; asbestos in the cellar;")
    ('dog', 'asbestos in the cellar')
    """
    return tuple(part.strip() for part in text.split(";") if part.strip())


def read_hazards(text: str) -> tuple[str, ...]:
    """Read what to beware of, one after the other."""
    return _each_at_most(_HAZARD_MAX, read_list(text))


def read_prefixes(text: str) -> tuple[str, ...]:
    """Read how serials begin, one after the other."""
    return _each_at_most(_PREFIX_MAX, read_list(text))


_HAZARD_MAX: Final = 200
_PREFIX_MAX: Final = 12


def _each_at_most(most: int, texts: tuple[str, ...]) -> tuple[str, ...]:
    if any(len(text) > most for text in texts):
        raise ValueNotUnderstood(f"texts of at most {most} characters, divided by semicolons")
    return texts


def read_optic_classes(text: str) -> tuple[str, ...]:
    """Read the names of optic classes, one after the other."""
    return tuple(read_optic_class(name) for name in read_list(text))


def read_supported(text: str) -> bool:
    """Read whether a model is supported."""
    if text not in {"yes", "no"}:
        raise ValueNotUnderstood("yes or no")
    return text == "yes"


def read_time(text: str) -> datetime:
    """Read a time as people write it; its offset may not be left out."""
    try:
        return times.read_instant("time", text)
    except ValueError as error:
        raise ValueNotUnderstood(
            "a time with its offset, like 2026-11-23T13:00+01:00 or 2026-11-23T12:00Z, "
            f"in a year from {times.YEAR_MIN} to {times.YEAR_MAX}"
        ) from error


def read_ratios(text: str) -> tuple[int, ...]:
    """Read splitter stages from the OLT outwards.

    >>> read_ratios("1:4 1:8"), read_ratios("4x8"), read_ratios("1:32")
    ((4, 8), (4, 8), (32,))
    """
    stages = [stage.removeprefix("1:") for stage in re.split(r"[\sx×+;,]+", text) if stage]  # noqa: RUF001  the multiplication sign
    known = [str(ratio) for ratio in SPLITTER_LOSS_CDB if ratio > 1]
    if not stages or any(stage not in known for stage in stages):
        names = ", ".join(f"1:{ratio}" for ratio in known)
        raise ValueNotUnderstood(
            f"splitter ratios from the OLT outwards, like 1:4 1:8; known are {names}"
        )
    ratios = tuple(int(stage) for stage in stages)
    if math.prod(ratios) > OUTPUTS_MAX:
        raise ValueNotUnderstood(
            f"splitter ratios that come to at most {OUTPUTS_MAX} outputs in all, like 1:4 1:8; "
            f"these come to {math.prod(ratios)}"
        )
    return ratios


def count_outputs(splitter: Mapping[str, Any]) -> int:
    """Count the fibers that leave the last stage of a splitter row."""
    return math.prod(splitter["ratios"])


_ZONES: Final = available_timezones()
_COMMERCIAL: Final = ("down_mbps", "up_mbps", "price_minor", "currency")

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            name="premises",
            table=plant.premises,
            row_type=rows.PremiseRow,
            readers={"zone": read_zone, "hazards": read_hazards},
        ),
        Kind(
            name="olts",
            table=plant.olts,
            row_type=rows.OltRow,
            readers={"driver": read_driver},
        ),
        Kind(
            name="pon-ports",
            table=plant.pon_ports,
            row_type=rows.PonPortRow,
            references={"olt": "olts"},
            unique=("olt", "frame", "slot", "port"),
            readers={"optic_class": read_optic_class},
        ),
        Kind(
            name="splitters",
            table=plant.splitters,
            row_type=rows.SplitterRow,
            references={"pon_port": "pon-ports"},
            readers={"ratios": read_ratios},
            lends=("ratios",),
        ),
        Kind(
            name="terminals",
            table=plant.terminals,
            row_type=rows.TerminalRow,
            references={"splitter": "splitters"},
            lends=("ports", "splitter_id"),
            # A terminal has one fiber of its splitter at least. Its ports may be more than that,
            # and so may its drops: those are laid to houses that nobody lights yet.
            room=Room(
                of="splitter",
                places=count_outputs,
                right="a splitter with an output left; this one has {places}, all with terminals",
            ),
        ),
        Kind(
            name="drops",
            table=plant.drops,
            row_type=rows.DropRow,
            references={"terminal": "terminals", "premise": "premises"},
            unique=("terminal", "terminal_port"),
            limits=(Limit(field="terminal_port", of="terminal", column="ports"),),
            fixed=("premise",),
            fixed_right="a new drop with an id of its own; this one leads to another premise",
        ),
        Kind(
            name="accounts",
            table=offers.accounts,
            row_type=rows.AccountRow,
            readers={"zone": read_zone, "currency": read_currency},
        ),
        Kind(
            name="products",
            table=offers.products,
            row_type=rows.ProductRow,
            key=("code", "version"),
            fixed=_COMMERCIAL,
            fixed_right="a new version of the product; what was sold under this one stays",
            readers={"currency": read_currency},
        ),
        Kind(
            name="product-overrides",
            table=offers.product_overrides,
            row_type=rows.ProductOverrideRow,
            key=("product", "olt"),
            named={"product": "products", "olt": "olts"},
        ),
        Kind(
            name="tickets",
            table=work.tickets,
            row_type=rows.TicketRow,
            references={"account": "accounts", "premise": "premises"},
            readers={"opened_at": read_time, "closed_at": read_time},
        ),
        Kind(name="technicians", table=people.technicians, row_type=rows.TechnicianRow),
        Kind(
            name="onts",
            table=plant.onts,
            row_type=rows.OntRow,
            key=("serial",),
            references={"technician": "technicians"},
            readers={"serial": parse_serial},
            dated={"held_since": "technician"},
        ),
        Kind(
            name="ont-models",
            table=plant.ont_models,
            row_type=rows.OntModelRow,
            key=("model",),
            readers={
                "serial_prefixes": read_prefixes,
                "optic_classes": read_optic_classes,
                "supported": read_supported,
            },
        ),
    )
}
