"""What is done about people: accounts, sessions, API tokens.

Secrets and password hashes are made outside and come in as values: making them takes time or
randomness, and neither belongs into a transaction.
"""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.people import queries, storage
from server.people.records import ApiToken, Email, PersonName, Role, Scope, Session, User
from server.problems import Conflicting, WrongInput


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is to have an account."""

    email: Email
    name: PersonName
    role: Role


class NewApiToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An integration that is to be let in."""

    name: PersonName
    scopes: frozenset[Scope]


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets of a session that begins, and the session that the browser had before."""

    secret_hash: str
    csrf_token: str
    lifetime: timedelta
    replaces: str | None


def normal_email(text: str) -> str:
    """Bring an address into the form in which it is stored.

    >>> normal_email(" Ada@Example.ORG ")
    'ada@example.org'
    """
    return text.strip().casefold()


def add_user(db: Connection, new: NewUser, *, password_hash: str, act: Act) -> Written[User]:
    """Give a person an account.

    Raises:
        Conflicting: somebody has this address already; nothing was changed.
    """
    email = normal_email(new.email)
    if queries.has_user(db, email):
        raise Conflicting(f"a user with the address {email!r} exists already")
    user = User(id=act.new_id(), email=email, name=new.name, role=new.role)
    storage.insert_user(db, user, password_hash=password_hash)
    audit.record(db, act, "user.added", detail={"user_id": str(user.id), "role": user.role.value})
    return Written(user)


def start_session(db: Connection, user: User, new: NewSession, *, act: Act) -> Written[None]:
    """Let a browser in under a secret of its own; whatever session it brought along ends here."""
    if new.replaces is not None:
        storage.delete_session(db, new.replaces)
    storage.delete_expired_sessions(db, user.id, now=act.now)
    storage.insert_session(
        db,
        Session(
            secret_hash=new.secret_hash,
            user_id=user.id,
            csrf_token=new.csrf_token,
            created_at=act.now,
            expires_at=act.now + new.lifetime,
        ),
    )
    audit.record(db, act, "session.started")
    return Written(None)


def end_session(db: Connection, secret_hash: str, *, act: Act) -> Written[None]:
    """Sign a browser out; doing it twice is no error."""
    storage.delete_session(db, secret_hash)
    audit.record(db, act, "session.ended")
    return Written(None, topics=frozenset({session_topic(secret_hash)}))


def session_topic(secret_hash: str) -> str:
    """Name what moves when a session ends, so that its live pages end with it."""
    return f"session:{secret_hash}"


def add_api_token(
    db: Connection, name: str, scopes: Iterable[Scope], *, secret_hash: str, act: Act
) -> Written[ApiToken]:
    """Let an integration in.

    Raises:
        WrongInput: no name or no scope.
        Conflicting: a token of this name exists; nothing was changed.
    """
    token = ApiToken(id=act.new_id(), name=name.strip(), scopes=frozenset(scopes))
    if not token.name or not token.scopes:
        raise WrongInput(f"token {name!r} needs a name and at least one scope")
    if queries.has_token(db, token.name):
        raise Conflicting(f"a token named {token.name!r} exists already")
    storage.insert_token(db, token, secret_hash=secret_hash, created_at=act.now)
    audit.record(
        db,
        act,
        "api_token.added",
        detail={"token_id": str(token.id), "scopes": sorted(token.scopes)},
    )
    return Written(token)
