"""How often one may try to sign in: per account and per address, in the memory of one process.

The count is lost at a restart, and each server process has its own, so n processes allow n times as
many. That keeps sign-in from writing to the database for every guess, which would hand whoever
guesses a way to keep the writer busy.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=15)
ACCOUNT_TRIES_MAX: Final = 8
ADDRESS_TRIES_MAX: Final = 60
"""Higher than for an account: an office, or a proxy, is one address for many people."""
KEYS_MAX: Final = 20_000


class SignInLimits:
    """Remembers tries of the last quarter of an hour; the oldest keys are forgotten when full."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()

    def admit(self, account: str, address: str, *, now: datetime) -> int:
        """Count a try, before it is checked; answer 0, or how many seconds to wait instead.

        A try that must wait is not counted, so that waiting helps.
        """
        keys = (
            (("account", account), ACCOUNT_TRIES_MAX),
            (("address", address), ADDRESS_TRIES_MAX),
        )
        wait_s = max(self._wait_s(key, tries_max, now) for key, tries_max in keys)
        if wait_s == 0:
            for key, _ in keys:
                self._tries.setdefault(key, deque()).append(now)
                self._tries.move_to_end(key)
            while len(self._tries) > KEYS_MAX:
                self._tries.popitem(last=False)
        return wait_s

    def forgive(self, account: str, address: str) -> None:
        """Forget the tries of an account that got in, and the one of its address."""
        self._tries.pop(("account", account), None)
        tries = self._tries.get(("address", address))
        if tries:
            tries.pop()

    def _wait_s(self, key: tuple[str, str], tries_max: int, now: datetime) -> int:
        tries = self._tries.get(key)
        if tries is None:
            return 0
        while tries and tries[0] <= now - WINDOW:
            tries.popleft()
        if len(tries) < tries_max:
            return 0
        return max(1, int((tries[0] + WINDOW - now).total_seconds()))
