"""Anybody may ask for a device's challenge, as often as they like."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx
import pytest

from server.database import Store
from server.database.tables.people import device_tokens
from server.sync import challenges, devices
from server.sync.refusals import SyncRefused
from sync_protocol.messages import Token
from tests.server.factories import NOON, Town, act, count
from tests.server.sync.doors import enrolled_now
from tests.server.tablets import TOKEN_LIFE, Tablet, enrolled

FLOOD = 3 * challenges.ALIVE_MAX
ALMOST_OVER = challenges.LIFE - timedelta(seconds=1)


def ask(store: Store, tablet: Tablet, fresh: str, now: datetime = NOON) -> str:
    written = store.write_now(devices.issue_challenge, tablet.device_id, fresh, act=act(now))
    return written.challenge


def flood(store: Store, tablet: Tablet, now: datetime = NOON) -> list[str]:
    return [ask(store, tablet, f"flood {now} {number}", now) for number in range(FLOOD)]


def renew(store: Store, tablet: Tablet, challenge: str, now: datetime = NOON) -> Token:
    return store.write_now(
        devices.renew_token,
        tablet.token_request(challenge),
        token=f"token for {challenge}",
        token_life=TOKEN_LIFE,
        act=act(now),
    )


def waiting(store: Store, tablet: Tablet) -> int:
    return count(
        store,
        device_tokens,
        device_tokens.c.device_id == tablet.device_id,
        device_tokens.c.secret_hash.startswith("challenge:"),
    )


@pytest.fixture
def tablet(store: Store, town: Town) -> Tablet:
    return enrolled(store, town.ada)


def test_a_flood_leaves_a_bounded_number_of_challenges(store: Store, tablet: Tablet) -> None:
    for minute in range(12):
        flood(store, tablet, NOON + timedelta(minutes=minute))
        assert waiting(store, tablet) <= challenges.ALIVE_MAX


def test_a_flood_takes_nothing_from_the_device(store: Store, tablet: Tablet) -> None:
    mine = ask(store, tablet, "mine")
    flood(store, tablet)
    soon = NOON + challenges.LIFE_MIN - timedelta(seconds=1)
    flood(store, tablet, soon)

    assert renew(store, tablet, mine, soon).token


@pytest.mark.parametrize("begun_before", [timedelta(0), challenges.LIFE_MIN, ALMOST_OVER])
def test_a_device_that_asks_during_a_flood_has_time_to_sign(
    store: Store, tablet: Tablet, begun_before: timedelta
) -> None:
    flood(store, tablet, NOON - begun_before)
    flood(store, tablet)
    mine = ask(store, tablet, "mine")
    signed_at = NOON + challenges.LIFE_MIN - timedelta(seconds=1)
    flood(store, tablet, signed_at)

    assert renew(store, tablet, mine, signed_at).token


def test_a_flood_for_one_device_is_nothing_to_another(
    store: Store, tablet: Tablet, town: Town
) -> None:
    another = enrolled(store, town.ben)
    flood(store, tablet)

    assert ask(store, another, "mine") == "mine"
    assert waiting(store, another) == 1


def test_challenges_that_nobody_answered_are_gone_with_the_next(
    store: Store, tablet: Tablet
) -> None:
    flood(store, tablet)

    ask(store, tablet, "later", NOON + challenges.LIFE)

    assert waiting(store, tablet) == 1


def test_a_challenge_given_twice_works_once(store: Store, tablet: Tablet) -> None:
    given = flood(store, tablet)
    assert given[-1] == given[-2]
    renew(store, tablet, given[-1])

    with pytest.raises(SyncRefused):
        renew(store, tablet, given[-1])


def test_a_wrong_signature_uses_nothing_up(store: Store, tablet: Tablet) -> None:
    mine = ask(store, tablet, "mine")
    thief = Tablet()
    thief.device_id = tablet.device_id

    with pytest.raises(SyncRefused):
        renew(store, thief, mine)

    assert renew(store, tablet, mine).token


def test_questions_that_come_at_once_are_bounded_too(store: Store, tablet: Tablet) -> None:
    def ask_once(number: int) -> str:
        return ask(store, tablet, f"at once {number}")

    with ThreadPoolExecutor(8) as askers:
        list(askers.map(ask_once, range(40)))

    assert waiting(store, tablet) == challenges.ALIVE_MAX


async def test_a_challenge_with_a_nul_is_refused_as_a_wrong_one(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    tablet = enrolled_now(store, town.ada)
    request = tablet.token_request("a\0b")

    answer = await client.post(
        "/devices/v1/token",
        json={
            "device_id": str(request.device_id),
            "challenge": request.challenge,
            "signature": request.signature,
        },
    )

    assert (answer.status_code, answer.json()["refusal"]) == (401, "unknown_device")
