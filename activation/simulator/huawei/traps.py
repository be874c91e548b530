"""What a Huawei OLT tells of ONTs that went down, came up or were found."""

from collections.abc import Mapping
from typing import Final

from activation.simulator.huawei import oids
from activation.simulator.telling import Alarm, Told, Trap, Value
from sync_protocol.serials import serial_bytes

_ALARMS: Final[Mapping[Alarm, int]] = {
    Alarm.LOS: oids.TRAP_ONT_LOS,
    Alarm.DYING_GASP: oids.TRAP_ONT_DYING_GASP,
    Alarm.FOUND: oids.TRAP_ONT_FOUND,
}


def trap(told: Told) -> Trap:
    """Write the trap; the end of an alarm has the number after it."""
    places = (oids.TRAP_FRAME, oids.TRAP_SLOT, oids.TRAP_PORT)
    about: Value = serial_bytes(told.serial) if told.ont_id is None else told.ont_id
    names = oids.TRAP_SERIAL if told.ont_id is None else oids.TRAP_ONT
    return Trap(
        name=(*oids.TRAP_ONT_ALARMS, _ALARMS[told.alarm] + told.is_over),
        variables=(*zip(places, told.place, strict=True), (names, about)),
    )
