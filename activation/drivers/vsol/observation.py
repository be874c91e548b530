"""State and light of one ONT, from V-SOL's cells. Pure."""

import msgspec

from activation.drivers.vsol import oids
from activation.drivers.vsol.light import light, phase_meaning
from activation.drivers.vsol.rows import Cells, number, serial_text, text
from activation.requests import MatchState, NotReadable, Observation, OntRef
from activation.snmp import Oid, SnmpValue
from sync_protocol.units import Metres


def state_cells(ref: OntRef) -> tuple[Oid, ...]:
    """Name the cells that the OLT answers by itself, and the serial that the ONT tells."""
    columns = (oids.ONT_SERIAL, oids.ONT_PHASE, oids.ONT_DISTANCE, oids.ONT_ACTUAL_SERIAL)
    return tuple(f"{column}.{ref.port.port}.{ref.ont_id}" for column in columns)


def optics_cells(ref: OntRef) -> tuple[Oid, ...]:
    """Name the light levels; they are read apart, since they may fail."""
    columns = (oids.ONT_RX_POWER, oids.OLT_RX_POWER)
    return tuple(f"{column}.{ref.port.port}.{ref.ont_id}" for column in columns)


def observation(ref: OntRef, state: Cells, optics: Cells | str) -> Observation | None:
    """Put an observation together; None when no ONT is registered there.

    ``optics`` is a text when they could not be read: the reason.
    """
    registered, phase, distance, told = (state.get(oid) for oid in state_cells(ref))
    if not text(registered):
        return None
    meaning = phase_meaning(phase)
    if isinstance(optics, str):
        levels = (NotReadable(reason=optics), NotReadable(reason=optics))
    else:
        by_ont, by_olt = (optics.get(oid) for oid in optics_cells(ref))
        levels = (light(by_ont), light(by_olt))
    return Observation(
        ref=ref,
        serial_registered=serial_text(registered),
        serial_seen=serial_text(told) or None,
        phase=meaning.phase,
        config=meaning.config,
        match=MatchState.UNKNOWN,
        distance_m=_metres(distance),
        down_cause=meaning.down_cause,
        ont_rx=levels[0],
        olt_rx=levels[1],
    )


def _metres(raw: SnmpValue | None) -> int | None:
    """Read a distance; 0 is what stands there while nothing was ranged."""
    try:
        return msgspec.convert(number(raw), Metres) or None
    except msgspec.ValidationError:
        return None
