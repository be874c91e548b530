"""The changes of one SET before they take effect, and the OLT as it will be after them."""

from datetime import datetime
from typing import TypeAlias

import msgspec

from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.records import DownCause, Event, FlowRow, OntRow


class AddOnt(msgspec.Struct, frozen=True, tag="create"):
    """Register an ONT."""

    row: OntRow


class ChangeOnt(msgspec.Struct, frozen=True, tag="change"):
    """Change profiles or description of a registered ONT."""

    row: OntRow


class RemoveOnt(msgspec.Struct, frozen=True, tag="destroy"):
    """Forget a registered ONT."""

    row: OntRow


class AddFlow(msgspec.Struct, frozen=True, tag="create"):
    """Create a service port."""

    row: FlowRow


class RemoveFlow(msgspec.Struct, frozen=True, tag="destroy"):
    """Delete a service port."""

    row: FlowRow


class ActivateOnt(msgspec.Struct, frozen=True, tag="activate"):
    """Activate or deactivate a registered ONT."""

    row: OntRow
    active: bool


class RestartOnt(msgspec.Struct, frozen=True, tag="restart"):
    """Reset or re-register an ONT."""

    row: OntRow
    cause: DownCause


class SwitchAutofind(msgspec.Struct, frozen=True, tag="autofind"):
    """Switch the autofind of a port."""

    port: str
    enabled: bool


OntChange: TypeAlias = AddOnt | ChangeOnt | RemoveOnt | ActivateOnt | RestartOnt
FlowChange: TypeAlias = AddFlow | RemoveFlow
Change: TypeAlias = OntChange | FlowChange | SwitchAutofind


class Draft:
    """The OLT with the changes so far laid over it; the OLT itself is not touched."""

    def __init__(self, olt: Olt) -> None:
        self.olt = olt
        self.changes: list[Change] = []
        self._onts: dict[Oid, OntRow | None] = {}
        self._owners: dict[str, Oid | None] = {}
        self._flows: dict[int, FlowRow | None] = {}

    def ont(self, index: Oid) -> OntRow | None:
        """Give the ONT row at this index, or None."""
        if index in self._onts:
            return self._onts[index]
        registration = self.olt.registrations.get(index)
        return None if registration is None else registration.row

    def owner(self, serial: str) -> Oid | None:
        """Give the index that holds a serial, or None."""
        return self._owners[serial] if serial in self._owners else self.olt.owner(serial)

    def flow(self, index: int) -> FlowRow | None:
        """Give the service port at this index, or None."""
        return self._flows[index] if index in self._flows else self.olt.flows.get((index,))

    def flows_of(self, port: str, ont_id: int) -> list[FlowRow]:
        """List the service ports of one ONT."""
        present = self.olt.flows_of(port, ont_id) | self._flows
        return [
            flow
            for flow in present.values()
            if flow is not None and (flow.port, flow.ont_id) == (port, ont_id)
        ]

    def onts_on(self, port: str) -> int:
        """Count the ONTs that the port will hold."""
        on_port = self.olt.index_of(port, 0)[0]
        added = sum(
            (row is not None) - (self.olt.registrations.get(index) is not None)
            for index, row in self._onts.items()
            if index[0] == on_port
        )
        return self.olt.onts_on(port) + added

    def add(self, change: Change) -> None:
        """Lay one more change over the OLT."""
        self.changes.append(change)
        if isinstance(change, AddOnt | ChangeOnt):
            index = self.olt.index_of(change.row.port, change.row.ont_id)
            self._onts[index] = change.row
            self._owners[change.row.serial] = index
        elif isinstance(change, RemoveOnt):
            self._onts[self.olt.index_of(change.row.port, change.row.ont_id)] = None
            self._owners[change.row.serial] = None
        elif isinstance(change, AddFlow | RemoveFlow):
            self._flows[change.row.index] = change.row if isinstance(change, AddFlow) else None

    def commit(self, now: datetime) -> list[Event]:
        """Let every change take effect at this instant, and tell each as ``set.accepted``."""
        for change in self.changes:
            if isinstance(change, AddFlow | RemoveFlow):
                _apply_flow(self.olt, change)
            elif isinstance(change, SwitchAutofind):
                self.olt.set_autofind(change.port, now, enabled=change.enabled)
            else:
                _apply_ont(self.olt, change, now)
        return [_event(change, now) for change in self.changes]


def _apply_flow(olt: Olt, change: FlowChange) -> None:
    if isinstance(change, AddFlow):
        olt.add_flow(change.row)
    else:
        olt.remove_flow(change.row)


def _apply_ont(olt: Olt, change: OntChange, now: datetime) -> None:
    index = olt.index_of(change.row.port, change.row.ont_id)
    match change:
        case AddOnt(row=row):
            olt.add_ont(row, now)
        case ChangeOnt(row=row):
            olt.change_ont(row)
        case RemoveOnt():
            olt.remove_ont(index, now)
        case ActivateOnt(active=active):
            olt.activate_ont(index, now, active=active)
        case RestartOnt(cause=cause):
            olt.restart_ont(index, now, cause)


def _event(change: Change, now: datetime) -> Event:
    event = Event(at=now, event="set.accepted", action=str(change.__struct_config__.tag))
    if isinstance(change, SwitchAutofind):
        return msgspec.structs.replace(event, table="pon_port", port=change.port)
    row = change.row
    if isinstance(row, FlowRow):
        return msgspec.structs.replace(
            event,
            table="service_port",
            port=row.port,
            ont_id=row.ont_id,
            service_port=row.index,
        )
    return msgspec.structs.replace(
        event, table="ont", port=row.port, ont_id=row.ont_id, serial=row.serial
    )
