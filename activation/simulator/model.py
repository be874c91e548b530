"""The simulated OLT: what happens to it, and what its tables show at an instant.

Pure but for its own state: every instant is passed in, and whether an ONT is up follows from when
it was registered and plugged in, so that no timer can disagree with a reading. What a SET may do is
decided in the ``writes`` of the vendor; the methods here trust their caller.
"""

from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from activation.simulator.oids import Oid
from activation.simulator.ports import port_index
from activation.simulator.records import (
    DownCause,
    Event,
    FlowRow,
    FoundOnt,
    LogRow,
    OntRow,
    PluggedOnt,
    PonPort,
    RegisterResult,
    Registration,
)
from activation.simulator.rows import Rows
from activation.simulator.scenario import Scenario
from sync_protocol.serials import OntSerial

FLOWS_MAX: Final = 65_535
LOG_ROWS_MAX: Final = 2_000
_LONG_AGO: Final = timedelta(hours=3)


class PortUnknown(Exception):
    """The OLT has no such port; nothing changed, name one that the scenario lists."""


class OntAlreadyPlugged(Exception):
    """The serial is on a fiber already; nothing changed, unplug it first."""


class OntNotPlugged(Exception):
    """No ONT with this serial is on a fiber; nothing changed."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The way between the OLT and one registered ONT at an instant."""

    ont: PluggedOnt | None = None
    """The ONT, if it is lit, on the port it is registered on, and activated."""
    up: bool = False
    readable: bool = False
    """The optics columns show light instead of the unreadable value."""

    @property
    def acceptable(self) -> bool:
        """Up, configured as planned, light readable: what a verification waits for."""
        return self.readable and self.ont is not None and self.ont.ends == "normal"


class _Plugged(msgspec.Struct, frozen=True):
    ont: PluggedOnt
    since: datetime


class Olt:
    """One OLT with its fibers, its registrations and its log, in the manner of no vendor.

    Args:
        scenario: what is there at the start; registered ONTs that are plugged in are up already.
        started_at: the instant of the start, aware.
        record: told of every event, in the order in which they happened.
    """

    def __init__(
        self, scenario: Scenario, *, started_at: datetime, record: Callable[[Event], None]
    ) -> None:
        self.scenario = scenario
        self.started_at = started_at
        self._record = record
        self._ports: dict[str, PonPort] = {port.name: port for port in scenario.ports}
        self.ports: Rows[str] = Rows()
        self.line_profiles = _by_name(scenario.line_profiles)
        self.service_profiles = _by_name(scenario.service_profiles)
        self.registrations: Rows[Registration] = Rows()
        self.flows: Rows[FlowRow] = Rows()
        self._flows_of: dict[tuple[str, int], dict[int, FlowRow]] = {}
        self.found: Rows[FoundOnt] = Rows()
        self.log: Rows[LogRow] = Rows()
        self._owners: dict[str, Oid] = {}
        self._plugged: dict[str, _Plugged] = {}
        self._found_index: dict[str, Oid] = {}
        self._numbers: Counter[tuple[str, int]] = Counter()
        self._log_order: deque[Oid] = deque()
        self._rising: dict[Oid, bool] = {}
        """Registrations that are coming up, and whether ``ont.up`` has been told."""
        self._load(started_at)

    def _load(self, started_at: datetime) -> None:
        for port in self.scenario.ports:
            self.ports.put((self._index_of_port(port.name),), port.name)
        long_ago = started_at - _LONG_AGO
        for row in self.scenario.registered:
            index = self.index_of(row.port, row.ont_id)
            self.registrations.put(index, Registration(row=row, link_from=long_ago))
            self._owners[row.serial] = index
        for flow in self.scenario.service_ports:
            self.add_flow(flow)
        for ont in self.scenario.onts:
            self._plugged[ont.serial] = _Plugged(ont, long_ago)
            self._refresh_found(ont.serial, started_at)

    def port(self, name: str) -> PonPort | None:
        """Give the port, or None where the OLT has none of that name."""
        return self._ports.get(name)

    def index_of(self, port: str, ont_id: int) -> Oid:
        """Give the index of an ONT's rows; the port must exist."""
        return (self._index_of_port(port), ont_id)

    def _index_of_port(self, port: str) -> int:
        return port_index(self.scenario.vendor, self._ports[port])

    def owner(self, serial: str) -> Oid | None:
        """Give the index under which a serial is registered."""
        return self._owners.get(serial)

    def plugged(self) -> list[PluggedOnt]:
        """List the ONTs on the fiber, registered or not."""
        return [plugged.ont for plugged in self._plugged.values()]

    def onts_on(self, port: str) -> int:
        """Count the ONTs registered on a port."""
        on_port = self._index_of_port(port)
        first = self.registrations.after((on_port,))
        count = 0
        while first is not None and first[0] == on_port:
            count += 1
            first = self.registrations.after(first)
        return count

    def next_flow_index(self) -> int:
        """Give the lowest free index of a service port, 0 where all are taken."""
        return next((i for i in range(1, FLOWS_MAX + 1) if (i,) not in self.flows), 0)

    def link(self, registration: Registration, now: datetime) -> Link:
        """Say whether a registered ONT is up and readable at this instant."""
        ready = self._ready_at(registration)
        if ready is None:
            return Link()
        ont = self._plugged[registration.row.serial].ont
        up_at, readable_at = ready
        return Link(ont=ont, up=now >= up_at, readable=now >= readable_at)

    def _ready_at(self, registration: Registration) -> tuple[datetime, datetime] | None:
        """Work out when it is up and when its light is readable; None while it has no link."""
        row = registration.row
        plugged = self._plugged.get(row.serial)
        if plugged is None or not plugged.ont.lit or plugged.ont.port != row.port or not row.active:
            return None
        up_at = max(registration.link_from, plugged.since) + timedelta(
            seconds=plugged.ont.come_up_s
        )
        return up_at, up_at + timedelta(seconds=plugged.ont.sentinel_s)

    def due_at(self) -> datetime | None:
        """Give the instant of the next event that ``advance`` will tell, if one is coming."""
        instants: list[datetime] = []
        for index, told_up in self._rising.items():
            registration = self.registrations.get(index)
            ready = self._ready_at(registration) if registration else None
            if ready is not None:
                instants.append(ready[1] if told_up else ready[0])
        return min(instants, default=None)

    def advance(self, now: datetime) -> None:
        """Tell what has come due: ONTs that went up, and those that became acceptable.

        An event carries the instant at which a reading would have shown it, however late the call.
        """
        events: list[Event] = []
        for index, told_up in list(self._rising.items()):
            registration = self.registrations.get(index)
            ready = self._ready_at(registration) if registration else None
            if registration is None or ready is None:
                del self._rising[index]
                continue
            up_at, readable_at = ready
            if now >= up_at and not told_up:
                self._note_up(index, registration, up_at)
                events.append(_ont_event(up_at, "ont.up", registration.row))
            if now >= readable_at:
                del self._rising[index]
                if self._plugged[registration.row.serial].ont.ends == "normal":
                    events.append(_ont_event(readable_at, "ont.acceptable", registration.row))
        for event in sorted(events, key=lambda event: event.at):
            self._record(event)

    def _note_up(self, index: Oid, registration: Registration, up_at: datetime) -> None:
        self._rising[index] = True
        self.registrations.put(index, msgspec.structs.replace(registration, last_up_at=up_at))
        serial = OntSerial(registration.row.serial)
        self._write_log(index[0], LogRow(serial=serial, result=RegisterResult.OK, at=up_at))

    def plug(self, ont: PluggedOnt, now: datetime) -> None:
        """Put an ONT on the fiber of a port.

        Raises:
            PortUnknown: the OLT has no such port.
            OntAlreadyPlugged: this serial is on a fiber; unplug it first.
        """
        if ont.port not in self._ports:
            known = ", ".join(self._ports)
            raise PortUnknown(f"port {ont.port!r} is not on this OLT; it has {known}")
        if ont.serial in self._plugged:
            place = self._plugged[ont.serial].ont.port
            raise OntAlreadyPlugged(f"ONT {ont.serial} is plugged in on {place}; unplug it first")
        self._plugged[ont.serial] = _Plugged(ont, now)
        self._record(
            Event(at=now, event="ont.plugged", port=ont.port, serial=ont.serial),
        )
        owner = self._owners.get(ont.serial)
        registration = self.registrations.get(owner) if owner else None
        if owner is not None and registration is not None:
            if registration.row.port == ont.port:
                self._rising[owner] = False
            elif ont.lit:
                self.note_conflict(ont.serial, self._index_of_port(ont.port), owner, now)
        self._refresh_found(ont.serial, now)

    def unplug(self, serial: str, now: datetime) -> None:
        """Take an ONT off the fiber; its registration stays.

        Raises:
            OntNotPlugged: no ONT with this serial is on a fiber.
        """
        if serial not in self._plugged:
            raise OntNotPlugged(f"no ONT {serial!r} is plugged in; GET /state lists those that are")
        owner = self._owners.get(serial)
        if owner is not None:
            self._take_down(owner, now, DownCause.LOS)
        ont = self._plugged.pop(serial).ont
        self._record(Event(at=now, event="ont.unplugged", port=ont.port, serial=serial))
        self._refresh_found(serial, now)

    def _take_down(self, index: Oid, now: datetime, cause: DownCause) -> None:
        self.advance(now)
        registration = self.registrations.get(index)
        if registration is None or not self.link(registration, now).up:
            return
        down = msgspec.structs.replace(registration, last_down_at=now, down_cause=cause)
        self.registrations.put(index, down)
        self._record(
            msgspec.structs.replace(
                _ont_event(now, "ont.down", registration.row), reason=cause.value
            )
        )

    def add_ont(self, row: OntRow, now: datetime) -> None:
        """Register an ONT; if it is plugged in on that port it begins to come up."""
        index = self.index_of(row.port, row.ont_id)
        self.registrations.put(index, Registration(row=row, link_from=now))
        self._owners[row.serial] = index
        self._rising[index] = False
        self._refresh_found(row.serial, now)

    def change_ont(self, row: OntRow) -> None:
        """Change profiles or description of a registered ONT; its link is left alone."""
        index = self.index_of(row.port, row.ont_id)
        registration = self.registrations.get(index)
        if registration is not None:
            self.registrations.put(index, msgspec.structs.replace(registration, row=row))

    def remove_ont(self, index: Oid, now: datetime) -> None:
        """Forget a registered ONT; if it is still plugged in it is found again."""
        self._take_down(index, now, DownCause.DEACTIVATED)
        registration = self.registrations.drop(index)
        self._rising.pop(index, None)
        if registration is not None:
            self._owners.pop(registration.row.serial, None)
            self._refresh_found(registration.row.serial, now)

    def restart_ont(self, index: Oid, now: datetime, cause: DownCause) -> None:
        """Reset or re-register an ONT: down at once, and up again as after a registration."""
        self._take_down(index, now, cause)
        registration = self.registrations.get(index)
        if registration is not None:
            self.registrations.put(index, msgspec.structs.replace(registration, link_from=now))
            self._rising[index] = False

    def activate_ont(self, index: Oid, now: datetime, *, active: bool) -> None:
        """Activate or deactivate a registered ONT."""
        if not active:
            self._take_down(index, now, DownCause.DEACTIVATED)
        registration = self.registrations.get(index)
        if registration is None or registration.row.active == active:
            return
        row = msgspec.structs.replace(registration.row, active=active)
        changed = msgspec.structs.replace(registration, row=row, link_from=now)
        self.registrations.put(index, changed)
        self._rising[index] = False

    def flows_of(self, port: str, ont_id: int) -> dict[int, FlowRow]:
        """Give the service ports of one ONT by their index."""
        return dict(self._flows_of.get((port, ont_id), {}))

    def add_flow(self, row: FlowRow) -> None:
        """Create a service port."""
        self.flows.put((row.index,), row)
        self._flows_of.setdefault((row.port, row.ont_id), {})[row.index] = row

    def remove_flow(self, row: FlowRow) -> None:
        """Delete a service port."""
        self.flows.drop((row.index,))
        self._flows_of[row.port, row.ont_id].pop(row.index, None)

    def set_autofind(self, port: str, now: datetime, *, enabled: bool) -> None:
        """Switch the autofind of a port."""
        self._ports[port] = msgspec.structs.replace(self._ports[port], autofind=enabled)
        for serial, plugged in self._plugged.items():
            if plugged.ont.port == port:
                self._refresh_found(serial, now)

    def note_conflict(self, serial: str, on_port: int, holder: Oid, now: datetime) -> None:
        """Log that a serial showed up or was configured beside the row that holds it."""
        row = LogRow(
            serial=OntSerial(serial),
            result=RegisterResult.SERIAL_CONFLICT,
            at=now,
            conflict=holder,
        )
        self._write_log(on_port, row)

    def _write_log(self, on_port: int, row: LogRow) -> None:
        index = (on_port, self._next_number("log", on_port))
        self.log.put(index, row)
        self._log_order.append(index)
        if len(self._log_order) > LOG_ROWS_MAX:
            self.log.drop(self._log_order.popleft())

    def _refresh_found(self, serial: str, now: datetime) -> None:
        """Bring the autofind row of one serial into line with what is plugged and registered."""
        plugged = self._plugged.get(serial)
        found = (
            plugged is not None
            and plugged.ont.lit
            and serial not in self._owners
            and self._ports[plugged.ont.port].autofind
        )
        if not found:
            index = self._found_index.pop(serial, None)
            if index is not None:
                self.found.drop(index)
        elif plugged is not None and serial not in self._found_index:
            on_port = self._index_of_port(plugged.ont.port)
            index = (on_port, self._next_number("found", on_port))
            self._found_index[serial] = index
            self.found.put(index, FoundOnt(ont=plugged.ont, found_at=now))

    def _next_number(self, table: str, on_port: int) -> int:
        self._numbers[table, on_port] += 1
        return self._numbers[table, on_port]


def _by_name(names: tuple[str, ...]) -> Rows[str]:
    rows: Rows[str] = Rows()
    for name in names:
        rows.put(tuple(name.encode("ascii")), name)
    return rows


def _ont_event(at: datetime, event: str, row: OntRow) -> Event:
    return Event(at=at, event=event, port=row.port, ont_id=row.ont_id, serial=row.serial)
