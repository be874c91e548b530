"""Where OLTs and records differ, over HTTP."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from server.adoption import storage
from server.adoption.records import Drift, OltRead
from server.database import Connection, Store
from server.people.doors import require_access
from server.people.records import OFFICE, Scope

PAGE_MAX: Final = storage.DRIFTS_MAX


class DriftPage(msgspec.Struct, frozen=True, kw_only=True):
    """Differences, what was seen first at the top; ask on with ``after`` while ``more``."""

    drifts: tuple[Drift, ...]
    more: bool


class AdoptionController(Controller):
    """What OLTs were found to hold. Nothing of it is ever repaired by itself."""

    path = "/api/network"
    guards = (require_access(Scope.JOBS_READ, *OFFICE),)

    @get("/drift")
    async def list_drift(
        self,
        store: NamedDependency[Store],
        olt: FromQuery[str] = "",
        after: FromQuery[UUID | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    ) -> DriftPage:
        """List the differences of one OLT, named by the id it was imported under, or of all."""
        found = await store.read(list_page, olt, after=after, limit=limit)
        return DriftPage(drifts=found[:limit], more=len(found) > limit)

    @get("/readings")
    async def list_readings(self, store: NamedDependency[Store]) -> tuple[OltRead, ...]:
        """List when each OLT was read, those with the most differences first."""
        return await store.read(storage.list_readings)


def list_page(db: Connection, olt: str, *, after: UUID | None, limit: int) -> tuple[Drift, ...]:
    """List a page of differences and one more.

    Raises:
        NotFound: no such OLT.
    """
    olt_id = storage.get_olt(db, olt).id if olt else None
    return storage.list_drifts(db, olt_id, after=after, limit=limit + 1)
