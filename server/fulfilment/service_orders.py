"""Orders about a running service that need no visit.

While a process of the service is under way an order is refused, not queued: it would be decided by
a state that is about to change. The caller repeats it with the same number.
"""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.database.rows import to_record
from server.database.tables.offers import accounts, order_items, orders, products
from server.fulfilment import starting, storage
from server.fulfilment.records import DUE, Intent, ProcessState
from server.fulfilment.service_moves import Consequence, consequence
from server.orders import queries as order_queries
from server.orders import storage as order_storage
from server.orders.records import DELETE, MODIFY, Order, OrderItem, OrderState
from server.problems import Conflicting, WrongInput
from server.services import storage as services
from server.services import suspensions
from server.services.records import Service, ServiceState, SuspensionReason

Number = Annotated[str, Meta(min_length=1, max_length=36)]
Code = Annotated[str, Meta(max_length=20, pattern=r"^[a-z_]{1,20}$")]
_ACTIONS: Final[Mapping[Intent, str]] = {
    Intent.SUSPEND: MODIFY,
    Intent.RESUME: MODIFY,
    Intent.CHANGE: MODIFY,
    Intent.REPROVISION: MODIFY,
    Intent.DISCONNECT: DELETE,
}


class Suspension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Suspend a service for a reason, or lift that reason."""

    number: Number
    reason: SuspensionReason


class ChangeOfProduct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Give a service another product."""

    number: Number
    product: Annotated[str, Meta(min_length=1, max_length=40)]


class Reprovisioning(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make the OLT of a service hold what the records say, and what its product asks by now."""

    number: Number


class Disconnection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """End a service. ``reason`` is a code of the caller's own."""

    number: Number
    reason: Code


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An order about one service, whichever it is."""

    number: str
    service_id: UUID
    intent: Intent
    reason: str | None = None
    product: str | None = None


class ServiceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an order about a service. Without a process nothing had to be written."""

    order_id: UUID
    order_item_id: UUID
    service_id: UUID
    number: str
    intent: Intent
    state: OrderState
    service_state: ServiceState
    suspended_for: tuple[SuspensionReason, ...]
    process_id: UUID | None
    process_state: ProcessState | None
    code: str | None
    """Why the process waits or is stuck."""


def place(db: Connection, wanted: Wanted, *, act: Act) -> Written[ServiceOrder]:
    """Take an order about a service; the same order again answers what came of it.

    Raises:
        NotFound: no such service.
        Conflicting: the number stands for another order, a process of the service is under way, or
            it is not possible from the state of the service; nothing was changed.
        WrongInput: the product does not exist, is the present one, or has another currency.
    """
    service = services.get(db, wanted.service_id, lock=True)
    if (before := _find(db, wanted.number)) is not None:
        _require_same(before, wanted)
        return Written(_answer(db, before, service))
    order_queries.require_free(db, wanted.number)
    reasons = suspensions.open_reasons(db, service.id)
    comes_to = consequence(wanted.intent, service.state, reason=wanted.reason, open_reasons=reasons)
    _require_none_under_way(db, service.id)
    item = _store(db, wanted, service, act)
    if comes_to is Consequence.PROCESS:
        starting.start(db, wanted.intent, item, None, act=act)
    else:
        reason = SuspensionReason(str(wanted.reason))
        change = suspensions.begin if comes_to is Consequence.REASON_NOTED else suspensions.end
        change(db, service.id, reason, act=act)
        order_storage.set_item_state(db, item, OrderState.COMPLETED)
    return Written(_answer(db, _get(db, wanted.number), service), topics=DUE)


class _Placed(msgspec.Struct, frozen=True, kw_only=True):
    order_id: UUID
    order_item_id: UUID
    service_id: UUID
    number: str
    intent: Intent
    reason: str | None
    product: str
    state: OrderState


def _find(db: sa.Connection, number: str) -> _Placed | None:
    row = db.execute(
        sa.select(
            orders.c.id.label("order_id"),
            order_items.c.id.label("order_item_id"),
            order_items.c.service_id,
            orders.c.number,
            order_items.c.intent,
            order_items.c.reason,
            products.c.code.label("product"),
            orders.c.state,
        )
        .join(order_items, order_items.c.order_id == orders.c.id)
        .join(products, products.c.id == order_items.c.product_id)
        .where(orders.c.number == number, order_items.c.intent.is_not(None))
    ).one_or_none()
    return None if row is None else to_record(row, _Placed)


def _get(db: sa.Connection, number: str) -> _Placed:
    found = _find(db, number)
    if found is None:
        raise AssertionError(f"order {number!r} was stored in this transaction")
    return found


def _require_same(before: _Placed, wanted: Wanted) -> None:
    was = (before.service_id, before.intent, before.reason)
    product = before.product if wanted.product is not None else None
    if (*was, product) != (wanted.service_id, wanted.intent, wanted.reason, wanted.product):
        raise Conflicting(
            f"order {wanted.number!r} was placed before: {before.intent} service "
            f"{before.service_id}, reason {before.reason}, product {before.product}. Repeat it as "
            "it was, or give this one another number"
        )


def _require_none_under_way(db: sa.Connection, service_id: UUID) -> None:
    ahead = storage.find_ahead(db, service_id)
    if ahead is not None:
        code = f" ({ahead.code})" if ahead.code else ""
        raise Conflicting(
            f"process {ahead.id} of the service is under way: {ahead.intent}, {ahead.state}{code} "
            f"at {ahead.step}; repeat this order when it is done, or cancel it first"
        )


def _store(db: Connection, wanted: Wanted, service: Service, act: Act) -> OrderItem:
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
        action=_ACTIONS[wanted.intent],
        product_id=_product_id(db, wanted, service),
        premise_id=service.premise_id,
        service_id=service.id,
        state=OrderState.IN_PROGRESS,
        intent=wanted.intent,
        reason=wanted.reason,
    )
    order_storage.insert(db, order, item)
    audit.record(db, act, "order.placed", order_id=order.id, detail={"number": order.number})
    return item


def _product_id(db: sa.Connection, wanted: Wanted, service: Service) -> UUID:
    if wanted.product is None:
        return service.product_id
    newest = (
        sa.select(products.c.id, products.c.currency)
        .where(products.c.code == wanted.product)
        .order_by(products.c.version.desc())
        .limit(1)
    )
    found = db.execute(newest).one_or_none()
    if found is None:
        raise WrongInput(f"no product {wanted.product!r}; import it first or correct the code")
    if found.id == service.product_id:
        raise WrongInput(
            f"the service has product {wanted.product!r} already; name another, or re-provision "
            "it to bring its OLT to what that product asks there by now"
        )
    paid = sa.select(accounts.c.currency).where(accounts.c.id == service.account_id)
    currency = db.execute(paid).scalar_one()
    if found.currency != currency:
        raise WrongInput(
            f"product {wanted.product!r} is priced in {found.currency}, but the account pays in "
            f"{currency}; name a product that is priced in {currency}"
        )
    return UUID(str(found.id))


def _answer(db: sa.Connection, placed: _Placed, service: Service) -> ServiceOrder:
    process = storage.find_of_item(db, placed.order_item_id)
    return ServiceOrder(
        order_id=placed.order_id,
        order_item_id=placed.order_item_id,
        service_id=placed.service_id,
        number=placed.number,
        intent=placed.intent,
        state=placed.state,
        service_state=service.state,
        suspended_for=tuple(sorted(suspensions.open_reasons(db, service.id))),
        process_id=None if process is None else process.id,
        process_state=None if process is None else process.state,
        code=None if process is None else process.code,
    )
