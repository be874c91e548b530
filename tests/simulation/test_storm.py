"""P20: no storm after a mass restart. The times are virtual, so each run is the same."""

from collections import Counter

import pytest

from server.sync.admission import Pace
from tests.simulation.storm import Storm

TABLETS = 1_000
FIRST_MS = int(Pace.REQUEST_S_FIRST * 1000)


def names(kind: str, count: int) -> list[str]:
    return [f"{kind}-{at}" for at in range(count)]


@pytest.mark.parametrize("requests_max", [64, 512])
@pytest.mark.parametrize("request_ms", [2, 8, 40])
def test_all_that_come_at_once_are_served_with_few_requests_and_little_idling(
    requests_max: int, request_ms: int
) -> None:
    storm = Storm(requests_max=requests_max, request_ms=request_ms)
    for name in names("tablet", TABLETS):
        storm.come(name, 0)

    storm.run()

    assert all(tale.served_ms for tale in storm.tales.values())
    assert storm.inside_max <= requests_max
    # Faster than is first assumed, it idles until those come who were told to wait so long.
    assert storm.now_ms <= 2 * TABLETS * max(request_ms, FIRST_MS) + 5_000
    asked = [tale.asked for tale in storm.tales.values()]
    assert sum(asked) <= 6 * TABLETS
    assert max(asked) <= 12


def test_after_the_first_second_nobody_comes_in_step() -> None:
    storm = Storm(requests_max=128, request_ms=8)
    for name in names("tablet", TABLETS):
        storm.come(name, 0)

    storm.run()

    tenths = Counter(at_ms // 100 for at_ms in storm.asked_at_ms if at_ms > 0)
    assert max(tenths.values()) <= TABLETS / 10


def test_whoever_was_turned_away_is_not_kept_out_by_those_who_come_later() -> None:
    storm = Storm(requests_max=128, request_ms=10)
    for name in names("early", TABLETS):
        storm.come(name, 0)
    # More than can be served, for minutes on end.
    for at, name in enumerate(names("late", 15_000)):
        storm.come(name, 1_000 + at * 9)

    storm.run()

    early = [storm.tales[name] for name in names("early", TABLETS)]
    assert all(tale.served_ms is not None and tale.served_ms <= 60_000 for tale in early)
    assert all(tale.served_ms for tale in storm.tales.values())


def test_those_who_vanish_after_they_were_turned_away_keep_nobody_waiting() -> None:
    storm = Storm(requests_max=128, request_ms=8)
    for at, name in enumerate(names("tablet", TABLETS)):
        storm.come(name, 0, vanishes=at % 2 == 0)

    storm.run()

    stayed = [tale for tale in storm.tales.values() if not tale.vanishes]
    assert all(tale.served_ms for tale in stayed)
    assert storm.now_ms <= 2 * TABLETS * 8 + 5_000


def test_a_server_that_is_away_for_an_hour_is_asked_seldom_and_comes_back_without_a_storm() -> None:
    storm = Storm(requests_max=128, request_ms=8)
    storm.opens_ms = 3_600_000
    for name in names("tablet", TABLETS):
        storm.come(name, 0)

    storm.run()

    before = sum(at_ms < storm.opens_ms for at_ms in storm.asked_at_ms) / TABLETS
    assert before <= 40
    assert all(tale.served_ms for tale in storm.tales.values())
    assert storm.now_ms <= storm.opens_ms + 310_000
    seconds = Counter(at_ms // 1000 for at_ms in storm.asked_at_ms if at_ms >= storm.opens_ms)
    assert max(seconds.values()) <= TABLETS / 20
