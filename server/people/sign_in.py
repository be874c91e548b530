"""Signing in: limits, the check of the password, and a session under a new secret."""

from datetime import timedelta

import msgspec
import structlog

from server.acts import Actor, ActorKind, act_of, utc_now
from server.database import Store
from server.people import commands, queries
from server.people.commands import NewSession, normal_email
from server.people.limits import SignInLimits
from server.people.passwords import PasswordChecks, TooManySignIns
from server.people.records import User
from server.people.secrets import hash_secret, new_secret

_WRONG = "That address and password do not belong together."
_RETRY_S = 5


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at the door, from a network address, perhaps with an older session's secret."""

    email: str
    password: str
    address: str
    old_secret: str | None

    def __repr__(self) -> str:
        return "Attempt(***)"


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """They are in; the secret goes into their cookie and nowhere else."""

    user: User
    secret: str

    def __repr__(self) -> str:
        return f"Admitted({self.user.id}, ***)"


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """They are not in: one sentence, and after how many seconds another try makes sense."""

    sentence: str
    wait_s: int = 0


class SignInDesk:
    """Lets people in; one for each process, for it counts the tries."""

    def __init__(self, store: Store, *, session_lifetime: timedelta) -> None:
        self._store = store
        self._session_lifetime = session_lifetime
        self._limits = SignInLimits()
        self._checks = PasswordChecks()
        self._log = structlog.get_logger()

    async def sign_in(self, attempt: Attempt) -> Admitted | Refused:
        """Check one attempt, and begin a session if it is right.

        The session is always a new one: a secret that the browser brought along, whoever chose it,
        is never taken over, and the session behind it ends.
        """
        outcome = await self._decide(attempt)
        match outcome:
            case Admitted():
                self._log.info("sign_in.admitted", user_id=str(outcome.user.id))
            case Refused():
                self._log.info("sign_in.refused", wait_s=outcome.wait_s)
        return outcome

    async def _decide(self, attempt: Attempt) -> Admitted | Refused:
        email = normal_email(attempt.email)
        wait_s = self._limits.admit(email, attempt.address, now=utc_now())
        if wait_s:
            minutes = max(1, round(wait_s / 60))
            sentence = f"Too many tries. Please wait {minutes} min and try again."
            return Refused(sentence=sentence, wait_s=wait_s)
        known = await self._store.read(queries.find_credentials, email)
        try:
            is_right = await self._checks.is_right(
                attempt.password, known.password_hash if known else None
            )
        except TooManySignIns as error:
            return Refused(sentence=f"{error}.".capitalize(), wait_s=_RETRY_S)
        if known is None or not is_right:
            return Refused(sentence=_WRONG)
        self._limits.forgive(email, attempt.address)
        return await self._begin_session(known.user, attempt.old_secret)

    async def _begin_session(self, user: User, old_secret: str | None) -> Admitted:
        secret = new_secret()
        new = NewSession(
            secret_hash=hash_secret(secret),
            csrf_token=new_secret(),
            lifetime=self._session_lifetime,
            replaces=hash_secret(old_secret) if old_secret else None,
        )
        act = act_of(Actor(ActorKind.HUMAN, user.id))
        await self._store.write(commands.start_session, user, new, act=act)
        return Admitted(user=user, secret=secret)
