from hypothesis import given
from hypothesis import strategies as st

from server.sync import sources
from server.sync.sources import SourceLimit


def limit() -> SourceLimit:
    return SourceLimit(at_once=5, per_s=0.5)


def ask(limited: SourceLimit, times: int, *, address: str = "a", now_s: float = 0) -> list[float]:
    return [limited.admit(address, now_s=now_s) for _ in range(times)]


def test_an_address_has_so_many_tries_at_once_and_then_waits_for_the_next() -> None:
    limited = limit()

    assert ask(limited, 7) == [0, 0, 0, 0, 0, 2, 2]
    assert ask(limited, 2, now_s=2) == [0, 2]


def test_a_try_that_must_wait_is_not_counted_so_that_waiting_helps() -> None:
    limited = limit()
    ask(limited, 100)

    assert ask(limited, 1, now_s=2) == [0]


def test_one_address_is_nothing_to_another() -> None:
    limited = limit()
    ask(limited, 100)

    assert ask(limited, 5, address="b") == [0] * 5


def test_a_try_that_was_right_is_given_back_and_never_more_than_was_taken() -> None:
    limited = limit()
    for _ in range(50):
        assert ask(limited, 1) == [0]
        limited.give_back("a", now_s=0)
    limited.give_back("a", now_s=0)

    assert ask(limited, 6) == [0] * 5 + [2]


def test_no_more_addresses_are_remembered_than_there_is_memory_for() -> None:
    limited = limit()
    for at in range(sources.ADDRESSES_MAX + 10):
        ask(limited, 1, address=str(at))

    assert len(limited._buckets) == sources.ADDRESSES_MAX  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  its memory is the point


@given(st.lists(st.floats(0, 10), max_size=200))
def test_over_any_time_an_address_gets_what_it_has_at_once_and_what_time_brings(
    pauses: list[float],
) -> None:
    limited, now_s, admitted = limit(), 0.0, 0
    for pause_s in pauses:
        now_s += pause_s
        admitted += limited.admit("a", now_s=now_s) == 0

    assert admitted <= 5 + now_s * 0.5 + 1e-6
