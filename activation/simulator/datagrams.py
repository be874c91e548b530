"""The outline of an SNMP datagram: is it one at all, and is it a SET.

Not a decoder; values are pysnmp's affair.
"""

from typing import Final

import msgspec

SET_REQUEST: Final = 0xA3  # RFC 3416, section 3
RESPONSE: Final = 0xA2
_CONSTRUCTED: Final = 0x20  # X.690 8.1.2.5
_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_OCTET_STRING: Final = 0x04
_V3: Final = 3


class PduHead(msgspec.Struct, frozen=True):
    """What kind of PDU it is and which request it belongs to."""

    kind: int
    request_id: int


def read_head(datagram: bytes) -> PduHead | None:
    """Read the head of a v1 or v2c message, or give None for anything else.

    >>> read_head(bytes.fromhex("300b0201010401 61a3030201 05".replace(" ", "")))
    PduHead(kind=163, request_id=5)
    """
    message = _element(datagram, 0)
    if message is None or message.tag != _SEQUENCE:
        return None
    version = _element(datagram, message.start)
    if version is None or version.tag != _INTEGER or version.number(datagram) == _V3:
        return None
    community = _element(datagram, version.end)
    if community is None or community.tag != _OCTET_STRING:
        return None
    pdu = _element(datagram, community.end)
    request_id = None if pdu is None else _element(datagram, pdu.start)
    if pdu is None or request_id is None or request_id.tag != _INTEGER:
        return None
    return PduHead(pdu.tag, request_id.number(datagram))


def is_message(datagram: bytes) -> bool:
    """Say whether a datagram is one SEQUENCE of elements that lie within each other.

    pysnmp's decoder raises whatever comes to hand on some that are not.

    >>> is_message(bytes.fromhex("3003020101")), is_message(b"garbage"), is_message(b"")
    (True, False, False)
    """
    message = _element(datagram, 0)
    if message is None or message.tag != _SEQUENCE or message.end != len(datagram):
        return False
    spans = [(message.start, message.end)]
    while spans:
        at, end = spans.pop()
        while at < end:
            element = _element(datagram, at)
            if element is None or element.end > end:
                return False
            if element.tag & _CONSTRUCTED:
                spans.append((element.start, element.end))
            at = element.end
    return True


class _Element(msgspec.Struct, frozen=True):
    tag: int
    start: int
    end: int

    def number(self, datagram: bytes) -> int:
        return int.from_bytes(datagram[self.start : self.end], "big", signed=True)


def _element(datagram: bytes, at: int) -> _Element | None:
    """Find one BER element; None where the datagram ends before it does."""
    if at + 2 > len(datagram):
        return None
    tag, length, start = datagram[at], datagram[at + 1], at + 2
    if length > 0x7F:  # noqa: PLR2004  X.690 8.1.3.5: the long form counts its length octets
        octets = length & 0x7F
        length = int.from_bytes(datagram[start : start + octets], "big")
        start += octets
    return _Element(tag, start, start + length) if start + length <= len(datagram) else None
