"""From the poll of one port to states, and from states to faults of the plant. Pure.

A cut fiber is one thing to repair, however many ONTs it darkens. What belongs together is seen
from the plant: all that hangs on one port, one splitter or one terminal, and went dark at about one
time. An ONT that says before it dies that it lost its power is the subscriber's affair, and one
that was switched off by order is nobody's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from activation.requests import DownReason, Listing, Phase, PolledOnt
from server.alarms.records import PON_PORT, SPLITTER, TERMINAL, Branch, Expected, OntState

AT_LEAST: Final = 4
"""So many ONTs have to go dark together: fewer are dark by chance now and then, as when a house
loses its power without a dying gasp."""
SHARE: Final = 0.8
"""Of those on a branch that were up: a cut darkens all of them, and a few may have been unplugged
later, or come up on a stale reading."""
TOGETHER: Final = timedelta(minutes=15)
"""So far apart ONTs of one cut may be found dark: an OLT is polled port by port."""
CLEARED_SHARE: Final = 0.1
"""A fault is over when so few of its services are still dark: those have a fault of their own."""


class Dark(msgspec.Struct, frozen=True, kw_only=True):
    """A branch that went dark, and the services on it that did."""

    branch: Branch
    service_ids: tuple[UUID, ...]


def states_after(
    expected: Iterable[Expected], listing: Listing[PolledOnt], now: datetime
) -> tuple[OntState, ...]:
    """Tell the states that changed.

    An ONT that is not in the listing is unknown, and that only if the listing is complete; the same
    holds where another serial stands at its id.
    """
    seen = {each.ref.ont_id: each for each in listing.items}
    changed: list[OntState] = []
    for each in expected:
        polled = seen.get(each.ont_id)
        if polled is not None and polled.serial == each.serial:
            after = OntState(
                service_id=each.service_id,
                phase=polled.phase,
                since=now,
                reason=polled.reason if polled.phase is Phase.OFFLINE else DownReason.UNKNOWN,
                cause=polled.down_cause if polled.phase is Phase.OFFLINE else None,
            )
        elif listing.complete:
            after = OntState(service_id=each.service_id, phase=Phase.UNKNOWN, since=now)
        else:
            continue
        if not _is_same(each.state, after):
            changed.append(after)
    return tuple(changed)


def dark_branches(port_id: UUID, expected: Sequence[Expected], now: datetime) -> tuple[Dark, ...]:
    """Find the branches of a port that went dark lately, the largest first.

    What belongs to an open fault already is passed over. A branch below a dark one is not told
    again.
    """
    found: list[Dark] = []
    taken: set[UUID] = set()
    levels: tuple[tuple[str, Callable[[Expected], UUID]], ...] = (
        (PON_PORT, lambda _each: port_id),
        (SPLITTER, lambda each: each.splitter_id),
        (TERMINAL, lambda each: each.terminal_id),
    )
    for kind, branch_of in levels:
        for branch_id, members in _grouped(expected, branch_of).items():
            lost = [each.service_id for each in members if _is_lost(each, now)]
            lost = [service_id for service_id in lost if service_id not in taken]
            up = sum(_is_up(each) for each in members)
            if len(lost) >= AT_LEAST and len(lost) >= SHARE * (len(lost) + up):
                found.append(Dark(branch=(kind, branch_id), service_ids=tuple(lost)))
                taken.update(lost)
    return tuple(found)


def is_over(affected: int, dark: int) -> bool:
    """Say whether a fault is over: nearly all of its services are back.

    >>> is_over(1024, 103), is_over(1024, 102), is_over(4, 1), is_over(4, 0)
    (False, True, False, True)
    """
    return dark <= CLEARED_SHARE * affected


def _is_same(before: OntState | None, after: OntState) -> bool:
    return before is not None and (before.phase, before.reason, before.cause) == (
        after.phase,
        after.reason,
        after.cause,
    )


def _is_up(each: Expected) -> bool:
    return each.state is not None and each.state.phase is Phase.ONLINE


def _is_lost(each: Expected, now: datetime) -> bool:
    """Say whether an ONT lost its light lately, and no fault accounts for it yet."""
    state = each.state
    return (
        each.fault_id is None
        and state is not None
        and state.phase is Phase.OFFLINE
        and state.reason in {DownReason.LIGHT, DownReason.UNKNOWN}
        and now - state.since <= TOGETHER
    )


def _grouped(
    expected: Iterable[Expected], branch_of: Callable[[Expected], UUID]
) -> Mapping[UUID, Sequence[Expected]]:
    groups: dict[UUID, list[Expected]] = {}
    for each in expected:
        groups.setdefault(branch_of(each), []).append(each)
    return groups
