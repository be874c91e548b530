"""What a SET may change: all variables are judged first, and either all take effect or none does.

Error statuses follow RFC 3416 (4.2.5) and RFC 2579 (RowStatus). pysnmp's own tables answer a
repeated createAndGo and a destroy of an absent row otherwise, which is why they are not used.
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
    AddFlow,
    AddOnt,
    ChangeOnt,
    Draft,
    RemoveFlow,
    RemoveOnt,
    RestartOnt,
    SwitchAutofind,
)
from activation.simulator.huawei import oids
from activation.simulator.huawei.cells import WRITABLE
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.records import DownCause, FlowRow, OntRow


def judge(olt: Olt, variables: Sequence[tuple[Oid, Written]]) -> Draft | Refused:
    """Judge one SET; the OLT is not touched until the draft is committed."""
    draft = Draft(olt)
    try:
        for write in rows_written(variables, WRITABLE):
            _JUDGES[write.entry](write, draft)
    except Refusal as refusal:
        return refusal.refused
    return draft


_ONT_REQUIRED: Final = (oids.ONT_SERIAL, oids.ONT_LINE_PROFILE, oids.ONT_SERVICE_PROFILE)
_FLOW_REQUIRED: Final = (
    oids.FLOW_FRAME,
    oids.FLOW_SLOT,
    oids.FLOW_PORT,
    oids.FLOW_ONT,
    oids.FLOW_GEM,
    oids.FLOW_TYPE,
    oids.FLOW_SERVICE_VLAN,
    oids.FLOW_USER_VLAN,
)


def _place(write: RowWrite, draft: Draft) -> tuple[str, int]:
    """Give port and ONT id of the row, which need not exist.

    The form ``ifIndex.4294967295``, with which some firmwares choose the id, is not simulated.
    """
    port = draft.olt.ports.get(write.index[:1])
    if port is None or len(write.index) != 2 or write.index[1] > 127:  # noqa: PLR2004  ids are 0..127
        refuse(Status.NO_CREATION, write.first, "no_such_port_or_ont_id")
    return port, write.index[1]


def _judge_ont(write: RowWrite, draft: Draft) -> None:
    port, ont_id = _place(write, draft)
    status = write.number(oids.ONT_ROW_STATUS, 0)
    present = draft.ont(write.index)
    if status == CREATE_AND_GO:
        _judge_new_ont(write, draft, port, ont_id)
    elif status == DESTROY:
        if present is not None and draft.flows_of(port, ont_id):
            write.refuse(Status.INCONSISTENT_VALUE, oids.ONT_ROW_STATUS, "service_port_left")
        if present is not None:
            draft.add(RemoveOnt(present))
    elif present is None:
        # RFC 2579: only createAndGo makes a row; active(1) of an absent one is inconsistent.
        wrong = Status.INCONSISTENT_VALUE if status else Status.INCONSISTENT_NAME
        write.refuse(wrong, oids.ONT_ROW_STATUS, "no_such_ont")
    else:
        _judge_changed_ont(write, draft, present)


def _judge_new_ont(write: RowWrite, draft: Draft, port: str, ont_id: int) -> None:
    present = draft.ont(write.index)
    serial = write.text(oids.ONT_SERIAL, "")
    if present is not None:
        reason = "already_registered" if present.serial == serial else "ont_id_taken"
        write.refuse(Status.INCONSISTENT_VALUE, oids.ONT_ROW_STATUS, reason)
    if any(column not in write.cells for column in _ONT_REQUIRED):
        write.refuse(Status.INCONSISTENT_VALUE, oids.ONT_ROW_STATUS, "column_missing")
    holder = draft.owner(serial)
    if holder is not None:
        raise Refusal(
            Refused(
                status=Status.INCONSISTENT_VALUE,
                position=write.position(oids.ONT_SERIAL),
                reason="serial_registered_elsewhere",
                conflict=Conflict(serial, write.index[0], holder),
            )
        )
    _judge_profiles(write, draft)
    known = draft.olt.port(port)
    if known is not None and draft.onts_on(port) >= known.capacity:
        write.refuse(Status.INCONSISTENT_VALUE, oids.ONT_ROW_STATUS, "port_full")
    row = OntRow(
        port=port,
        ont_id=ont_id,
        serial=serial,
        line_profile=write.text(oids.ONT_LINE_PROFILE, ""),
        service_profile=write.text(oids.ONT_SERVICE_PROFILE, ""),
        description=write.text(oids.ONT_DESCRIPTION, ""),
    )
    draft.add(AddOnt(row))


def _judge_profiles(write: RowWrite, draft: Draft) -> None:
    for column, known, reason in (
        (oids.ONT_LINE_PROFILE, draft.olt.line_profiles, "line_profile_missing"),
        (oids.ONT_SERVICE_PROFILE, draft.olt.service_profiles, "service_profile_missing"),
    ):
        name = write.text(column, "")
        if column in write.cells and tuple(name.encode()) not in known:
            write.refuse(Status.INCONSISTENT_VALUE, column, reason)


def _judge_changed_ont(write: RowWrite, draft: Draft, present: OntRow) -> None:
    if write.text(oids.ONT_SERIAL, present.serial) != present.serial:
        write.refuse(Status.INCONSISTENT_VALUE, oids.ONT_SERIAL, "serial_of_active_row")
    _judge_profiles(write, draft)
    changed = msgspec.structs.replace(
        present,
        line_profile=write.text(oids.ONT_LINE_PROFILE, present.line_profile),
        service_profile=write.text(oids.ONT_SERVICE_PROFILE, present.service_profile),
        description=write.text(oids.ONT_DESCRIPTION, present.description),
    )
    draft.add(ChangeOnt(changed))


def _judge_state(write: RowWrite, draft: Draft) -> None:
    _place(write, draft)
    present = draft.ont(write.index)
    if present is None:
        refuse(Status.NO_CREATION, write.first, "no_such_ont")
    if oids.ONT_ACTIVATE in write.cells:
        draft.add(ActivateOnt(present, write.number(oids.ONT_ACTIVATE, 1) == 1))
    if oids.ONT_RESET in write.cells:
        draft.add(RestartOnt(present, DownCause.RESET))
    if oids.ONT_REREGISTER in write.cells:
        draft.add(RestartOnt(present, DownCause.REREGISTER))


def _judge_port(write: RowWrite, draft: Draft) -> None:
    port = draft.olt.ports.get(write.index)
    if port is None:
        refuse(Status.NO_CREATION, write.first, "no_such_port")
    draft.add(SwitchAutofind(port, write.number(oids.PON_PORT_AUTOFIND, 1) == 1))


def _judge_flow(write: RowWrite, draft: Draft) -> None:
    if len(write.index) != 1 or not 1 <= write.index[0] <= 65_535:  # noqa: PLR2004  see FlowIndex
        refuse(Status.NO_CREATION, write.first, "no_such_service_port_index")
    status = write.number(oids.FLOW_ROW_STATUS, 0)
    present = draft.flow(write.index[0])
    if status == DESTROY:
        if present is not None:
            draft.add(RemoveFlow(present))
    elif status == CREATE_AND_GO:
        if present is not None:
            write.refuse(Status.INCONSISTENT_VALUE, oids.FLOW_ROW_STATUS, "index_taken")
        _judge_new_flow(write, draft)
    elif present is None:
        wrong = Status.INCONSISTENT_VALUE if status else Status.INCONSISTENT_NAME
        write.refuse(wrong, oids.FLOW_ROW_STATUS, "no_such_service_port")
    elif set(write.cells) != {oids.FLOW_ROW_STATUS}:
        refuse(Status.INCONSISTENT_VALUE, write.first, "service_port_is_active")


def _judge_new_flow(write: RowWrite, draft: Draft) -> None:
    if any(column not in write.cells for column in _FLOW_REQUIRED):
        write.refuse(Status.INCONSISTENT_VALUE, oids.FLOW_ROW_STATUS, "column_missing")
    row = _new_flow(write)
    if draft.olt.port(row.port) is None:
        write.refuse(Status.INCONSISTENT_VALUE, oids.FLOW_PORT, "no_such_port")
    if draft.ont(draft.olt.index_of(row.port, row.ont_id)) is None:
        write.refuse(Status.INCONSISTENT_VALUE, oids.FLOW_ONT, "no_such_ont")
    if row.service_vlan not in draft.olt.scenario.vlans:
        write.refuse(Status.INCONSISTENT_VALUE, oids.FLOW_SERVICE_VLAN, "vlan_missing")
    _judge_speed(write, draft, row)
    for other in draft.flows_of(row.port, row.ont_id):
        if (other.gem_port, other.user_vlan) == (row.gem_port, row.user_vlan):
            write.refuse(Status.INCONSISTENT_VALUE, oids.FLOW_USER_VLAN, "flow_conflict")
    draft.add(AddFlow(row))


def _judge_speed(write: RowWrite, draft: Draft, row: FlowRow) -> None:
    names = {table.name for table in draft.olt.scenario.traffic_tables}
    for column, name in (
        (oids.FLOW_INBOUND_TABLE, row.inbound_table),
        (oids.FLOW_OUTBOUND_TABLE, row.outbound_table),
    ):
        if name and name not in names:
            write.refuse(Status.INCONSISTENT_VALUE, column, "traffic_table_missing")


def _new_flow(write: RowWrite) -> FlowRow:
    frame, slot, port = (
        write.number(column, 0) for column in (oids.FLOW_FRAME, oids.FLOW_SLOT, oids.FLOW_PORT)
    )
    return FlowRow(
        index=write.index[0],
        port=f"{frame}/{slot}/{port}",
        ont_id=write.number(oids.FLOW_ONT, 0),
        gem_port=write.number(oids.FLOW_GEM, 0),
        service_vlan=write.number(oids.FLOW_SERVICE_VLAN, 0),
        user_vlan=write.number(oids.FLOW_USER_VLAN, 0),
        multi_service=write.number(oids.FLOW_MULTI_SERVICE, 1),
        tag_transform=write.number(oids.FLOW_TAG_TRANSFORM, 2),
        receive_index=write.number(oids.FLOW_RECEIVE_INDEX, 0),
        transmit_index=write.number(oids.FLOW_TRANSMIT_INDEX, 0),
        inbound_table=write.text(oids.FLOW_INBOUND_TABLE, ""),
        outbound_table=write.text(oids.FLOW_OUTBOUND_TABLE, ""),
    )


_JUDGES: Final[Mapping[Oid, Callable[[RowWrite, Draft], None]]] = {
    oids.ONT_CONFIG: _judge_ont,
    oids.ONT_STATE: _judge_state,
    oids.PON_PORT: _judge_port,
    oids.FLOW: _judge_flow,
}
