"""What a notification of a V-SOL OLT is about. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from activation.drivers.vsol import oids
from activation.drivers.vsol.rows import port_of
from activation.notifications import Happening, Hint, Notification, below
from activation.snmp import Oid, SnmpValue
from sync_protocol.serials import NotAnOntSerial, OntSerial, parse_serial

_HAPPENINGS: Final[Mapping[str, Happening]] = {
    oids.PON_LOS: Happening.LOS,
    oids.PON_LOS_ENDS: Happening.UP,
    oids.ONT_DEREGISTERS: Happening.DOWN,
    oids.ONT_LINK_LOST: Happening.LOS,
    oids.ONT_DYING_GASP: Happening.DYING_GASP,
    oids.ONT_REGISTERS: Happening.UP,
    oids.ONT_FINISHES: Happening.UP,
    oids.ONT_FOUND: Happening.FOUND,
    oids.TYPE_PON_LOS: Happening.LOS,
    oids.TYPE_DEREGISTERS: Happening.DOWN,
    oids.TYPE_LINK_LOST: Happening.LOS,
    oids.TYPE_DYING_GASP: Happening.DYING_GASP,
    oids.TYPE_REGISTERS: Happening.UP,
}
_PON: Final = re.compile(r"(?:0/)?([0-9]{1,2})")
_ONT: Final = re.compile(r"[0-9]{1,3}")
# The two before are empty in some firmware, and the place stands in the words alone.
_PON_IN_WORDS: Final = re.compile(r"PON\s+(?:0/)?([0-9]{1,2})\b", re.IGNORECASE)
_ONT_IN_WORDS: Final = re.compile(r"ONU\s+([0-9]{1,3})\b", re.IGNORECASE)
_SERIAL_IN_WORDS: Final = re.compile(r"\b[A-Za-z]{4}[0-9A-Fa-f]{8}\b")


def read(notification: Notification) -> Hint:
    """Read what happened and where; the alarm is named by a variable, not by the trap's name."""
    if notification.name != oids.TRAP:
        return Hint(kind=notification.name)
    variables = notification.variables
    words = _text(variables, oids.TRAP_TEXT)
    pon = _PON.fullmatch(_text(variables, oids.TRAP_PON)) or _PON_IN_WORDS.search(words)
    ont = _ONT.fullmatch(_text(variables, oids.TRAP_ONT)) or _ONT_IN_WORDS.search(words)
    number = int(pon[1]) if pon else 0
    alarm = _text(variables, oids.TRAP_ALARM) or _text(variables, oids.TRAP_TYPE)
    return Hint(
        kind=f"{notification.name} of {alarm}",
        happening=_HAPPENINGS.get(alarm),
        port=port_of(number) if 1 <= number <= oids.PONS else None,
        ont_id=int(ont[ont.re.groups]) if ont else None,
        serial=_serial(words),
    )


def _text(variables: Mapping[Oid, SnmpValue], scalar: Oid) -> str:
    told = below(variables, scalar)
    value = "" if told is None else told[1]
    words = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return words.strip("\x00 ")


def _serial(words: str) -> OntSerial | None:
    found = _SERIAL_IN_WORDS.search(words)
    try:
        return None if found is None else parse_serial(found[0])
    except NotAnOntSerial:
        return None
