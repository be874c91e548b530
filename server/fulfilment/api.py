"""Processes over HTTP: how an activation stands, and trying again what is stuck."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.acts import Actor, act_of
from server.database import Store
from server.fulfilment import commands, queries
from server.fulfilment.queries import Fulfilment
from server.fulfilment.records import Process
from server.people.doors import require_access
from server.people.records import OFFICE, Role, Scope


class FulfilmentController(Controller):
    """What became of a job's completion."""

    path = "/api"

    @get("/jobs/{job_id:uuid}/fulfilment", guards=[require_access(Scope.JOBS_READ, *OFFICE)])
    async def show(self, store: NamedDependency[Store], job_id: FromPath[UUID]) -> Fulfilment:
        """Answer the service, the processes with their attempts, and the inbox of a job."""
        return await store.read(queries.of_job, job_id)

    @post(
        "/processes/{process_id:uuid}/retry",
        guards=[require_access(Scope.JOBS_WRITE, Role.NOC, Role.ADMIN)],
    )
    async def retry(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        process_id: FromPath[UUID],
    ) -> Process:
        """Let a stuck or held process go on at once."""
        return await store.write(commands.retry, process_id, act=act_of(actor))

    @post(
        "/processes/{process_id:uuid}/cancel",
        guards=[require_access(Scope.JOBS_WRITE, Role.NOC, Role.ADMIN)],
    )
    async def cancel(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        process_id: FromPath[UUID],
    ) -> Process:
        """Call a process off; what it made on the OLT is taken back first."""
        return await store.write(commands.cancel, process_id, act=act_of(actor))
