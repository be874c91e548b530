"""One command for the icon: real processes, killed and started again."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

DEADLINE_S = 30


@asynccontextmanager
async def started(home: Path) -> AsyncGenerator[Process]:
    """Press the icon."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "field_client", "start", "--home", str(home), "--no-browser",
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        _, errors = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert b"Traceback" not in errors, errors.decode()


async def said(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), DEADLINE_S)).decode().strip()


def agent_of(process: Process) -> int:
    """Find the agent that a launcher watches."""
    pid = process.pid
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()[0])


async def until_answered(browser: httpx.AsyncClient, path: str) -> httpx.Response:
    """Ask again while nobody listens."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                return await browser.get(path, follow_redirects=True)
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_a_window_survives_the_death_of_its_agent(tmp_path: Path) -> None:
    async with started(tmp_path) as launcher:
        address = httpx.URL(await said(launcher))
        base = f"{address.scheme}://{address.host}:{address.port}"
        async with httpx.AsyncClient(base_url=base) as browser:
            assert "Set up this tablet" in (await until_answered(browser, str(address))).text
            dead = agent_of(launcher)
            os.kill(dead, signal.SIGKILL)

            assert "Set up this tablet" in (await until_answered(browser, "/")).text
        assert agent_of(launcher) != dead
        assert oct((tmp_path / "agent.json").stat().st_mode)[-3:] == "600"


async def test_a_second_press_opens_another_window_on_the_same_agent(tmp_path: Path) -> None:
    async with started(tmp_path) as first:
        address = await said(first)
        async with started(tmp_path) as second:
            other = await said(second)
            assert await asyncio.wait_for(second.wait(), DEADLINE_S) == 0
        assert other != address
        assert httpx.URL(other).port == httpx.URL(address).port
        async with httpx.AsyncClient() as browser:
            used_up = await browser.get(address, follow_redirects=True)
            fresh = await browser.get(other, follow_redirects=True)
        assert (used_up.status_code, fresh.status_code) == (401, 200)


@pytest.mark.parametrize("wish", [signal.SIGTERM, signal.SIGINT])
async def test_whoever_ends_the_start_ends_the_agent(tmp_path: Path, wish: signal.Signals) -> None:
    async with started(tmp_path) as launcher:
        await said(launcher)
        agent = agent_of(launcher)
        launcher.send_signal(wish)

        assert await asyncio.wait_for(launcher.wait(), DEADLINE_S) == 0
        with pytest.raises(ProcessLookupError):
            os.kill(agent, 0)


async def test_an_agent_that_cannot_start_is_not_tried_for_ever(tmp_path: Path) -> None:
    (tmp_path / "replica").mkdir()
    (tmp_path / "replica" / "replica.db").write_bytes(b"something else" * 100)

    async with started(tmp_path) as launcher:
        _, errors = await asyncio.wait_for(launcher.communicate(), DEADLINE_S)

    assert launcher.returncode == 1
    assert b"the agent has ended 5 times with status 1; see " in errors
    assert "cannot be read with this key" in (tmp_path / "logs" / "agent.log").read_text("utf-8")
