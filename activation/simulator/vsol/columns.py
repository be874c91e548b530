"""The columns and scalars that a simulated V-SOL OLT serves, and how each is read."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from activation.simulator.columns import Read, scalar, system_columns, table
from activation.simulator.links import Link
from activation.simulator.model import Olt
from activation.simulator.oids import Oid
from activation.simulator.records import DownCause, FoundOnt, Registration
from activation.simulator.rows import Rows
from activation.simulator.tables import Column, Syntax, Value
from activation.simulator.vsol import oids
from activation.simulator.vsol.mailboxes import MAILBOXES, Kept
from activation.simulator.vsol.views import Gem, Gems, ServicePort, ServicePorts

_LOGGING, _LOS, _SYNC_MIB, _WORKING, _DYING_GASP, _OFFLINE = 0, 1, 2, 3, 4, 6


def columns_of(olt: Olt, gems: Gems, service_ports: ServicePorts, kept: Kept) -> list[Column]:
    """List every column and scalar that the OLT serves."""
    return [
        *system_columns(olt, oids.V1600G),
        *_ont_columns(olt),
        *_port_columns(olt),
        *table(oids.AUTOFIND, olt.found, _FOUND),
        *table(oids.AUTOFIND_DETAIL, olt.found, _FOUND_DETAIL),
        *table(oids.GEMS, gems, _GEMS),
        *table(oids.SERVICE_PORTS, service_ports, _SERVICES),
        *_profile_columns(olt),
        *_mailbox_columns(kept),
    ]


def _ont_columns(olt: Olt) -> list[Column]:
    def seen(read: Callable[[Registration, Link], Value]) -> Read[Registration]:
        return lambda registration, now: read(registration, olt.link(registration, now))

    state: dict[int, tuple[Syntax, Read[Registration]]] = {
        oids.STATE_ADMIN: (Syntax.INTEGER, lambda known, _: 1 if known.row.active else 2),
        oids.STATE_OMCC: (Syntax.INTEGER, seen(lambda _, link: 1 if link.up else 2)),
        oids.STATE_PHASE: (Syntax.INTEGER, seen(_phase)),
    }
    optics = {number: (Syntax.OCTETS, seen(read)) for number, read in _OPTICS.items()}
    detail: dict[int, tuple[Syntax, Read[Registration]]] = {
        oids.DETAIL_SERIAL: (Syntax.OCTETS, seen(_told_serial)),
        oids.DETAIL_DESCRIPTION: (Syntax.OCTETS, lambda known, _: known.row.description.encode()),
    }
    ranging: dict[int, tuple[Syntax, Read[Registration]]] = {
        oids.RANGING_DISTANCE: (Syntax.INTEGER, seen(_distance)),
    }
    return [
        *table(oids.ONT_STATE, olt.registrations, state),
        *table(oids.ONT_AUTH, olt.registrations, _AUTH),
        *table(oids.ONT_OPTICS, olt.registrations, optics),
        *table(oids.ONT_DETAIL, olt.registrations, detail),
        *table(oids.ONT_RANGING, olt.registrations, ranging),
        *table(oids.BOUND, olt.registrations, _BOUND),
    ]


def _phase(known: Registration, link: Link) -> int:
    if link.up and link.ont is not None:
        return _SYNC_MIB if link.ont.ends == "config_failed" else _WORKING
    if link.ont is not None:
        return _LOGGING
    return {DownCause.LOS: _LOS, DownCause.DYING_GASP: _DYING_GASP}.get(known.down_cause, _OFFLINE)


def _told_serial(_: Registration, link: Link) -> bytes:
    return link.ont.serial.encode() if link.up and link.ont is not None else b""


def _distance(_: Registration, link: Link) -> int:
    return link.ont.distance_m if link.up and link.ont is not None else 0


def _level(read: Callable[[Link], int]) -> Callable[[Registration, Link], bytes]:
    def shown(_: Registration, link: Link) -> bytes:
        return f"{read(link) / 100:.3f}(dBm)".encode() if link.readable else oids.UNREADABLE

    return shown


def _figure(text: bytes) -> Callable[[Registration, Link], bytes]:
    return lambda _, link: text if link.readable else oids.UNREADABLE


_OPTICS: Final[Mapping[int, Callable[[Registration, Link], bytes]]] = {
    oids.OPTICS_TEMPERATURE: _figure(b"47.957(C)"),
    oids.OPTICS_VOLTAGE: _figure(b"3.30(V)"),
    oids.OPTICS_BIAS: _figure(b"6.220(mA)"),
    oids.OPTICS_ONT_TX: _level(lambda link: link.ont.ont_tx_cdbm if link.ont else 0),
    oids.OPTICS_ONT_RX: _level(lambda link: link.ont.ont_rx_cdbm if link.ont else 0),
    oids.OPTICS_OLT_RX: _level(lambda link: link.ont.olt_rx_cdbm if link.ont else 0),
}
_AUTH: Final[Mapping[int, tuple[Syntax, Read[Registration]]]] = {
    oids.AUTH_ONT_PROFILE: (Syntax.OCTETS, lambda _row, _now: oids.DEFAULT_PROFILE.encode()),
    oids.AUTH_MODE: (Syntax.INTEGER, lambda _row, _now: 1),
    oids.AUTH_INFO: (Syntax.OCTETS, lambda known, _: known.row.serial.encode()),
    oids.AUTH_MODEL: (Syntax.OCTETS, lambda _row, _now: b"unknown"),
}
_BOUND: Final[Mapping[int, tuple[Syntax, Read[Registration]]]] = {
    oids.BOUND_ONT_PROFILE: (Syntax.OCTETS, lambda _row, _now: oids.DEFAULT_PROFILE.encode()),
    oids.BOUND_LINE: (Syntax.OCTETS, lambda known, _: known.row.line_profile.encode()),
    oids.BOUND_SERVICE: (Syntax.OCTETS, lambda known, _: known.row.service_profile.encode()),
}
_FOUND: Final[Mapping[int, tuple[Syntax, Read[FoundOnt]]]] = {
    oids.FOUND_SERIAL: (Syntax.OCTETS, lambda found, _: found.ont.serial.encode()),
    oids.FOUND_STATE: (Syntax.INTEGER, lambda _row, _now: 0),
}
_FOUND_DETAIL: Final[Mapping[int, tuple[Syntax, Read[FoundOnt]]]] = {
    oids.FOUND_MODEL: (Syntax.OCTETS, lambda found, _: found.ont.equipment_id.encode()),
    oids.FOUND_VERSION: (Syntax.OCTETS, lambda found, _: found.ont.software.encode()),
}
_GEMS: Final[Mapping[int, tuple[Syntax, Read[Gem]]]] = {
    oids.GEMS_TCONT: (Syntax.INTEGER, lambda gem, _: gem.tcont),
    oids.GEMS_UP: (Syntax.OCTETS, lambda gem, _: gem.up.encode()),
    oids.GEMS_DOWN: (Syntax.OCTETS, lambda gem, _: gem.down.encode()),
}
_SERVICES: Final[Mapping[int, tuple[Syntax, Read[ServicePort]]]] = {
    oids.SERVICES_GEM: (Syntax.INTEGER, lambda port, _: port.flow.gem_port),
    oids.SERVICES_MODE: (Syntax.INTEGER, lambda _row, _now: 1),
    oids.SERVICES_DESCRIPTION: (Syntax.OCTETS, lambda port, _: port.description.encode()),
    oids.SERVICES_FIRST_VLAN: (Syntax.INTEGER, lambda port, _: port.flow.user_vlan),
    oids.SERVICES_LAST_VLAN: (Syntax.INTEGER, lambda port, _: port.flow.user_vlan),
    oids.SERVICES_VLAN: (Syntax.INTEGER, lambda port, _: port.flow.service_vlan),
}


def _port_columns(olt: Olt) -> list[Column]:
    def online(name: str, now: datetime) -> int:
        pon = olt.index_of(name, 0)[0]
        on_port: list[Registration] = []
        index = olt.registrations.after((pon,))
        while index is not None and index[0] == pon:
            registration = olt.registrations.get(index)
            on_port += [] if registration is None else [registration]
            index = olt.registrations.after(index)
        return sum(olt.link(registration, now).up for registration in on_port)

    counts: dict[int, tuple[Syntax, Read[str]]] = {
        oids.COUNT_ALL: (Syntax.INTEGER, lambda name, _: olt.onts_on(name)),
        oids.COUNT_ONLINE: (Syntax.INTEGER, online),
    }
    return table(oids.PON_COUNTS, olt.ports, counts)


def _profile_columns(olt: Olt) -> list[Column]:
    scenario = olt.scenario
    return [
        *_names(oids.ONT_PROFILE_NAME, (oids.DEFAULT_PROFILE,)),
        *_names(oids.TRAFFIC_PROFILE_NAME, (each.name for each in scenario.traffic_tables)),
        *_names(oids.LINE_PROFILE_NAME, scenario.line_profiles),
        *_names(oids.SERVICE_PROFILE_NAME, scenario.service_profiles),
    ]


def _names(column: Oid, names: Iterable[str]) -> list[Column]:
    rows: Rows[str] = Rows()
    for number, name in enumerate(names, start=1):
        rows.put((number,), name)
    read: Read[str] = lambda name, _: name.encode()  # noqa: E731  a column is a function
    return table(column[:-1], rows, {column[-1]: (Syntax.OCTETS, read)})


def _mailbox_columns(kept: Kept) -> list[Column]:
    def reader(oid: Oid) -> Callable[[datetime], Value]:
        def read(_: datetime) -> Value:
            value = kept[oid]
            return value.encode() if isinstance(value, str) else value

        return read

    return [
        scalar(
            (*group, number),
            Syntax.OCTETS if isinstance(kept[(*group, number)], str) else Syntax.INTEGER,
            reader((*group, number)),
        )
        for group, fields in MAILBOXES.items()
        for number in fields
    ]
