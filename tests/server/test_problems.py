"""Every refusal is one problem that names the field, the value and what would be right."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from msgspec import inspect

from server.console.live import LiveStreams
from server.database import Store
from server.input_words import SHOWN_MAX
from server.people.records import Scope
from tests.server.console.serving import console_app
from tests.server.factories import add_token, found_town, place_order

NOBODY = UUID(int=1)
ORDER: Mapping[str, Any] = {
    "number": "O-2",
    "account": "A-1",
    "premise": "P-1",
    "product": "FIBER-300",
    "appointment_starts_at": "2026-07-02T12:00:00Z",
    "appointment_ends_at": "2026-07-02T14:00:00Z",
}
ASSIGNMENT = f"/api/jobs/{NOBODY}/assignment"
CANCELLATION = f"/api/jobs/{NOBODY}/cancellation"
WITH_OFFSET = "it must be a time with its offset, like 2026-11-23T13:00:00+01:00"
IN_BOUNDS = "its year must be 2000 to 2199"


@pytest.fixture
def app(store: Store, tmp_path: Path) -> Litestar:
    return console_app(store, LiveStreams(store.signals), tmp_path / "blobs")


@pytest.fixture
async def client(app: Litestar, store: Store) -> AsyncGenerator[httpx.AsyncClient]:
    found_town(store)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]  Litestar's scope is typed more narrowly
    async with httpx.AsyncClient(transport=transport, base_url="http://office.test") as opened:
        opened.headers["Authorization"] = f"Bearer {add_token(store, *Scope)}"
        yield opened


async def refusal(answer: httpx.Response, status: int, slug: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, slug)
    return problem["detail"]


BODIES: Sequence[tuple[str, Any, str]] = [
    ("/api/orders", {**ORDER, "number": 5}, "number is 5; it must be text"),
    ("/api/orders", {**ORDER, "number": ""}, "number is ''; it must be text that is not empty"),
    ("/api/orders", {**ORDER, "number": "x" * 999}, "…; it must be text of at most 36 characters"),
    ("/api/orders", {**ORDER, "extra": 1}, "extra is not known here; known are number, account"),
    ("/api/orders", {"number": "O-2"}, "account is missing"),
    ("/api/orders", [1], "the body is [1]; it must be an object with number, account"),
    ("/api/orders", {**ORDER, "appointment_ends_at": "soon"}, f"is 'soon'; {WITH_OFFSET}"),
    ("/api/orders", {**ORDER, "appointment_ends_at": 5}, f"is 5; {WITH_OFFSET}"),
    (
        "/api/orders",
        {**ORDER, "appointment_starts_at": "2026-07-02T12:00:00"},
        f"appointment_starts_at is '2026-07-02T12:00:00'; {WITH_OFFSET}",
    ),
    (
        "/api/orders",
        {**ORDER, "appointment_starts_at": "0001-01-01T00:00:00+14:00"},
        f"appointment_starts_at is '0001-01-01T00:00:00+14:00'; {IN_BOUNDS}",
    ),
    (
        "/api/orders",
        {**ORDER, "appointment_ends_at": "9999-12-31T23:59:59-12:00"},
        f"appointment_ends_at is '9999-12-31T23:59:59-12:00'; {IN_BOUNDS}",
    ),
    (
        "/api/orders",
        {**ORDER, "appointment_ends_at": "2026-07-02T11:00:00Z"},
        "ends at 2026-07-02T11:00:00+00:00; that must be after its start at 2026-07-02T12",
    ),
    ("/api/orders", {**ORDER, "account": "X-9"}, "no account 'X-9'; import it first"),
    (ASSIGNMENT, {"technician_id": "Ada"}, "technician_id is 'Ada'; it must be an id like"),
    (ASSIGNMENT, {}, "technician_id is missing"),
    (CANCELLATION, {"reason": "r" * 201}, "it must be text of at most 200 characters"),
    (CANCELLATION, {"reason": None}, "reason is None; it must be text"),
    ("/api/webhooks", {"url": 5, "secret_name": "billing"}, "url is 5; it must be text"),
]


@pytest.mark.parametrize(("path", "body", "said"), BODIES)
async def test_a_wrong_body_is_refused_by_field_and_value(
    client: httpx.AsyncClient, path: str, body: object, said: str
) -> None:
    detail = await refusal(await client.post(path, json=body), 400, "wrong-input")

    assert said in detail
    assert len(detail) < SHOWN_MAX + 200


@pytest.mark.parametrize("path", ["/api/orders", ASSIGNMENT, CANCELLATION, "/api/webhooks"])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body is empty; it must hold "),
        (b"hello", "the body is not JSON: JSON is malformed"),
        (b'{"a": "\\ud800"}', "the body is not JSON"),
        (b'{"a": "\xff"}', "the body is not UTF-8"),
        (b"[" * 100_000, "the body is nested too deep"),
        (b'{"a": ' * 900 + b"1" + b"}" * 900, "the body is nested too deep"),
        (b"9" * 5000, "; it must be an object with "),
    ],
)
async def test_what_is_no_body_is_refused_alike_on_every_route(
    client: httpx.AsyncClient, path: str, body: bytes, said: str
) -> None:
    answer = await client.post(path, content=body)

    assert said in await refusal(answer, 400, "wrong-input")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/jobs?state=done", "state is 'done'; it must be one of unassigned, assigned, "),
        ("/api/jobs?assignee_id=Ada", "assignee_id is 'Ada'; it must be an id like "),
        ("/api/jobs?offset=-1", "offset is '-1'; it must be a whole number of at least 0"),
        ("/api/jobs?offset=many", "offset is 'many'; it must be a whole number"),
        ("/api/orders/a%00b", r"number is 'a\x00b'; a text may not hold the character '\x00'"),
        ("/feed/completions?after=%1b", r"after is '\x1b'; a text may not hold"),
        ("/feed/completions?aftre=x", "there is no parameter 'aftre'; known are after, limit"),
        ("/api/jobs?status=open", "no parameter 'status'; known are state, assignee_id, offset"),
        ("/api/webhooks?limit=5", "no parameter 'limit'; nothing may follow the path here"),
    ],
)
async def test_a_wrong_query_is_refused_by_name_and_value(
    client: httpx.AsyncClient, path: str, said: str
) -> None:
    assert said in await refusal(await client.get(path), 400, "wrong-input")


@pytest.mark.parametrize(
    ("method", "path", "status", "slug", "said"),
    [
        ("GET", "/nowhere", 404, "not-found", "there is nothing at '/nowhere'"),
        ("GET", "/api/orders/NO", 404, "not-found", "no order 'NO'"),
        ("GET", f"/api/jobs/{NOBODY}", 404, "not-found", f"no job '{NOBODY}'"),
        ("GET", f"/api/jobs/{NOBODY}/timeline", 404, "not-found", f"no job '{NOBODY}'"),
        ("GET", f"/api/jobs/{NOBODY}/fulfilment", 404, "not-found", f"no job '{NOBODY}'"),
        ("PUT", "/api/orders", 405, "method-not-allowed", "PUT is not possible at '/api/orders'"),
    ],
)
async def test_what_is_not_there_is_named(
    client: httpx.AsyncClient, method: str, path: str, status: int, slug: str, said: str
) -> None:
    assert await refusal(await client.request(method, path), status, slug) == said


async def test_a_body_that_is_too_large_is_named_by_its_path(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/orders", content=b" " * 1_000_001)

    assert "'/api/orders'" in await refusal(answer, 413, "too-large")


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\n", "\x7f", "\x9b"])
@pytest.mark.parametrize(
    ("path", "field", "body"),
    [
        ("/api/orders", "number", ORDER),
        ("/api/orders", "premise", ORDER),
        (CANCELLATION, "reason", {}),
        ("/api/webhooks", "secret_name", {"url": "https://billing.example/"}),
    ],
)
async def test_a_control_character_is_refused_on_both_databases_alike(
    client: httpx.AsyncClient, path: str, field: str, body: Mapping[str, Any], character: str
) -> None:
    answer = await client.post(path, json={**body, field: f"a{character}b"})

    detail = await refusal(answer, 400, "wrong-input")
    assert detail.startswith(f"{field} is ")
    assert f"a text may not hold the character {character!r}" in detail


async def test_a_number_given_again_for_another_order_is_a_conflict(
    client: httpx.AsyncClient, store: Store
) -> None:
    placed = place_order(store, "O-2")

    again = await client.post("/api/orders", json=ORDER)
    other = await client.post("/api/orders", json={**ORDER, "premise": "P-2"})

    assert (again.status_code, again.json()["order_id"]) == (201, str(placed.order_id))
    assert "premise was 'P-1', now 'P-2'" in await refusal(other, 409, "conflict")


async def test_a_password_is_in_no_refusal(client: httpx.AsyncClient) -> None:
    for password in ("y" * 2000, "corr\x00ect"):
        form = {"email": "ada@operator.example", "password": password}
        answer = await client.post("/sign-in", data=form)

        assert answer.status_code == 400
        assert "password" in answer.text.lower()
        assert password[:4] not in answer.text


def test_every_text_of_a_body_is_bounded_in_length(app: Litestar) -> None:
    unbounded = [
        (route.path, field.name)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if (body := handler.parsed_data_field) is not None
        for field in msgspec.structs.fields(body.annotation)
        if isinstance(kind := inspect.type_info(field.type), inspect.StrType)
        and kind.max_length is None
    ]

    assert unbounded == []
