"""What is strange about a serial, as far as a tablet can tell without a network. Pure.

A doubt refuses nothing: the technician stands before the device and may know better, but says why.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import msgspec

from sync_protocol.briefing import Briefing
from sync_protocol.ids import JobId
from sync_protocol.operations import OntMove
from sync_protocol.serials import OntSerial

_ALTERNATIVES_MAX = 5


class Doubt(enum.StrEnum):
    """What is strange about a serial."""

    NOT_THE_RESERVED_ONE = "not_the_reserved_one"
    USED_IN_ANOTHER_JOB = "used_in_another_job"
    NOT_IN_VAN_STOCK = "not_in_van_stock"
    UNSUPPORTED_MODEL = "unsupported_model"
    THE_ONE_THAT_RUNS = "the_one_that_runs"
    NOT_THE_ONE_THAT_RUNS = "not_the_one_that_runs"
    STILL_IN_VAN = "still_in_van"


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """A doubt in words, with both values."""

    doubt: Doubt
    detail: str


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """What the office says of devices; None where this tablet was told nothing.

    ``van``: the model of each serial in this technician's van. ``supported_models``: those that the
    operator's OLTs can activate.
    """

    van: Mapping[OntSerial, str] | None = None
    supported_models: frozenset[str] | None = None


NO_STOCK = Stock()


def stock_of(briefing: Briefing | None) -> Stock:
    """Read what the office says of devices out of the briefing.

    An empty van is one whose stock nobody keeps: a technician is not asked about every ONT.
    """
    if briefing is None:
        return NO_STOCK
    models = briefing.supported_models
    return Stock(
        van={OntSerial(ont.serial): ont.model for ont in briefing.van_stock} or None,
        supported_models=None if models is None else frozenset(each.model for each in models),
    )


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the ONTs of a job; None where nobody said.

    ``reserved``: the one that the office has set aside. ``running``: the one that runs there now
    and may be taken down.
    ``elsewhere``: another job on this tablet for which the serial in question was recorded.
    """

    reserved: str | None = None
    running: str | None = None
    elsewhere: JobId | None = None


def check_serial(serial: OntSerial, expected: Expected, stock: Stock) -> tuple[Warned, ...]:
    """List the doubts about an ONT that is put up; what is not known raises none."""
    return _warned(serial, _against_job(serial, expected), _against_stock(serial, stock))


def check_taken_down(serial: OntSerial, expected: Expected) -> tuple[Warned, ...]:
    """List the doubts about an ONT that is taken down: it comes from no van."""
    return _warned(serial, _against_running(serial, expected), _against_others(expected))


def check_moved(
    serial: OntSerial, move: OntMove, expected: Expected, stock: Stock
) -> tuple[Warned, ...]:
    """List the doubts about an ONT that is said to have left the van, or to have come into it."""
    if move is OntMove.INSTALLED:
        return check_serial(serial, Expected(elsewhere=expected.elsewhere), stock)
    is_in_van = serial in (stock.van or ())
    if is_in_van and move is OntMove.RECOVERED:
        return _warned(serial, [(Doubt.STILL_IN_VAN, "is in this van by the office's list")])
    return () if is_in_van else _warned(serial, _against_running(serial, expected))


def _warned(serial: OntSerial, *doubts: Iterable[tuple[Doubt, str]]) -> tuple[Warned, ...]:
    return tuple(
        Warned(doubt=doubt, detail=f"{serial} {detail}") for doubt, detail in chain(*doubts)
    )


def _against_job(serial: OntSerial, expected: Expected) -> Iterator[tuple[Doubt, str]]:
    reserved = expected.reserved
    if serial == expected.running:
        yield Doubt.THE_ONE_THAT_RUNS, "is the one that runs there now, and no new one"
    if reserved is not None and reserved != serial:
        yield Doubt.NOT_THE_RESERVED_ONE, f"was scanned, {reserved} is reserved for this job"
    yield from _against_others(expected)


def _against_running(serial: OntSerial, expected: Expected) -> Iterator[tuple[Doubt, str]]:
    if expected.running is not None and expected.running != serial:
        yield Doubt.NOT_THE_ONE_THAT_RUNS, f"was scanned, {expected.running} runs there now"


def _against_others(expected: Expected) -> Iterator[tuple[Doubt, str]]:
    elsewhere = expected.elsewhere
    if elsewhere is not None:
        yield Doubt.USED_IN_ANOTHER_JOB, f"was also recorded for job {elsewhere} on this tablet"


def _against_stock(serial: OntSerial, stock: Stock) -> Iterator[tuple[Doubt, str]]:
    if stock.van is None:
        return
    model = stock.van.get(serial)
    if model is None:
        yield Doubt.NOT_IN_VAN_STOCK, f"is none of the {len(stock.van)} ONTs in this van"
    elif stock.supported_models is not None and not is_supported(model, stock):
        supported = sorted(stock.supported_models)
        others = len(supported) - _ALTERNATIVES_MAX
        named = ", ".join(supported[:_ALTERNATIVES_MAX]) or "none"
        more = f" and {others} more" if others > 0 else ""
        yield Doubt.UNSUPPORTED_MODEL, f"is a {model}; supported are: {named}{more}"


def is_supported(model: str, stock: Stock) -> bool:
    """Tell whether a model is listed; people write it in small letters and with blanks."""
    supported = stock.supported_models
    if supported is None:
        return True
    return model.strip().casefold() in {each.strip().casefold() for each in supported}
