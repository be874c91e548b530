"""The record of a service and its states."""

import enum
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec


class ServiceState(enum.StrEnum):
    """Where a service stands."""

    DESIGNED = "designed"
    RESERVED = "reserved"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class SuspensionReason(enum.StrEnum):
    """Why a service is suspended. Several may hold at once; it runs again when none does."""

    NON_PAYMENT = "non_payment"
    VACATION = "vacation"
    FRAUD = "fraud"


_S = ServiceState
MOVES: Final[Mapping[ServiceState, frozenset[ServiceState]]] = {
    _S.DESIGNED: frozenset({_S.RESERVED, _S.ACTIVE, _S.TERMINATED}),
    _S.RESERVED: frozenset({_S.ACTIVE, _S.DESIGNED, _S.TERMINATED}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.TERMINATED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.TERMINATED}),
    _S.TERMINATED: frozenset(),
}


class ServiceMoveNotAllowed(ValueError):
    """A service cannot go from the one state to the other; nothing changed."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service. Three instants tell its beginning: completed in the field, received, live."""

    id: UUID
    account_id: UUID
    premise_id: UUID
    product_id: UUID
    state: ServiceState
    ont_serial: str | None = None
    completed_at: datetime | None = None
    received_at: datetime | None = None
    live_at: datetime | None = None
    billing_start: date | None = None
    baseline_cdbm: int | None = None
    """What the technician measured when it went live; later visits compare with it."""


def require_move(source: ServiceState, target: ServiceState) -> ServiceState:
    """Check a move of a service.

    Raises:
        ServiceMoveNotAllowed: names both states and what would be possible.
    """
    if target not in MOVES[source]:
        possible = ", ".join(sorted(MOVES[source])) or "nothing"
        raise ServiceMoveNotAllowed(
            f"a {source} service cannot become {target}; it can: {possible}"
        )
    return target
