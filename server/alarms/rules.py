"""When an alarm is raised and when it is cleared. Pure.

Raising and clearing have different thresholds, so that what wavers is one alarm and not a hundred.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from activation.requests import DownReason, Phase
from server.alarms.records import Alarm, AlarmKind, Expected, OntLight, OntState

STEADY_FOR: Final = timedelta(minutes=15)
"""So long an ONT has to be up before its alarm is cleared: three polls at the usual interval. One
that comes and goes is one alarm."""
DEGRADED_CDB: Final = 300
"""Half of the light is gone: a bend, a dirty connector, water. Also what the check of a new service
takes as strange between prediction and reading."""
RESTORED_CDB: Final = 200
"""One dB nearer to the baseline: readings of one ONT move by some tenths of a dB over a day."""
SILENT_POLLS: Final = 2
"""One lost datagram is no silence."""

_KINDS: Final[Mapping[DownReason, AlarmKind]] = {
    DownReason.LIGHT: AlarmKind.LOSS_OF_SIGNAL,
    DownReason.UNKNOWN: AlarmKind.LOSS_OF_SIGNAL,
    DownReason.POWER: AlarmKind.DYING_GASP,
}
"""What was switched off by order is no alarm."""
_OF_A_POLL: Final = frozenset(_KINDS.values())


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm to raise."""

    service_id: UUID
    kind: AlarmKind
    detail: str


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the alarms of a port, or of one ONT."""

    raised: tuple[Raised, ...] = ()
    cleared: tuple[UUID, ...] = ()
    """Alarms, by id."""


def after_poll(expected: Sequence[Expected], known: Iterable[Alarm], now: datetime) -> Changes:
    """Tell what the states of a port make of its open alarms.

    An ONT that belongs to a fault of the plant has no alarm of its own, and a service that runs no
    longer has none at all. A state that is not known changes nothing.
    """
    by_service = {each.service_id: each for each in expected}
    open_now: set[tuple[UUID, AlarmKind]] = set()
    cleared: list[UUID] = []
    for alarm in known:
        each = by_service.get(alarm.service_id) if alarm.service_id else None
        if each is None or (alarm.kind in _OF_A_POLL and _is_past(alarm.kind, each, now)):
            cleared.append(alarm.id)
        else:
            open_now.add((each.service_id, alarm.kind))
    raised: list[Raised] = []
    for each in expected:
        kind = _kind_of(each)
        if kind is not None and (each.service_id, kind) not in open_now:
            cause = each.state.cause if each.state else None
            raised.append(Raised(service_id=each.service_id, kind=kind, detail=cause or ""))
    return Changes(raised=tuple(raised), cleared=tuple(cleared))


def after_reading(light: OntLight, is_open: Alarm | None) -> Changes:
    """Tell what a light reading makes of the degradation alarm of its ONT."""
    if light.baseline_cdbm is None or light.rx_cdbm is None:
        return Changes()
    lost_cdb = light.baseline_cdbm - light.rx_cdbm
    if is_open is not None:
        return Changes(cleared=(is_open.id,)) if lost_cdb <= RESTORED_CDB else Changes()
    if lost_cdb < DEGRADED_CDB:
        return Changes()
    detail = f"{lost_cdb / 100:.1f} dB less than when it went live"
    raised = Raised(service_id=light.service_id, kind=AlarmKind.DEGRADATION, detail=detail)
    return Changes(raised=(raised,))


def read_light(before: OntLight, serial: str, rx_cdbm: int, now: datetime) -> OntLight:
    """Take over a reading. An ONT of which no first reading is known is compared with this one.

    Another serial is another receiver, so nothing of the old one is comparable.
    """
    known = before.baseline_cdbm if before.serial == serial else None
    return msgspec.structs.replace(
        before,
        serial=serial,
        baseline_cdbm=rx_cdbm if known is None else known,
        rx_cdbm=rx_cdbm,
        measured_at=now,
    )


def _kind_of(each: Expected) -> AlarmKind | None:
    state = each.state
    if state is None or state.phase is not Phase.OFFLINE or each.fault_id is not None:
        return None
    return _KINDS.get(state.reason)


def _is_past(kind: AlarmKind, each: Expected, now: datetime) -> bool:
    if each.fault_id is not None:
        return True
    return _is_steady(each.state, now) or _is_of_another_kind(kind, each)


def _is_steady(state: OntState | None, now: datetime) -> bool:
    return state is not None and state.phase is Phase.ONLINE and now - state.since >= STEADY_FOR


def _is_of_another_kind(kind: AlarmKind, each: Expected) -> bool:
    state = each.state
    return state is not None and state.phase is Phase.OFFLINE and _kind_of(each) is not kind
