"""The completion feed and the webhooks over HTTP."""

import base64
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from billing_bridge.feed import decode_cursor, encode_cursor
from server.database import Store
from server.people.records import Scope
from tests.server.factories import add_token, found_town, place_order
from tests.server.invoices.events import append
from tests.server.operator import add_endpoint
from tests.server.sync.doors import bearer, client_of, whole_app

EVENTS = 3


@pytest.fixture
async def billing(store: Store, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A billing system over a feed of three events."""
    town = found_town(store)
    placed = place_order(store)
    for _ in range(EVENTS):
        append(store, placed, town.premises[0])
    token = add_token(store, Scope.FEED_READ, Scope.WEBHOOKS_WRITE)
    async with client_of(whole_app(store, tmp_path / "blobs")) as client:
        client.headers.update(bearer(token))
        yield client


@pytest.mark.parametrize("limit", ["0", "-1", "501", "9" * 30])
async def test_a_limit_out_of_range_is_refused_with_its_value_and_the_range(
    billing: httpx.AsyncClient, limit: str
) -> None:
    answer = await billing.get("/feed/completions", params={"limit": limit})

    assert answer.status_code == 400
    assert answer.json()["detail"] == f"limit={limit} is out of range; ask for 1 to 500 events"


@pytest.mark.parametrize("limit", ["", "x", "1.5", "0x1"])
async def test_a_limit_that_is_no_number_is_refused(billing: httpx.AsyncClient, limit: str) -> None:
    answer = await billing.get("/feed/completions", params={"limit": limit})

    assert answer.status_code == 400
    assert f"limit is {limit!r}; it must be a whole number" in answer.json()["detail"]


@pytest.mark.parametrize(("limit", "events"), [(None, EVENTS), ("1", 1), ("500", EVENTS)])
async def test_a_limit_in_range_is_followed(
    billing: httpx.AsyncClient, limit: str | None, events: int
) -> None:
    answer = await billing.get("/feed/completions", params={"limit": limit} if limit else {})

    assert len(answer.json()["events"]) == events


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        "",
        "0",
        "-1",
        "1",
        "9" * 400,
        "ä",
        packed('["e",-1]'),
        packed(f'["e",{2**53 + 1}]'),
        packed('["e","1"]'),
        packed('["e",1.5]'),
        packed('["e",true]'),
        packed('["e e",1]'),
        packed('["e"]'),
        packed("[" * 5000),
    ],
)
async def test_what_is_no_cursor_is_refused_with_what_would_be_right(
    billing: httpx.AsyncClient, after: str
) -> None:
    answer = await billing.get("/feed/completions", params={"after": after})

    assert answer.status_code == 400
    assert "is no cursor of this feed; use the next_cursor" in answer.json()["detail"]


async def test_a_cursor_ahead_of_the_feed_skips_nothing_silently(
    billing: httpx.AsyncClient,
) -> None:
    last = (await billing.get("/feed/completions")).json()["next_cursor"]
    ahead = msgspec.structs.replace(decode_cursor(last), sequence=EVENTS + 1)

    answer = await billing.get("/feed/completions", params={"after": encode_cursor(ahead)})

    assert answer.status_code == 409
    assert f"position {EVENTS + 1}, the feed ends at {EVENTS}" in answer.json()["detail"]
    at_the_end = await billing.get("/feed/completions", params={"after": last})
    assert at_the_end.json() == {"events": [], "next_cursor": last}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://billing..example/hooks", "has '' in its host name"),
        ("https://anna:geheim@billing.example/", "no user name and no password"),
        ("https://127.0.0.1/hooks", "not a public address"),
        ("http://billing.example/hooks", "not encrypted"),
        ("https://billing.example/hooks", "no webhook secret 'billing' in the settings"),
    ],
)
async def test_an_endpoint_that_nothing_can_be_sent_to_is_refused(
    billing: httpx.AsyncClient, url: str, why: str
) -> None:
    answer = await billing.post("/api/webhooks", json={"url": url, "secret_name": "billing"})

    assert answer.status_code == 400
    assert why in answer.json()["detail"]
    assert "geheim" not in answer.text
    assert (await billing.get("/api/webhooks")).json() == []


async def test_an_endpoint_is_shown_and_what_was_given_up_for_it_is_tried_again(
    billing: httpx.AsyncClient, store: Store
) -> None:
    endpoint_id = add_endpoint(store)

    (shown,) = (await billing.get("/api/webhooks")).json()
    retried = await billing.post(f"/api/webhooks/{endpoint_id}/retry")
    unknown = await billing.post(f"/api/webhooks/{UUID(int=1)}/retry")

    assert (shown["id"], shown["state"], shown["dead_lettered"]) == (str(endpoint_id), "enabled", 0)
    assert retried.json() == {"deliveries": 0}
    assert unknown.status_code == 404
