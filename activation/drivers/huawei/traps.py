"""Which PON port a notification of a Huawei OLT is about. Pure."""

from collections.abc import Mapping
from typing import Final

from activation.drivers.huawei import oids
from activation.requests import PonPort
from activation.snmp import Oid

_PLACE: Final = (oids.TRAP_FRAME, oids.TRAP_SLOT, oids.TRAP_PORT)
_HIGHEST: Final = 255


def port_in_trap(numbers: Mapping[Oid, int]) -> PonPort | None:
    """Find the port; None when the notification names none.

    All alarms of PON ports and ONTs carry frame, slot and port. An instance may follow the
    column, so only the beginning of the name is compared.
    """
    found: list[int] = []
    for column in _PLACE:
        number = next(
            (value for oid, value in numbers.items() if f"{oid}.".startswith(f"{column}.")), None
        )
        if number is None or not 0 <= number <= _HIGHEST:
            return None
        found.append(number)
    frame, slot, port = found
    return PonPort(frame=frame, slot=slot, port=port)
