import threading

import pytest

from server.session_sources.aside import Aside


async def test_an_answer_and_an_error_come_back_to_whoever_asked() -> None:
    aside = Aside(at_once=1)

    assert await aside.ask(threading.current_thread, limit_s=5) is not threading.main_thread()
    with pytest.raises(ZeroDivisionError):
        await aside.ask(lambda: 1 // 0, limit_s=5)


async def test_a_question_that_nobody_waits_for_keeps_its_turn_until_it_ends() -> None:
    aside, ended = Aside(at_once=1), threading.Event()
    with pytest.raises(TimeoutError):
        await aside.ask(ended.wait, limit_s=0.05)
    with pytest.raises(TimeoutError):
        await aside.ask(lambda: "too early", limit_s=0.05)

    ended.set()

    assert await aside.ask(lambda: "its turn", limit_s=5) == "its turn"
