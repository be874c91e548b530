"""The OLT of the town in this process: the simulator's exchange behind the driver's session.

The driver, the tables and the refusals are the real ones; only the datagrams are left out, and
time is that of the test's clock.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from activation.simulator.cells import Status
from activation.simulator.cells import Written as Value
from activation.simulator.events import EventLog
from activation.simulator.exchange import Answer as RawAnswer
from activation.simulator.exchange import Exchange, Request, RequestKind
from activation.simulator.faults import FaultKind, FaultOrder
from activation.simulator.model import Olt
from activation.simulator.records import PluggedOnt, PonPort, TrafficTable
from activation.simulator.scenario import Scenario
from activation.simulator.tables import Binding as RawBinding
from activation.simulator.tables import Syntax
from activation.snmp import (
    Answer,
    Binding,
    ErrorStatus,
    NoAnswer,
    NotSent,
    Oid,
    Row,
    SnmpError,
    SnmpValue,
    Walk,
    Written,
)
from sync_protocol.serials import parse_serial
from tests.server import factories
from tests.server.factories import Clock
from tests.server.tablets import OTHER_SERIAL, SERIAL

TIMEOUT_S: Final = 2.0
OTHER_PORT: Final = "0/1/1"


def plugged(
    serial: str = SERIAL, *, port: str = factories.PORT, come_up_s: float = 5
) -> PluggedOnt:
    """An ONT on a fiber, with light as house 1 should have it."""
    return PluggedOnt(
        serial=serial, port=port, come_up_s=come_up_s, sentinel_s=0.5, ont_rx_cdbm=-1910
    )


def town_scenario(*onts: PluggedOnt, community: str = "town-write") -> Scenario:
    return Scenario(
        ports=(PonPort(name=factories.PORT), PonPort(name=OTHER_PORT)),
        line_profiles=(factories.LINE_PROFILE,),
        service_profiles=(factories.SERVICE_PROFILE,),
        traffic_tables=(
            TrafficTable(index=1, name=factories.TRAFFIC_IN),
            TrafficTable(index=2, name=factories.TRAFFIC_OUT),
        ),
        vlans=(factories.VLAN,),
        onts=onts or (plugged(),),
        read_community="town-read",
        write_community=community,
    )


class TownOlt:
    """The OLT, which outlives every server, and what a test asks of it."""

    def __init__(self, clock: Clock, *onts: PluggedOnt, scenario: Scenario | None = None) -> None:
        self.log = EventLog()
        self.clock = clock
        there = scenario or town_scenario(*onts)
        olt = Olt(there, started_at=clock(), record=self.log.record)
        self.exchange = Exchange(olt, now=clock, record=self.log.record)
        self.before_set: Callable[[], None] = lambda: None

    @property
    def registered(self) -> list[str]:
        """The serials of the registered ONTs."""
        return sorted(known.row.serial for known in self.exchange.olt.registrations.values())

    @property
    def flows(self) -> int:
        return len(self.exchange.olt.flows)

    @property
    def sets(self) -> int:
        return self.exchange.stats().set_requests

    @property
    def creations(self) -> list[str]:
        """The serials of all registrations that were ever accepted, in order."""
        return [
            str(event.serial)
            for event in self.log.latest
            if event.table == "ont" and event.action == "create"
        ]

    def fail(self, kind: FaultKind, *, count: int | None = None) -> None:
        self.exchange.start_fault(FaultOrder(kind=kind, count=count))

    def unplug(self, serial: str = SERIAL) -> None:
        self.exchange.olt.unplug(parse_serial(serial), self.clock())

    def plug(self, ont: PluggedOnt) -> None:
        self.exchange.olt.plug(ont, self.clock())


class TownSession:
    """``SnmpSession`` straight into the exchange; silence costs the time that it would."""

    def __init__(
        self, olt: TownOlt, *, may_write: bool = True, permitted: Callable[[], bool] = lambda: True
    ) -> None:
        self._olt = olt
        self._may_write = may_write
        self._permitted = permitted

    @property
    def peer(self) -> str:
        return "olt.town:161"

    async def get_many(self, oids: Sequence[Oid]) -> Answer | SnmpError:
        answer = self._ask(RequestKind.GET, [(_nodes(oid), None) for oid in oids])
        if not isinstance(answer, RawAnswer):
            return answer
        found = {_text(each.oid): _value(each) for each in answer.bindings or ()}
        return Answer(values=found)

    async def bulk_walk(self, column: Oid, *, bulk_size: int) -> Walk:
        found: list[Row] = []
        last, base = _nodes(column), _nodes(column)
        while True:
            answer = self._ask(RequestKind.GET_BULK, [(last, None)], bulk_size)
            if not isinstance(answer, RawAnswer):
                return Walk(rows=tuple(found), stopped_by=answer)
            for each in answer.bindings or ():
                value = _value(each)
                if value is None or each.oid[: len(base)] != base:
                    return Walk(rows=tuple(found))
                found.append(Row(index=each.oid[len(base) :], value=value))
                last = each.oid

    async def set_many(self, bindings: Sequence[Binding]) -> Written | SnmpError:
        self._olt.before_set()
        if not self._permitted():
            return NotSent(detail="the right to write ended before its turn came")
        answer = self._ask(RequestKind.SET, [(_nodes(each.oid), each.value) for each in bindings])
        return Written() if isinstance(answer, RawAnswer) else answer

    def _ask(
        self, kind: RequestKind, variables: Sequence[tuple[tuple[int, ...], Value]], size: int = 0
    ) -> RawAnswer | SnmpError:
        self._olt.exchange.settle()
        answer = self._olt.exchange.answer(
            Request(
                kind=kind,
                variables=tuple(variables),
                max_repetitions=size,
                may_write=self._may_write,
            )
        )
        if answer is None:
            self._olt.clock.advance(TIMEOUT_S)
            return NoAnswer(waited_ms=int(TIMEOUT_S * 1000))
        if answer.status is not Status.NO_ERROR:
            at = variables[answer.position - 1][0] if answer.position else None
            return ErrorStatus(status=answer.status.value, oid=None if at is None else _text(at))
        return answer


def _value(each: msgspec.Struct) -> SnmpValue | None:
    if not isinstance(each, RawBinding):
        return None
    value = each.value
    if isinstance(value, tuple):
        return _text(value)
    return (
        value
        if each.syntax is not Syntax.OCTETS
        else bytes(value)
        if isinstance(value, bytes)
        else value
    )


def _nodes(oid: Oid) -> tuple[int, ...]:
    return tuple(int(node) for node in oid.split("."))


def _text(oid: Sequence[int]) -> Oid:
    return ".".join(map(str, oid))


BOTH: Final = (plugged(SERIAL), plugged(OTHER_SERIAL))
"""The ONTs of two technicians who both did the job, lit on the planned port."""
