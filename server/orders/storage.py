"""Storing orders and their items."""

from uuid import UUID

import sqlalchemy as sa

from server.database.rows import to_row
from server.database.tables.offers import order_items, orders
from server.orders.records import Order, OrderItem, OrderState


def insert(db: sa.Connection, order: Order, item: OrderItem) -> None:
    """Store a new order with its item."""
    db.execute(sa.insert(orders).values(**to_row(order)))
    db.execute(sa.insert(order_items).values(**to_row(item)))


def set_item_state(db: sa.Connection, item: OrderItem, state: OrderState) -> None:
    """Store the state of an item, and of its order, which has one item yet."""
    db.execute(sa.update(order_items).where(order_items.c.id == item.id).values(state=state))
    set_state(db, item.order_id, state)


def set_state(db: sa.Connection, order_id: UUID, state: OrderState) -> None:
    """Store the state of an order."""
    db.execute(sa.update(orders).where(orders.c.id == order_id).values(state=state))
