"""The page about the network: what it reads, and the view of it."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from server.alarms import alarm_storage, storage
from server.alarms.alarm_storage import NamedAlarm
from server.alarms.records import FaultKind, PlantFault
from server.alarms.storage import NamedFault
from server.alarms.views import AlarmView, FaultView, NetworkStateView, NetworkView
from server.alarms.words import SEVERITY_TONES, alarm_words
from server.console import wording
from server.console.views import frame
from server.console.wording import phrase
from server.database import Connection
from server.jobs.views import Chip
from server.jobs.words import Tone
from server.people.records import SignedIn

SECTION: Final = "network"
PATH: Final = "/network"
_PARTS: Final[Mapping[FaultKind, str]] = {
    FaultKind.FEEDER: "Several PON ports",
    FaultKind.PORT: "A PON port",
    FaultKind.SPLITTER: "A splitter",
    FaultKind.TERMINAL: "A terminal",
}
_BRANCHES_SHOWN: Final = 12
PAST_SHOWN: Final = 20
ALARMS_SHOWN: Final = 50
_ZONE: Final = "UTC"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows, read in one snapshot."""

    open_faults: tuple[NamedFault, ...]
    past_faults: tuple[NamedFault, ...]
    alarms: tuple[NamedAlarm, ...]
    """One more than a page holds says that there are older ones."""


def load(db: Connection, older_than: UUID | None) -> Shown:
    """Read what the page shows."""
    return Shown(
        open_faults=storage.list_named(db, is_open=True, limit=storage.FAULTS_MAX),
        past_faults=storage.list_named(db, is_open=False, limit=PAST_SHOWN),
        alarms=alarm_storage.list_named(db, older_than=older_than, limit=ALARMS_SHOWN + 1),
    )


def network_view(shown: Shown, older_than: UUID | None, signed_in: SignedIn) -> NetworkView:
    """Say what the page says."""
    asked = f"?older_than={older_than}" if older_than else ""
    return NetworkView(
        frame=frame(signed_in, "Network", section=SECTION),
        live_url=f"{PATH}/live{asked}",
        moving=state_view(shown, older_than),
    )


def state_view(shown: Shown, older_than: UUID | None) -> NetworkStateView:
    """Say what moves of it."""
    alarms = shown.alarms[:ALARMS_SHOWN]
    has_more = len(shown.alarms) > len(alarms)
    return NetworkStateView(
        open_faults=tuple(map(_fault_view, shown.open_faults)),
        past_faults=tuple(map(_fault_view, shown.past_faults)),
        alarms=tuple(map(_alarm_view, alarms)),
        first_url=PATH if older_than else None,
        next_url=f"{PATH}?older_than={alarms[-1].alarm.id}" if has_more else None,
    )


def title_of(fault: PlantFault) -> str:
    """Say in a few words what is dark."""
    return f"{_PARTS[fault.kind]} {_verb(fault)} dark"


def _alarm_view(named: NamedAlarm) -> AlarmView:
    alarm = named.alarm
    place = named.olt if named.address is None else f"{named.address}, {named.city}; {named.olt}"
    return AlarmView(
        title=alarm_words(alarm.kind),
        severity=Chip(label=phrase(alarm.severity), tone=SEVERITY_TONES[alarm.severity]),
        where=place,
        since=f"since {wording.moment(alarm.raised_at, named.zone or _ZONE)}",
        detail=alarm.detail,
        service_url=None if alarm.service_id is None else f"/services/{alarm.service_id}",
    )


def _fault_view(named: NamedFault) -> FaultView:
    fault = named.fault
    shown = ", ".join(named.branches[:_BRANCHES_SHOWN])
    more = len(named.branches) - _BRANCHES_SHOWN
    return FaultView(
        title=title_of(fault),
        state=_state(fault),
        where=f"{named.olt}: {shown}{f' and {more} more' if more > 0 else ''}",
        since=_period(fault),
        affected=f"{fault.affected:,} services",
        dark="none" if fault.cleared_at else f"{fault.dark:,}",
        services_url=f"{PATH}/faults/{fault.id}",
    )


def _verb(fault: PlantFault) -> str:
    is_many = fault.kind is FaultKind.FEEDER
    if fault.cleared_at is None:
        return "are" if is_many else "is"
    return "were" if is_many else "was"


def _state(fault: PlantFault) -> Chip:
    if fault.cleared_at is not None:
        return Chip(label="Over", tone=Tone.GOOD)
    if fault.dark < fault.affected:
        return Chip(label="Coming back", tone=Tone.WAITING)
    return Chip(label="Dark", tone=Tone.ATTENTION)


def _period(fault: PlantFault) -> str:
    if fault.cleared_at is not None:
        return wording.window(fault.raised_at, fault.cleared_at, _ZONE)
    begun = f"{wording.day(fault.raised_at, _ZONE)}, {wording.clock(fault.raised_at, _ZONE)}"
    return f"since {begun}"
