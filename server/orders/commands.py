"""Taking orders."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.jobs import commands as job_commands
from server.jobs.commands import JobRequest
from server.orders import queries, storage
from server.orders.records import (
    ADD,
    DELETE,
    MODIFY,
    NO_CHANGE,
    Order,
    OrderItem,
    OrderState,
    PlacedOrder,
    WantedOrder,
)
from server.plant import routes
from server.problems import Conflicting
from server.services import storage as services
from server.services.records import Service, ServiceState
from sync_protocol.documents import JobKind

ACTIONS: Final[Mapping[JobKind, str]] = {
    JobKind.INSTALL: ADD,
    JobKind.REPAIR: NO_CHANGE,
    JobKind.SWAP: MODIFY,
    JobKind.MOVE: MODIFY,
    JobKind.DISCONNECT: DELETE,
}
"""What an order item does to its product (TMF622)."""


def require_same(before: WantedOrder, wanted: WantedOrder) -> None:
    """Refuse a number that stands for another order already.

    Raises:
        Conflicting: names every field that differs, as it was and as it came now.
    """
    if wanted.kind is before.kind and wanted.service is None:  # the one that was found is meant
        wanted = msgspec.structs.replace(wanted, service=before.service)
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


def _written(value: str | UUID | datetime | None) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value) if value is None else repr(str(value))


def place(db: Connection, wanted: WantedOrder, *, act: Act) -> Written[PlacedOrder]:
    """Take an order: the order, its item and the job; for an install the designed service, too.

    The number is the key: placing the same order again answers what came of it the first time.

    Raises:
        Conflicting: another order has this number; names what differs, nothing was changed.
        WrongInput: the order names something that does not exist, or an impossible appointment.
        NotFound: no drop leads to the premise that a service is to run at.
    """
    before = queries.find_wanted(db, wanted.number)
    if before is not None:
        require_same(before, wanted)
        return Written(queries.get_placed(db, wanted.number))
    queries.require_free(db, wanted.number)
    service, premise_id = _service_for(db, wanted, act)
    order = Order(
        id=act.new_id(),
        number=wanted.number,
        account_id=service.account_id,
        state=OrderState.IN_PROGRESS,
        created_at=act.now,
    )
    item = OrderItem(
        id=act.new_id(),
        order_id=order.id,
        action=ACTIONS[wanted.kind],
        product_id=service.product_id,
        premise_id=premise_id,
        service_id=service.id,
        state=OrderState.IN_PROGRESS,
    )
    storage.insert(db, order, item)
    audit.record(db, act, "order.placed", order_id=order.id, detail={"number": order.number})
    job = job_commands.create(
        db,
        JobRequest(
            kind=wanted.kind,
            order_item_id=item.id,
            service_id=service.id,
            premise_id=premise_id,
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


def _service_for(db: Connection, wanted: WantedOrder, act: Act) -> tuple[Service, UUID]:
    """Design the service that an install will bring, or find the one that the order is about.

    Answers where the work is, too.
    """
    referred = queries.resolve(db, wanted)
    if wanted.kind in {JobKind.INSTALL, JobKind.MOVE}:
        routes.get(db, referred.premise_id)
    if referred.product_id is None:
        return queries.find_running(db, wanted, referred), referred.premise_id
    service = Service(
        id=act.new_id(),
        account_id=referred.account_id,
        premise_id=referred.premise_id,
        product_id=referred.product_id,
        state=ServiceState.DESIGNED,
    )
    services.insert(db, service)
    return service, referred.premise_id
