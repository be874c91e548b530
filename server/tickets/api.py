"""Tickets over HTTP, from the system that keeps them."""

from litestar import Controller, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from server.acts import Actor, act_of
from server.database import Store
from server.people.doors import require_access
from server.people.records import DISPATCH, Scope
from server.tickets import commands
from server.tickets.commands import Ticket


class TicketController(Controller):
    """Telling of tickets."""

    path = "/api/tickets"

    @put("/{external_id:str}", guards=[require_access(Scope.TICKETS_WRITE, *DISPATCH)])
    async def keep(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        external_id: FromPath[str],
        data: JSONBody[Ticket],
    ) -> Ticket:
        """Keep a ticket as it is now; one that is closed is shown to no technician any more."""
        return await store.write(commands.put, external_id, data, act=act_of(actor))
