"""Traps and informs of SNMP v2c, from a datagram to what they name. Pure.

A notification is believed in nothing: it has no secret worth the name and may be old, doubled or
made up. It says where to look, and whoever is told looks.
"""

from typing import Final, cast

import msgspec
from puresnmp.pdu import PDU, GetResponse, InformRequest, PDUContent, Trap
from x690 import decode
from x690.types import Integer, OctetString, Sequence

from activation.snmp import Oid

BYTES_MAX: Final = 8192
"""Ten times what any OLT sends."""
_V2C: Final = 1  # RFC 3416: the number of version 2c in the message
_PARTS: Final = 3  # RFC 1901: version, community, PDU


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What a device told by itself."""

    numbers: dict[Oid, int]
    """The variables that are numbers; what is told beside them is of no use here."""
    reply: bytes | None
    """What an inform is answered with, or it comes again; None for a trap."""


def read_notification(datagram: bytes) -> Notification | None:
    """Read a trap or an inform; None for anything else, SNMP v3 included."""
    if len(datagram) > BYTES_MAX:
        return None
    try:
        return _read(datagram)
    except Exception:  # noqa: BLE001  the codec raises whatever comes to hand on what is no SNMP
        return None


def _read(datagram: bytes) -> Notification | None:
    message = cast("object", decode(datagram)[0])
    if not isinstance(message, Sequence) or len(message) != _PARTS:
        return None
    version, community, pdu = message
    if not isinstance(version, Integer) or version.value != _V2C or not isinstance(pdu, PDU):
        return None
    if not isinstance(pdu, Trap | InformRequest):
        return None
    content = pdu.value
    reply = None
    if isinstance(pdu, InformRequest):
        answer = GetResponse(PDUContent(content.request_id, content.varbinds))
        reply = bytes(Sequence([Integer(_V2C), OctetString(community.value), answer]))
    numbers = {
        str(each.oid.value): each.value.value
        for each in content.varbinds
        if isinstance(each.value, Integer)
    }
    return Notification(numbers=numbers, reply=reply)
