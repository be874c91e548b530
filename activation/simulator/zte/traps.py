"""What a ZTE OLT tells of ONTs that went down, came up or were found."""

from activation.simulator.telling import Alarm, Told, Trap
from activation.simulator.zte import oids
from sync_protocol.serials import serial_bytes


def trap(told: Told) -> Trap:
    """Write the trap; why an ONT went down it does not tell, and how bad that is the community."""
    _, slot, number = told.place
    port = oids.newer_number(oids.port_number(slot, number))
    if told.ont_id is None:
        kind = oids.TRAP_FOUND
        about = (
            (*oids.NEWER_WAITING, oids.NEWER_WAITING_SERIAL, port, 1),
            serial_bytes(told.serial),
        )
    else:
        kind = oids.TRAP_UP if told.is_over else oids.TRAP_DOWN
        about = ((*oids.TRAP_SERIAL, port, told.ont_id), f"1,{told.serial}".encode())
    return Trap(
        name=(*oids.TRAPS, kind),
        variables=(about,),
        community_ends=f"@eventId=40366@eventLevel={_level(told)}@confirm@{told.at:%Y%m%d%H%M%S}",
    )


def _level(told: Told) -> str:
    if told.alarm is Alarm.FOUND:
        return "notification"
    return "cleared" if told.is_over else "major"
