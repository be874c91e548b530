"""Telling a manager, by SNMP v2c traps, that ONTs went down, came up or were found.

A trap is sent once and may get lost, as in life. Causes that are no alarm, such as a restart by
order, are told to nobody.
"""

# pysnmp has no types of its own.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from pyasn1.codec.ber import encoder
from pysnmp.proto import rfc1902
from pysnmp.proto.api import v2c

from activation.simulator.huawei import traps as huawei
from activation.simulator.oids import Oid
from activation.simulator.records import DownCause, Event, Vendor
from activation.simulator.telling import Alarm, Told, Trap, Value
from activation.simulator.vsol import traps as vsol
from activation.simulator.zte import traps as zte
from sync_protocol.serials import OntSerial

SYS_UP_TIME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 3, 0)  # RFC 3418
SNMP_TRAP_OID: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)  # RFC 3418
_CAUSES: Final = {
    DownCause.LOS.value: Alarm.LOS,
    DownCause.DYING_GASP.value: Alarm.DYING_GASP,
}


_MANNERS: Final[Mapping[Vendor, Callable[[Told], Trap]]] = {
    Vendor.HUAWEI: huawei.trap,
    Vendor.VSOL: vsol.trap,
    Vendor.ZTE: zte.trap,
}


class TrapSender:
    """Sends what of the events of one OLT is an alarm, or the end of one."""

    def __init__(
        self, vendor: Vendor, send: Callable[[bytes], object], *, community: str, started: datetime
    ) -> None:
        self._manner = _MANNERS[vendor]
        self._send = send
        self._community = community
        self._started = started
        self._told: dict[str, Alarm] = {}
        self._sent = 0

    def tell(self, event: Event) -> None:
        """Send a trap if the event is one that an OLT tells of."""
        told = self._of(event)
        if told is not None:
            self._sent += 1
            uptime = round((event.at - self._started).total_seconds() * 100)
            self._send(_encoded(self._manner(told), self._community, self._sent, uptime))

    def _of(self, event: Event) -> Told | None:
        if event.serial is None or event.port is None:
            return None
        is_over = False
        if event.event == "ont.found":
            alarm = Alarm.FOUND
        elif event.event == "ont.down" and event.reason in _CAUSES:
            alarm = self._told[event.serial] = _CAUSES[event.reason]
        elif event.event == "ont.up" and event.serial in self._told:
            alarm, is_over = self._told.pop(event.serial), True
        else:
            return None
        return Told(
            alarm=alarm,
            port=event.port,
            ont_id=event.ont_id,
            serial=OntSerial(event.serial),
            at=event.at,
            is_over=is_over,
        )


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
            *((oid, _value(value)) for oid, value in trap.variables),
        ],
    )
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, community + trap.community_ends)
    v2c.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


def _value(value: Value) -> object:
    if isinstance(value, int):
        return rfc1902.Integer32(value)
    return rfc1902.OctetString(value) if isinstance(value, bytes) else rfc1902.ObjectName(value)
