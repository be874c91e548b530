"""What is ordered about a running service without a visit, over HTTP."""

from uuid import UUID

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from server.acts import Actor, act_of
from server.database import Store
from server.fulfilment import service_orders
from server.fulfilment.records import Intent
from server.fulfilment.service_orders import (
    ChangeOfProduct,
    Disconnection,
    Reprovisioning,
    ServiceOrder,
    Suspension,
    Wanted,
)
from server.people.doors import require_access
from server.people.records import Role, Scope


class ServiceController(Controller):
    """Orders about one service. The same order again answers what came of it."""

    path = "/api/services/{service_id:uuid}"
    guards = [  # noqa: RUF012  the framework reads a list
        require_access(Scope.ORDERS_WRITE, Role.DISPATCHER, Role.NOC, Role.ADMIN)
    ]

    @post("/suspend")
    async def suspend(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: JSONBody[Suspension],
    ) -> ServiceOrder:
        """Suspend it; one that is suspended already is so for one more reason."""
        wanted = Wanted(
            number=data.number, service_id=service_id, intent=Intent.SUSPEND, reason=data.reason
        )
        return await store.write(service_orders.place, wanted, act=act_of(actor))

    @post("/resume")
    async def resume(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: JSONBody[Suspension],
    ) -> ServiceOrder:
        """Lift a reason; it runs again when none holds."""
        wanted = Wanted(
            number=data.number, service_id=service_id, intent=Intent.RESUME, reason=data.reason
        )
        return await store.write(service_orders.place, wanted, act=act_of(actor))

    @post("/change")
    async def change(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: JSONBody[ChangeOfProduct],
    ) -> ServiceOrder:
        """Give it the newest version of another product."""
        wanted = Wanted(
            number=data.number, service_id=service_id, intent=Intent.CHANGE, product=data.product
        )
        return await store.write(service_orders.place, wanted, act=act_of(actor))

    @post("/reprovision")
    async def reprovision(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: JSONBody[Reprovisioning],
    ) -> ServiceOrder:
        """Register it again where its OLT has lost it, and set right what differs."""
        wanted = Wanted(number=data.number, service_id=service_id, intent=Intent.REPROVISION)
        return await store.write(service_orders.place, wanted, act=act_of(actor))

    @post("/disconnect")
    async def disconnect(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        service_id: FromPath[UUID],
        data: JSONBody[Disconnection],
    ) -> ServiceOrder:
        """End it; what stands at the premise stays there until somebody fetches it."""
        wanted = Wanted(
            number=data.number, service_id=service_id, intent=Intent.DISCONNECT, reason=data.reason
        )
        return await store.write(service_orders.place, wanted, act=act_of(actor))
