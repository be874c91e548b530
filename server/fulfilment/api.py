"""Processes over HTTP: how an activation stands, and trying again what is stuck."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from server.acts import Actor, act_of
from server.database import Store
from server.fulfilment import commands, flows, queries
from server.fulfilment.flows import ProductsOnOlt
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

    @get("/product-flows", guards=[require_access(Scope.JOBS_READ, *OFFICE)])
    async def list_flows(
        self,
        store: NamedDependency[Store],
        *,
        olt: Annotated[str, QueryParameter(min_length=1, max_length=80)],
        after: Annotated[str, QueryParameter(max_length=40)] = "",
    ) -> ProductsOnOlt:
        """Answer what an OLT is asked for each product, and what of it is the OLT's own."""
        return await store.read(flows.list_on_olt, olt, after=after)

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
