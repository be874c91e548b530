"""What a notification of a Huawei OLT is about. Pure."""

from collections.abc import Mapping
from typing import Final

from activation.drivers.huawei import oids
from activation.notifications import Happening, Hint, Notification, below
from activation.requests import PonPort
from activation.snmp import Oid, SnmpValue
from sync_protocol.serials import NotAnOntSerial, OntSerial, serial_from_bytes

_HAPPENINGS: Final[Mapping[Oid, Happening]] = {
    oids.TRAP_ONT_FOUND: Happening.FOUND,
    oids.TRAP_ONT_LOS: Happening.LOS,
    oids.TRAP_ONT_LOS_ENDS: Happening.UP,
    oids.TRAP_ONT_DYING_GASP: Happening.DYING_GASP,
    oids.TRAP_ONT_DYING_GASP_ENDS: Happening.UP,
    oids.TRAP_PORT_LOS: Happening.LOS,
    oids.TRAP_PORT_LOS_ENDS: Happening.UP,
}
_PLACE: Final = (oids.TRAP_FRAME, oids.TRAP_SLOT, oids.TRAP_PORT)
_HIGHEST: Final = 255


def read(notification: Notification) -> Hint:
    """Read what happened and where.

    All alarms of PON ports and ONTs carry frame, slot and port, so that those which are not listed
    here tell where to look, too.
    """
    variables = notification.variables
    ont = below(variables, oids.TRAP_ONT)
    return Hint(
        kind=notification.name,
        happening=_HAPPENINGS.get(notification.name),
        port=_port(variables),
        ont_id=ont[1] if ont is not None and isinstance(ont[1], int) else None,
        serial=_serial(variables),
    )


def _port(variables: Mapping[Oid, SnmpValue]) -> PonPort | None:
    found: list[int] = []
    for column in _PLACE:
        told = below(variables, column)
        if told is None or not isinstance(told[1], int) or not 0 <= told[1] <= _HIGHEST:
            return None
        found.append(told[1])
    frame, slot, port = found
    return PonPort(frame=frame, slot=slot, port=port)


def _serial(variables: Mapping[Oid, SnmpValue]) -> OntSerial | None:
    told = below(variables, oids.AUTOFIND_SERIAL)
    try:
        return serial_from_bytes(told[1]) if told and isinstance(told[1], bytes) else None
    except NotAnOntSerial:
        return None
