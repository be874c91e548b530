"""Proposals over HTTP: what technicians propose to correct, and deciding it."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from server.acts import Actor, act_of
from server.database import Store
from server.people.doors import require_access
from server.people.records import DISPATCH, OFFICE, Scope
from server.proposals import commands, queries
from server.proposals.records import Decision, Proposal, ProposalLine, ProposalState


class ProposalController(Controller):
    """What the field says is wrong in our data."""

    path = "/api/proposals"

    @get("/", guards=[require_access(Scope.JOBS_READ, *OFFICE)])
    async def index(
        self,
        store: NamedDependency[Store],
        proposal_state: Annotated[ProposalState | None, QueryParameter(name="state")] = None,
        offset: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
    ) -> tuple[ProposalLine, ...]:
        """List proposals, oldest first."""
        return await store.read(queries.list_page, state=proposal_state, offset=offset)

    @post(
        "/{proposal_id:uuid}/decision",
        guards=[require_access(Scope.JOBS_WRITE, *DISPATCH)],
        status_code=200,
    )
    async def decide(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        proposal_id: FromPath[UUID],
        data: JSONBody[Decision],
    ) -> Proposal:
        """Accept or decline a proposal."""
        return await store.write(commands.decide, proposal_id, data.ruling, act=act_of(actor))
