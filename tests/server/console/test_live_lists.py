"""Fallout, process, service and network over a real socket: what changes appears by itself."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import httpx
import pytest

from server.acts import utc_now
from server.database import Store
from server.fulfilment import commands
from server.fulfilment.records import ProcessState
from server.people.records import Role
from tests.server.console.processes import get_stuck, let_fall
from tests.server.console.serving import serving
from tests.server.console.test_live_job import until
from tests.server.console.test_network_page import raise_fault
from tests.server.console.town import Town, act, add_user, place_job
from tests.server.console.visits import sign_in


@pytest.fixture
async def browser(house: Store, town: Town, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser of the NOC before a server that listens."""
    assert town
    async with (
        serving(house, tmp_path / "blobs") as served,
        httpx.AsyncClient(base_url=served.url, timeout=20) as client,
    ):
        await sign_in(client, add_user(house, "noc@operator.example", Role.NOC).email)
        yield client


async def lines_of(stream: httpx.Response) -> AsyncIterator[str]:
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    async for line in stream.aiter_lines():
        yield line


async def test_what_gets_stuck_appears_in_the_fallout(
    browser: httpx.AsyncClient, house: Store
) -> None:
    async with browser.stream("GET", "/fallout/live?standing=stuck") as stream:
        lines = lines_of(stream)
        await until(lines, "Nothing is stuck")

        job_id = place_job(house, "FL-1")
        await asyncio.to_thread(let_fall, house, job_id)

        await until(lines, "The OLT lacks a profile")


async def test_a_process_that_goes_on_is_told_on_its_page(
    browser: httpx.AsyncClient, house: Store
) -> None:
    process = let_fall(house, place_job(house, "FL-1"))
    async with browser.stream("GET", f"/processes/{process.id}/live") as stream:
        lines = lines_of(stream)
        await until(lines, "chip attention")

        await house.write(commands.retry, process.id, act=act(utc_now()))

        await until(lines, "Tried again now")


async def test_a_service_tells_what_its_order_waits_for(
    browser: httpx.AsyncClient, house: Store
) -> None:
    job_id = place_job(house, "FL-1")
    process = let_fall(house, job_id, state=ProcessState.READY, code=None)
    async with browser.stream("GET", f"/services/{process.service_id}/live") as stream:
        lines = lines_of(stream)
        await until(lines, "On its way")

        await asyncio.to_thread(get_stuck, house, process)

        await until(lines, "The OLT lacks a profile")


async def test_a_fault_of_the_plant_appears_on_the_network_page(
    browser: httpx.AsyncClient, house: Store
) -> None:
    async with browser.stream("GET", "/network/live") as stream:
        lines = lines_of(stream)
        await until(lines, "No fault of the plant is open")

        await asyncio.to_thread(raise_fault, house)

        await until(lines, "A PON port is dark")
