"""A small ZTE OLT, and what is written to it."""

from typing import Any, Final

from activation.simulator.cells import Written
from activation.simulator.oids import Oid
from activation.simulator.records import PonPort, Vendor, ZteFirmware
from activation.simulator.scenario import Scenario
from activation.simulator.zte import oids
from sync_protocol.serials import OntSerial, serial_bytes
from tests.activation.simulator.factories import a_scenario, an_ont, an_ont_row

PORT: Final = "1/2/1"
OTHER_PORT: Final = "1/2/2"
NUMBER: Final = 268566784
"""Of 1/2/1 in tree 1012, as public notes on a C320 have it."""
NEWER_NUMBER: Final = 0x11010201
SERIAL: Final = "HWTC1A2B3C4D"
OTHER: Final = "HWTC000000AA"
PLACE: Final = (NUMBER, 5)
BOTH_TREES: Final = ZteFirmware(tree_1082=True)
LEAN: Final = ZteFirmware(tree_50=False)
SEEN_LIVE: Final = ZteFirmware(tree_13=False, tree_50=False, tree_1082=True)
"""What public notes on a C320 V2 found and missed."""


def a_zte_scenario(**changes: Any) -> Scenario:  # noqa: ANN401  whatever the record takes
    """One ONT waits on the first port, another is registered on the second."""
    values: dict[str, Any] = {
        "vendor": Vendor.ZTE,
        "ports": (PonPort(name=PORT), PonPort(name=OTHER_PORT)),
        "service_profiles": ("ZTE-F660", "HG8245H"),
        "onts": (an_ont(port=PORT),),
        "registered": (an_ont_row(port=OTHER_PORT),),
    }
    return a_scenario(**(values | changes))


def registering(
    serial: str = SERIAL, place: Oid = PLACE, *, kind: bytes = b"ZTE-F660"
) -> list[tuple[Oid, Written]]:
    """The registering request in the order of a public script."""
    values: tuple[tuple[int, Written], ...] = (
        (12, 1),
        (1, kind),
        (5, serial_bytes(OntSerial(serial))),
        (3, b"S-1"),
        (9, 4),
    )
    return [((*oids.REGISTERED, column, *place), value) for column, value in values]


def deleting(place: Oid = PLACE) -> list[tuple[Oid, Written]]:
    return [((*oids.REGISTERED, 9, *place), 6)]


def switching(value: int, place: Oid = PLACE) -> list[tuple[Oid, Written]]:
    return [((*oids.STATE, 1, *place), value)]


def restarting(place: Oid = PLACE) -> list[tuple[Oid, Written]]:
    return [((*oids.ACTION, 1, *place), 1)]
