"""The doors of the tablets over HTTP: a full house, strangers, and addresses that ask too often."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog

from server.app import build_app
from server.database import Store
from server.database.tables.sync import operations
from server.routes import api_routes
from server.settings import Settings
from server.sync import doorkeeping
from server.sync.blob_store import FolderBlobStore
from sync_protocol import wire
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import Refusal, RefusedSync
from tests.server.factories import Town, count
from tests.server.sync.doors import bearer, client_of, enrolled_now, sync, whole_app
from tests.server.tablets import Tablet, move

ROOM = 2


@pytest.fixture
async def small(store: Store, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """Give a caller of a server that takes two syncs at once."""
    settings = Settings(sync_requests_max=ROOM)
    app = build_app(
        settings, store, routes=(api_routes(FolderBlobStore(tmp_path / "blobs"), settings),)
    )
    async with client_of(app) as opened:
        yield opened


@pytest.fixture
def tablet(store: Store, town: Town) -> Tablet:
    made = enrolled_now(store, town.ada)
    made.say(move(UUID(int=5), JobEvent.START))
    return made


class Slow:
    """A sync whose body does not end until it is told to."""

    def __init__(self, client: httpx.AsyncClient, tablet: Tablet) -> None:
        self._ends = asyncio.Event()
        self.is_read = asyncio.Event()
        self._body = wire.encode(tablet.request())
        self.answer = asyncio.create_task(
            client.post("/sync/v1", content=self._parts(), headers=bearer(tablet.token))
        )

    async def end(self) -> httpx.Response:
        self._ends.set()
        return await self.answer

    async def _parts(self) -> AsyncGenerator[bytes]:
        yield self._body[:10]
        # Asked for the next part: the request is let in, and its body is being read.
        self.is_read.set()
        await self._ends.wait()
        yield self._body[10:]


@contextlib.asynccontextmanager
async def full_house(
    client: httpx.AsyncClient, store: Store, town: Town
) -> AsyncGenerator[list[Slow]]:
    inside = [Slow(client, enrolled_now(store, town.ben)) for _ in range(ROOM)]
    async with asyncio.timeout(30):
        for each in inside:
            await each.is_read.wait()
        yield inside
        for each in inside:
            assert (await each.end()).status_code == 200


async def test_beyond_the_bound_a_tablet_is_told_when_to_come_back_and_nothing_is_taken(
    small: httpx.AsyncClient, store: Store, town: Town, tablet: Tablet
) -> None:
    async with full_house(small, store, town):
        answer = await sync(small, tablet)

        told = wire.decode(answer.content, RefusedSync)
        assert (answer.status_code, told.refusal) == (503, Refusal.BUSY)
        assert answer.headers["content-type"] == "application/problem+json"
        assert told.retry_after_ms is not None
        assert 1000 <= told.retry_after_ms <= int(answer.headers["retry-after"]) * 1000
        assert count(store, operations) == 0

    assert (await sync(small, tablet)).status_code == 200
    assert count(store, operations) == 1


async def test_a_body_is_not_read_before_there_is_room_for_it(
    small: httpx.AsyncClient, store: Store, town: Town, tablet: Tablet
) -> None:
    async with full_house(small, store, town):
        refused = Slow(small, tablet)

        assert (await refused.answer).status_code == 503
        assert not refused.is_read.is_set()


async def test_whoever_was_turned_away_is_let_in_before_whoever_comes_later(
    small: httpx.AsyncClient, store: Store, town: Town, tablet: Tablet
) -> None:
    later = enrolled_now(store, town.ada)
    async with full_house(small, store, town) as inside:
        assert (await sync(small, tablet)).status_code == 503
        await inside[0].end()

        assert (await sync(small, later)).status_code == 503
        assert (await sync(small, tablet)).status_code == 200


async def test_a_stranger_takes_no_room_and_is_told_so_in_a_full_house_too(
    small: httpx.AsyncClient, store: Store, town: Town, tablet: Tablet
) -> None:
    for _ in range(3 * ROOM):
        assert (await small.post("/sync/v1", headers=bearer("x"))).status_code == 401
    async with full_house(small, store, town):
        assert (await small.post("/sync/v1", headers=bearer("x"))).status_code == 401

    assert (await sync(small, tablet)).status_code == 200


async def test_room_is_given_back_by_requests_that_are_refused(
    small: httpx.AsyncClient, tablet: Tablet
) -> None:
    for _ in range(3 * ROOM):
        answer = await small.post("/sync/v1", headers=bearer(tablet.token), content=b"{")
        assert answer.status_code == 400

    assert (await sync(small, tablet)).status_code == 200


async def test_a_body_that_stops_arriving_does_not_keep_its_room(
    small: httpx.AsyncClient, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorkeeping, "BODY_S_MAX", 0.05)
    for _ in range(2 * ROOM):
        answer = await Slow(small, tablet).answer

        assert (answer.status_code, answer.json()["refusal"]) == (503, "busy")
        assert int(answer.headers["retry-after"]) > 0

    assert (await sync(small, tablet)).status_code == 200


async def test_codes_cannot_be_guessed_at_will_and_a_right_one_is_not_counted(
    client: httpx.AsyncClient, tablet: Tablet
) -> None:
    wrong = wire.encode(tablet.enrolment("wrong-code-1234"))
    answers = [await client.post("/devices/v1/enrol", content=wrong) for _ in range(61)]

    assert [answer.status_code for answer in answers] == [403] * 60 + [429]
    told = wire.decode(answers[-1].content, RefusedSync)
    assert told.refusal is Refusal.BUSY
    assert told.retry_after_ms is not None
    assert told.retry_after_ms <= int(answers[-1].headers["retry-after"]) * 1000


async def test_challenges_and_tokens_of_one_address_are_bounded(
    store: Store, tmp_path: Path, tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorkeeping, "TOKENS_AT_ONCE", 3)
    monkeypatch.setattr(doorkeeping, "TOKENS_PER_S", 0.01)
    ask = f"/devices/v1/challenge?device_id={tablet.device_id}"
    async with client_of(whole_app(store, tmp_path)) as client:
        given = (await client.post(ask)).json()["challenge"]
        request = wire.encode(tablet.token_request(given))

        assert (await client.post("/devices/v1/token", content=request)).status_code == 200
        assert (await client.post(ask)).status_code == 200
        for path, body in ((ask, b""), ("/devices/v1/token", request)):
            answer = await client.post(path, content=body)
            assert (answer.status_code, answer.json()["refusal"]) == (429, "busy")
            assert int(answer.headers["retry-after"]) > 0


async def test_a_server_that_is_stopping_says_when_to_ask_again(
    sqlite_url: str, tmp_path: Path
) -> None:
    store = Store(sqlite_url)
    app = whole_app(store, tmp_path)
    store.close()
    async with client_of(app) as client:
        answer = await client.post(f"/devices/v1/challenge?device_id={UUID(int=1)}")

    assert (answer.status_code, answer.json()["type"]) == (503, "stopping")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_tablet_that_goes_away_amid_its_body_is_no_mistake_of_ours(
    store: Store, tmp_path: Path
) -> None:
    came = iter([{"type": "http.request", "body": b"{", "more_body": True}])
    answered: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401  any message of ASGI
        return next(came, {"type": "http.disconnect"})

    async def send(message: Any) -> None:  # noqa: ANN401  as above
        answered.append(message)

    path = "/devices/v1/enrol"
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": [], "client": ("127.0.0.1", 1), "server": ("operator", 80),
    }  # fmt: skip
    with structlog.testing.capture_logs() as logged:
        await whole_app(store, tmp_path / "blobs")(scope, receive, send)

    assert answered[0]["status"] == 400
    assert [each for each in logged if each["log_level"] == "error"] == []
