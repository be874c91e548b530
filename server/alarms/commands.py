"""What the poll of a port changes: states, and faults of the plant that begin, grow and end."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from activation.requests import Listing, Phase, PolledOnt
from server import audit
from server.acts import Act
from server.alarms import correlation, storage
from server.alarms.correlation import Dark
from server.alarms.records import PON_PORT, Expected, FaultKind, OntState, PlantFault
from server.alarms.storage import PortPoll
from server.database import Connection, Written


def take_poll(
    db: Connection, poll: PortPoll, listing: Listing[PolledOnt], *, act: Act
) -> Written[int]:
    """Take over what a port showed; answer how many states changed.

    States first, then who is back, then what is dark: a fault that ends makes room for another.
    """
    expected = storage.list_expected(db, poll.pon_port_id)
    changed = correlation.states_after(expected, listing, act.now)
    if not changed:
        return Written(0)
    storage.store_states(db, changed)
    after = _with_states(expected, changed)
    _let_return(db, after, act)
    for dark in correlation.dark_branches(poll.pon_port_id, after, act.now):
        _raise(db, poll, dark, act)
    return Written(len(changed), topics=frozenset({"plant_faults"}))


def _with_states(expected: Sequence[Expected], changed: Sequence[OntState]) -> tuple[Expected, ...]:
    new = {state.service_id: state for state in changed}
    return tuple(
        msgspec.structs.replace(each, state=new.get(each.service_id, each.state))
        for each in expected
    )


def _let_return(db: Connection, after: Sequence[Expected], act: Act) -> None:
    back: dict[UUID, list[UUID]] = {}
    for each in after:
        if each.fault_id and each.state is not None and each.state.phase is Phase.ONLINE:
            back.setdefault(each.fault_id, []).append(each.service_id)
    for fault_id, service_ids in back.items():
        fault = storage.let_return(db, fault_id, service_ids, act=act)
        if correlation.is_over(fault.affected, fault.dark):
            storage.clear(db, fault_id, act=act)
            detail = {"fault_id": str(fault_id), "affected": fault.affected, "dark": fault.dark}
            audit.record(db, act, "plant_fault.cleared", detail=detail)


def _raise(db: Connection, poll: PortPoll, dark: Dark, act: Act) -> None:
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
        return
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
