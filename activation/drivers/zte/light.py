"""Light levels and phases of one ONT, from ZTE's numbers. Pure."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

from activation.drivers.zte import oids
from activation.requests import ConfigState, DownReason, NotReadable, Phase, Reading
from activation.snmp import SnmpValue
from sync_protocol.units import RxPowerCdbm

_SIGN_BIT: Final = 0x8000
_SIXTEEN_BITS: Final = range(-0x8000, 0x10000)
_NO_VALUE: Final = NotReadable(reason="the OLT has no such value")
_NOT_MEASURED: Final = NotReadable(reason="nothing was measured")


def ont_light(raw: SnmpValue | None) -> Reading | NotReadable:
    """Read what the ONT measures: 16 bits with a sign, which some firmwares show without it.

    Zero is -30 dBm, at which no ONT stays up; it stands there before anything was measured.

    >>> ont_light(5450), ont_light(65_036)
    (Reading(power_cdbm=-1910), Reading(power_cdbm=-3100))
    >>> ont_light(65_535)
    NotReadable(reason='nothing was measured')
    """
    if not isinstance(raw, int):
        return _NO_VALUE
    if raw not in _SIXTEEN_BITS:
        return NotReadable(reason=f"raw value {raw} has more than 16 bits")
    if raw % 0x10000 in {0, oids.ONT_NOT_MEASURED}:
        return _NOT_MEASURED
    signed = raw - 0x10000 if raw >= _SIGN_BIT else raw
    return _level(Decimal(signed) / 5 - 3000, raw)


def olt_light(raw: SnmpValue | None) -> Reading | NotReadable:
    """Read what the OLT receives of the ONT, in thousandths of dBm.

    >>> olt_light(-21_504)
    Reading(power_cdbm=-2150)
    >>> olt_light(-80_000)
    NotReadable(reason='nothing was measured')
    """
    if not isinstance(raw, int):
        return _NO_VALUE
    if raw == 0 or raw <= oids.OLT_NOT_MEASURED:
        return _NOT_MEASURED
    return _level(Decimal(raw) / 10, raw)


def _level(hundredths: Decimal, raw: int) -> Reading | NotReadable:
    power_cdbm = int(hundredths.quantize(Decimal(1), ROUND_HALF_EVEN))
    try:
        return Reading(power_cdbm=msgspec.convert(power_cdbm, RxPowerCdbm))
    except msgspec.ValidationError:
        return NotReadable(reason=f"raw value {raw} is no light level")


class PhaseMeaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a phase says in our words."""

    phase: Phase
    config: ConfigState = ConfigState.UNKNOWN
    down_cause: str | None = None
    reason: DownReason = DownReason.UNKNOWN


# zxGponOntPhaseState. While the OLT brings its MIB into the ONT (2) the ONT is up and not ready.
_PHASES: Final[Mapping[int, PhaseMeaning]] = {
    0: PhaseMeaning(phase=Phase.OFFLINE, config=ConfigState.INITIAL),
    1: PhaseMeaning(phase=Phase.OFFLINE, down_cause="loss of signal", reason=DownReason.LIGHT),
    2: PhaseMeaning(phase=Phase.ONLINE, config=ConfigState.CONFIGURING),
    3: PhaseMeaning(phase=Phase.ONLINE, config=ConfigState.NORMAL),
    4: PhaseMeaning(
        phase=Phase.OFFLINE,
        down_cause="dying gasp: the ONT lost its power",
        reason=DownReason.POWER,
    ),
    5: PhaseMeaning(phase=Phase.OFFLINE, down_cause="authentication failed"),
    6: PhaseMeaning(phase=Phase.OFFLINE),
}


def phase_meaning(phase: SnmpValue | None, newer: SnmpValue | None) -> PhaseMeaning:
    """Put a phase into words: that of tree 1012 where it answers, else that of tree 1082.

    >>> phase_meaning(3, None) == phase_meaning(None, 4)
    True
    >>> phase_meaning(9, None).phase
    <Phase.UNKNOWN: 'unknown'>
    """
    number = phase
    if number is None and isinstance(newer, int):
        number = newer - oids.NEWER_PHASE_OFFSET
    unknown = PhaseMeaning(phase=Phase.UNKNOWN)
    return _PHASES.get(number, unknown) if isinstance(number, int) else unknown
