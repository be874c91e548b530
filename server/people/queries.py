"""Reading who may come in, and the names behind ids."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.database.rows import to_record
from server.database.tables.people import api_tokens, devices, sessions, technicians, users
from server.people.records import ApiToken, SignedIn, User


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """A user as sign-in needs them; the hash goes no further than the check."""

    user: User
    password_hash: str


def find_credentials(db: sa.Connection, email: str) -> Credentials | None:
    """Find a user by the address they sign in with, already in its stored form."""
    row = db.execute(sa.select(users).where(users.c.email == email)).one_or_none()
    if row is None:
        return None
    return Credentials(user=to_record(row, User), password_hash=row.password_hash)


def find_signed_in(db: sa.Connection, secret_hash: str, *, now: datetime) -> SignedIn | None:
    """Find who a session belongs to; an expired session is none."""
    row = db.execute(
        sa.select(users, sessions.c.csrf_token, sessions.c.secret_hash)
        .join(sessions, sessions.c.user_id == users.c.id)
        .where(sessions.c.secret_hash == secret_hash, sessions.c.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    return SignedIn(
        user=to_record(row, User), csrf_token=row.csrf_token, secret_hash=row.secret_hash
    )


def find_api_token(db: sa.Connection, secret_hash: str) -> ApiToken | None:
    """Find the integration that a token belongs to."""
    row = db.execute(
        sa.select(api_tokens).where(api_tokens.c.secret_hash == secret_hash)
    ).one_or_none()
    return None if row is None else to_record(row, ApiToken)


def has_user(db: sa.Connection, email: str) -> bool:
    """Say whether somebody signs in with this address."""
    return db.execute(sa.select(users.c.id).where(users.c.email == email)).first() is not None


def has_token(db: sa.Connection, name: str) -> bool:
    """Say whether a token of this name exists."""
    return (
        db.execute(sa.select(api_tokens.c.id).where(api_tokens.c.name == name)).first() is not None
    )


def names_of(db: sa.Connection, ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """Find the names of users, technicians, devices and integrations by their ids."""
    wanted = list(ids)
    named = sa.union_all(
        *(
            sa.select(table.c.id, table.c.name).where(table.c.id.in_(wanted))
            for table in (users, technicians, devices, api_tokens)
        )
    )
    return {row.id: row.name for row in db.execute(named)}
