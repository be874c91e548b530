"""What is strange about a serial, as far as a tablet can tell without a network. Pure.

A doubt refuses nothing: the technician stands before the device and may know better, but says why.
"""

import enum
from collections.abc import Iterator, Mapping

import msgspec

from sync_protocol.briefing import Briefing
from sync_protocol.ids import JobId
from sync_protocol.serials import OntSerial

_ALTERNATIVES_MAX = 5


class Doubt(enum.StrEnum):
    """What is strange about a serial."""

    NOT_THE_RESERVED_ONE = "not_the_reserved_one"
    USED_IN_ANOTHER_JOB = "used_in_another_job"
    NOT_IN_VAN_STOCK = "not_in_van_stock"
    UNSUPPORTED_MODEL = "unsupported_model"
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


def check_serial(
    serial: OntSerial, *, reserved: str | None, elsewhere: JobId | None, stock: Stock
) -> tuple[Warned, ...]:
    """List the doubts about a serial for a job.

    Args:
        serial: as read.
        reserved: the serial that the office has set aside for the job.
        elsewhere: another job on this tablet for which this serial was recorded.
        stock: see there; what is not known raises no doubt.
    """
    return tuple(
        Warned(doubt=doubt, detail=f"{serial} {detail}")
        for doubt, detail in (
            *_against_job(serial, reserved, elsewhere),
            *_against_stock(serial, stock),
        )
    )


def _against_job(
    serial: OntSerial, reserved: str | None, elsewhere: JobId | None
) -> Iterator[tuple[Doubt, str]]:
    if reserved is not None and reserved != serial:
        yield Doubt.NOT_THE_RESERVED_ONE, f"was scanned, {reserved} is reserved for this job"
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
