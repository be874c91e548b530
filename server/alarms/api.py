"""Faults of the plant and states of ONTs over HTTP."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from server.alarms import alarm_storage, storage
from server.alarms.records import Alarm, OntLight, OntState, PlantFault
from server.database import Store
from server.people.doors import require_access
from server.people.records import OFFICE, Scope
from server.problems import NotFound

PAGE_MAX: Final = 500


class AffectedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Services that a fault took off the network; ask on with ``after`` while ``more``."""

    service_ids: tuple[UUID, ...]
    more: bool


class ServiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """How the ONT of a service stands by its last poll, and what is to blame if that is known."""

    state: OntState
    fault_id: UUID | None
    light: OntLight | None = None
    alarms: tuple[Alarm, ...] = ()


class AlarmController(Controller):
    """What is wrong in the plant, and whom it concerns."""

    path = "/api"
    guards = (require_access(Scope.JOBS_READ, *OFFICE),)

    @get("/plant-faults")
    async def list_faults(
        self,
        store: NamedDependency[Store],
        *,
        cleared: FromQuery[bool] = False,
        older_than: FromQuery[UUID | None] = None,
    ) -> tuple[PlantFault, ...]:
        """List the faults that are open, or that are over; the newest first, a page at a time."""
        return await store.read(storage.list_faults, is_open=not cleared, older_than=older_than)

    @get("/alarms")
    async def list_alarms(
        self,
        store: NamedDependency[Store],
        *,
        cleared: FromQuery[bool] = False,
        older_than: FromQuery[UUID | None] = None,
    ) -> tuple[Alarm, ...]:
        """List the alarms that are open, or that are over; the newest first, a page at a time."""
        return await store.read(
            alarm_storage.list_alarms, is_open=not cleared, older_than=older_than
        )

    @get("/plant-faults/{fault_id:uuid}/services")
    async def list_affected(
        self,
        store: NamedDependency[Store],
        fault_id: FromPath[UUID],
        after: FromQuery[UUID | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    ) -> AffectedPage:
        """List whom a fault took off the network, by id."""
        found = await store.read(storage.list_affected, fault_id, after=after, limit=limit + 1)
        return AffectedPage(service_ids=found[:limit], more=len(found) > limit)

    @get("/services/{service_id:uuid}/line")
    async def show_line(
        self, store: NamedDependency[Store], service_id: FromPath[UUID]
    ) -> ServiceLine:
        """Answer how the ONT of a service stands."""
        found = await store.read(storage.find_state, service_id)
        if found is None:
            raise NotFound("polled service", service_id)
        return ServiceLine(
            state=found[0],
            fault_id=found[1],
            light=await store.read(alarm_storage.find_light, service_id),
            alarms=await store.read(alarm_storage.list_of_service, service_id),
        )
