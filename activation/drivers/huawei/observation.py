"""State and light of one ONT, from Huawei's cells. Pure."""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from activation.drivers.huawei import oids
from activation.drivers.huawei.rows import Cells, number, serial_text
from activation.drivers.huawei.states import CONFIG_STATES, MATCH_STATES, RUN_STATES, down_cause
from activation.requests import (
    ConfigState,
    MatchState,
    NotReadable,
    Observation,
    OntRef,
    Phase,
    Reading,
)
from activation.snmp import Oid, SnmpValue
from sync_protocol.units import Metres, RxPowerCdbm

T = TypeVar("T")

_STATE_COLUMNS: Final = (
    oids.ONT_SERIAL,
    oids.ONT_RUN_STATE,
    oids.ONT_CONFIG_STATE,
    oids.ONT_MATCH_STATE,
    oids.ONT_DISTANCE,
    oids.ONT_DOWN_CAUSE,
    oids.ONT_ACTUAL_SERIAL,
)
_OPTICS_COLUMNS: Final = (oids.ONT_RX_POWER, oids.OLT_RX_POWER)


def state_cells(if_index: int, ont_id: int) -> tuple[Oid, ...]:
    """Name the cells that the OLT answers by itself."""
    return tuple(f"{column}.{if_index}.{ont_id}" for column in _STATE_COLUMNS)


def optics_cells(if_index: int, ont_id: int) -> tuple[Oid, ...]:
    """Name the cells for which the OLT asks the ONT; they are read apart, since they may fail."""
    return tuple(f"{column}.{if_index}.{ont_id}" for column in _OPTICS_COLUMNS)


def observation(
    ref: OntRef, if_index: int, state: Cells, optics: Cells | str
) -> Observation | None:
    """Put an observation together; None when no ONT is registered there.

    ``optics`` is a text when they could not be read: the reason.
    """
    registered, run, config, match, distance, cause, seen = (
        state.get(oid) for oid in state_cells(if_index, ref.ont_id)
    )
    if registered is None:
        return None
    ont_rx, olt_rx = _light(if_index, ref.ont_id, optics)
    return Observation(
        ref=ref,
        serial_registered=serial_text(registered),
        serial_seen=_told_serial(seen),
        phase=_state(RUN_STATES, run, Phase.UNKNOWN),
        config=_state(CONFIG_STATES, config, ConfigState.UNKNOWN),
        match=_state(MATCH_STATES, match, MatchState.UNKNOWN),
        distance_m=_metres(distance),
        down_cause=down_cause(number(cause)),
        ont_rx=ont_rx,
        olt_rx=olt_rx,
    )


def light(raw: SnmpValue | None, *, offset: int) -> Reading | NotReadable:
    """Read a light level; a sentinel or a value outside physics is none.

    >>> light(2_147_483_647, offset=0)
    NotReadable(reason='the OLT has not measured it')
    """
    level = number(raw)
    if level is None:
        return NotReadable(reason="the OLT has no such value")
    if level == oids.NOT_MEASURED:
        return NotReadable(reason="the OLT has not measured it")
    try:
        return Reading(power_cdbm=msgspec.convert(level - offset, RxPowerCdbm))
    except msgspec.ValidationError:
        return NotReadable(reason=f"raw value {level} is no light level")


def _light(
    if_index: int, ont_id: int, optics: Cells | str
) -> tuple[Reading | NotReadable, Reading | NotReadable]:
    if isinstance(optics, str):
        return NotReadable(reason=optics), NotReadable(reason=optics)
    by_ont, by_olt = (optics.get(oid) for oid in optics_cells(if_index, ont_id))
    return light(by_ont, offset=0), light(by_olt, offset=oids.OLT_RX_OFFSET)


def _told_serial(raw: SnmpValue | None) -> str | None:
    """Read the serial that the ONT tells; zeros stand there until it has."""
    if not isinstance(raw, bytes) or not raw.strip(b"\x00"):
        return None
    return serial_text(raw)


def _state(names: Mapping[int, T], raw: SnmpValue | None, unknown: T) -> T:
    value = number(raw)
    return unknown if value is None else names.get(value, unknown)


def _metres(raw: SnmpValue | None) -> int | None:
    try:
        return msgspec.convert(number(raw), Metres)
    except msgspec.ValidationError:
        return None
