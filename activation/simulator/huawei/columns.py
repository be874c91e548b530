"""The columns and scalars that a simulated Huawei OLT serves, and how each is read."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from activation.simulator.columns import (
    Read,
    date_and_time,
    interface_names,
    scalar,
    system_columns,
    table,
)
from activation.simulator.huawei import oids
from activation.simulator.links import Link
from activation.simulator.model import Olt
from activation.simulator.records import (
    DownCause,
    FlowRow,
    FoundOnt,
    LogRow,
    PonPort,
    RegisterResult,
    Registration,
)
from activation.simulator.tables import Column, Syntax, Value
from sync_protocol.serials import OntSerial, serial_bytes


def columns_of(olt: Olt) -> list[Column]:
    """List every column and scalar that the OLT serves."""
    return [
        *system_columns(olt, oids.SMARTAX),
        *interface_names(olt, lambda name: f"GPON {name}"),
        *_scalars(olt),
        *_port_columns(olt),
        *_profile_columns(olt),
        *_ont_columns(olt),
        *_seen_columns(olt),
        *table(oids.FLOW, olt.flows, {**_FLOW, **_flow_operation(olt)}),
    ]


def _scalars(olt: Olt) -> list[Column]:
    return [
        scalar(oids.AUTOFIND_AGE, Syntax.INTEGER, lambda _: 0),
        scalar(oids.AUTOFIND_INTERVAL, Syntax.INTEGER, lambda _: 1),
        scalar(oids.DEVICE_MODE, Syntax.INTEGER, lambda _: 2),
        scalar(oids.FLOW_NEXT_INDEX, Syntax.INTEGER, lambda _: olt.next_flow_index()),
    ]


def _port_columns(olt: Olt) -> list[Column]:
    def port(name: str) -> PonPort:
        found = olt.port(name)
        assert found is not None, name  # noqa: S101  the rows list only ports of the OLT
        return found

    numbers: dict[int, tuple[Syntax, Read[str]]] = {
        oids.PON_PORT_AUTOFIND: (Syntax.INTEGER, lambda name, _: 1 if port(name).autofind else 2),
        oids.PON_PORT_STATUS: (Syntax.INTEGER, lambda _row, _now: 1),
        oids.PON_PORT_OPTIC: (Syntax.INTEGER, lambda _row, _now: 1),
        oids.PON_PORT_ONTS: (Syntax.INTEGER, lambda name, _: olt.onts_on(name)),
    }
    optics: dict[int, tuple[Syntax, Read[str]]] = {
        oids.PON_OPTICS_TX[-1]: (Syntax.INTEGER, lambda name, _: port(name).sfp_tx_cdbm)
    }
    return [
        *table(oids.PON_PORT, olt.ports, numbers),
        *table(oids.PON_OPTICS_TX[:-1], olt.ports, optics),
    ]


def _profile_columns(olt: Olt) -> list[Column]:
    active: Read[str] = lambda _row, _now: 1  # noqa: E731  a column is a function
    line, service = oids.LINE_PROFILE_STATUS, oids.SERVICE_PROFILE_STATUS
    return [
        *table(line[:-1], olt.line_profiles, {line[-1]: (Syntax.INTEGER, active)}),
        *table(service[:-1], olt.service_profiles, {service[-1]: (Syntax.INTEGER, active)}),
    ]


def _ont_columns(olt: Olt) -> list[Column]:
    def seen(read: Callable[[Registration, Link], Value]) -> Read[Registration]:
        return lambda registration, now: read(registration, olt.link(registration, now))

    def integers(
        columns: Mapping[int, Callable[[Registration, Link], int]],
    ) -> dict[int, tuple[Syntax, Read[Registration]]]:
        return {number: (Syntax.INTEGER, seen(read)) for number, read in columns.items()}

    state = {**integers(_STATE), **_STATE_TIMES}
    state[oids.ONT_ACTUAL_SERIAL] = (Syntax.OCTETS, seen(_actual_serial))
    return [
        *table(oids.ONT_CONFIG, olt.registrations, _CONFIG),
        *table(oids.ONT_STATE, olt.registrations, state),
        *table(oids.ONT_OPTICS, olt.registrations, integers(_OPTICS)),
    ]


_CONFIG: Final[Mapping[int, tuple[Syntax, Read[Registration]]]] = {
    oids.ONT_AUTH: (Syntax.INTEGER, lambda _row, _now: 1),
    oids.ONT_SERIAL: (Syntax.OCTETS, lambda known, _: serial_bytes(OntSerial(known.row.serial))),
    oids.ONT_PASSWORD: (Syntax.OCTETS, lambda _row, _now: b""),
    oids.ONT_MANAGEMENT: (Syntax.INTEGER, lambda _row, _now: 1),
    oids.ONT_LINE_PROFILE: (Syntax.OCTETS, lambda known, _: known.row.line_profile.encode()),
    oids.ONT_SERVICE_PROFILE: (Syntax.OCTETS, lambda known, _: known.row.service_profile.encode()),
    oids.ONT_DESCRIPTION: (Syntax.OCTETS, lambda known, _: known.row.description.encode()),
    # The MIB: reads are always active(1), whatever was written.
    oids.ONT_ROW_STATUS: (Syntax.INTEGER, lambda _row, _now: 1),
}


def _config_state(_: Registration, link: Link) -> int:
    if not link.up or link.ont is None:
        return 1
    return 3 if link.ont.ends == "config_failed" else 2


def _match_state(_: Registration, link: Link) -> int:
    if not link.up or link.ont is None:
        return 1
    return 3 if link.ont.ends == "mismatch" else 2


def _distance(_: Registration, link: Link) -> int:
    return link.ont.distance_m if link.up and link.ont is not None else -1


def _actual_serial(_: Registration, link: Link) -> bytes:
    if not link.up or link.ont is None:
        return bytes(8)
    return serial_bytes(OntSerial(link.ont.serial))


# XPON hwGponDeviceOntControlLastDownCause
_DOWN_CAUSES: Final[Mapping[DownCause, int]] = {
    DownCause.NONE: -1,
    DownCause.LOS: 1,
    DownCause.DEACTIVATED: 8,
    DownCause.RESET: 9,
    DownCause.REREGISTER: 10,
    DownCause.DYING_GASP: 13,
}
_STATE: Final[Mapping[int, Callable[[Registration, Link], int]]] = {
    oids.ONT_ACTIVATE: lambda known, _: 1 if known.row.active else 2,
    oids.ONT_RESET: lambda _row, _now: -1,
    oids.ONT_REREGISTER: lambda _row, _now: -1,
    oids.ONT_RUN_STATE: lambda _, link: 1 if link.up else 2,
    oids.ONT_CONFIG_STATE: _config_state,
    oids.ONT_MATCH_STATE: _match_state,
    oids.ONT_DISTANCE: _distance,
    oids.ONT_DOWN_CAUSE: lambda known, _: _DOWN_CAUSES[known.down_cause],
    oids.ONT_LAST_RANGING: _distance,
}
_STATE_TIMES: Final[Mapping[int, tuple[Syntax, Read[Registration]]]] = {
    oids.ONT_LAST_UP: (Syntax.OCTETS, lambda known, _: date_and_time(known.last_up_at)),
    oids.ONT_LAST_DOWN: (Syntax.OCTETS, lambda known, _: date_and_time(known.last_down_at)),
}


def _optic(
    read: Callable[[Registration, Link], int],
) -> Callable[[Registration, Link], int]:
    return lambda known, link: read(known, link) if link.readable else oids.UNREADABLE


_OPTICS: Final[Mapping[int, Callable[[Registration, Link], int]]] = {
    oids.OPTICS_TEMPERATURE: _optic(lambda _row, _now: 41),
    oids.OPTICS_BIAS: _optic(lambda _row, _now: 12),
    oids.OPTICS_ONT_TX: _optic(lambda _, link: link.ont.ont_tx_cdbm if link.ont else 0),
    oids.OPTICS_ONT_RX: _optic(lambda _, link: link.ont.ont_rx_cdbm if link.ont else 0),
    oids.OPTICS_VOLTAGE: _optic(lambda _row, _now: 3290),
    oids.OPTICS_OLT_RX: _optic(
        lambda _, link: link.ont.olt_rx_cdbm + oids.OLT_RX_OFFSET if link.ont else 0
    ),
}


def _seen_columns(olt: Olt) -> list[Column]:
    return [
        *table(oids.AUTOFIND, olt.found, _AUTOFIND),
        *table(oids.REGISTER_LOG, olt.log, _REGISTER_LOG),
    ]


_AUTOFIND: Final[Mapping[int, tuple[Syntax, Read[FoundOnt]]]] = {
    oids.FOUND_SERIAL: (
        Syntax.OCTETS,
        lambda found, _: serial_bytes(OntSerial(found.ont.serial)),
    ),
    oids.FOUND_PASSWORD: (Syntax.OCTETS, lambda _row, _now: bytes(10)),
    oids.FOUND_VENDOR: (Syntax.OCTETS, lambda found, _: found.ont.serial[:4].encode()),
    oids.FOUND_VERSION: (Syntax.OCTETS, lambda _row, _now: b"1"),
    oids.FOUND_SOFTWARE: (Syntax.OCTETS, lambda found, _: found.ont.software.encode()),
    oids.FOUND_EQUIPMENT: (Syntax.OCTETS, lambda found, _: found.ont.equipment_id.encode()),
    oids.FOUND_AT: (Syntax.OCTETS, lambda found, _: date_and_time(found.found_at)),
    oids.FOUND_NNI: (Syntax.INTEGER, lambda _row, _now: 1),
}
_RESULTS: Final[Mapping[RegisterResult, int]] = {
    RegisterResult.OK: 1,
    RegisterResult.SERIAL_CONFLICT: 3,
}
_REGISTER_LOG: Final[Mapping[int, tuple[Syntax, Read[LogRow]]]] = {
    oids.LOG_SERIAL: (Syntax.OCTETS, lambda row, _: serial_bytes(row.serial)),
    oids.LOG_RESULT: (Syntax.INTEGER, lambda row, _: _RESULTS[row.result]),
    oids.LOG_AT: (Syntax.OCTETS, lambda row, _: date_and_time(row.at)),
    # 0 and -1 where the row tells of no conflict; the MIB names no values for that.
    oids.LOG_CONFLICT_PORT: (
        Syntax.UNSIGNED,
        lambda row, _: row.conflict[0] if row.conflict else 0,
    ),
    oids.LOG_CONFLICT_ONT: (Syntax.INTEGER, lambda row, _: row.conflict[1] if row.conflict else -1),
}


def _flow_part(name: str, number: int) -> int:
    return int(name.split("/")[number])


_FLOW: Final[Mapping[int, tuple[Syntax, Read[FlowRow]]]] = {
    oids.FLOW_FRAME: (Syntax.INTEGER, lambda flow, _: _flow_part(flow.port, 0)),
    oids.FLOW_SLOT: (Syntax.INTEGER, lambda flow, _: _flow_part(flow.port, 1)),
    oids.FLOW_PORT: (Syntax.INTEGER, lambda flow, _: _flow_part(flow.port, 2)),
    oids.FLOW_ONT: (Syntax.INTEGER, lambda flow, _: flow.ont_id),
    oids.FLOW_GEM: (Syntax.INTEGER, lambda flow, _: flow.gem_port),
    oids.FLOW_TYPE: (Syntax.INTEGER, lambda _row, _now: 4),
    oids.FLOW_SERVICE_VLAN: (Syntax.INTEGER, lambda flow, _: flow.service_vlan),
    oids.FLOW_RECEIVE_INDEX: (Syntax.INTEGER, lambda flow, _: flow.receive_index),
    oids.FLOW_TRANSMIT_INDEX: (Syntax.INTEGER, lambda flow, _: flow.transmit_index),
    oids.FLOW_MULTI_SERVICE: (Syntax.INTEGER, lambda flow, _: flow.multi_service),
    oids.FLOW_USER_VLAN: (Syntax.INTEGER, lambda flow, _: flow.user_vlan),
    oids.FLOW_ROW_STATUS: (Syntax.INTEGER, lambda _row, _now: 1),
    oids.FLOW_TAG_TRANSFORM: (Syntax.INTEGER, lambda flow, _: flow.tag_transform),
    oids.FLOW_OUTBOUND_TABLE: (Syntax.OCTETS, lambda flow, _: flow.outbound_table.encode()),
    oids.FLOW_INBOUND_TABLE: (Syntax.OCTETS, lambda flow, _: flow.inbound_table.encode()),
}


def _flow_operation(olt: Olt) -> dict[int, tuple[Syntax, Read[FlowRow]]]:
    def is_up(flow: FlowRow, now: datetime) -> int:
        registration = olt.registrations.get(olt.index_of(flow.port, flow.ont_id))
        return 1 if registration is not None and olt.link(registration, now).up else 2

    return {oids.FLOW_OPERATION: (Syntax.INTEGER, is_up)}
