"""What a V-SOL OLT tells of ONTs that went down, came up or were found."""

from activation.simulator.telling import Alarm, Told, Trap, Value
from activation.simulator.vsol import oids


def trap(told: Told) -> Trap:
    """Write the trap; all have one name, and the places are texts."""
    _, _, pon = told.place
    name: Value = oids.NAME_FOUND if told.alarm is Alarm.FOUND else b""
    ont = b"" if told.ont_id is None else str(told.ont_id).encode()
    return Trap(
        name=oids.TRAP,
        variables=(
            (oids.TRAP_PON, str(pon).encode()),
            (oids.TRAP_ONT, ont),
            (oids.TRAP_NAME, name),
            (oids.TRAP_WORDS, told.serial.encode() if told.alarm is Alarm.FOUND else b""),
            (oids.TRAP_TYPE, _type_of(told)),
        ),
    )


def _type_of(told: Told) -> int:
    if told.is_over:
        return oids.TYPE_REGISTERS
    match told.alarm:
        case Alarm.LOS:
            return oids.TYPE_LINK_LOST
        case Alarm.DYING_GASP:
            return oids.TYPE_DYING_GASP
        case Alarm.FOUND:
            return 0
