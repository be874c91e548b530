from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.people import limits
from server.people.limits import ACCOUNT_TRIES_MAX, ADDRESS_TRIES_MAX, WINDOW, SignInLimits
from tests.server.console.town import NOON


def test_an_account_waits_until_its_oldest_try_is_old_enough() -> None:
    tries = SignInLimits()
    for minute in range(ACCOUNT_TRIES_MAX):
        assert tries.admit("a", "1", now=NOON + timedelta(minutes=minute)) == 0

    later = NOON + timedelta(minutes=10)
    assert tries.admit("a", "1", now=later) == 300
    assert tries.admit("a", "1", now=later + timedelta(seconds=300)) == 0


def test_one_address_cannot_try_many_accounts() -> None:
    tries = SignInLimits()
    waits = [tries.admit(str(n), "1", now=NOON) for n in range(ADDRESS_TRIES_MAX + 1)]

    assert waits[:-1] == [0] * ADDRESS_TRIES_MAX
    assert waits[-1] == WINDOW.total_seconds()
    assert tries.admit("another", "2", now=NOON) == 0


def test_who_got_in_begins_anew() -> None:
    tries = SignInLimits()
    for _ in range(3 * ADDRESS_TRIES_MAX):
        assert tries.admit("a", "1", now=NOON) == 0
        tries.forgive("a", "1")


def test_what_is_remembered_is_bounded() -> None:
    tries = SignInLimits()
    for n in range(limits.KEYS_MAX + 100):
        tries.admit(f"account {n}", f"address {n}", now=NOON)

    assert len(tries._tries) == limits.KEYS_MAX  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  its memory is the point


@given(st.lists(st.integers(min_value=0, max_value=300), max_size=60))
def test_no_window_ever_holds_more_tries_than_allowed(gaps_s: list[int]) -> None:
    tries = SignInLimits()
    now = NOON
    admitted: list[datetime] = []
    for gap_s in gaps_s:
        now += timedelta(seconds=gap_s)
        if tries.admit("a", "1", now=now) == 0:
            admitted.append(now)

    for last in admitted:
        assert sum(last - WINDOW < at <= last for at in admitted) <= ACCOUNT_TRIES_MAX
