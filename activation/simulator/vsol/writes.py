"""What a SET may do: fill mailboxes, and let one act on what it then holds.

Which status a firmware answers when an action cannot be done is not known. Here it is
inconsistentValue at the action, and nothing of that SET is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, NoReturn

import msgspec

from activation.simulator.cells import Conflict, Refusal, Refused, Status, Written, refuse
from activation.simulator.draft import (
    ActivateOnt,
    AddFlow,
    AddOnt,
    ChangeOnt,
    Draft,
    RemoveFlow,
    RemoveOnt,
    RestartOnt,
)
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.records import DownCause, Event, FlowRow, OntRow
from activation.simulator.vsol import oids
from activation.simulator.vsol.mailboxes import ACTIONS, MAILBOXES, Kept
from activation.simulator.vsol.views import Gem, Gems, ServicePorts, flow_index
from sync_protocol.serials import NotAnOntSerial, OntSerial, parse_serial

_DELETE: Final = 2
_MODIFY: Final = 3
_ACTIVATE: Final = 3


class Store(msgspec.Struct, kw_only=True):
    """The neutral OLT and what only V-SOL knows beside it."""

    olt: Olt
    gems: Gems
    services: ServicePorts
    kept: Kept


class Outcome:
    """One SET as it will take effect: what it fills, and what it changes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.draft = Draft(store.olt)
        self.kept: Kept = dict(store.kept)
        self.speeds: dict[Oid, Gem] = {}
        self.descriptions: dict[int, str] = {}
        self.fresh: list[Oid] = []
        """Places whose earlier speeds are forgotten."""
        self.altered: list[FlowRow] = []
        """Service ports that stay and are otherwise from then on."""
        self.saves = False

    def commit(self, now: datetime) -> list[Event]:
        """Let all of it take effect at this instant, and tell what happened."""
        self.store.kept.update(self.kept)
        events = self.draft.commit(now)
        for flow in self.altered:
            self.store.olt.add_flow(flow)
            events.append(_altered(flow, now))
        speeds = self.store.gems.speeds
        for place in [place for place in speeds if place[:2] in self.fresh]:
            del speeds[place]
        speeds.update(self.speeds)
        self.store.services.descriptions.update(self.descriptions)
        if self.saves:
            self.store.olt.save(now)
        return events


def _altered(flow: FlowRow, now: datetime) -> Event:
    return Event(
        at=now,
        event="set.accepted",
        action="change",
        table="service_port",
        port=flow.port,
        ont_id=flow.ont_id,
        service_port=flow.index,
    )


def judge(store: Store, variables: Sequence[tuple[Oid, Written]]) -> Outcome | Refused:
    """Judge one SET: every value first, then the actions on what their mailboxes will hold."""
    outcome = Outcome(store)
    actions: list[tuple[Oid, int]] = []
    try:
        for position, (oid, value) in enumerate(variables, start=1):
            group, number, instance = oid[:-2], *oid[-2:]
            check = MAILBOXES.get(group, {}).get(number)
            if check is None or instance != 0:
                refuse(Status.NOT_WRITABLE, position, "not_writable")
            outcome.kept[oid[:-1]] = check(value, position)
            if number == ACTIONS[group]:
                actions.append((group, position))
        for group, position in actions:
            _ACTS[group](_Letter(outcome, group, position))
    except Refusal as refusal:
        return refusal.refused
    return outcome


class _Letter:
    """What one mailbox holds when it acts."""

    def __init__(self, outcome: Outcome, group: Oid, position: int) -> None:
        self.outcome = outcome
        self.position = position
        self._group = group

    def number(self, field: int) -> int:
        value = self.outcome.kept[(*self._group, field)]
        return value if isinstance(value, int) else 0

    def text(self, field: int) -> str:
        value = self.outcome.kept[(*self._group, field)]
        return value if isinstance(value, str) else ""

    def refuse(self, reason: str) -> NoReturn:
        refuse(Status.INCONSISTENT_VALUE, self.position, reason)

    def place(self) -> tuple[str, Oid]:
        """Give port and index of the ONT; every mailbox begins with them."""
        pon, ont_id = self.number(1), self.number(2)
        port = self.outcome.store.olt.ports.get((pon,))
        if port is None or ont_id < 1:
            self.refuse("no_such_port_or_ont_id")
        return port, (pon, ont_id)

    def ont(self) -> tuple[Oid, OntRow]:
        """Give index and row of the ONT, which must be registered."""
        _, index = self.place()
        row = self.outcome.draft.ont(index)
        if row is None:
            self.refuse("no_such_ont")
        return index, row


def _add(letter: _Letter) -> None:
    port, index = letter.place()
    draft, olt = letter.outcome.draft, letter.outcome.store.olt
    serial = _serial(letter, oids.ADD_SERIAL)
    if letter.number(oids.ADD_AUTH_MODE) != 1:
        letter.refuse("other_ways_than_by_serial_are_not_simulated")
    if letter.text(oids.ADD_ONT_PROFILE) != oids.DEFAULT_PROFILE:
        letter.refuse("ont_profile_missing")
    present = draft.ont(index)
    if present is not None:
        letter.refuse("already_registered" if present.serial == serial else "ont_id_taken")
    _judge_holder(letter, serial, index)
    known = olt.port(port)
    if known is not None and draft.onts_on(port) >= known.capacity:
        letter.refuse("port_full")
    row = OntRow(port=port, ont_id=index[1], serial=serial, line_profile="", service_profile="")
    draft.add(AddOnt(row))
    letter.outcome.fresh.append(index)


def _serial(letter: _Letter, field: int) -> OntSerial:
    try:
        return parse_serial(letter.text(field))
    except NotAnOntSerial:
        letter.refuse("no_serial")


def _judge_holder(letter: _Letter, serial: OntSerial, index: Oid) -> None:
    holder = letter.outcome.draft.owner(serial)
    if holder is not None:
        raise Refusal(
            Refused(
                status=Status.INCONSISTENT_VALUE,
                position=letter.position,
                reason="serial_registered_elsewhere",
                conflict=Conflict(serial, index[0], holder),
            )
        )


def _replace(letter: _Letter) -> None:
    """Put another serial in the place of an ONT; all that is configured for it stays."""
    index, row = letter.ont()
    serial = _serial(letter, oids.REPLACE_SERIAL)
    if letter.number(oids.REPLACE_MODE) != 1:
        letter.refuse("other_ways_than_by_serial_are_not_simulated")
    if serial == row.serial:
        return
    _judge_holder(letter, serial, index)
    letter.outcome.draft.add(RemoveOnt(row))
    letter.outcome.draft.add(AddOnt(msgspec.structs.replace(row, serial=serial)))


def _save(letter: _Letter) -> None:
    letter.outcome.saves = True


def _bind(letter: _Letter) -> None:
    _, row = letter.ont()
    olt = letter.outcome.store.olt
    line, service = letter.text(oids.BIND_LINE), letter.text(oids.BIND_SERVICE)
    if tuple(line.encode()) not in olt.line_profiles:
        letter.refuse("line_profile_missing")
    if tuple(service.encode()) not in olt.service_profiles:
        letter.refuse("service_profile_missing")
    changed = msgspec.structs.replace(row, line_profile=line, service_profile=service)
    letter.outcome.draft.add(ChangeOnt(changed))


def _gem(letter: _Letter) -> None:
    index, row = letter.ont()
    if letter.number(oids.GEM_ACTION) != _MODIFY:
        letter.refuse("only_line_profiles_bring_gem_ports_here")
    place = (*index, letter.number(oids.GEM_ID))
    present = letter.outcome.store.gems.get(place)
    if present is None:
        letter.refuse("no_such_gem_port")
    up, down = letter.text(oids.GEM_UP), letter.text(oids.GEM_DOWN)
    olt = letter.outcome.store.olt
    names = {table.name for table in olt.scenario.traffic_tables}
    if not {up, down} <= names:
        letter.refuse("traffic_profile_missing")
    tcont = letter.number(oids.GEM_TCONT)
    letter.outcome.speeds[place] = Gem(tcont=tcont, up=up, down=down)
    for flow in olt.flows_of(row.port, row.ont_id).values():
        if flow.gem_port == place[-1]:
            changed = msgspec.structs.replace(flow, inbound_table=up, outbound_table=down)
            letter.outcome.altered.append(changed)


def _service_port(letter: _Letter) -> None:
    index, row = letter.ont()
    outcome, action = letter.outcome, letter.number(oids.SERVICE_ACTION)
    place = (*index, letter.number(oids.SERVICE_ID))
    present = outcome.store.services.get(place)
    if action == _DELETE:
        if present is not None:
            outcome.draft.add(RemoveFlow(present.flow))
        return
    if (present is None) == (action == _MODIFY):
        letter.refuse("no_such_service_port" if present is None else "service_port_taken")
    flow = _flow(letter, row, place)
    outcome.descriptions[flow.index] = letter.text(oids.SERVICE_DESCRIPTION)
    if action == _MODIFY:
        outcome.altered.append(flow)
    else:
        outcome.draft.add(AddFlow(flow))


def _flow(letter: _Letter, row: OntRow, place: Oid) -> FlowRow:
    olt = letter.outcome.store.olt
    gem = letter.outcome.store.gems.get((*place[:2], letter.number(oids.SERVICE_GEM)))
    if gem is None:
        letter.refuse("no_such_gem_port")
    if letter.number(oids.SERVICE_MODE) != 1:
        letter.refuse("other_ways_than_by_user_vlan_are_not_simulated")
    flow = FlowRow(
        index=flow_index(place),
        port=row.port,
        ont_id=row.ont_id,
        gem_port=letter.number(oids.SERVICE_GEM),
        service_vlan=letter.number(oids.SERVICE_VLAN),
        user_vlan=letter.number(oids.SERVICE_USER_VLAN),
        inbound_table=gem.up,
        outbound_table=gem.down,
    )
    if flow.service_vlan not in olt.scenario.vlans:
        letter.refuse("vlan_missing")
    for other in letter.outcome.draft.flows_of(row.port, row.ont_id):
        same = (other.gem_port, other.user_vlan) == (flow.gem_port, flow.user_vlan)
        if same and other.index != flow.index:
            letter.refuse("flow_conflict")
    return flow


def _operate(letter: _Letter) -> None:
    index, row = letter.ont()
    draft = letter.outcome.draft
    match letter.number(oids.OPERATE_ACTION):
        case 1:
            draft.add(RestartOnt(row, DownCause.RESET))
        case 2:
            _forget(letter.outcome, index, row)
        case action:
            draft.add(ActivateOnt(row, action == _ACTIVATE))


def _forget(outcome: Outcome, index: Oid, row: OntRow) -> None:
    """Delete an ONT with all that is configured for it."""
    for flow in outcome.draft.flows_of(row.port, row.ont_id):
        outcome.draft.add(RemoveFlow(flow))
    outcome.fresh.append(index)
    outcome.draft.add(RemoveOnt(row))


_ACTS: Final[Mapping[Oid, Callable[[_Letter], None]]] = {
    oids.OPERATE: _operate,
    oids.ADD: _add,
    oids.BIND: _bind,
    oids.GEM: _gem,
    oids.SERVICE_PORT: _service_port,
    oids.REPLACE: _replace,
    oids.CONFIG_FILE: _save,
}
