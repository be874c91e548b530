"""No request of any kind is answered with a 500, by any route of the application."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx
import pytest
from litestar.routes import HTTPRoute

from server.database import Store
from server.people.records import Scope
from sync_protocol import wire
from tests.server.factories import Town, add_token
from tests.server.sync.doors import bearer, client_of, enrolled_now, whole_app
from tests.server.tablets import Tablet

DEEP: Final = 2_000
BODIES: Final[dict[str, bytes]] = {
    "nothing": b"",
    "not JSON": b"{",
    "null": b"null",
    "a number": b"7",
    "a list": b"[]",
    "an empty object": b"{}",
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep inside an unknown field": b'{"x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "no UTF-8": b"\xff\xfe\x00",
    "no UTF-8 in a text": b'{"number":"\xff\xfe","code":"\xff","protocol":1}',
    "NUL": b'{"number":"\\u0000","reason":"\\u0000","url":"http://\\u0000"}',
    "a lone surrogate": b'{"number":"\\ud800","code":"\\ud800"}',
    "an endless integer": b'{"protocol":1' + b"0" * 5_000 + b"}",
    "an endless float": b'{"protocol":1e99999}',
    "no number": b'{"protocol":NaN}',
    "cut short": b'{"protocol":1,"app_version":"1","incarn',
    "a form": b"a=1&b=%FF&csrf_token=%00",
    "a broken multipart": b'--x\r\nContent-Disposition: form-data; name="a',
}
MEDIA_TYPES: Final = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain; charset=no-such",
)
ENCODINGS: Final = ("gzip", "br", "deflate", "nonsense", "")
TRUNCATED: Final = gzip.compress(b'{"protocol":1}' * 100)[:-20]
PLACES: Final = ("%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "a" * 3000, "%F0%9F%A6%8A", "nan")
QUERIES: Final = (
    "after=%00", "after=%ff", "after=" + "9" * 500, "limit=x", "limit=-1", "offset=1e9",
    "state=%00", "assignee_id=%00", "device_id=%00", "device_id=" + "a" * 2000, "after=e30",
)  # fmt: skip


class Doors:
    """Every route, with an office's token and a tablet's."""

    def __init__(self, store: Store, town: Town, folder: Path) -> None:
        self.app = whole_app(store, folder)
        self.office = add_token(store, *Scope)
        self.tablet: Tablet = enrolled_now(store, town.ada)

    def routes(self, *methods: str) -> Iterator[tuple[str, str, str]]:
        """Give method, path and the token that opens it."""
        for route in self.app.routes:
            if isinstance(route, HTTPRoute) and not route.path.endswith("/live"):
                for method in sorted(route.methods & set(methods)):
                    is_tablets = route.path.startswith(("/sync", "/blobs"))
                    yield (
                        method,
                        route.path_format,
                        self.tablet.token if is_tablets else self.office,
                    )


def filled(path: str, value: str = str(UUID(int=5))) -> str:
    for name in ("job_id", "technician_id", "device_id", "service_id", "process_id", "endpoint_id"):
        path = path.replace(f"{{{name}}}", value)
    for name in ("number", "sha256", "file_path"):
        path = path.replace(f"{{{name}}}", value if value != str(UUID(int=5)) else "a" * 64)
    return path


@pytest.fixture
def doors(store: Store, town: Town, tmp_path: Path) -> Doors:
    return Doors(store, town, tmp_path / "blobs")


def check(answer: httpx.Response, what: str) -> None:
    assert answer.status_code < 500, (what, answer.status_code, answer.text)
    if answer.status_code >= 400 and not answer.headers["content-type"].startswith("text/html"):
        assert answer.headers["content-type"] == "application/problem+json", what
        assert json.loads(answer.content)["detail"], what


async def test_no_body_of_any_kind_is_a_500(doors: Doors) -> None:
    async with client_of(doors.app) as client:
        for method, path, token in doors.routes("POST", "PATCH", "PUT", "DELETE"):
            for name, body in BODIES.items():
                for media_type in (
                    MEDIA_TYPES if name in {"a form", "a broken multipart"} else MEDIA_TYPES[:1]
                ):
                    headers = bearer(token, **{"content-type": media_type})
                    answer = await client.request(
                        method, filled(path), content=body, headers=headers
                    )
                    check(answer, f"{method} {path} {name} {media_type}")


async def test_malformed_json_is_a_400_wherever_json_is_expected(doors: Doors) -> None:
    broken = ("not JSON", "deep lists", "no UTF-8", "a lone surrogate", "cut short", "no number")
    async with client_of(doors.app) as client:
        for path in (
            "/api/orders",
            "/api/webhooks",
            "/devices/v1/enrol",
            "/devices/v1/token",
            "/sync/v1",
        ):
            for name in broken:
                token = doors.tablet.token if path.startswith("/sync") else doors.office
                headers = bearer(token, **{"content-type": "application/json"})
                answer = await client.post(path, content=BODIES[name], headers=headers)
                assert answer.status_code == 400, (path, name, answer.text)


async def test_no_content_encoding_is_a_500(doors: Doors) -> None:
    async with client_of(doors.app) as client:
        for method, path, token in doors.routes("POST", "PATCH"):
            for encoding in ENCODINGS:
                for body in (TRUNCATED, b"", b"plain", gzip.compress(b"[" * DEEP)):
                    headers = bearer(token, **{"content-encoding": encoding})
                    answer = await client.request(
                        method, filled(path), content=body, headers=headers
                    )
                    check(answer, f"{method} {path} {encoding!r}")


async def test_no_path_or_query_is_a_500(doors: Doors) -> None:
    async with client_of(doors.app) as client:
        for method, path, token in doors.routes("GET", "HEAD", "POST", "PATCH"):
            for place in PLACES if "{" in path else ():
                answer = await client.request(method, filled(path, place), headers=bearer(token))
                assert answer.status_code < 500, (method, path, place, answer.text)
            for query in QUERIES:
                answer = await client.request(
                    method, f"{filled(path)}?{query}", headers=bearer(token)
                )
                assert answer.status_code < 500, (method, path, query, answer.text)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer \xff\xfe", "Bearer " + "x" * 5000, "\t"],
)
async def test_no_authorization_is_a_500(doors: Doors, header: str) -> None:
    async with client_of(doors.app) as client:
        for method, path, _ in doors.routes("GET", "HEAD", "POST", "PATCH"):
            headers = {b"authorization": header.encode("latin-1")}
            answer = await client.request(method, filled(path), headers=headers)
            assert answer.status_code < 500, (method, path, answer.text)


@pytest.mark.parametrize("entity", ["job", "issue", "\0", "x", ""])
@pytest.mark.parametrize("entity_id", ["", "x", "\0", "5" * 36, str(UUID(int=5))])
async def test_a_garbage_cursor_is_a_400(doors: Doors, entity: str, entity_id: str) -> None:
    request = json.loads(wire.encode(doors.tablet.request()))
    request["cursor"] = {"seq": 2**53, "entity": entity, "entity_id": entity_id}
    async with client_of(doors.app) as client:
        answer = await client.post("/sync/v1", json=request, headers=bearer(doors.tablet.token))

    is_cursor = entity in {"job", "issue"} and entity_id == str(UUID(int=5))
    assert answer.status_code == (200 if is_cursor else 400), answer.text
    if not is_cursor:
        assert answer.json()["refusal"] == "bad_request"


async def test_bodies_are_bounded_before_and_after_unpacking(doors: Doors) -> None:
    bomb = gzip.compress(b"0" * 100_000_000)
    headers = bearer(doors.tablet.token)
    async with client_of(doors.app) as client:
        packed = await client.post(
            "/sync/v1", content=bomb, headers={**headers, "content-encoding": "gzip"}
        )
        plain = await client.post("/sync/v1", content=b" " * 1_000_001, headers=headers)
        office = await client.post(
            "/api/orders", content=b" " * 1_000_001, headers=bearer(doors.office)
        )

    assert (packed.status_code, packed.json()["refusal"]) == (413, "too_large")
    assert (plain.status_code, office.status_code) == (413, 413)
