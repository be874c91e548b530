"""What a unit of work gives back: its value, its feed changes, and whom to wake.

A unit is a plain function over a connection. It runs inside a savepoint; what it returns is acted
on only after the savepoint is released, so a unit that was rolled back leaves no trace in any feed.
"""

import enum
from collections.abc import Callable
from typing import Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

T = TypeVar("T")
P = ParamSpec("P")


class FeedKind(enum.StrEnum):
    """What a row of the feed says about its entity."""

    ENTER = "enter"
    UPDATE = "update"
    LEAVE = "leave"


class FeedChange(msgspec.Struct, frozen=True, kw_only=True):
    """One entity of one scope (a technician) has come, changed or gone."""

    scope: UUID
    entity: str
    entity_id: UUID
    kind: FeedKind
    reason: str | None = None


class Written(msgspec.Struct, Generic[T], frozen=True):
    """The outcome of a unit. ``topics`` name who is woken after the commit."""

    value: T
    feed: tuple[FeedChange, ...] = ()
    topics: frozenset[str] = frozenset()


Unit = Callable[Concatenate[sa.Connection, P], Written[T]]
