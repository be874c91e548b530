"""Who may come in: console users with a role, and integrations with scopes."""

import enum
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from server.acts import Actor, ActorKind


class Role(enum.StrEnum):
    """What a console user is there for. A role gives what its pages name, and nothing else."""

    TECHNICIAN = "technician"
    DISPATCHER = "dispatcher"
    NOC = "noc"
    BILLING = "billing"
    SUPPORT = "support"
    ADMIN = "admin"


class Scope(enum.StrEnum):
    """What an API token opens; a token without the scope of a route is refused there."""

    FEED_READ = "feed:read"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    TICKETS_WRITE = "tickets:write"
    PEOPLE_WRITE = "people:write"
    """Enrol and revoke devices."""
    EVIDENCE_READ = "evidence:read"
    WEBHOOKS_WRITE = "webhooks:write"


OFFICE: Final = (Role.DISPATCHER, Role.NOC, Role.SUPPORT, Role.ADMIN)
"""Who sees every job and order."""
DISPATCH: Final = (Role.DISPATCHER, Role.ADMIN)
"""Who decides which technician does a job."""

Email = Annotated[str, Meta(max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")]
PersonName = Annotated[str, Meta(min_length=1, max_length=200)]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """One person with an account in the console. The password hash is read only to sign in."""

    id: UUID
    email: str
    name: str
    role: Role


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One browser that is signed in. The secret is in its cookie, here is only the hash."""

    secret_hash: str
    user_id: UUID
    csrf_token: str
    created_at: datetime
    expires_at: datetime


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A person whose session was found: who, and the token their forms must carry."""

    user: User
    csrf_token: str
    secret_hash: str

    @property
    def actor(self) -> Actor:
        """Name this person in an act."""
        return Actor(ActorKind.HUMAN, self.user.id)


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """One integration and what it may do."""

    id: UUID
    name: str
    scopes: frozenset[Scope]

    @property
    def actor(self) -> Actor:
        """Name this integration in an act."""
        return Actor(ActorKind.INTEGRATION, self.id)


Visitor = SignedIn | ApiToken
