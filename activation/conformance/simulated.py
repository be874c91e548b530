"""The rig that comes with the package: a simulated OLT of the driver's vendor, over real datagrams.

Its ONTs come up at once, so that a check need not wait; how long they take in life is for the
verification to bear, which has tests of its own.
"""

import contextlib
import socket
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from activation.conformance.rig import Ends, RigFactory, Trouble, Truth
from activation.driver import DriverFactory, OltDriver
from activation.puresnmp_session import PuresnmpSession
from activation.requests import OntRef, OntSpec, PonPort, parse_pon_port
from activation.simulator import records
from activation.simulator.agent import Agent
from activation.simulator.events import EventLog
from activation.simulator.exchange import Exchange
from activation.simulator.faults import FaultKind, FaultOrder
from activation.simulator.model import Olt
from activation.simulator.records import FlowRow, OntRow, PluggedOnt, TrafficTable, Vendor
from activation.simulator.scenario import Scenario, SnmpUser
from activation.snmp import V3, Credentials, Secret, SnmpSettings, V2c
from sync_protocol.serials import OntSerial
from sync_protocol.units import RxPowerCdbm

HASTE: Final = SnmpSettings(timeout_ms=300, read_attempts=2)
"""Where silence is expected it is waited for; datagrams on loopback do not get lost."""
LIT: Final = 3
LIGHT_CDBM: Final = -1910
CAPACITY: Final = 24
_KINDS: Final[Mapping[Trouble, FaultKind]] = {
    Trouble.SILENT: FaultKind.SILENT,
    Trouble.BUSY: FaultKind.BUSY,
    Trouble.WRITE_LOST: FaultKind.DROP_SET,
    Trouble.REPLY_LOST: FaultKind.DROP_REPLY_AFTER_SET,
    Trouble.SILENT_AFTER_WRITE: FaultKind.SILENT_AFTER_SET,
    Trouble.WALK_CUT: FaultKind.CUT_WALK,
}


def _communities(reading: str, writing: str) -> V2c:
    return V2c(read_community=Secret(reading), write_community=Secret(writing))


def _user(name: str) -> V3:
    return V3(
        user=name,
        auth_method="sha1",
        auth_key=Secret("conformance-auth"),
        priv_method="aes",
        priv_key=Secret("conformance-priv"),
    )


_USERS: Final[Mapping[str, tuple[SnmpUser, ...]]] = {
    "v2c": (),  # two megabytes are hashed for each, and an OLT is made for each check
    "v3": tuple(
        SnmpUser(
            name=name,
            auth_key="conformance-auth",
            priv_key="conformance-priv",
            may_write=name == "writer",
        )
        for name in ("writer", "reader")
    ),
}
_CREDENTIALS: Final[Mapping[str, tuple[Credentials, Credentials, Credentials]]] = {
    "v2c": (
        _communities("reading", "writing"),
        _communities("reading", "reading"),
        _communities("nobody", "nobody"),
    ),
    "v3": (_user("writer"), _user("reader"), _user("nobody")),
}
"""Who may write, who may only read, and whom the OLT does not know, by the version of SNMP."""


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor's OLT looks like in the suite."""

    vendor: Vendor
    ports: tuple[str, str]
    first_ont_id: int
    flow_index: Callable[[OntRef, int], int]
    """Which number a service port of an ONT has, where this one would be liked."""
    spec: Callable[[OntSerial], OntSpec]
    other_speed: Callable[[OntSpec], OntSpec]


def _usual(serial: OntSerial) -> OntSpec:
    return OntSpec(
        serial=serial,
        line_profile="LINE-1",
        service_profile="SRV-1",
        description="conformance",
        vlan=100,
        user_vlan=100,
        gem_port=1,
        traffic_in="UP-1",
        traffic_out="DOWN-1",
    )


def _registration_alone(serial: OntSerial) -> OntSpec:
    """The service profile is the ONU type; there is no line profile."""
    return msgspec.structs.replace(_usual(serial), line_profile="", registration_alone=True)


def _quicker(spec: OntSpec) -> OntSpec:
    return msgspec.structs.replace(
        spec,
        line_profile="LINE-2",
        service_profile="SRV-2",
        traffic_in="UP-2",
        traffic_out="DOWN-2",
    )


GROUNDS: Final[Mapping[str, Grounds]] = {
    "huawei": Grounds(
        vendor=Vendor.HUAWEI,
        ports=("0/1/0", "0/1/1"),
        first_ont_id=0,
        flow_index=lambda _ref, liked: liked,
        spec=_usual,
        other_speed=_quicker,
    ),
    "vsol": Grounds(
        vendor=Vendor.VSOL,
        ports=("0/0/1", "0/0/2"),
        first_ont_id=1,
        flow_index=lambda ref, _liked: ref.port.port * 1_000_000 + ref.ont_id * 1_000 + 1,
        spec=_usual,
        other_speed=_quicker,
    ),
    "zte": Grounds(
        vendor=Vendor.ZTE,
        ports=("1/1/1", "1/1/2"),
        first_ont_id=1,
        flow_index=lambda _ref, liked: liked,
        spec=_registration_alone,
        other_speed=_quicker,
    ),
}


def rig_of(name: str, factory: DriverFactory) -> RigFactory:
    """Give the rig of a built-in driver.

    Raises:
        KeyError: the simulator has no OLT for a driver of that name.
    """
    grounds = GROUNDS[name]

    @contextlib.asynccontextmanager
    async def open_rig(*, snmp: str) -> AsyncGenerator[SimulatedRig]:
        rig = SimulatedRig(grounds, factory, snmp=snmp)
        await rig.start()
        try:
            yield rig
        finally:
            rig.stop()

    return open_rig


class SimulatedRig:
    """One simulated OLT for one check."""

    light: RxPowerCdbm = LIGHT_CDBM

    def __init__(self, grounds: Grounds, factory: DriverFactory, *, snmp: str) -> None:
        self._grounds = grounds
        self._factory = factory
        self._credentials = _CREDENTIALS[snmp]
        self._log = EventLog()
        self._olt = Olt(_scenario(grounds), started_at=_now(), record=self._log.record)
        self._exchange = Exchange(self._olt, now=_now, record=self._log.record)
        self._agent = Agent(
            self._exchange,
            read_community="reading",
            write_community="writing",
            users=_USERS[snmp],
        )
        self.port, self.other_port = map(parse_pon_port, grounds.ports)

    async def start(self) -> None:
        """Listen on loopback, and make the drivers."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0)
        self._snmp_port: int = listener.getsockname()[1]
        await self._agent.start(listener)
        writer, reader, stranger = self._credentials
        self.driver = self._driver(writer)
        self.reader = self._driver(reader)
        self.stranger = self._driver(stranger)

    def stop(self) -> None:
        """Close the socket."""
        self._agent.stop()

    def _driver(self, credentials: Credentials) -> OltDriver:
        return self._factory(PuresnmpSession("127.0.0.1", self._snmp_port, credentials, HASTE))

    def spec(self, number: int = 0) -> OntSpec:
        """Say what to configure for one of the lit ONTs."""
        return self._grounds.spec(_lit(number))

    def other_speed(self, spec: OntSpec) -> OntSpec:
        """The same ONT with other profiles and another speed."""
        return self._grounds.other_speed(spec)

    def strangers(self, count: int) -> Sequence[OntSpec]:
        """Say what to configure for ONTs that are nowhere on the fiber."""
        return [self._grounds.spec(OntSerial(f"HWTC5E{i:06X}")) for i in range(count)]

    async def truth(self) -> Truth:
        """Tell what the OLT holds."""
        rows = [known.row for known in self._olt.registrations.values()]
        flows = self._olt.flows.values()
        restarts = Counter(
            OntSerial(str(event.serial))
            for event in self._log.latest
            if event.event == "set.accepted" and event.action == "restart"
        )
        return Truth(
            registered={OntSerial(row.serial): _ref(row.port, row.ont_id) for row in rows},
            profiles={
                OntSerial(row.serial): (row.line_profile, row.service_profile) for row in rows
            },
            suspended=frozenset(OntSerial(row.serial) for row in rows if not row.active),
            flows={flow.index: _ref(flow.port, flow.ont_id) for flow in flows},
            speeds={flow.index: (flow.inbound_table, flow.outbound_table) for flow in flows},
            restarts=dict(restarts),
            writes=self._exchange.stats().set_requests,
        )

    async def unplug(self, serial: OntSerial) -> None:
        """Take an ONT off its fiber."""
        self._olt.unplug(serial, _now())

    async def plug(
        self,
        serial: OntSerial,
        port: PonPort,
        *,
        ends: Ends = Ends.NORMAL,
        is_readable: bool = True,
    ) -> None:
        """Put an ONT on the fiber of a port."""
        self._olt.plug(_ont(serial, str(port), ends=ends, is_readable=is_readable), _now())

    async def register_by_hand(self, spec: OntSpec, ref: OntRef) -> None:
        """Register an ONT without a flow."""
        row = OntRow(
            port=str(ref.port),
            ont_id=ref.ont_id,
            serial=spec.serial,
            line_profile=spec.line_profile,
            service_profile=spec.service_profile,
        )
        self._olt.add_ont(row, _now())

    async def bind_by_hand(self, spec: OntSpec, ref: OntRef, service_port: int) -> int:
        """Lead a service port to an ONT; gives the number that it has."""
        index = self._grounds.flow_index(ref, service_port)
        flow = FlowRow(
            index=index,
            port=str(ref.port),
            ont_id=ref.ont_id,
            gem_port=spec.gem_port,
            service_vlan=spec.vlan,
            user_vlan=spec.user_vlan,
            inbound_table=spec.traffic_in,
            outbound_table=spec.traffic_out,
        )
        self._olt.add_flow(flow)
        return index

    async def remove_by_hand(self, serial: OntSerial) -> None:
        """Delete an ONT with its flows."""
        index = self._olt.owner(serial)
        known = None if index is None else self._olt.registrations.get(index)
        if index is None or known is None:
            return
        for flow in self._olt.flows_of(known.row.port, known.row.ont_id).values():
            self._olt.remove_flow(flow)
        self._olt.remove_ont(index, _now())

    async def fill(self, port: PonPort) -> None:
        """Register strangers until the port takes no more."""
        for ont_id, spec in enumerate(self.strangers(_ONT_IDS), self._grounds.first_ont_id):
            await self.register_by_hand(spec, OntRef(port=port, ont_id=ont_id))

    async def trouble(self, kind: Trouble, *, count: int | None = None) -> None:
        """Let something go wrong."""
        self._exchange.start_fault(FaultOrder(kind=_KINDS[kind], count=count))

    async def calm(self) -> None:
        """End all trouble."""
        self._exchange.clear_faults()


_ONT_IDS: Final = 128


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  a rig stands in for a device with a clock of its own


def _lit(number: int) -> OntSerial:
    return OntSerial(f"HWTC5D00000{number}")


def _ref(port: str, ont_id: int) -> OntRef:
    return OntRef(port=parse_pon_port(port), ont_id=ont_id)


def _ont(serial: OntSerial, port: str, *, ends: Ends, is_readable: bool) -> PluggedOnt:
    return PluggedOnt(
        serial=serial,
        port=port,
        come_up_s=0,
        sentinel_s=0 if is_readable else 3600,
        ont_rx_cdbm=LIGHT_CDBM,
        ends=ends.value,
    )


def _scenario(grounds: Grounds) -> Scenario:
    usual = grounds.spec(_lit(0))
    quicker = grounds.other_speed(usual)
    tables = (usual.traffic_in, usual.traffic_out, quicker.traffic_in, quicker.traffic_out)
    return Scenario(
        vendor=grounds.vendor,
        ports=tuple(records.PonPort(name=name) for name in grounds.ports),
        line_profiles=(usual.line_profile, quicker.line_profile),
        service_profiles=(usual.service_profile, quicker.service_profile),
        traffic_tables=tuple(
            TrafficTable(index=at, name=name) for at, name in enumerate(tables, 1)
        ),
        vlans=(usual.vlan,),
        onts=tuple(
            _ont(_lit(number), grounds.ports[0], ends=Ends.NORMAL, is_readable=True)
            for number in range(LIT)
        ),
    )
