from uuid import UUID

from server.sync import recent_tokens
from server.sync.recent_tokens import REMEMBERED_S, RecentTokens
from server.sync.records import Device
from tests.server.factories import NOON


def device(number: int) -> Device:
    return Device(
        id=UUID(int=number),
        technician_id=UUID(int=1),
        name="tablet",
        public_key="",
        enrolled_at=NOON,
        revoked_at=None,
    )


def test_a_token_is_known_for_a_while_and_then_looked_up_again() -> None:
    recent = RecentTokens()
    recent.keep("a", device(1), now_s=10)

    assert recent.find("a", now_s=10 + REMEMBERED_S - 1) == device(1)
    assert recent.find("a", now_s=10 + REMEMBERED_S) is None
    assert recent.find("b", now_s=10) is None


def test_using_a_token_does_not_prolong_what_is_known_of_it() -> None:
    recent = RecentTokens()
    recent.keep("a", device(1), now_s=0)
    recent.find("a", now_s=REMEMBERED_S - 1)

    assert recent.find("a", now_s=REMEMBERED_S) is None


def test_no_more_tokens_are_remembered_than_there_is_memory_for() -> None:
    recent = RecentTokens()
    for number in range(recent_tokens.TOKENS_MAX + 10):
        recent.keep(str(number), device(number), now_s=0)

    assert recent.find("9", now_s=0) is None
    assert recent.find("10", now_s=0) == device(10)
