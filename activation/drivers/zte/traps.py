"""What a notification of a ZTE OLT is about. Pure.

Of tree 1082 no MIB was found, and models differ in the numbers of its traps. What they agree in is
the level of the event, which every v2c trap of a ZTE carries in its community.
"""

from collections.abc import Mapping
from typing import Final

from activation.drivers.zte import oids
from activation.drivers.zte.rows import serial_of, text
from activation.notifications import Happening, Hint, Notification, below
from activation.requests import PonPort
from activation.snmp import Oid, Secret, SnmpValue
from sync_protocol.serials import NotAnOntSerial, OntSerial, parse_serial

_NUMBERS: Final = range(1, 0x100)
"""Slots and ports of an index; each has eight bits."""
_KNOWN: Final[Mapping[int, Happening]] = {
    oids.TRAP_FOUND: Happening.FOUND,
    oids.TRAP_UP: Happening.UP,
    **dict.fromkeys(oids.TRAP_DOWN, Happening.DOWN),
}


def read(notification: Notification) -> Hint:
    """Read what happened and where; the number of a trap counts before the level of its event."""
    family, _, last = notification.name.rpartition(".")
    if family != oids.TRAPS_OF_ONTS:
        return Hint(kind=notification.name)
    port, ont_id = _place(notification.variables)
    known = _KNOWN.get(int(last))
    return Hint(
        kind=notification.name,
        happening=known or _by_level(notification.community),
        port=port,
        ont_id=ont_id,
        serial=_serial(notification.variables),
    )


def _by_level(community: Secret | None) -> Happening | None:
    fields = [] if community is None else community.reveal().split("@")
    for level in (each.removeprefix(oids.EVENT_LEVEL) for each in fields):
        if level == oids.EVENT_OVER:
            return Happening.UP
        if level in oids.EVENT_ALARMS:
            return Happening.DOWN
    return None


def _place(variables: Mapping[Oid, SnmpValue]) -> tuple[PonPort | None, int | None]:
    match below(variables, oids.TRAP_ONT), below(variables, oids.WAITING_SERIAL_NEWER):
        case ((_, number, ont_id), _), _:
            return _port(number), ont_id
        case _, ((number, *_), _):
            return _port(number), None
        case _:
            return None, None


def _port(number: int) -> PonPort | None:
    """Read the number of a port in tree 1082; None for another interface."""
    slot, port = divmod(number - oids.NEWER_INDEX_BASE, oids.NEWER_PER_SLOT)
    if slot not in _NUMBERS or port not in _NUMBERS:
        return None
    return PonPort(frame=oids.FRAME, slot=slot, port=port)


def _serial(variables: Mapping[Oid, SnmpValue]) -> OntSerial | None:
    waiting = below(variables, oids.WAITING_SERIAL_NEWER)
    if waiting is not None:
        return serial_of(waiting[1])
    told = below(variables, oids.TRAP_ONT_SERIAL)
    try:
        return None if told is None else parse_serial(text(told[1]).rpartition(",")[2])
    except NotAnOntSerial:
        return None
