"""What polls and readings change: states, faults of the plant, and alarms that begin and end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from activation.failures import Failure, OltUnreachable
from activation.requests import Listing, Phase, PolledOnt
from server import audit
from server.acts import Act
from server.alarms import alarm_storage, correlation, rules, storage
from server.alarms.correlation import Dark
from server.alarms.records import (
    PON_PORT,
    SEVERITIES,
    Alarm,
    AlarmKind,
    Expected,
    FaultKind,
    OntLight,
    OntState,
    PlantFault,
)
from server.alarms.rules import Changes
from server.alarms.turns import LightLook, PortPoll, Turn
from server.database import Connection

ALARMS: Final = "alarms"
PLANT_FAULTS: Final = "plant_faults"
"""The topics that move with them."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll changed."""

    topics: frozenset[str] = frozenset()
    look_around: datetime | None = None
    """Other ports of the OLT that were not polled since then have probably changed as well."""


def take_poll(db: Connection, poll: PortPoll, listing: Listing[PolledOnt], *, act: Act) -> Taken:
    """Take over what a port showed.

    States first, then who is back, then what is dark, and alarms for what is left: a fault that
    ends makes room for another, and what belongs to a fault has no alarm of its own.
    """
    before = storage.list_expected(db, poll.pon_port_id)
    changed = correlation.states_after(before, listing, act.now)
    storage.store_states(db, changed)
    after, over = _let_return(db, poll, _with_states(before, changed), act)
    dark = correlation.dark_branches(poll.pon_port_id, after, act.now) if changed else ()
    look_around = act.now if over else None
    for each in dark:
        fault = _raise(db, poll, each, act)
        after = _belonging(after, each.service_ids, fault.id)
        if each.branch[0] == PON_PORT:
            look_around = fault.raised_at
    known = alarm_storage.list_of_port(db, poll.pon_port_id)
    changes = rules.after_poll(after, known, act.now)
    _change_alarms(db, poll, changes, act)
    topics = {PLANT_FAULTS} if changed or over else set[str]()
    topics |= {ALARMS} if changes != Changes() else set()
    return Taken(topics=frozenset(topics), look_around=look_around)


def take_reading(
    db: Connection, look: LightLook, before: OntLight, rx_cdbm: int, *, act: Act
) -> frozenset[str]:
    """Take over what an ONT says of its light; answer the topics that moved."""
    light = rules.read_light(before, look.serial, rx_cdbm, act.now)
    alarm_storage.store_light(db, light)
    known = alarm_storage.list_of_service(db, look.service_id)
    is_open = next((each for each in known if each.kind is AlarmKind.DEGRADATION), None)
    _change_alarms(db, look, rules.after_reading(light, is_open), act)
    return frozenset({ALARMS})


def note_answer(db: Connection, turn: Turn, failure: Failure | None, *, act: Act) -> frozenset[str]:
    """Raise or clear the alarm of an OLT that does not answer; its ONTs are not told of."""
    if not isinstance(failure, OltUnreachable):
        return _clear_silence(db, turn, act) if turn.olt_failures else frozenset()
    if turn.olt_failures + 1 != rules.SILENT_POLLS:
        return frozenset()
    kind = AlarmKind.OLT_UNREACHABLE
    if alarm_storage.find_of_olt(db, turn.olt.id, kind) is not None:
        return frozenset()
    alarm = Alarm(
        id=act.new_id(),
        kind=kind,
        severity=SEVERITIES[kind],
        olt_id=turn.olt.id,
        raised_at=act.now,
        detail="nothing is known of its ONTs meanwhile",
    )
    alarm_storage.add(db, [alarm])
    return frozenset({ALARMS})


def _clear_silence(db: Connection, turn: Turn, act: Act) -> frozenset[str]:
    known = alarm_storage.find_of_olt(db, turn.olt.id, AlarmKind.OLT_UNREACHABLE)
    if known is None:
        return frozenset()
    alarm_storage.clear(db, [known.id], act.now)
    return frozenset({ALARMS})


def _change_alarms(db: Connection, turn: Turn, changes: Changes, act: Act) -> None:
    alarm_storage.clear(db, changes.cleared, act.now)
    alarm_storage.add(
        db,
        [
            Alarm(
                id=act.new_id(),
                kind=each.kind,
                severity=SEVERITIES[each.kind],
                olt_id=turn.olt.id,
                pon_port_id=turn.pon_port_id,
                service_id=each.service_id,
                raised_at=act.now,
                detail=each.detail,
            )
            for each in changes.raised
        ],
    )


def _with_states(expected: Sequence[Expected], changed: Sequence[OntState]) -> tuple[Expected, ...]:
    new = {state.service_id: state for state in changed}
    return tuple(
        msgspec.structs.replace(each, state=new.get(each.service_id, each.state))
        for each in expected
    )


def _belonging(
    expected: Sequence[Expected], service_ids: Sequence[UUID], fault_id: UUID
) -> tuple[Expected, ...]:
    mine = frozenset(service_ids)
    return tuple(
        msgspec.structs.replace(each, fault_id=fault_id) if each.service_id in mine else each
        for each in expected
    )


def _let_return(
    db: Connection, poll: PortPoll, after: Sequence[Expected], act: Act
) -> tuple[tuple[Expected, ...], frozenset[UUID]]:
    """Let services leave their faults that are back, or that run no longer; end what is over."""
    back: dict[UUID, list[UUID]] = {}
    for each in after:
        if each.fault_id and each.state is not None and each.state.phase is Phase.ONLINE:
            back.setdefault(each.fault_id, []).append(each.service_id)
    for fault_id, service_id in storage.list_gone(db, poll.olt.id):
        back.setdefault(fault_id, []).append(service_id)
    over: set[UUID] = set()
    for fault_id, service_ids in back.items():
        fault = storage.let_return(db, fault_id, service_ids, act=act)
        if correlation.is_over(fault.affected, fault.dark):
            over.add(fault_id)
            storage.clear(db, fault_id, act=act)
            detail = {"fault_id": str(fault_id), "affected": fault.affected, "dark": fault.dark}
            audit.record(db, act, "plant_fault.cleared", detail=detail)
    left = frozenset(service_id for service_ids in back.values() for service_id in service_ids)
    return (
        tuple(
            msgspec.structs.replace(each, fault_id=None)
            if each.fault_id in over or each.service_id in left
            else each
            for each in after
        ),
        frozenset(over),
    )


def _raise(db: Connection, poll: PortPoll, dark: Dark, act: Act) -> PlantFault:
    """Tell a fault of a branch; whole ports of one OLT that go dark together are one fault."""
    kind, branch_id = dark.branch
    branch = f"{kind}:{branch_id}"
    known = None
    if kind == PON_PORT:
        known = storage.find_open(db, poll.olt.id, act.now - correlation.TOGETHER)
    if known is not None:
        grown = msgspec.structs.replace(
            known,
            kind=FaultKind.FEEDER,
            branches=(*known.branches, branch),
            affected=known.affected + len(dark.service_ids),
            dark=known.dark + len(dark.service_ids),
        )
        storage.extend_fault(db, grown, dark.service_ids)
        return grown
    fault = PlantFault(
        id=act.new_id(),
        olt_id=poll.olt.id,
        kind=FaultKind(kind),
        branches=(branch,),
        raised_at=act.now,
        affected=len(dark.service_ids),
        dark=len(dark.service_ids),
    )
    storage.add_fault(db, fault, dark.service_ids)
    detail = {"fault_id": str(fault.id), "branch": branch, "affected": fault.affected}
    audit.record(db, act, "plant_fault.raised", detail=detail)
    return fault
