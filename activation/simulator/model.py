"""The simulated OLT: what happens to it, and what its tables show at an instant.

Pure but for its own state: every instant is passed in, and whether an ONT is up follows from when
it was registered and plugged in, so that no timer can disagree with a reading. What a SET may do is
decided in the ``writes`` of the vendor; the methods here trust their caller.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

import msgspec

from activation.simulator.links import Link, Plugged
from activation.simulator.mistakes import OntAlreadyPlugged, OntNotPlugged, PortUnknown
from activation.simulator.oids import Oid
from activation.simulator.ports import port_index
from activation.simulator.records import (
    DownCause,
    Event,
    FlowRow,
    OntRow,
    PluggedOnt,
    PonPort,
    Registration,
)
from activation.simulator.rows import Rows, rows_of_names
from activation.simulator.scenario import Scenario
from activation.simulator.sightings import Autofind, RegisterLog

FLOWS_MAX: Final = 65_535
_LONG_AGO: Final = timedelta(hours=3)


class Olt:
    """One OLT with its fibers, its registrations and its log, in the manner of no vendor.

    Args:
        scenario: what is there at the start; registered ONTs that are plugged in are up already.
        started_at: the instant of the start, aware.
        record: told of every event, in the order in which they happened.
        cold: they come up only now, as after a loss of power.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        started_at: datetime,
        record: Callable[[Event], None],
        cold: bool = False,
    ) -> None:
        self._saved = scenario
        self.started_at = started_at
        self.record: Callable[[Event], None] = lambda _: None  # what is there from the start
        self._ports: dict[str, PonPort] = {port.name: port for port in scenario.ports}
        self.ports: Rows[str] = Rows()
        self.hold_profiles(scenario)
        self.registrations: Rows[Registration] = Rows()
        self.flows: Rows[FlowRow] = Rows()
        self._flows_of: dict[tuple[str, int], dict[int, FlowRow]] = {}
        self._autofind = Autofind()
        self._register_log = RegisterLog()
        self.found = self._autofind.rows
        self.log = self._register_log.rows
        self._owners: dict[str, Oid] = {}
        self._plugged: dict[str, Plugged] = {}
        self._rising: dict[Oid, bool] = {}
        """Registrations that are coming up, and whether ``ont.up`` has been told."""
        self._due: list[tuple[datetime, Oid]] = []
        """A heap of when they are due; an entry that another has overtaken is passed over."""
        self._load(started_at, started_at if cold else started_at - _LONG_AGO)
        self.record = record
        for index in [self._owners[row.serial] for row in scenario.registered] if cold else ():
            self._expect(index)

    def _load(self, started_at: datetime, lit_since: datetime) -> None:
        for port in self.scenario.ports:
            self.ports.put((self._index_of_port(port.name),), port.name)
        for row in self.scenario.registered:
            index = self.index_of(row.port, row.ont_id)
            self.registrations.put(index, Registration(row=row, link_from=lit_since))
            self._owners[row.serial] = index
        for flow in self.scenario.service_ports:
            self.add_flow(flow)
        for ont in self.scenario.onts:
            self._plugged[ont.serial] = Plugged(ont, lit_since)
            self._refresh_found(ont.serial, started_at)

    def hold_profiles(self, scenario: Scenario) -> None:
        """Take over the profiles of a scenario; who reads them has to look anew."""
        self.scenario = scenario
        self.line_profiles = rows_of_names(scenario.line_profiles)
        self.service_profiles = rows_of_names(scenario.service_profiles)

    def save(self, now: datetime) -> None:
        """Keep the configuration as it is now beyond the next restart."""
        self._saved = msgspec.structs.replace(
            self.scenario,
            ports=tuple(self._ports.values()),
            registered=tuple(known.row for known in self.registrations.values()),
            service_ports=tuple(self.flows.values()),
        )
        self.record(Event(at=now, event="olt.saved"))

    def restarted(self, now: datetime) -> "Olt":
        """Give the OLT as it starts again: as saved, with the fibers and ONTs as they are."""
        cut = {name for name, port in self._ports.items() if port.cut}
        ports = (msgspec.structs.replace(each, cut=each.name in cut) for each in self._saved.ports)
        scenario = msgspec.structs.replace(
            self._saved, ports=tuple(ports), onts=tuple(self.plugged())
        )
        self.record(Event(at=now, event="olt.restarted"))
        return Olt(scenario, started_at=now, record=self.record, cold=True)

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
        if plugged is None or plugged.ont.port != row.port or not row.active:
            return None
        if not self._is_lit(plugged.ont):
            return None
        up_at = max(registration.link_from, plugged.since) + timedelta(
            seconds=plugged.ont.come_up_s
        )
        return up_at, up_at + timedelta(seconds=plugged.ont.sentinel_s)

    def _is_lit(self, ont: PluggedOnt) -> bool:
        return ont.lit and ont.powered and not self._ports[ont.port].cut

    def _expect(self, index: Oid, *, told_up: bool = False) -> None:
        """Await that a registration comes up, and then that its light is readable."""
        self._rising[index] = told_up
        at = self._due_of(index)
        if at is not None:
            heappush(self._due, (at, index))

    def _due_of(self, index: Oid) -> datetime | None:
        told_up, registration = self._rising.get(index), self.registrations.get(index)
        if told_up is None or registration is None:
            return None
        ready = self._ready_at(registration)
        return ready and ready[told_up]

    def due_at(self) -> datetime | None:
        """Give the instant of the next event that ``advance`` will tell, if one is coming."""
        while self._due and self._due_of(self._due[0][1]) != self._due[0][0]:
            heappop(self._due)
        return self._due[0][0] if self._due else None

    def advance(self, now: datetime) -> None:
        """Tell what has come due: ONTs that went up, and those that became acceptable.

        An event carries the instant at which a reading would have shown it, however late the call.
        """
        while (at := self.due_at()) is not None and at <= now:
            _, index = heappop(self._due)
            registration = self.registrations.get(index)
            if registration is not None:
                self._tell(index, registration, at)

    def _tell(self, index: Oid, registration: Registration, at: datetime) -> None:
        if not self._rising[index]:
            self._note_up(index, registration, at)
            self.record(_ont_event(at, "ont.up", registration.row))
            self._expect(index, told_up=True)
            return
        del self._rising[index]
        if self._plugged[registration.row.serial].ont.ends == "normal":
            self.record(_ont_event(at, "ont.acceptable", registration.row))

    def _note_up(self, index: Oid, registration: Registration, up_at: datetime) -> None:
        self.registrations.put(index, msgspec.structs.replace(registration, last_up_at=up_at))
        self._register_log.note_up(index[0], registration.row.serial, up_at)

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
        self._plugged[ont.serial] = Plugged(ont, now)
        self.record(Event(at=now, event="ont.plugged", port=ont.port, serial=ont.serial))
        owner = self._owners.get(ont.serial)
        registration = self.registrations.get(owner) if owner else None
        if owner is not None and registration is not None:
            if registration.row.port == ont.port:
                self._expect(owner)
            elif self._is_lit(ont):
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
        self.record(Event(at=now, event="ont.unplugged", port=ont.port, serial=serial))
        self._refresh_found(serial, now)

    def alter_plugged(self, ont: PluggedOnt, now: datetime, cause: DownCause) -> None:
        """Change light or power of an ONT that is plugged in; if it falls, it is for this cause."""

        def change() -> None:
            self._plugged[ont.serial] = Plugged(ont, self._plugged[ont.serial].since)

        self._relight([ont.serial], change, now, cause)

    def alter_port(self, port: PonPort, now: datetime) -> None:
        """Change a port; where its fiber is cut all of its ONTs fall, mended they come up."""

        def change() -> None:
            self._ports[port.name] = port

        on_port = [each.ont.serial for each in self._plugged.values() if each.ont.port == port.name]
        self._relight(on_port, change, now, DownCause.LOS)

    def _relight(
        self,
        serials: Collection[str],
        change: Callable[[], None],
        now: datetime,
        cause: DownCause,
    ) -> None:
        """Make a change that may take light or bring it, and tell which ONTs fall by it."""
        self.advance(now)
        lit = {serial for serial in serials if self._is_lit(self._plugged[serial].ont)}
        up = [serial for serial in lit if self._is_up(self._owners.get(serial), now)]
        change()
        for serial in serials:
            ont = self._plugged[serial].ont
            owner = self._owners.get(serial)
            if self._is_lit(ont) and serial not in lit:
                self._plugged[serial] = Plugged(ont, now)
                if owner is not None:
                    self._expect(owner)
            self._refresh_found(serial, now)
        for owner in sorted(self._owners[serial] for serial in up):
            if not self._is_up(owner, now):
                self._note_down(owner, now, cause)

    def _is_up(self, index: Oid | None, now: datetime) -> bool:
        registration = None if index is None else self.registrations.get(index)
        return registration is not None and self.link(registration, now).up

    def _take_down(self, index: Oid, now: datetime, cause: DownCause) -> None:
        self.advance(now)
        if self._is_up(index, now):
            self._note_down(index, now, cause)

    def _note_down(self, index: Oid, now: datetime, cause: DownCause) -> None:
        registration = self.registrations.get(index)
        if registration is None:
            return
        down = msgspec.structs.replace(registration, last_down_at=now, down_cause=cause)
        self.registrations.put(index, down)
        event = _ont_event(now, "ont.down", registration.row)
        self.record(msgspec.structs.replace(event, reason=cause.value))

    def add_ont(self, row: OntRow, now: datetime) -> None:
        """Register an ONT; if it is plugged in on that port it begins to come up."""
        index = self.index_of(row.port, row.ont_id)
        self.registrations.put(index, Registration(row=row, link_from=now))
        self._owners[row.serial] = index
        self._expect(index)
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
            self._expect(index)

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
        self._expect(index)

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
        self.alter_port(msgspec.structs.replace(self._ports[port], autofind=enabled), now)

    def note_conflict(self, serial: str, on_port: int, holder: Oid, now: datetime) -> None:
        """Log that a serial showed up or was configured beside the row that holds it."""
        self._register_log.note_conflict(on_port, serial, holder, now)

    def _refresh_found(self, serial: str, now: datetime) -> None:
        """Bring the autofind row of one serial into line with what is plugged and registered."""
        plugged = self._plugged.get(serial)
        found = (
            plugged is not None
            and self._is_lit(plugged.ont)
            and serial not in self._owners
            and self._ports[plugged.ont.port].autofind
        )
        if plugged is None or not found:
            self._autofind.forget(serial)
        elif self._autofind.note(plugged.ont, self._index_of_port(plugged.ont.port), now):
            self.record(Event(at=now, event="ont.found", port=plugged.ont.port, serial=serial))


def _ont_event(at: datetime, event: str, row: OntRow) -> Event:
    return Event(at=at, event=event, port=row.port, ont_id=row.ont_id, serial=row.serial)
