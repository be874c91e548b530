"""A small V-SOL OLT, and what is put into its mailboxes."""

from typing import Any, Final

from activation.simulator.cells import Written
from activation.simulator.oids import Oid
from activation.simulator.records import PonPort, TrafficTable, Vendor
from activation.simulator.scenario import Scenario
from activation.simulator.vsol import oids
from tests.activation.simulator.factories import a_scenario, an_ont, an_ont_row

PORT: Final = "0/0/1"
OTHER_PORT: Final = "0/0/2"
SERIAL: Final = "HWTC1A2B3C4D"
OTHER: Final = "HWTC000000AA"


def a_vsol_scenario(**changes: Any) -> Scenario:  # noqa: ANN401  whatever the record takes
    """One ONT waits on the first port, another is registered on the second."""
    values: dict[str, Any] = {
        "vendor": Vendor.VSOL,
        "ports": (PonPort(name=PORT), PonPort(name=OTHER_PORT)),
        "traffic_tables": (
            TrafficTable(index=1, name="up-100"),
            TrafficTable(index=2, name="down-100"),
            TrafficTable(index=3, name="down-300"),
        ),
        "onts": (an_ont(port=PORT),),
        "registered": (an_ont_row(port=OTHER_PORT),),
    }
    return a_scenario(**(values | changes))


def letter(group: Oid, values: dict[int, Written]) -> list[tuple[Oid, Written]]:
    """Name the scalars of one mailbox with their values, in the order given."""
    return [((*group, field, 0), value) for field, value in values.items()]


def adding(serial: str = SERIAL, ont_id: int = 5, pon: int = 1) -> list[tuple[Oid, Written]]:
    return letter(oids.ADD, {1: pon, 2: ont_id, 3: 1, 4: b"default", 5: serial.encode(), 8: 1})


def binding(line: bytes = b"FTTH", ont_id: int = 5, pon: int = 1) -> list[tuple[Oid, Written]]:
    return letter(oids.BIND, {1: pon, 2: ont_id, 3: line, 4: b"HG8245H", 6: 1})


def setting_speeds(up: bytes = b"up-100", ont_id: int = 5) -> list[tuple[Oid, Written]]:
    values: dict[int, Written] = {1: 1, 2: ont_id, 3: 1, 4: 1, 7: up, 8: b"down-100", 12: 3}
    return letter(oids.GEM, values)


def adding_service_port(ont_id: int = 5, **changes: Written) -> list[tuple[Oid, Written]]:
    """Fill the mailbox of the service ports; ``f13=200`` changes field 13."""
    values: dict[int, Written] = {
        1: 1,
        2: ont_id,
        3: 1,
        4: 1,
        5: 1,
        6: b"S-1",
        7: 100,
        13: 100,
        17: 1,
    }
    values |= {int(name[1:]): value for name, value in changes.items()}
    return letter(oids.SERVICE_PORT, values)


def operating(action: int, ont_id: int = 5) -> list[tuple[Oid, Written]]:
    return letter(oids.OPERATE, {1: 1, 2: ont_id, 3: action})
