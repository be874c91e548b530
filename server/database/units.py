"""What a unit of work gives back: its value, its feed changes, and whom to wake.

A unit is a plain function over a connection. What it returns is acted on only if it stands, so a
unit that was rolled back, alone or out of a group, leaves no trace in any feed.
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


class Embedded(enum.StrEnum):
    """What documents embed beside the job itself; named is whose key an ``EmbeddedChange`` has."""

    PREMISE = "premise"
    """What is told of a premise, such as its earlier visits."""
    ACCOUNT = "account"
    """What is told of an account as a whole."""
    RESERVED_ONT = "reserved_ont"
    """An ONT that is kept for a job; the key is its serial."""
    VAN = "van"
    """What is in a technician's van."""
    ONT_MODELS = "ont_models"
    """Which models are supported; there is no key, for everybody is told."""


class EmbeddedChange(msgspec.Struct, frozen=True, kw_only=True):
    """Something has changed that documents embed: whoever holds such a document is told.

    Who that is, the feed says once the group has its number: what is assigned meanwhile has either
    entered a feed by then, or enters it later and is rendered with the change.
    """

    what: Embedded
    key: UUID | str | None = None


class Written(msgspec.Struct, Generic[T], frozen=True):
    """The outcome of a unit. ``topics`` name who is woken after the commit."""

    value: T
    feed: tuple[FeedChange, ...] = ()
    topics: frozenset[str] = frozenset()
    embedded: tuple[EmbeddedChange, ...] = ()


Unit = Callable[Concatenate[sa.Connection, P], Written[T]]
