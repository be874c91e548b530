"""The records of orders; states carry the names of TMF622."""

import enum
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from server import times
from server.input_words import shown
from sync_protocol.documents import JobKind


class OrderState(enum.StrEnum):
    """Where an order or an order item stands (TMF622 product order)."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    PENDING = "pending"
    HELD = "held"
    IN_PROGRESS = "inProgress"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    FAILED = "failed"
    PARTIAL = "partial"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What an account ordered, by the number that people quote."""

    id: UUID
    number: str
    account_id: UUID
    state: OrderState
    created_at: datetime


ADD: Final = "add"
MODIFY: Final = "modify"
DELETE: Final = "delete"
NO_CHANGE: Final = "noChange"
"""What an order item does to its service, in the words of TMF622."""


class OrderItem(msgspec.Struct, frozen=True, kw_only=True):
    """One product at one premise; ``service_id`` is what will run.

    A change of speed names the product that is to be. ``intent`` and ``reason`` are those of an
    order without a visit.
    """

    id: UUID
    order_id: UUID
    action: str
    product_id: UUID
    premise_id: UUID
    service_id: UUID
    state: OrderState
    intent: str | None = None
    reason: str | None = None


class WantedOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order, by the ids that other systems use. Times carry an offset.

    An install names the product that will run at the premise. Everything else is about a service
    that runs there, which ``service`` names where the account has several; a move is about one that
    runs elsewhere and goes to the premise.
    """

    number: Annotated[str, Meta(min_length=1, max_length=36)]
    account: Annotated[str, Meta(min_length=1, max_length=80)]
    premise: Annotated[str, Meta(min_length=1, max_length=80)]
    product: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    kind: JobKind = JobKind.INSTALL
    service: UUID | None = None
    appointment_starts_at: Annotated[datetime, Meta(tz=True)]
    appointment_ends_at: Annotated[datetime, Meta(tz=True)]

    def __post_init__(self) -> None:
        times.require_bounded("appointment_starts_at", self.appointment_starts_at)
        times.require_bounded("appointment_ends_at", self.appointment_ends_at)
        is_install = self.kind is JobKind.INSTALL
        if is_install != (self.product is not None):
            rule = "an install needs one" if is_install else "a service keeps the product it has"
            raise ValueError(f"product is {shown(self.product)}; {rule}")
        if is_install and self.service is not None:
            raise ValueError(f"service is {shown(self.service)}; an install makes a new one")


class PlacedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an order."""

    order_id: UUID
    order_item_id: UUID
    service_id: UUID
    job_id: UUID
    number: str
    state: OrderState
