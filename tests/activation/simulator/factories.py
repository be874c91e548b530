"""A small OLT to test with, and a clock that moves when told to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from activation.simulator.cells import Written
from activation.simulator.events import EventLog
from activation.simulator.exchange import Exchange, Request, RequestKind
from activation.simulator.huawei import oids
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.records import Event, OntRow, PluggedOnt, PonPort, TrafficTable
from activation.simulator.scenario import Scenario
from sync_protocol.serials import OntSerial, serial_bytes

START: Final = datetime(2026, 5, 4, 14, 2, tzinfo=UTC)
SERIAL: Final = "HWTC1A2B3C4D"
OTHER: Final = "HWTC000000AA"
PORT: Final = "0/1/0"
OTHER_PORT: Final = "0/1/1"
IF_INDEX: Final = 4194312192
"""ifIndex of 0/1/0, as the swtoolz port map has it."""
COME_UP_S: Final = 5.0
SENTINEL_S: Final = 0.5


def an_ont(**changes: Any) -> PluggedOnt:  # noqa: ANN401  whatever the record takes
    values: dict[str, Any] = {
        "serial": SERIAL,
        "port": PORT,
        "come_up_s": COME_UP_S,
        "sentinel_s": SENTINEL_S,
    }
    return PluggedOnt(**(values | changes))


def an_ont_row(**changes: Any) -> OntRow:  # noqa: ANN401  whatever the record takes
    values: dict[str, Any] = {
        "port": OTHER_PORT,
        "ont_id": 3,
        "serial": OTHER,
        "line_profile": "FTTH",
        "service_profile": "HG8245H",
    }
    return OntRow(**(values | changes))


def a_scenario(**changes: Any) -> Scenario:  # noqa: ANN401  whatever the record takes
    values: dict[str, Any] = {
        "ports": (PonPort(name=PORT), PonPort(name=OTHER_PORT)),
        "line_profiles": ("FTTH",),
        "service_profiles": ("HG8245H",),
        "traffic_tables": (TrafficTable(index=10, name="100M"),),
        "vlans": (100,),
        "onts": (an_ont(),),
        "registered": (an_ont_row(),),
    }
    return Scenario(**(values | changes))


class Bench:
    """An OLT with its exchange, under a clock that the test moves."""

    def __init__(self, scenario: Scenario | None = None, *, log: EventLog | None = None) -> None:
        self.now = START
        self._log = log or EventLog()
        self.olt = Olt(scenario or a_scenario(), started_at=START, record=self._log.record)
        self.exchange = Exchange(self.olt, now=lambda: self.now, record=self._log.record)

    @property
    def events(self) -> list[Event]:
        """What was told so far."""
        return list(self._log.latest)

    def wait(self, seconds: float) -> None:
        """Let time pass, and let the OLT tell what came due meanwhile."""
        self.now += timedelta(seconds=seconds)
        self.exchange.settle()

    def get(self, *names: Oid) -> list[Any]:
        """Read variables; a missing one gives its absence."""
        request = Request(kind=RequestKind.GET, variables=tuple((name, None) for name in names))
        answer = self.exchange.answer(request)
        assert answer is not None
        return [getattr(b, "value", getattr(b, "absence", None)) for b in answer.bindings or ()]

    def set(self, variables: Sequence[tuple[Oid, Written]]) -> tuple[int, int]:
        """Write variables; gives error status and error index."""
        request = Request(kind=RequestKind.SET, variables=tuple(variables), may_write=True)
        answer = self.exchange.answer(request)
        assert answer is not None
        return int(answer.status), answer.position

    def told(self, kind: str) -> list[Event]:
        """List the events of one kind."""
        return [event for event in self.events if event.event == kind]


def ont_cell(column: int, ont_id: int = 5, if_index: int = IF_INDEX) -> Oid:
    return (*oids.ONT_CONFIG, column, if_index, ont_id)


def registering(
    serial: str = SERIAL,
    *,
    ont_id: int = 5,
    if_index: int = IF_INDEX,
    line_profile: bytes = b"FTTH",
    service_profile: bytes = b"HG8245H",
) -> list[tuple[Oid, Written]]:
    """The registering PDU in the order that field code uses."""
    values: tuple[tuple[int, Written], ...] = (
        (2, 1),
        (3, serial_bytes(OntSerial(serial))),
        (6, 1),
        (10, 4),
        (7, line_profile),
        (8, service_profile),
        (9, b"S-1"),
    )
    return [(ont_cell(column, ont_id, if_index), value) for column, value in values]


def flow_cell(column: int, index: int = 1) -> Oid:
    return (*oids.FLOW, column, index)


def creating_flow(
    *, index: int = 1, ont_id: int = 5, **changes: Written
) -> list[tuple[Oid, Written]]:
    """The service port PDU in the order that field code uses; ``c8=200`` changes column 8."""
    values: dict[int, Written] = {
        2: 0,
        3: 1,
        4: 0,
        5: ont_id,
        6: 1,
        7: 4,
        8: 100,
        11: 1,
        12: 100,
        15: 4,
        22: b"100M",
        21: b"100M",
    }
    values |= {int(name[1:]): value for name, value in changes.items()}
    return [(flow_cell(column, index), value) for column, value in values.items()]
