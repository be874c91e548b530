"""Whom a fault of the plant concerns: what the page reads, a part at a time, and its view."""

from typing import Final
from uuid import UUID

import msgspec

from server.alarms import storage
from server.alarms.list_view import PATH, SECTION, title_of
from server.alarms.storage import NamedFault
from server.console.views import frame
from server.database import Connection
from server.jobs.views import Chip
from server.jobs.words import Tone
from server.people.records import SignedIn
from server.support import search
from server.support.search import FoundService
from server.support.service_view import found_view
from server.support.views import AffectedView

SHOWN: Final = 50
_BACK: Final = Chip(label="Back", tone=Tone.GOOD)
_DARK: Final = Chip(label="Dark", tone=Tone.ATTENTION)
_DARK_TO_THE_END: Final = Chip(label="Dark when it ended", tone=Tone.WAITING)
"""Once a fault is over nobody counts who comes back: it may be on again."""


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the services that a fault took off the network."""

    named: NamedFault
    found: tuple[FoundService, ...]
    back: frozenset[UUID]
    after: UUID | None
    has_more: bool


def load(db: Connection, fault_id: UUID, after: UUID | None) -> Affected:
    """Read one page, in one snapshot.

    Raises:
        NotFound: no such fault.
    """
    named = storage.get_named(db, fault_id)
    ids = storage.list_affected(db, fault_id, after=after, limit=SHOWN + 1)
    return Affected(
        named=named,
        found=search.list_by_id(db, ids[:SHOWN]),
        back=frozenset(storage.list_back(db, fault_id, ids[:SHOWN])),
        after=after,
        has_more=len(ids) > SHOWN,
    )


def affected_view(affected: Affected, *, signed_in: SignedIn) -> AffectedView:
    """Say what the page says."""
    fault, found = affected.named.fault, affected.found
    away = _DARK if fault.cleared_at is None else _DARK_TO_THE_END
    url = f"{PATH}/faults/{fault.id}"
    return AffectedView(
        frame=frame(signed_in, "Affected services", section=SECTION),
        title=f"{title_of(fault)}: {affected.named.olt}",
        rows=tuple(
            found_view(each, state=_BACK if each.id in affected.back else away) for each in found
        ),
        first_url=url if affected.after else None,
        next_url=f"{url}?after={found[-1].id}" if affected.has_more else None,
    )
