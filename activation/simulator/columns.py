"""The columns and scalars that the simulated OLT serves, and how each is read."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias, TypeVar

from activation.simulator import oids
from activation.simulator.model import Link, Olt
from activation.simulator.oids import Oid
from activation.simulator.records import FlowRow, FoundOnt, LogRow, PonPort, Registration
from activation.simulator.rows import Rows
from activation.simulator.tables import Column, Syntax, Value
from sync_protocol.serials import OntSerial, serial_bytes

Row = TypeVar("Row")
Read: TypeAlias = Callable[[Row, datetime], Value]


def date_and_time(at: datetime | None) -> bytes:
    """Encode an instant as RFC 2579 DateAndTime in UTC, eleven bytes; none gives no bytes."""
    if at is None:
        return b""
    utc = at.astimezone(UTC)
    clock = (utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond // 100_000)
    return utc.year.to_bytes(2, "big") + bytes(clock) + b"+\x00\x00"


def columns_of(olt: Olt) -> list[Column]:
    """List every column and scalar that the OLT serves."""
    return [
        *_scalars(olt),
        *_port_columns(olt),
        *_profile_columns(olt),
        *_ont_columns(olt),
        *_seen_columns(olt),
        *_table(oids.FLOW, olt.flows, {**_FLOW, **_flow_operation(olt)}),
    ]


_ONLY: Final[Rows[None]] = Rows()
_ONLY.put((0,), None)


def _scalar(oid: Oid, syntax: Syntax, read: Callable[[datetime], Value]) -> Column:
    return Column(oid, syntax, _ONLY, lambda index, now: read(now) if index == (0,) else None)


def _scalars(olt: Olt) -> list[Column]:
    name, description = olt.scenario.name.encode(), olt.scenario.description.encode()
    return [
        _scalar(oids.SYS_DESCR, Syntax.OCTETS, lambda _: description),
        _scalar(oids.SYS_OBJECT_ID, Syntax.OID, lambda _: oids.SMARTAX),
        _scalar(
            oids.SYS_UP_TIME,
            Syntax.TICKS,
            lambda now: int((now - olt.started_at).total_seconds() * 100) % 2**32,
        ),
        _scalar(oids.SYS_NAME, Syntax.OCTETS, lambda _: name),
        _scalar(oids.AUTOFIND_AGE, Syntax.INTEGER, lambda _: 0),
        _scalar(oids.AUTOFIND_INTERVAL, Syntax.INTEGER, lambda _: 1),
        _scalar(oids.DEVICE_MODE, Syntax.INTEGER, lambda _: 2),
        _scalar(oids.FLOW_NEXT_INDEX, Syntax.INTEGER, lambda _: olt.next_flow_index()),
    ]


def _table(
    entry: Oid, rows: Rows[Row], columns: Mapping[int, tuple[Syntax, Read[Row]]]
) -> list[Column]:
    def reader(read: Read[Row]) -> Callable[[Oid, datetime], Value | None]:
        def read_at(index: Oid, now: datetime) -> Value | None:
            row = rows.get(index)
            return None if row is None else read(row, now)

        return read_at

    return [
        Column((*entry, number), syntax, rows, reader(read))
        for number, (syntax, read) in columns.items()
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
    names: dict[int, tuple[Syntax, Read[str]]] = {
        oids.IF_NAME[-1]: (Syntax.OCTETS, lambda name, _: f"GPON {name}".encode())
    }
    optics: dict[int, tuple[Syntax, Read[str]]] = {
        oids.PON_OPTICS_TX[-1]: (Syntax.INTEGER, lambda name, _: port(name).sfp_tx_cdbm)
    }
    return [
        *_table(oids.IF_NAME[:-1], olt.ports, names),
        *_table(oids.PON_PORT, olt.ports, numbers),
        *_table(oids.PON_OPTICS_TX[:-1], olt.ports, optics),
    ]


def _profile_columns(olt: Olt) -> list[Column]:
    active: Read[str] = lambda _row, _now: 1  # noqa: E731  a column is a function
    line, service = oids.LINE_PROFILE_STATUS, oids.SERVICE_PROFILE_STATUS
    return [
        *_table(line[:-1], olt.line_profiles, {line[-1]: (Syntax.INTEGER, active)}),
        *_table(service[:-1], olt.service_profiles, {service[-1]: (Syntax.INTEGER, active)}),
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
        *_table(oids.ONT_CONFIG, olt.registrations, _CONFIG),
        *_table(oids.ONT_STATE, olt.registrations, state),
        *_table(oids.ONT_OPTICS, olt.registrations, integers(_OPTICS)),
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


_STATE: Final[Mapping[int, Callable[[Registration, Link], int]]] = {
    oids.ONT_ACTIVATE: lambda known, _: 1 if known.row.active else 2,
    oids.ONT_RESET: lambda _row, _now: -1,
    oids.ONT_REREGISTER: lambda _row, _now: -1,
    oids.ONT_RUN_STATE: lambda _, link: 1 if link.up else 2,
    oids.ONT_CONFIG_STATE: _config_state,
    oids.ONT_MATCH_STATE: _match_state,
    oids.ONT_DISTANCE: _distance,
    oids.ONT_DOWN_CAUSE: lambda known, _: known.down_cause.value,
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
        *_table(oids.AUTOFIND, olt.found, _AUTOFIND),
        *_table(oids.REGISTER_LOG, olt.log, _REGISTER_LOG),
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
_REGISTER_LOG: Final[Mapping[int, tuple[Syntax, Read[LogRow]]]] = {
    oids.LOG_SERIAL: (Syntax.OCTETS, lambda row, _: serial_bytes(row.serial)),
    oids.LOG_RESULT: (Syntax.INTEGER, lambda row, _: row.result.value),
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
