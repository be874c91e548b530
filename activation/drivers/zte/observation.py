"""State and light of one ONT, from ZTE's cells. Pure.

Each quantity stands in two trees, and a firmware answers in one of them or in both. All places are
asked in one request; the first that holds a value counts.
"""

from typing import Final

import msgspec

from activation.drivers.zte import oids
from activation.drivers.zte.light import olt_light, ont_light, phase_meaning
from activation.drivers.zte.rows import Cells, PortIndex, number, port_cells, serial_of, serial_text
from activation.requests import MatchState, NotReadable, Observation, OntRef, Reading
from activation.snmp import Oid, SnmpValue
from sync_protocol.units import Metres

# 60 km is the reach of GPON (G.984.1); what is beyond it is not in metres.
_REACH_M: Final = 60_000
_OF_ONT: Final = ".1"
"""The only optics of an ONT."""


def state_cells(index: PortIndex, ont_id: int) -> tuple[Oid, ...]:
    """Name the cells that the OLT answers by itself, behind those of the port."""
    old, newer = f"{index.pon}.{ont_id}", f"{index.newer}.{ont_id}"
    return (
        *port_cells(index),
        f"{oids.ONT_SERIAL}.{old}",
        f"{oids.ONT_PHASE}.{old}",
        f"{oids.ONT_PHASE_NEWER}.{newer}",
        f"{oids.ONT_DISTANCE}.{old}",
        f"{oids.ONT_DISTANCE_NEWER}.{newer}",
        f"{oids.ONT_TOLD_SERIAL}.{old}",
        f"{oids.ONT_TOLD_SERIAL_NEWER}.{newer}",
    )


def optics_cells(index: PortIndex, ont_id: int) -> tuple[Oid, ...]:
    """Name the cells for which the OLT asks the ONT; they are read apart, since they may fail."""
    old, newer = f"{index.pon}.{ont_id}", f"{index.newer}.{ont_id}"
    return (
        f"{oids.ONT_RX_POWER}.{old}{_OF_ONT}",
        f"{oids.ONT_RX_POWER_NEWER}.{newer}{_OF_ONT}",
        f"{oids.OLT_RX_POWER}.{old}",
        f"{oids.OLT_RX_POWER_NEWER}.{newer}",
    )


def observation(
    ref: OntRef, index: PortIndex, state: Cells, optics: Cells | str
) -> Observation | None:
    """Put an observation together; None when no ONT is registered there.

    ``optics`` is a text when they could not be read: the reason.
    """
    _, _, registered, phase, newer_phase, *others = (
        state.get(oid) for oid in state_cells(index, ref.ont_id)
    )
    distance, newer_distance, told, newer_told = others
    if registered is None:
        return None
    meaning = phase_meaning(phase, newer_phase)
    by_ont, by_olt = _light(index, ref.ont_id, optics)
    return Observation(
        ref=ref,
        serial_registered=serial_text(registered),
        serial_seen=serial_of(told) or serial_of(newer_told),
        phase=meaning.phase,
        config=meaning.config,
        match=MatchState.UNKNOWN,
        distance_m=_metres(distance) or _metres(newer_distance),
        down_cause=meaning.down_cause,
        ont_rx=by_ont,
        olt_rx=by_olt,
    )


def _light(
    index: PortIndex, ont_id: int, optics: Cells | str
) -> tuple[Reading | NotReadable, Reading | NotReadable]:
    if isinstance(optics, str):
        return NotReadable(reason=optics), NotReadable(reason=optics)
    ont, newer_ont, olt, newer_olt = (optics.get(oid) for oid in optics_cells(index, ont_id))
    return (
        ont_light(newer_ont if ont is None else ont),
        olt_light(newer_olt if olt is None else olt),
    )


def _metres(raw: SnmpValue | None) -> int | None:
    """Read a distance; 0 is what stands there while nothing was ranged."""
    try:
        metres = msgspec.convert(number(raw), Metres)
    except msgspec.ValidationError:
        return None
    return metres if 0 < metres <= _REACH_M else None
