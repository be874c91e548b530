"""Storing users, sessions and tokens."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from server.database.rows import to_row
from server.database.tables.people import api_tokens, sessions, users
from server.people.records import ApiToken, Session, User


def insert_user(db: sa.Connection, user: User, *, password_hash: str) -> None:
    """Store a new user."""
    db.execute(sa.insert(users).values(**to_row(user), password_hash=password_hash))


def insert_session(db: sa.Connection, session: Session) -> None:
    """Store a new session."""
    db.execute(sa.insert(sessions).values(**to_row(session)))


def delete_session(db: sa.Connection, secret_hash: str) -> None:
    """Forget a session; nothing happens if there is none."""
    db.execute(sa.delete(sessions).where(sessions.c.secret_hash == secret_hash))


def delete_expired_sessions(db: sa.Connection, user_id: UUID, *, now: datetime) -> None:
    """Forget what a user left behind; so the table stays as small as the staff."""
    db.execute(
        sa.delete(sessions).where(sessions.c.user_id == user_id, sessions.c.expires_at <= now)
    )


def insert_token(
    db: sa.Connection, token: ApiToken, *, secret_hash: str, created_at: datetime
) -> None:
    """Store a new API token."""
    values = {**to_row(token), "scopes": sorted(token.scopes)}
    db.execute(
        sa.insert(api_tokens).values(**values, secret_hash=secret_hash, created_at=created_at)
    )
