"""Passwords: argon2id, off the event loop, a few at a time.

A hash is meant to cost time and memory, so a flood of sign-ins must neither stop the event loop nor
take all memory: two threads hash, and who would wait behind too many others is turned away.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar, TypeVarTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.problems import WrongInput

PASSWORD_LENGTH_MIN: Final = 12
PASSWORD_LENGTH_MAX: Final = 200
THREADS: Final = 2
WAITING_MAX: Final = 40

# 19 MiB, two passes, one lane: OWASP's smallest argon2id setting, measured at 45 ms where the
# library's default takes 574 ms and 64 MiB for each of those who sign in together.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# What a sign-in with an unknown address is checked against, so that it takes as long as a known.
_NOBODY: Final = _HASHER.hash("nobody has this password")

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class TooManySignIns(RuntimeError):
    """More people sign in at once than can be checked; nothing was checked, try again shortly."""

    def __init__(self) -> None:
        super().__init__("too many people are signing in at once; try again in a few seconds")


def require_usable(password: str) -> None:
    """Refuse a password that is too short to be one, or too long to be typed.

    Raises:
        WrongInput: says how long a password is; never the password.
    """
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise WrongInput(
            f"a password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters; "
            f"this one has {len(password)}"
        )


def hash_password(password: str) -> str:
    """Hash a password for storage, in this thread; for commands and tests.

    Raises:
        WrongInput: the password is too short or too long.
    """
    require_usable(password)
    return _HASHER.hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Check a password, in this thread; without a hash the answer is no, after the same time."""
    if len(password) > PASSWORD_LENGTH_MAX:
        return False
    try:
        _HASHER.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


Check = Callable[[str, str | None], bool]


class PasswordChecks:
    """Checks passwords for the console in threads of its own."""

    def __init__(self, check: Check = is_right) -> None:
        self._check = check
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._waiting = 0

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Check a password away from the event loop.

        Raises:
            TooManySignIns: the line is full; nothing was checked.
        """
        return await self._run(self._check, password, password_hash)

    async def _run(self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        if self._waiting >= WAITING_MAX:
            raise TooManySignIns
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self._waiting -= 1
