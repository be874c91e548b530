"""Taking orders."""

from datetime import datetime

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.jobs import commands as job_commands
from server.jobs.commands import InstallRequest
from server.orders import queries, storage
from server.orders.records import ADD, InstallOrder, Order, OrderItem, OrderState, PlacedOrder
from server.plant import routes
from server.problems import Conflicting
from server.services import storage as services
from server.services.records import Service, ServiceState


def require_same(before: InstallOrder, wanted: InstallOrder) -> None:
    """Refuse a number that stands for another order already.

    Raises:
        Conflicting: names every field that differs, as it was and as it came now.
    """
    differences = [
        f"{name} was {_written(was)}, now {_written(now)}"
        for name in wanted.__struct_fields__
        if (was := getattr(before, name)) != (now := getattr(wanted, name))
    ]
    if differences:
        raise Conflicting(
            f"order {wanted.number!r} was placed before with other content: "
            f"{'; '.join(differences)}. Repeat it as it was, or give this one another number"
        )


def _written(value: str | datetime) -> str:
    return repr(value) if isinstance(value, str) else value.isoformat()


def place_install(db: Connection, wanted: InstallOrder, *, act: Act) -> Written[PlacedOrder]:
    """Take an order for a new service: the order, its item, the designed service and the job.

    The number is the key: placing the same order again answers what came of it the first time.

    Raises:
        Conflicting: another order has this number; names what differs, nothing was changed.
        WrongInput: the order names something that does not exist, or an impossible appointment.
        NotFound: no drop leads to the premise.
    """
    before = queries.find_wanted(db, wanted.number)
    if before is not None:
        require_same(before, wanted)
        return Written(queries.get_placed(db, wanted.number))
    referred = queries.resolve(db, wanted)
    routes.get(db, referred.premise_id)
    order = Order(
        id=act.new_id(),
        number=wanted.number,
        account_id=referred.account_id,
        state=OrderState.IN_PROGRESS,
        created_at=act.now,
    )
    service = Service(
        id=act.new_id(),
        account_id=referred.account_id,
        premise_id=referred.premise_id,
        product_id=referred.product_id,
        state=ServiceState.DESIGNED,
    )
    item = OrderItem(
        id=act.new_id(),
        order_id=order.id,
        action=ADD,
        product_id=referred.product_id,
        premise_id=referred.premise_id,
        service_id=service.id,
        state=OrderState.IN_PROGRESS,
    )
    services.insert(db, service)
    storage.insert(db, order, item)
    audit.record(db, act, "order.placed", order_id=order.id, detail={"number": order.number})
    job = job_commands.create_install(
        db,
        InstallRequest(
            order_item_id=item.id,
            service_id=service.id,
            premise_id=referred.premise_id,
            order_number=order.number,
            starts_at=wanted.appointment_starts_at,
            ends_at=wanted.appointment_ends_at,
        ),
        act=act,
    )
    return Written(
        PlacedOrder(
            order_id=order.id,
            order_item_id=item.id,
            service_id=service.id,
            job_id=job.id,
            number=order.number,
            state=order.state,
        ),
        topics=frozenset({"jobs"}),
    )
