"""The columns and scalars that a simulated ZTE OLT serves, and how each is read."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from activation.simulator import oids as common
from activation.simulator.columns import (
    Read,
    Source,
    interface_names,
    scalar,
    system_columns,
    table,
)
from activation.simulator.model import Link, Olt
from activation.simulator.oids import Oid
from activation.simulator.records import DownCause, FoundOnt, PonPort, Registration
from activation.simulator.tables import Column, Syntax, Value
from activation.simulator.zte import oids
from activation.simulator.zte.views import Newer, Optics
from sync_protocol.serials import OntSerial, serial_bytes

Seen = Callable[[Registration, Link], Value]

_LOGGING, _LOS, _SYNC_MIB, _WORKING, _DYING_GASP, _OFFLINE = 0, 1, 2, 3, 4, 6
_INITIAL, _OPERATION = 1, 6
_UNTOLD: Final = b"    \x00\x00\x00\x00"


def columns_of(olt: Olt) -> list[Column]:
    """List every column and scalar that the OLT serves; which trees, the scenario says."""
    firmware = olt.scenario.zte
    return [
        *system_columns(olt, oids.C320),
        *interface_names(olt, lambda name: f"gpon_{name}"),
        scalar(common.IF_NUMBER, Syntax.INTEGER, lambda _: len(olt.ports)),
        *_first_tree(olt),
        *(_port_tree(olt) if firmware.tree_13 else ()),
        *(_omci_tree(olt) if firmware.tree_50 else ()),
        *(_newer_tree(olt) if firmware.tree_1082 else ()),
    ]


def _first_tree(olt: Olt) -> list[Column]:
    return [
        *table(oids.REGISTERED, olt.registrations, _REGISTERED),
        *_seen(olt, oids.STATE, olt.registrations, _STATE),
        *_single(olt, oids.RANGING_DISTANCE, olt.registrations, _distance),
        *_single(olt, oids.OLT_RX, olt.registrations, _olt_rx),
    ]


def _port_tree(olt: Olt) -> list[Column]:
    ports: dict[int, tuple[Syntax, Read[str]]] = {
        oids.PORT_NAME: (Syntax.OCTETS, lambda name, _: f"OLT-{name.split('/')[2]}".encode()),
        oids.PORT_ROOM: (Syntax.INTEGER, lambda name, _: _port(olt, name).capacity),
        oids.PORT_REGISTERED: (Syntax.INTEGER, lambda name, _: olt.onts_on(name)),
        oids.PORT_WAITING: (Syntax.INTEGER, lambda name, _: _waiting_on(olt, name)),
    }
    return [
        *table(oids.PORT, olt.ports, ports),
        *table(oids.WAITING, olt.found, _WAITING),
    ]


def _omci_tree(olt: Olt) -> list[Column]:
    equipment: dict[int, tuple[Syntax, Seen]] = {
        oids.EQUIPMENT_VENDOR: (Syntax.OCTETS, lambda known, link: _told(known, link)[:4]),
        oids.EQUIPMENT_SERIAL: (Syntax.OCTETS, _told),
        oids.EQUIPMENT_MODEL: (Syntax.OCTETS, _model),
    }
    reboot: dict[int, tuple[Syntax, Read[Registration]]] = {
        oids.ACTION_REBOOT: (Syntax.INTEGER, lambda _row, _now: 2)
    }
    return [
        *_seen(olt, oids.EQUIPMENT, olt.registrations, equipment),
        *table(oids.ACTION, olt.registrations, reboot),
        *_seen(olt, oids.OPTICS, Optics(olt.registrations), _OPTICS),
    ]


def _newer_tree(olt: Olt) -> list[Column]:
    registrations = Newer(olt.registrations)
    ports: dict[int, tuple[Syntax, Read[str]]] = {
        oids.NEWER_PORT_REGISTERED: (Syntax.INTEGER, lambda name, _: olt.onts_on(name)),
        oids.NEWER_PORT_ONLINE: (Syntax.INTEGER, lambda name, now: _online_on(olt, name, now)),
    }
    state: dict[int, tuple[Syntax, Seen]] = {
        oids.NEWER_STATE_ADMIN: (Syntax.INTEGER, _admin),
        oids.NEWER_STATE_PHASE: (
            Syntax.INTEGER,
            lambda known, link: _phase(known, link) + oids.PHASE_SHIFT,
        ),
    }
    equipment: dict[int, tuple[Syntax, Seen]] = {
        oids.NEWER_EQUIPMENT_SERIAL: (Syntax.OCTETS, _told),
        oids.NEWER_EQUIPMENT_MODEL: (Syntax.OCTETS, _model),
    }
    return [
        *table(oids.NEWER_PORT, Newer(olt.ports), ports),
        *table(oids.NEWER_WAITING, Newer(olt.found), _NEWER_WAITING),
        *table(oids.NEWER_REGISTERED, registrations, _NEWER_REGISTERED),
        *_seen(olt, oids.NEWER_STATE, registrations, state),
        *_single(olt, oids.NEWER_DISTANCE, registrations, _distance),
        *_seen(olt, oids.NEWER_EQUIPMENT, registrations, equipment),
        *_seen(olt, oids.NEWER_OPTICS, Newer(Optics(olt.registrations)), _OPTICS),
        *_single(olt, oids.NEWER_OLT_RX, registrations, _olt_rx),
    ]


def _seen(
    olt: Olt, entry: Oid, rows: Source[Registration], columns: Mapping[int, tuple[Syntax, Seen]]
) -> list[Column]:
    """Serve columns that depend on the way to the ONT."""

    def reader(read: Seen) -> Read[Registration]:
        return lambda known, now: read(known, olt.link(known, now))

    return table(
        entry, rows, {number: (syntax, reader(read)) for number, (syntax, read) in columns.items()}
    )


def _single(olt: Olt, column: Oid, rows: Source[Registration], read: Seen) -> list[Column]:
    """Serve one number that depends on the way to the ONT."""
    return _seen(olt, column[:-1], rows, {column[-1]: (Syntax.INTEGER, read)})


def _port(olt: Olt, name: str) -> PonPort:
    found = olt.port(name)
    assert found is not None, name  # noqa: S101  the rows list only ports of the OLT
    return found


def _waiting_on(olt: Olt, name: str) -> int:
    return sum(found.ont.port == name for found in olt.found.values())


def _online_on(olt: Olt, name: str, now: datetime) -> int:
    return sum(
        known.row.port == name and olt.link(known, now).up for known in olt.registrations.values()
    )


def _admin(known: Registration, _: Link) -> int:
    return 1 if known.row.active else 2


def _phase(known: Registration, link: Link) -> int:
    if link.up and link.ont is not None:
        return _SYNC_MIB if link.ont.ends == "config_failed" else _WORKING
    if link.ont is not None:
        return _LOGGING
    return {DownCause.LOS: _LOS, DownCause.DYING_GASP: _DYING_GASP}.get(known.down_cause, _OFFLINE)


def _told(_: Registration, link: Link) -> bytes:
    if not link.up or link.ont is None:
        return _UNTOLD
    return serial_bytes(OntSerial(link.ont.serial))


def _model(_: Registration, link: Link) -> bytes:
    return link.ont.equipment_id.encode() if link.up and link.ont is not None else b""


def _distance(_: Registration, link: Link) -> int:
    return link.ont.distance_m if link.up and link.ont is not None else 0


def _sixteen_bits(read: Callable[[Link], int]) -> Seen:
    """Show hundredths of dBm in steps of 0.002 dB from -30 dBm, the sign as the highest bit."""

    def shown(_: Registration, link: Link) -> int:
        return (read(link) + 3000) * 5 % 0x10000 if link.readable else oids.ONT_UNREADABLE

    return shown


def _olt_rx(_: Registration, link: Link) -> int:
    return link.ont.olt_rx_cdbm * 10 if link.readable and link.ont else oids.OLT_UNREADABLE


_STATE: Final[Mapping[int, tuple[Syntax, Seen]]] = {
    oids.STATE_ADMIN: (Syntax.INTEGER, _admin),
    oids.STATE_OMCC: (Syntax.INTEGER, lambda _, link: 1 if link.up else 2),
    oids.STATE_ACTIVATION: (Syntax.INTEGER, lambda _, link: _OPERATION if link.up else _INITIAL),
    oids.STATE_PHASE: (Syntax.INTEGER, _phase),
}
_OPTICS: Final[Mapping[int, tuple[Syntax, Seen]]] = {
    oids.OPTICS_RX: (
        Syntax.INTEGER,
        _sixteen_bits(lambda link: link.ont.ont_rx_cdbm if link.ont else 0),
    ),
    oids.OPTICS_TX: (
        Syntax.INTEGER,
        _sixteen_bits(lambda link: link.ont.ont_tx_cdbm if link.ont else 0),
    ),
}


def _serial(known: Registration, _: datetime) -> bytes:
    return serial_bytes(OntSerial(known.row.serial))


def _type(known: Registration, _: datetime) -> bytes:
    return known.row.service_profile.encode()


def _name(known: Registration, _: datetime) -> bytes:
    return f"ONU-{known.row.port.split('/')[2]}:{known.row.ont_id}".encode()


def _description(known: Registration, _: datetime) -> bytes:
    return known.row.description.encode()


_REGISTERED: Final[Mapping[int, tuple[Syntax, Read[Registration]]]] = {
    oids.REGISTERED_TYPE: (Syntax.OCTETS, _type),
    oids.REGISTERED_NAME: (Syntax.OCTETS, _name),
    oids.REGISTERED_DESCRIPTION: (Syntax.OCTETS, _description),
    oids.REGISTERED_SERIAL: (Syntax.OCTETS, _serial),
    oids.REGISTERED_TARGET: (Syntax.INTEGER, lambda _row, _now: 2),
    oids.REGISTERED_STATUS: (Syntax.INTEGER, lambda _row, _now: 1),
    oids.REGISTERED_BY: (Syntax.INTEGER, lambda _row, _now: 1),
}
_NEWER_REGISTERED: Final[Mapping[int, tuple[Syntax, Read[Registration]]]] = {
    oids.NEWER_REGISTERED_TYPE: (Syntax.OCTETS, _type),
    oids.NEWER_REGISTERED_NAME: (Syntax.OCTETS, _name),
    oids.NEWER_REGISTERED_DESCRIPTION: (Syntax.OCTETS, _description),
    oids.NEWER_REGISTERED_SERIAL: (Syntax.OCTETS, _serial),
}


def _found_serial(found: FoundOnt, _: datetime) -> bytes:
    return serial_bytes(OntSerial(found.ont.serial))


def _found_model(found: FoundOnt, _: datetime) -> bytes:
    return found.ont.equipment_id.encode()


def _found_software(found: FoundOnt, _: datetime) -> bytes:
    return found.ont.software.encode()


_WAITING: Final[Mapping[int, tuple[Syntax, Read[FoundOnt]]]] = {
    oids.WAITING_SERIAL: (Syntax.OCTETS, _found_serial),
    oids.WAITING_PASSWORD: (Syntax.OCTETS, lambda _row, _now: bytes(10)),
    oids.WAITING_MODEL: (Syntax.OCTETS, _found_model),
    oids.WAITING_SOFTWARE: (Syntax.OCTETS, _found_software),
}
_NEWER_WAITING: Final[Mapping[int, tuple[Syntax, Read[FoundOnt]]]] = {
    oids.NEWER_WAITING_SERIAL: (Syntax.OCTETS, _found_serial),
    oids.NEWER_WAITING_MODEL: (Syntax.OCTETS, _found_model),
    oids.NEWER_WAITING_SOFTWARE: (Syntax.OCTETS, _found_software),
}
