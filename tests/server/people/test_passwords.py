import asyncio
import threading

import pytest

from server.people import passwords
from server.people.passwords import PasswordChecks, TooManySignIns, hash_password, is_right
from server.problems import WrongInput

GOOD = "correct horse battery"


def test_only_the_right_password_is_right() -> None:
    stored = hash_password(GOOD)

    assert is_right(GOOD, stored)
    assert not is_right(f"{GOOD} ", stored)
    assert not is_right(GOOD, None)
    assert not is_right(GOOD, "not a hash")
    assert not is_right("x" * 100_000, stored)


def test_a_hash_costs_what_the_settings_say() -> None:
    assert hash_password(GOOD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_of_the_wrong_length_is_refused_without_being_told(password: str) -> None:
    with pytest.raises(WrongInput, match=f"12 to 200 characters; this one has {len(password)}"):
        hash_password(password)


async def test_a_flood_of_sign_ins_neither_stops_the_event_loop_nor_grows_without_end() -> None:
    gate, busy = threading.Event(), threading.Semaphore(0)

    def slow(_password: str, _hash: str | None) -> bool:
        busy.release()
        return gate.wait(timeout=30)

    checks = PasswordChecks(slow)
    flood = [asyncio.create_task(checks.is_right(GOOD, None)) for _ in range(60)]
    for _ in range(passwords.THREADS):
        assert await asyncio.to_thread(busy.acquire, timeout=30)

    # The loop still turns, although every thread for passwords is held up.
    turned = asyncio.Event()
    asyncio.get_running_loop().call_soon(turned.set)
    await turned.wait()
    assert not busy.acquire(blocking=False)

    gate.set()
    outcomes = await asyncio.gather(*flood, return_exceptions=True)
    assert outcomes.count(True) == passwords.WAITING_MAX
    assert sum(isinstance(outcome, TooManySignIns) for outcome in outcomes) == 20
    assert await checks.is_right(GOOD, None)
