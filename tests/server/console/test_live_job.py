"""The live stream of a job over a real socket."""

import asyncio
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from server.acts import utc_now
from server.database import Store
from server.jobs import commands as jobs
from server.people import commands as people
from server.people.records import User
from server.people.secrets import hash_secret
from tests.server.console.field_work import tell
from tests.server.console.serving import Served, serving
from tests.server.console.town import Town, act, human, place_job
from tests.server.console.visits import COOKIE, sign_in


@pytest.fixture
def surviving() -> Generator[None]:
    """Lets this process outlive the signal that uvicorn passes on once it has stopped."""
    before = signal.signal(signal.SIGTERM, lambda _signal, _frame: None)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
async def served(surviving: None, house: Store, tmp_path: Path) -> AsyncGenerator[Served]:  # noqa: ARG001  must come first
    async with serving(house, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def browser(served: Served, dispatcher: User) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
        await sign_in(client, dispatcher.email)
        yield client


@pytest.fixture
def job_id(house: Store, town: Town) -> UUID:
    found = place_job(house, "FL-1")
    house.write_now(jobs.assign, found, town.ada, act=act())
    return found


async def until(lines: AsyncIterator[str], wanted: str) -> None:
    async with asyncio.timeout(20):
        async for line in lines:
            if wanted in line:
                return
    raise AssertionError(f"the stream ended before {wanted!r}")


async def test_what_is_committed_arrives_on_the_open_page(
    browser: httpx.AsyncClient, house: Store, job_id: UUID
) -> None:
    async with browser.stream("GET", f"/jobs/{job_id}/live") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        await until(lines, "Assigned to Ada Lind")

        tell(house, job_id, "process.advanced", {"step": "register"}, at=utc_now())

        await until(lines, "is-fresh")
        await until(lines, "ONT registered on its OLT")


async def test_a_browser_that_goes_away_is_forgotten(
    browser: httpx.AsyncClient, served: Served, job_id: UUID
) -> None:
    async with browser.stream("GET", f"/jobs/{job_id}/live") as stream:
        await until(stream.aiter_lines(), "event: timeline")
        assert served.streams.open == 1

    async with asyncio.timeout(20):
        while served.streams.open:  # noqa: ASYNC110  a count is no event
            await asyncio.sleep(0.01)


async def test_signing_out_ends_the_live_pages_of_that_session(
    browser: httpx.AsyncClient, house: Store, dispatcher: User, job_id: UUID
) -> None:
    async with browser.stream("GET", f"/jobs/{job_id}/live") as stream:
        lines = stream.aiter_lines()
        await until(lines, "event: timeline")

        secret_hash = hash_secret(browser.cookies[COOKIE])
        await asyncio.to_thread(
            lambda: house.write_now(
                people.end_session, secret_hash, act=act(utc_now(), human(dispatcher))
            )
        )

        async with asyncio.timeout(20):
            async for _line in lines:
                pass


async def test_a_signal_stops_the_server_although_a_page_is_open(
    browser: httpx.AsyncClient, served: Served, job_id: UUID
) -> None:
    """Uvicorn alone would wait for the stream, and then cut it off."""
    served.server.config.timeout_graceful_shutdown = None
    async with browser.stream("GET", f"/jobs/{job_id}/live") as stream:
        lines = stream.aiter_lines()
        await until(lines, "event: timeline")

        signal.raise_signal(signal.SIGTERM)

        async with asyncio.timeout(20):
            async for _line in lines:
                pass
            await asyncio.wait({served.running})
