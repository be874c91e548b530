import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from server.demo.children import ChildFailed, Household, together

READY = 'print(\'{"ready": true, "port": 7}\', flush=True)'
MODULES = {
    "waiting": f"import signal\n{READY}\nsignal.pause()\n",
    "stubborn": (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"{READY}\nwhile True:\n    signal.pause()\n"
    ),
    "failing": "import sys\nsys.exit('the port is taken')\n",
    "chatting": "import sys\nprint(sys.stdin.readline().strip().upper())\n",
}


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.fixture
async def household(tmp_path: Path, modules: None) -> AsyncGenerator[Household]:
    _ = modules
    house = Household(tmp_path)
    yield house
    await house.stop_all()


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_process_is_started_when_its_ready_line_was_read(household: Household) -> None:
    child = await household.start("one", ["waiting"])

    assert child.ready["port"] == 7
    assert child.runs


async def test_leaving_stops_every_process(household: Household) -> None:
    children = [await household.start(f"child-{number}", ["waiting"]) for number in range(2)]

    await household.stop_all()

    assert not any(lives(child.process.pid) for child in children)


async def test_a_process_that_does_not_listen_is_killed(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.demo.children.STOP_WITHIN_S", 0.2)
    child = await household.start("stubborn", ["stubborn"])

    await child.stop()

    assert child.process.returncode == -signal.SIGKILL


async def test_a_process_that_does_not_start_is_quoted(household: Household) -> None:
    with pytest.raises(ChildFailed, match=r"failing did not start: the port is taken"):
        await household.start("failing", ["failing"])


async def test_a_command_that_fails_is_quoted_with_its_status(household: Household) -> None:
    with pytest.raises(ChildFailed, match=r"status 1: the port is taken"):
        await household.must("failing", ["failing"])


async def test_a_command_reads_what_it_is_given(household: Household) -> None:
    assert await household.must("chatting", ["chatting"], stdin="hello\n") == "HELLO\n"


async def test_where_one_fails_the_others_do_not_go_on() -> None:
    ended = asyncio.Event()

    async def go_on() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ChildFailed("one of them")

    with pytest.raises(ChildFailed, match="one of them"):
        await together(go_on(), fail())
    assert ended.is_set()
