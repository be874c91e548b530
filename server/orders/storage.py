"""Storing orders and their items."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from server.database.prepared import Prepared
from server.database.rows import to_row
from server.database.tables.offers import order_items, orders
from server.orders.records import Order, OrderItem, OrderState

_INSERT_ORDER: Final = Prepared(sa.insert(orders))
_INSERT_ITEM: Final = Prepared(sa.insert(order_items))
_SET_STATE: Final = Prepared(sa.update(orders).where(orders.c.id == sa.bindparam("order")))
_SET_ITEM_STATE: Final = Prepared(
    sa.update(order_items).where(order_items.c.id == sa.bindparam("item"))
)


def insert(db: sa.Connection, order: Order, item: OrderItem) -> None:
    """Store a new order with its item."""
    _INSERT_ORDER.run(db, to_row(order))
    _INSERT_ITEM.run(db, to_row(item))


def set_item_state(db: sa.Connection, item: OrderItem, state: OrderState) -> None:
    """Store the state of an item, and of its order, which has one item yet."""
    _SET_ITEM_STATE.run(db, {"item": item.id, "state": state})
    set_state(db, item.order_id, state)


def set_state(db: sa.Connection, order_id: UUID, state: OrderState) -> None:
    """Store the state of an order."""
    _SET_STATE.run(db, {"order": order_id, "state": state})
