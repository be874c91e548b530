"""Telling a manager, by SNMP v2c traps, that ONTs went down or came up.

A trap is sent once and may get lost, as in life. Causes that are no alarm, such as a restart by
order, are told to nobody.
"""

# pysnmp has no types of its own.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec
from pyasn1.codec.ber import encoder
from pysnmp.proto import rfc1902
from pysnmp.proto.api import v2c

from activation.simulator.huawei.traps import ont_trap
from activation.simulator.oids import Oid
from activation.simulator.records import DownCause, Event, Vendor

SYS_UP_TIME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 3, 0)  # RFC 3418
SNMP_TRAP_OID: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)  # RFC 3418
_CAUSES: Final = {cause.value: cause for cause in (DownCause.LOS, DownCause.DYING_GASP)}


class Trap(msgspec.Struct, frozen=True, kw_only=True):
    """What a trap is called and the numbers that it carries."""

    name: Oid
    numbers: tuple[tuple[Oid, int], ...]


_MANNERS: Final[Mapping[Vendor, Callable[..., tuple[Oid, tuple[tuple[Oid, int], ...]]]]] = {
    Vendor.HUAWEI: ont_trap,
}
"""What a V-SOL sends was found nowhere, and of a ZTE too little, so they send nothing."""


class TrapSender:
    """Sends what of the events of one OLT is an alarm, or the end of one."""

    def __init__(
        self, vendor: Vendor, send: Callable[[bytes], object], *, community: str, started: datetime
    ) -> None:
        self._manner = _MANNERS.get(vendor)
        self._send = send
        self._community = community
        self._started = started
        self._told: dict[str, DownCause] = {}
        self._sent = 0

    def tell(self, event: Event) -> None:
        """Send a trap if the event is one that an OLT tells of."""
        trap = self._trap(event)
        if trap is not None:
            self._sent += 1
            uptime = round((event.at - self._started).total_seconds() * 100)
            self._send(_encoded(trap, self._community, self._sent, uptime))

    def _trap(self, event: Event) -> Trap | None:
        if self._manner is None or event.serial is None:
            return None
        if event.port is None or event.ont_id is None:
            return None
        if event.event == "ont.down" and event.reason in _CAUSES:
            cause, is_over = _CAUSES[event.reason], False
            self._told[event.serial] = cause
        elif event.event == "ont.up" and event.serial in self._told:
            cause, is_over = self._told.pop(event.serial), True
        else:
            return None
        name, numbers = self._manner(cause, event.port, event.ont_id, is_over=is_over)
        return Trap(name=name, numbers=numbers)


def open_sender(host: str, port: int) -> tuple[socket.socket, Callable[[bytes], object]]:
    """Open the way to a manager; one that does not listen is no error of the OLT.

    Raises:
        OSError: the address is none.
    """
    address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    way = socket.socket(address[0], socket.SOCK_DGRAM)
    way.settimeout(0)

    def send(datagram: bytes) -> None:
        try:
            way.sendto(datagram, address[4])
        except OSError:
            return  # full, or nobody there: a trap is not repeated

    return way, send


def _encoded(trap: Trap, community: str, number: int, uptime: int) -> bytes:
    pdu = v2c.TrapPDU()
    v2c.apiTrapPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, number)
    v2c.apiPDU.set_varbinds(
        pdu,
        [
            (SYS_UP_TIME, rfc1902.TimeTicks(uptime)),
            (SNMP_TRAP_OID, rfc1902.ObjectIdentifier(trap.name)),
            *((oid, rfc1902.Integer32(value)) for oid, value in trap.numbers),
        ],
    )
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, community)
    v2c.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))
