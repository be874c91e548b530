"""Light levels and states of one ONT, from V-SOL's texts and numbers. Pure."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

from activation.requests import ConfigState, NotReadable, Phase, Reading
from activation.snmp import SnmpValue
from sync_protocol.units import RxPowerCdbm

# "-28.530(dBm)" on a real OLT (NANO in ``oids``); some firmwares leave the unit out.
_LEVEL: Final = re.compile(r"\s*(?P<level>[+-]?[0-9]{1,3}(?:\.[0-9]{1,4})?)\s*(?:\(dBm\)|dBm)?\s*")
_DARK_CDBM: Final = -4000
"""Diagnostics of optics end at 0.1 uW (SFF-8472); what is shown from there on is darkness."""


def light(raw: SnmpValue | None) -> Reading | NotReadable:
    """Read a light level as V-SOL writes it; a sentinel or a value outside physics is none.

    >>> light(b"-28.530(dBm)")
    Reading(power_cdbm=-2853)
    >>> light(b"N/A")
    NotReadable(reason="'N/A' is no light level")
    """
    if raw is None:
        return NotReadable(reason="the OLT has no such value")
    if not isinstance(raw, bytes):
        return NotReadable(reason=f"{raw!r} is no text")
    text = raw.rstrip(b"\x00").decode("ascii", errors="replace")
    match = _LEVEL.fullmatch(text)
    if match is None:
        return NotReadable(reason=f"{text!r} is no light level")
    hundredths = (Decimal(match["level"]) * 100).quantize(Decimal(1), ROUND_HALF_EVEN)
    return _measured(int(hundredths), text)


def _measured(power_cdbm: int, text: str) -> Reading | NotReadable:
    if power_cdbm == 0:
        return NotReadable(reason=f"{text!r} is what stands there when nothing was measured")
    if power_cdbm <= _DARK_CDBM:
        return NotReadable(reason=f"{text!r} is darkness")
    try:
        return Reading(power_cdbm=msgspec.convert(power_cdbm, RxPowerCdbm))
    except msgspec.ValidationError:
        return NotReadable(reason=f"{text!r} is no light level")


class PhaseMeaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a phase says in our words."""

    phase: Phase
    config: ConfigState = ConfigState.UNKNOWN
    down_cause: str | None = None


# gOnuStaInfoPhaseSta. While the OLT brings its MIB into the ONT (2) the ONT is up and not ready.
PHASES: Final[Mapping[int, PhaseMeaning]] = {
    0: PhaseMeaning(phase=Phase.OFFLINE, config=ConfigState.INITIAL),
    1: PhaseMeaning(phase=Phase.OFFLINE, down_cause="loss of signal"),
    2: PhaseMeaning(phase=Phase.ONLINE, config=ConfigState.CONFIGURING),
    3: PhaseMeaning(phase=Phase.ONLINE, config=ConfigState.NORMAL),
    4: PhaseMeaning(phase=Phase.OFFLINE, down_cause="dying gasp: the ONT lost its power"),
    5: PhaseMeaning(phase=Phase.OFFLINE, down_cause="authentication failed"),
    6: PhaseMeaning(phase=Phase.OFFLINE),
}


def phase_meaning(raw: SnmpValue | None) -> PhaseMeaning:
    """Put a phase into words; a number that the MIB does not name is unknown.

    >>> phase_meaning(3).phase, phase_meaning(9).phase
    (<Phase.ONLINE: 'online'>, <Phase.UNKNOWN: 'unknown'>)
    """
    unknown = PhaseMeaning(phase=Phase.UNKNOWN)
    return PHASES.get(raw, unknown) if isinstance(raw, int) else unknown
