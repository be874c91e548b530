"""The page about the network, from records to its view. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from server.alarms.records import FaultKind, PlantFault
from server.alarms.storage import NamedFault
from server.alarms.views import FaultView, NetworkView
from server.console import wording
from server.console.views import frame
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
_ZONE: Final = "UTC"


def network_view(
    open_faults: Sequence[NamedFault], past_faults: Sequence[NamedFault], signed_in: SignedIn
) -> NetworkView:
    """Say what the page says."""
    return NetworkView(
        frame=frame(signed_in, "Network", section=SECTION),
        open_faults=tuple(map(_fault_view, open_faults)),
        past_faults=tuple(map(_fault_view, past_faults)),
    )


def _fault_view(named: NamedFault) -> FaultView:
    fault = named.fault
    shown = ", ".join(named.branches[:_BRANCHES_SHOWN])
    more = len(named.branches) - _BRANCHES_SHOWN
    return FaultView(
        title=f"{_PARTS[fault.kind]} {_verb(fault)} dark",
        state=_state(fault),
        where=f"{named.olt}: {shown}{f' and {more} more' if more > 0 else ''}",
        since=_period(fault),
        affected=f"{fault.affected:,} services",
        dark="none" if fault.cleared_at else f"{fault.dark:,}",
        services_url=f"/api/plant-faults/{fault.id}/services",
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
