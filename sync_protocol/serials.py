"""ONT serials: the PON serial number, its written forms and its one canonical form.

Four printable vendor characters and four bytes (BBF TR-385 ``onu-serial-number``, after
ITU-T G.984.3 9.2.4.1; XGS-PON keeps the format). Finding a serial among the many numbers of a label
belongs to the scanner; this module says whether one text is a serial.
"""

import re
from typing import Annotated, NewType

from msgspec import Meta

from sync_protocol.quoting import quoted

OntSerial = NewType("OntSerial", str)
"""Canonical: four upper-case vendor letters or digits and eight upper-case hex digits."""

SerialText = Annotated[str, Meta(pattern="^[A-Z0-9]{4}[0-9A-F]{8}$")]

_FIELD_PREFIX = re.compile(
    r"^(?:(?:G?PON|ONT)[ _-]*)?(?:S/?N|SERIAL|FSAN|SER)\s*[:#=]?\s*(?=\S{8,})"
)
_CANONICAL = re.compile(r"[A-Z][A-Z0-9]{3}[0-9A-F]{8}")
_HEX_FORM = re.compile(r"[0-9A-F]{16}")
_BEYOND_HEX = re.compile(r"[G-Z]")


class NotAnOntSerial(ValueError):
    """The text is no PON serial; nothing was stored. Scan again or type what the label says."""


def parse_serial(text: str) -> OntSerial:
    """Bring a scanned or typed serial into its canonical form.

    Takes the 12-character form, the 16-digit hex form, blanks and dashes, and the usual field
    names before it. A text that could as well be a MAC address (12 hex digits) is refused unless a
    field name vouches for it: on real labels a part number looks exactly like a MAC.

    >>> parse_serial("SN: hwtc-1a2b3c4d"), parse_serial("485754431A2B3C4D")
    ('HWTC1A2B3C4D', 'HWTC1A2B3C4D')

    Raises:
        NotAnOntSerial: with the text and what would be right.
    """
    upper = text.strip().upper()
    # A vendor may be called SN..: what is a serial as it stands has no field name before it.
    bare = upper if _CANONICAL.fullmatch(upper) else _FIELD_PREFIX.sub("", upper)
    vouched_for = bare != upper
    compact = re.sub(r"[\s:.-]", "", bare)
    if _HEX_FORM.fullmatch(compact):
        vendor = bytes.fromhex(compact[:8])
        if not (vendor.isalnum() and vendor[:1].isalpha()):
            raise NotAnOntSerial(f"{quoted(text)}: the first four bytes are no vendor letters")
        compact, vouched_for = vendor.decode("ascii").upper() + compact[8:], True
    if not _CANONICAL.fullmatch(compact):
        raise NotAnOntSerial(
            f"{quoted(text)} is not an ONT serial; it has 4 vendor letters and 8 hex digits, "
            "like HWTC1A2B3C4D"
        )
    if not vouched_for and not _BEYOND_HEX.search(compact[:4]):
        raise NotAnOntSerial(
            f"{quoted(text)} may be a MAC address; write SN: before it if it is not"
        )
    if compact[4:] in {"00000000", "FFFFFFFF"}:
        raise NotAnOntSerial(f"{quoted(text)} is a placeholder, not the serial of one ONT")
    return OntSerial(compact)


def serial_bytes(serial: OntSerial) -> bytes:
    """Give the eight bytes that travel on the fiber and in most SNMP tables.

    >>> serial_bytes(OntSerial("HWTC1A2B3C4D")).hex()
    '485754431a2b3c4d'
    """
    return serial[:4].encode("ascii") + bytes.fromhex(serial[4:])


def serial_from_bytes(raw: bytes) -> OntSerial:
    """Read the eight bytes that an OLT reports.

    Raises:
        NotAnOntSerial: not eight bytes with four printable vendor characters.
    """
    if len(raw) != 8 or not raw[:4].isalnum():  # noqa: PLR2004  eight bytes, as above
        raise NotAnOntSerial(f"{raw.hex()} is not the eight bytes of an ONT serial")
    return OntSerial(raw[:4].decode("ascii").upper() + raw[4:].hex().upper())
