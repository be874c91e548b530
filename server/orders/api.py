"""Orders over HTTP."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from server.acts import Actor, act_of
from server.database import Store
from server.fulfilment import order_standing
from server.fulfilment.order_standing import OrderStanding
from server.orders import commands
from server.orders.records import PlacedOrder, WantedOrder
from server.people.doors import require_access
from server.people.records import DISPATCH, OFFICE, Scope


class OrderController(Controller):
    """Placing orders and asking what came of them."""

    path = "/api/orders"

    @post("/", guards=[require_access(Scope.ORDERS_WRITE, *DISPATCH)])
    async def place(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        data: JSONBody[WantedOrder],
    ) -> PlacedOrder:
        """Place an order; the same order again answers what came of it the first time."""
        return await store.write(commands.place, data, act=act_of(actor))

    @get("/{number:str}", guards=[require_access(Scope.ORDERS_READ, *OFFICE)])
    async def show(self, store: NamedDependency[Store], number: FromPath[str]) -> OrderStanding:
        """Answer one order by its number, and what it waits for."""
        return await store.read(order_standing.get, number)
