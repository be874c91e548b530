"""Reading orders and what an order refers to by the ids of other systems."""

from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.rows import to_record
from server.database.tables.offers import accounts, order_items, orders, products, services
from server.database.tables.plant import premises
from server.database.tables.work import jobs
from server.orders.records import OrderItem, PlacedOrder, WantedOrder
from server.problems import Conflicting, NotFound, WrongInput
from server.services.records import Service, ServiceState
from sync_protocol.documents import JobKind

_ITEM: Final = sa.select(order_items).where(order_items.c.id == sa.bindparam("wanted"))
_GET_ITEM: Final = Prepared(_ITEM)
_GET_ITEM_LOCKED: Final = Prepared(_ITEM.with_for_update(key_share=True))

_WANTED: Final = Prepared(
    sa.select(
        orders.c.number,
        accounts.c.external_id.label("account"),
        premises.c.external_id.label("premise"),
        products.c.code.label("product"),
        jobs.c.kind,
        order_items.c.service_id,
        jobs.c.starts_at.label("appointment_starts_at"),
        jobs.c.ends_at.label("appointment_ends_at"),
    )
    .join(accounts, accounts.c.id == orders.c.account_id)
    .join(order_items, order_items.c.order_id == orders.c.id)
    .join(premises, premises.c.id == order_items.c.premise_id)
    .join(products, products.c.id == order_items.c.product_id)
    .join(jobs, jobs.c.order_item_id == order_items.c.id)
    .where(orders.c.number == sa.bindparam("wanted"))
)
_ACCOUNT: Final = Prepared(
    sa.select(accounts.c.id).where(accounts.c.external_id == sa.bindparam("wanted"))
)
_PREMISE: Final = Prepared(
    sa.select(premises.c.id).where(premises.c.external_id == sa.bindparam("wanted"))
)
_CURRENCIES: Final = Prepared(
    sa.select(accounts.c.currency.label("paid"), products.c.currency.label("priced"))
    .join_from(accounts, products, products.c.id == sa.bindparam("product"))
    .where(accounts.c.id == sa.bindparam("account"))
)
_RUNNING: Final = Prepared(
    sa.select(services).where(
        services.c.account_id == sa.bindparam("account"),
        sa.or_(
            *(services.c.state == each for each in (ServiceState.ACTIVE, ServiceState.SUSPENDED))
        ),
    )
)
_NEWEST_PRODUCT: Final = Prepared(
    sa.select(products.c.id)
    .where(products.c.code == sa.bindparam("wanted"))
    .order_by(products.c.version.desc())
    .limit(1)
)


class Referred(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that an order names."""

    account_id: UUID
    premise_id: UUID
    product_id: UUID | None
    """None: the order names none."""


def find_placed(db: sa.Connection, number: str) -> PlacedOrder | None:
    """Find what came of an order that was placed before."""
    row = db.execute(
        sa.select(
            orders.c.id.label("order_id"),
            order_items.c.id.label("order_item_id"),
            order_items.c.service_id,
            jobs.c.id.label("job_id"),
            orders.c.number,
            orders.c.state,
        )
        .join(order_items, order_items.c.order_id == orders.c.id)
        .join(jobs, jobs.c.order_item_id == order_items.c.id)
        .where(orders.c.number == number)
    ).first()
    return None if row is None else to_record(row, PlacedOrder)


def find_wanted(db: sa.Connection, number: str) -> WantedOrder | None:
    """Find what an order that was placed before had asked for.

    Its appointment is read from its job: nothing moves one yet. Whatever comes to move one must
    keep what was ordered, or the same order sent again would be taken for another.
    """
    found = _WANTED.rows(db, {"wanted": number})
    if not found:
        return None
    values, service_id = found[0], found[0].pop("service_id")
    # An install names the product of the service that it makes, all else the service that there is.
    instead = {} if values["kind"] == JobKind.INSTALL else {"product": None, "service": service_id}
    return msgspec.convert(values | instead, WantedOrder)


def require_free(db: sa.Connection, number: str) -> None:
    """Refuse a number that an order has already, with a visit or without one.

    Raises:
        Conflicting: names the number.
    """
    if db.execute(sa.select(orders.c.id).where(orders.c.number == number)).first() is not None:
        raise Conflicting(
            f"order {number!r} was placed before with other content; give this one another number"
        )


def get_placed(db: sa.Connection, number: str) -> PlacedOrder:
    """Get what came of an order.

    Raises:
        NotFound: no order has this number.
    """
    placed = find_placed(db, number)
    if placed is None:
        raise NotFound("order", number)
    return placed


def resolve(db: sa.Connection, wanted: WantedOrder) -> Referred:
    """Find the account, the premise and the newest version of the product.

    Raises:
        WrongInput: names the id that does not exist, or the currencies that do not agree.
    """
    referred = Referred(
        account_id=_id_of(db, _ACCOUNT, wanted.account, "account"),
        premise_id=_id_of(db, _PREMISE, wanted.premise, "premise"),
        product_id=None if wanted.product is None else _product(db, wanted.product),
    )
    if referred.product_id is not None:
        _require_one_currency(db, wanted, referred)
    return referred


def find_running(db: sa.Connection, wanted: WantedOrder, referred: Referred) -> Service:
    """Find the one service that runs and that an order is about.

    Raises:
        WrongInput: there is none, or there are several and the order names none of them.
    """
    running = _RUNNING.records(db, {"account": referred.account_id}, Service)
    is_move = wanted.kind is JobKind.MOVE
    found = [
        service
        for service in running
        if wanted.service in {None, service.id}
        and (service.premise_id == referred.premise_id) is not is_move
    ]
    if len(found) == 1:
        return found[0]
    where = "elsewhere than" if is_move else "at"
    named = "" if wanted.service is None else f" {wanted.service}"
    if not found:
        raise WrongInput(
            f"no service{named} of account {wanted.account!r} runs {where} {wanted.premise!r}; "
            f"a {wanted.kind} is about one that does"
        )
    raise WrongInput(
        f"{len(found)} services of account {wanted.account!r} run {where} {wanted.premise!r}; name "
        f"one as service: {', '.join(sorted(str(service.id) for service in found))}"
    )


def get_item(db: sa.Connection, order_item_id: UUID, *, lock: bool = False) -> OrderItem:
    """Get an order item.

    Raises:
        NotFound: no such item.
    """
    found = (_GET_ITEM_LOCKED if lock else _GET_ITEM).record(
        db, {"wanted": order_item_id}, OrderItem
    )
    if found is None:
        raise NotFound("order item", order_item_id)
    return found


def _id_of(db: sa.Connection, by_external_id: Prepared, key: str, what: str) -> UUID:
    found = by_external_id.row(db, {"wanted": key})
    if found is None:
        raise WrongInput(f"no {what} {key!r}; import it first or correct the id")
    return found["id"]


def _require_one_currency(db: sa.Connection, wanted: WantedOrder, referred: Referred) -> None:
    """An account pays in one currency: a product in another could be sold, but never be billed."""
    values = {"product": referred.product_id, "account": referred.account_id}
    (found,) = _CURRENCIES.rows(db, values)
    paid, priced = found["paid"], found["priced"]
    if paid != priced:
        raise WrongInput(
            f"product {wanted.product!r} is priced in {priced}, but account "
            f"{wanted.account!r} pays in {paid}; order a product that is priced in {paid}"
        )


def _product(db: sa.Connection, code: str) -> UUID:
    found = _NEWEST_PRODUCT.row(db, {"wanted": code})
    if found is None:
        raise WrongInput(f"no product {code!r}; import it first or correct the code")
    return found["id"]
