"""Jobs over HTTP, for integrations and scripts; people use the pages."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from server.acts import Actor, act_of
from server.audit import AuditEntry
from server.database import Store
from server.jobs import commands, queries
from server.jobs.commands import Cancellation
from server.jobs.queries import JobFilter
from server.jobs.records import Job, JobLine
from server.people.doors import require_access
from server.people.records import DISPATCH, OFFICE, Scope
from sync_protocol.jobs import JobState


class Assignment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom a job is given."""

    technician_id: UUID


class Crew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who works on a job beside its assignee."""

    technician_ids: Annotated[tuple[UUID, ...], Meta(max_length=20)]


class JobController(Controller):
    """Seeing, assigning and cancelling jobs."""

    path = "/api/jobs"

    @get("/", guards=[require_access(Scope.JOBS_READ, *OFFICE)])
    async def list_page(
        self,
        store: NamedDependency[Store],
        job_state: Annotated[JobState | None, QueryParameter(name="state")] = None,
        assignee_id: FromQuery[UUID | None] = None,
        offset: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
    ) -> tuple[JobLine, ...]:
        """List jobs, unassigned first."""
        wanted = JobFilter(state=job_state, assignee_id=assignee_id)
        return await store.read(queries.list_page, wanted, offset=offset)

    @get("/{job_id:uuid}", guards=[require_access(Scope.JOBS_READ, *OFFICE)])
    async def show(self, store: NamedDependency[Store], job_id: FromPath[UUID]) -> Job:
        """Answer one job."""
        return await store.read(queries.get, job_id)

    @get("/{job_id:uuid}/timeline", guards=[require_access(Scope.JOBS_READ, *OFFICE)])
    async def show_timeline(
        self, store: NamedDependency[Store], job_id: FromPath[UUID]
    ) -> tuple[AuditEntry, ...]:
        """Answer what happened to a job, oldest first."""
        return await store.read(queries.timeline, job_id)

    @post("/{job_id:uuid}/assignment", guards=[require_access(Scope.JOBS_WRITE, *DISPATCH)])
    async def assign(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        job_id: FromPath[UUID],
        data: JSONBody[Assignment],
    ) -> Job:
        """Give a job to a technician."""
        return await store.write(commands.assign, job_id, data.technician_id, act=act_of(actor))

    @put("/{job_id:uuid}/crew", guards=[require_access(Scope.JOBS_WRITE, *DISPATCH)])
    async def set_crew(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        job_id: FromPath[UUID],
        data: JSONBody[Crew],
    ) -> Job:
        """Say who works on a job beside its assignee; an empty list sends them all away."""
        return await store.write(commands.set_crew, job_id, data.technician_ids, act=act_of(actor))

    @post("/{job_id:uuid}/cancellation", guards=[require_access(Scope.JOBS_WRITE, *DISPATCH)])
    async def cancel(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        job_id: FromPath[UUID],
        data: JSONBody[Cancellation],
    ) -> Job:
        """Call a job off."""
        return await store.write(commands.cancel, job_id, reason=data.reason, act=act_of(actor))
