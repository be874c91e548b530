"""What a Huawei OLT tells of ONTs that went down or came up."""

from collections.abc import Mapping
from typing import Final

from activation.simulator.huawei import oids
from activation.simulator.oids import Oid
from activation.simulator.records import DownCause

_ALARMS: Final[Mapping[DownCause, int]] = {
    DownCause.LOS: oids.TRAP_ONT_LOS,
    DownCause.DYING_GASP: oids.TRAP_ONT_DYING_GASP,
}


def ont_trap(
    cause: DownCause, port: str, ont_id: int, *, is_over: bool
) -> tuple[Oid, tuple[tuple[Oid, int], ...]]:
    """Give name and numbers of the trap; the end of an alarm has the number after it."""
    frame, slot, number = (int(part) for part in port.split("/"))
    numbers = (
        (oids.TRAP_FRAME, frame),
        (oids.TRAP_SLOT, slot),
        (oids.TRAP_PORT, number),
        (oids.TRAP_ONT, ont_id),
    )
    return (*oids.TRAP_ONT_ALARMS, _ALARMS[cause] + is_over), numbers
