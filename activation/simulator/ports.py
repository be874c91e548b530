"""How each vendor names and numbers its PON ports."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from activation.simulator.huawei import oids as huawei
from activation.simulator.records import PonPort, Vendor
from activation.simulator.zte import oids as zte


class _Manner(msgspec.Struct, frozen=True, kw_only=True):
    index: Callable[[PonPort], int]
    names: str
    """What a port may be called, as a pattern."""
    example: str


_MANNERS: Final[Mapping[Vendor, _Manner]] = {
    # In which way a frame other than 0 enters the number was found nowhere.
    Vendor.HUAWEI: _Manner(
        index=lambda port: huawei.port_if_index(port.slot, port.number),
        names=r"0/[0-9]+/[0-9]+",
        example="0/1/0",
    ),
    # The front panel says GPON0/1; the first number is the slot of a pizza box, always 0.
    Vendor.VSOL: _Manner(
        index=lambda port: port.number,
        names=r"0/0/([1-9]|1[0-6])",
        example="0/0/1",
    ),
    # The first number is 1 on the command line and 0 in the number of the port.
    Vendor.ZTE: _Manner(
        index=lambda port: zte.port_number(port.slot, port.number),
        names=r"1/([1-9]|1[0-9]|2[01])/([1-9]|1[0-6])",
        example="1/1/1",
    ),
}


def port_index(vendor: Vendor, port: PonPort) -> int:
    """Give the index of a port; the rows of its ONTs begin with it."""
    return _MANNERS[vendor].index(port)


def problem_of(vendor: Vendor, port: PonPort) -> str | None:
    """Say why a port of this name cannot be simulated, and what could."""
    manner = _MANNERS[vendor]
    if re.fullmatch(manner.names, port.name):
        return None
    return f"{port.name!r}; a port of a {vendor} OLT is called like {manner.example}"
