"""What a SET may change: registering, deleting, switching and restarting an ONT, and no service.

A real C320 makes a row of a row status alone; here a row needs a serial and an ONU type, without
which it could never come up. Which status a firmware answers to a double or an unknown type is not
known; here it is inconsistentValue.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from activation.simulator.cells import (
    CREATE_AND_GO,
    DESTROY,
    Conflict,
    Refusal,
    Refused,
    RowWrite,
    Status,
    Written,
    refuse,
    rows_written,
)
from activation.simulator.draft import (
    ActivateOnt,
    AddOnt,
    ChangeOnt,
    Draft,
    RemoveFlow,
    RemoveOnt,
    RestartOnt,
)
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.records import DownCause, OntRow
from activation.simulator.zte import oids
from activation.simulator.zte.cells import REGISTRATION, RESTART

_IDS: Final = range(1, 129)


def judge(olt: Olt, variables: Sequence[tuple[Oid, Written]]) -> Draft | Refused:
    """Judge one SET; the OLT is not touched until the draft is committed."""
    draft = Draft(olt)
    writable = {**REGISTRATION, **RESTART} if olt.scenario.zte.tree_50 else REGISTRATION
    try:
        for write in rows_written(variables, writable):
            _JUDGES[write.entry](write, draft)
    except Refusal as refusal:
        return refusal.refused
    return draft


def _place(write: RowWrite, draft: Draft) -> tuple[str, int]:
    """Give port and ONT id of the row, which need not exist."""
    port = draft.olt.ports.get(write.index[:1])
    if port is None or len(write.index) != 2 or write.index[1] not in _IDS:  # noqa: PLR2004  port and ONT
        refuse(Status.NO_CREATION, write.first, "no_such_port_or_ont_id")
    return port, write.index[1]


def _judge_registration(write: RowWrite, draft: Draft) -> None:
    port, ont_id = _place(write, draft)
    status = write.number(oids.REGISTERED_STATUS, 0)
    present = draft.ont(write.index)
    if status == CREATE_AND_GO:
        _judge_new(write, draft, port, ont_id)
    elif status == DESTROY:
        _forget(draft, present)
    elif present is None:
        # RFC 2579: only createAndGo makes a row; active(1) of an absent one is inconsistent.
        wrong = Status.INCONSISTENT_VALUE if status else Status.INCONSISTENT_NAME
        write.refuse(wrong, oids.REGISTERED_STATUS, "no_such_ont")
    else:
        _judge_changed(write, draft, present)


def _judge_new(write: RowWrite, draft: Draft, port: str, ont_id: int) -> None:
    present = draft.ont(write.index)
    serial = write.text(oids.REGISTERED_SERIAL, "")
    if present is not None:
        reason = "already_registered" if present.serial == serial else "ont_id_taken"
        write.refuse(Status.INCONSISTENT_VALUE, oids.REGISTERED_STATUS, reason)
    if not {oids.REGISTERED_SERIAL, oids.REGISTERED_TYPE} <= write.cells.keys():
        write.refuse(Status.INCONSISTENT_VALUE, oids.REGISTERED_STATUS, "column_missing")
    holder = draft.owner(serial)
    if holder is not None:
        raise Refusal(
            Refused(
                status=Status.INCONSISTENT_VALUE,
                position=write.position(oids.REGISTERED_SERIAL),
                reason="serial_registered_elsewhere",
                conflict=Conflict(serial, write.index[0], holder),
            )
        )
    _judge_type(write, draft)
    known = draft.olt.port(port)
    if known is not None and draft.onts_on(port) >= known.capacity:
        write.refuse(Status.INCONSISTENT_VALUE, oids.REGISTERED_STATUS, "port_full")
    row = OntRow(
        port=port,
        ont_id=ont_id,
        serial=serial,
        line_profile="",
        service_profile=write.text(oids.REGISTERED_TYPE, ""),
        description=write.text(oids.REGISTERED_DESCRIPTION, ""),
    )
    draft.add(AddOnt(row))


def _judge_type(write: RowWrite, draft: Draft) -> None:
    name = write.text(oids.REGISTERED_TYPE, "")
    if oids.REGISTERED_TYPE in write.cells and tuple(name.encode()) not in (
        draft.olt.service_profiles
    ):
        write.refuse(Status.INCONSISTENT_VALUE, oids.REGISTERED_TYPE, "ont_type_missing")


def _judge_changed(write: RowWrite, draft: Draft, present: OntRow) -> None:
    if write.text(oids.REGISTERED_SERIAL, present.serial) != present.serial:
        write.refuse(Status.INCONSISTENT_VALUE, oids.REGISTERED_SERIAL, "serial_of_active_row")
    _judge_type(write, draft)
    changed = msgspec.structs.replace(
        present,
        service_profile=write.text(oids.REGISTERED_TYPE, present.service_profile),
        description=write.text(oids.REGISTERED_DESCRIPTION, present.description),
    )
    draft.add(ChangeOnt(changed))


def _forget(draft: Draft, present: OntRow | None) -> None:
    """Delete an ONT with all that is configured for it."""
    if present is None:
        return
    for flow in draft.flows_of(present.port, present.ont_id):
        draft.add(RemoveFlow(flow))
    draft.add(RemoveOnt(present))


def _present(write: RowWrite, draft: Draft) -> OntRow:
    _place(write, draft)
    present = draft.ont(write.index)
    if present is None:
        refuse(Status.NO_CREATION, write.first, "no_such_ont")
    return present


def _judge_state(write: RowWrite, draft: Draft) -> None:
    present = _present(write, draft)
    draft.add(ActivateOnt(present, write.number(oids.STATE_ADMIN, 1) == 1))


def _judge_action(write: RowWrite, draft: Draft) -> None:
    draft.add(RestartOnt(_present(write, draft), DownCause.RESET))


_JUDGES: Final[Mapping[Oid, Callable[[RowWrite, Draft], None]]] = {
    oids.REGISTERED: _judge_registration,
    oids.STATE: _judge_state,
    oids.ACTION: _judge_action,
}
