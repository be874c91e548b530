"""Where OLTs and records differ, over HTTP."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from server.acts import Actor, act_of
from server.adoption import storage
from server.adoption.records import Drift, OltRead
from server.adoption.repairing import MAY_REPAIR, Repair, order_all
from server.database import Connection, Store
from server.imports.rows import ExternalId
from server.people.doors import require_access
from server.people.records import OFFICE, Scope

PAGE_MAX: Final = storage.DRIFTS_MAX


class OltReprovisioning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The OLT that is to be brought back to the records, by the id it was imported under."""

    olt: ExternalId
    differing: bool = False
    """Not only what is missing, but also what is configured otherwise than the records say."""


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


class RepairController(Controller):
    """Bringing an OLT back to the records, where a person orders it."""

    path = "/api/network/drift/reprovision"

    @post("/", guards=[require_access(Scope.ORDERS_WRITE, *MAY_REPAIR)])
    async def reprovision(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        data: JSONBody[OltReprovisioning],
    ) -> Repair:
        """Order it for each service that is missing, or differs, by the last reading."""
        act = act_of(actor)
        return await order_all(store, data.olt, differing=data.differing, act=act)


def list_page(db: Connection, olt: str, *, after: UUID | None, limit: int) -> tuple[Drift, ...]:
    """List a page of differences and one more.

    Raises:
        NotFound: no such OLT.
    """
    olt_id = storage.get_olt(db, olt).id if olt else None
    return storage.list_drifts(db, olt_id, after=after, limit=limit + 1)
