"""Which drivers there are: ours by a table, others by the entry-point group firstlight.drivers."""

import importlib
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from activation.driver import DriverFactory
from activation.notifications import ReadNotification

ENTRY_POINT_GROUP: Final = "firstlight.drivers"

BUILT_IN: Final[Mapping[str, str]] = {
    "huawei": "activation.drivers.huawei.olt:HuaweiOlt",
    "vsol": "activation.drivers.vsol.olt:VsolOlt",
    "zte": "activation.drivers.zte.olt:ZteOlt",
}


_TRAPS: Final[Mapping[str, str]] = {
    "huawei": "activation.drivers.huawei.traps:read",
    "vsol": "activation.drivers.vsol.traps:read",
    "zte": "activation.drivers.zte.traps:read",
}
"""A vendor that is not here is polled at its interval alone."""


class DriverUnknown(LookupError):
    """No driver has that name; the message lists the known ones."""


class DriverNameTaken(ValueError):
    """Two packages bring a driver of one name; uninstall one of them."""


def driver_names(found: Iterable[EntryPoint] | None = None) -> tuple[str, ...]:
    """List the names that ``find_driver`` knows.

    Raises:
        DriverNameTaken: as it says.
    """
    return tuple(sorted(_places(_installed() if found is None else found)))


def find_driver(name: str, found: Iterable[EntryPoint] | None = None) -> DriverFactory:
    """Load a driver by its name.

    A driver that cannot be imported fails here, loudly, with the error of its own import.

    Raises:
        DriverUnknown: with the known names.
        DriverNameTaken: as it says.
    """
    places = _places(_installed() if found is None else found)
    if name not in places:
        raise DriverUnknown(f"{name!r} is no OLT driver; known are {', '.join(sorted(places))}")
    module, _, attribute = places[name].partition(":")
    return cast("DriverFactory", getattr(importlib.import_module(module), attribute))


def find_trap_reader(name: str) -> ReadNotification | None:
    """Load what reads the traps of a driver's OLTs; None when nobody knows them."""
    place = _TRAPS.get(name)
    if place is None:
        return None
    module, _, attribute = place.partition(":")
    return cast("ReadNotification", getattr(importlib.import_module(module), attribute))


def _installed() -> Iterable[EntryPoint]:
    return entry_points(group=ENTRY_POINT_GROUP)


def _places(found: Iterable[EntryPoint]) -> dict[str, str]:
    places = dict(BUILT_IN)
    for entry in found:
        if places.setdefault(entry.name, entry.value) != entry.value:
            raise DriverNameTaken(
                f"driver {entry.name!r} is both {places[entry.name]} and {entry.value}; "
                "keep one of the two packages"
            )
    return places
