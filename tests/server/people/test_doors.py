"""Who is let in where: sessions with roles and CSRF tokens, API tokens with scopes."""

from collections.abc import Iterable
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from server.database import Store
from server.jobs import queries
from server.people.records import Role, Scope, User
from sync_protocol.jobs import JobState
from tests.server.console.fixtures import OpenClient
from tests.server.console.town import Town, add_token, add_user, place_job
from tests.server.console.visits import csrf_token, sign_in

JSON_DEPTH = 2_000
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
# Devices have a front door of their own, in server.sync; what is left is open to everybody.
DEVICE_PATHS = ("/devices/", "/sync/", "/blobs")
PUBLIC_PATHS = {"/", "/healthy", "/sign-in", "/static/{file_path}"}

MALFORMED = {
    "nothing": b"",
    "half": b'{"technician_id": ',
    "not UTF-8": b'{"technician_id": "\xff\xfe"}',
    "too deep": b'{"x":' * JSON_DEPTH + b"1" + b"}" * JSON_DEPTH,
    "a deep list": b"[" * JSON_DEPTH + b"]" * JSON_DEPTH,
    "another type": b'["technician_id"]',
    "an unknown field": b'{"role": "admin"}',
    "a number without end": b'{"technician_id": ' + b"9" * 400 + b"}",
    "null": b"null",
    "bare text": b"hello",
}


def handlers(app: Litestar) -> Iterable[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if "OPTIONS" not in handler.http_methods:
                    yield route.path_format, handler


def is_guarded(handler: HTTPRouteHandler) -> bool:
    return bool(handler.resolve_guards())  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  Litestar's


def json_routes(app: Litestar) -> list[tuple[str, str]]:
    """Every route of the API that takes a body, with ids filled in."""
    return [
        (method, path.format_map(_AnyId()))
        for path, handler in handlers(app)
        if path.startswith("/api/")
        for method in handler.http_methods
        if method in UNSAFE
    ]


class _AnyId(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return str(UUID(int=1))


def test_every_route_has_a_guard_or_is_known_to_be_public(app: Litestar) -> None:
    open_to_all = {path for path, handler in handlers(app) if not is_guarded(handler)}

    assert {path for path in open_to_all if not path.startswith(DEVICE_PATHS)} <= PUBLIC_PATHS


async def test_nobody_unknown_gets_anything_of_the_api(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    for path, handler in handlers(app):
        if path.startswith("/api/"):
            for method in handler.http_methods:
                answer = await client.request(method, path.format_map(_AnyId()))
                assert answer.status_code == 401, (method, path)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_malformed_json_of_any_kind_is_a_400_on_every_route(
    app: Litestar, client: httpx.AsyncClient, house: Store
) -> None:
    client.headers["Authorization"] = f"Bearer {add_token(house, *Scope)}"
    routes = json_routes(app)
    assert routes

    for method, path in routes:
        for kind, body in MALFORMED.items():
            answer = await client.request(
                method, path, content=body, headers={"Content-Type": "application/json"}
            )
            # A route without a body may not look at it: then it is the id that does not exist.
            assert answer.status_code in (400, 404), (method, path, kind, answer.text)
            assert answer.headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("kind", MALFORMED)
async def test_a_malformed_assignment_is_a_400_and_assigns_nothing(
    client: httpx.AsyncClient, house: Store, town: Town, kind: str
) -> None:
    job_id = place_job(house, "FL-1")
    client.headers["Authorization"] = f"Bearer {add_token(house, Scope.JOBS_WRITE)}"

    answer = await client.post(f"/api/jobs/{job_id}/assignment", content=MALFORMED[kind])

    assert answer.status_code == 400, answer.text
    assert house.read_now(queries.get, job_id).state is JobState.UNASSIGNED
    assert town.ada


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic abc", "Bearer unknown", "bearer unknown"]
)
async def test_a_bad_authorization_header_is_refused_even_beside_a_good_session(
    client: httpx.AsyncClient, dispatcher: User, authorization: str
) -> None:
    await sign_in(client, dispatcher.email)

    answer = await client.get("/api/jobs", headers={"Authorization": authorization})

    assert answer.status_code == 401


async def test_a_token_opens_only_what_its_scopes_say(
    client: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FL-1")
    assignment = {"technician_id": str(town.ada)}
    reader = {"Authorization": f"Bearer {add_token(house, Scope.JOBS_READ)}"}
    writer = {"Authorization": f"Bearer {add_token(house, Scope.JOBS_WRITE)}"}
    path = f"/api/jobs/{job_id}/assignment"

    assert (await client.get("/api/jobs", headers=reader)).status_code == 200
    assert (await client.get("/api/jobs", headers=writer)).status_code == 403
    assert (await client.post(path, json=assignment, headers=reader)).status_code == 403
    assert (await client.post(path, json=assignment, headers=writer)).is_success


async def test_a_token_does_not_open_pages(client: httpx.AsyncClient, house: Store) -> None:
    headers = {"Authorization": f"Bearer {add_token(house, *Scope)}"}

    answer = await client.get("/jobs", headers=headers)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize("role", Role)
async def test_a_role_opens_what_is_its_business(
    client: httpx.AsyncClient, house: Store, town: Town, role: Role
) -> None:
    job_id = place_job(house, "FL-1")
    await sign_in(client, add_user(house, "somebody@operator.example", role).email)
    sees = role not in (Role.TECHNICIAN, Role.BILLING)
    assigns = role in (Role.DISPATCHER, Role.ADMIN)

    for path in ("/jobs", f"/jobs/{job_id}", "/api/jobs"):
        assert (await client.get(path)).status_code == (200 if sees else 403), path
    token = await csrf_token(client) if sees else ""
    for path, body in (
        (f"/jobs/{job_id}/assign", {"data": {"technician_id": str(town.ada)}}),
        (f"/api/jobs/{job_id}/assignment", {"json": {"technician_id": str(town.ada)}}),
    ):
        answer = await client.post(path, headers={"X-CSRF-Token": token}, **body)  # pyright: ignore[reportArgumentType]  one of two kinds of body
        assert answer.status_code == 403 if not assigns else answer.status_code < 400, path
    assert (house.read_now(queries.get, job_id).assignee_id == town.ada) is assigns


@pytest.mark.parametrize("token", [None, "", "wrong", "ümlaut"])
async def test_a_session_changes_nothing_without_its_csrf_token(
    client: httpx.AsyncClient, house: Store, town: Town, dispatcher: User, token: str | None
) -> None:
    job_id = place_job(house, "FL-1")
    await sign_in(client, dispatcher.email)
    form = {"technician_id": str(town.ada)} | ({"csrf_token": token} if token is not None else {})

    by_form = await client.post(f"/jobs/{job_id}/assign", data=form)
    by_api = await client.post(
        f"/api/jobs/{job_id}/assignment",
        json={"technician_id": str(town.ada)},
        headers={} if token is None else {"X-CSRF-Token": token.encode("latin-1")},  # pyright: ignore[reportArgumentType]  bytes are allowed
    )
    signing_out = await client.post("/sign-out", data={"csrf_token": token or ""})

    assert [by_form.status_code, by_api.status_code, signing_out.status_code] == [403] * 3
    assert house.read_now(queries.get, job_id).state is JobState.UNASSIGNED
    assert (await client.get("/jobs")).status_code == 200


async def test_the_csrf_token_of_another_session_is_none(
    open_client: OpenClient, house: Store, town: Town, dispatcher: User
) -> None:
    job_id = place_job(house, "FL-1")
    mine, other = open_client(), open_client()
    await sign_in(mine, dispatcher.email)
    await sign_in(other, add_user(house, "carl@operator.example", Role.DISPATCHER).email)
    form = {"technician_id": str(town.ada), "csrf_token": await csrf_token(other)}

    assert (await mine.post(f"/jobs/{job_id}/assign", data=form)).status_code == 403
    form["csrf_token"] = await csrf_token(mine)
    assert (await mine.post(f"/jobs/{job_id}/assign", data=form)).status_code == 303


async def test_what_does_not_exist_is_a_404(
    client: httpx.AsyncClient, house: Store, town: Town, dispatcher: User
) -> None:
    nothing = UUID(int=5)
    await sign_in(client, dispatcher.email)
    token = await csrf_token(client)
    for path in (f"/jobs/{nothing}", f"/jobs/{nothing}/live", f"/api/jobs/{nothing}"):
        assert (await client.get(path)).status_code == 404, path

    form = {"technician_id": str(nothing), "csrf_token": token}
    job_id = place_job(house, "FL-1")
    assert (await client.post(f"/jobs/{job_id}/assign", data=form)).status_code == 404
    form["technician_id"] = str(town.ada)
    assert (await client.post(f"/jobs/{nothing}/assign", data=form)).status_code == 404
