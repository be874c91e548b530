"""Traps and informs of SNMP v2c, from a datagram to what they name. Pure.

A notification is believed in nothing: it has no secret worth the name and may be old, doubled or
made up. It says where to look, and whoever is told looks.
"""

import enum
from collections.abc import Callable, Mapping
from typing import Final, cast

import msgspec
from puresnmp.pdu import PDU, GetResponse, InformRequest, PDUContent, Trap
from puresnmp.varbind import VarBind
from x690 import decode
from x690.types import Integer, OctetString, Sequence

from activation.requests import PonPort
from activation.snmp import Oid, Secret, SnmpValue
from sync_protocol.serials import OntSerial

BYTES_MAX: Final = 8192
"""Ten times what any OLT sends."""
_V2C: Final = 1  # RFC 3416: the number of version 2c in the message
_PARTS: Final = 3  # RFC 1901: version, community, PDU
_NAME: Final = "1.3.6.1.6.3.1.1.4.1.0"  # RFC 3418, snmpTrapOID.0


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What a device told by itself."""

    name: Oid
    """Which kind of notification it is (snmpTrapOID); empty if it does not say."""
    variables: Mapping[Oid, SnmpValue]
    """What it told, beside values of types that no vendor puts a place into."""
    community: Secret | None = None
    """Of v2c. ZTE writes into it how bad the event is."""
    user: bytes | None = None
    """The user of v3 who signed it; None for v2c."""
    reply: bytes | None = None
    """What an inform is answered with, or it comes again; None for a trap."""


class Happening(enum.StrEnum):
    """What an OLT says happened, as far as its vendor's names are known."""

    UP = "up"
    """An ONT came up, or an alarm about it ended."""
    DOWN = "down"
    """An ONT went down, for a cause that the OLT does not tell here."""
    LOS = "loss_of_signal"
    DYING_GASP = "dying_gasp"
    FOUND = "found"
    """An ONT that nobody registered."""


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor's reader made of a notification: where to look, and what for."""

    kind: Oid
    """How the vendor names it, so that one which nobody knows is told of once."""
    happening: Happening | None = None
    """None where the vendor's names do not tell; where to look may be known all the same."""
    port: PonPort | None = None
    ont_id: int | None = None
    serial: OntSerial | None = None


ReadNotification = Callable[[Notification], Hint]
"""Reads a notification as one vendor writes it; one that it does not know has no happening."""


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
    return told(
        content.varbinds,
        community=Secret(community.value.decode("latin-1")),
        reply=reply,
    )


def told(
    varbinds: list[VarBind],
    *,
    community: Secret | None = None,
    user: bytes | None = None,
    reply: bytes | None = None,
) -> Notification:
    """Take over what a notification tells."""
    variables = {
        str(each.oid.value): value
        for each in varbinds
        if isinstance(value := each.value.value, int | bytes | str)
    }
    name = variables.pop(_NAME, "")
    return Notification(
        name=name if isinstance(name, str) else "",
        variables=variables,
        community=community,
        user=user,
        reply=reply,
    )


def below(
    variables: Mapping[Oid, SnmpValue], column: Oid
) -> tuple[tuple[int, ...], SnmpValue] | None:
    """Find the first variable of a column, or a scalar; gives what follows the column, too."""
    for oid, value in variables.items():
        if f"{oid}.".startswith(f"{column}."):
            index = oid[len(column) + 1 :]
            return tuple(int(node) for node in index.split(".") if node), value
    return None
