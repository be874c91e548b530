"""Every refusal names what was sent and what would be right, in few words and without secrets."""

import gzip
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest

from server.database import Store
from sync_protocol import wire
from sync_protocol.jobs import JobEvent
from tests.server.factories import Town
from tests.server.sync.doors import bearer, enrolled_now, sync
from tests.server.tablets import Tablet, move

DETAIL_MAX = 1_000
NOBODY = str(UUID(int=7))
TUS = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream"}
BLOB = f"/blobs/{'a' * 64}"
LONG = "x" * 900
Asked = tuple[str, str, Mapping[str, str], bytes, int, str]
ASKED: list[Asked] = [
    ("POST", "/devices/v1/enrol", {}, b"", 400, "nothing was sent"),
    ("POST", "/devices/v1/enrol", {}, b"null", 400, "got `null`"),
    ("POST", "/devices/v1/enrol", {}, b'{"code":"x"}', 400, "`$.code`"),
    ("POST", "/devices/v1/enrol", {}, b'{"incarnation":"nobody"}', 400, "'nobody'"),
    ("POST", "/devices/v1/token", {}, b'{"device_id":"nobody"}', 400, "'nobody'"),
    ("POST", "/devices/v1/challenge", {}, b"", 400, "'device_id'"),
    ("POST", "/devices/v1/challenge?device_id=nobody", {}, b"", 400, "device_id is 'nobody'"),
    ("POST", f"/devices/v1/challenge?device_id={NOBODY}", {}, b"", 401, f"{NOBODY}; enrol it"),
    ("POST", "/sync/v1", {"authorization": ""}, b"", 401, "Authorization is missing"),
    ("POST", "/sync/v1", {"authorization": "Basic eDp5"}, b"", 401, "scheme 'Basic'; send Bearer"),
    ("POST", "/sync/v1", {"authorization": "Bearer x"}, b"", 401, "a signed challenge gives"),
    ("POST", "/sync/v1", {}, b"", 400, "nothing was sent"),
    ("POST", "/sync/v1", {}, b'{"protocol":"one"}', 400, "`$.protocol`: 'one'"),
    ("POST", "/sync/v1", {"content-encoding": "br"}, b"{}", 400, "'br'; send gzip or none"),
    ("POST", "/sync/v1", {"content-encoding": LONG}, b"{}", 400, "(900 characters)"),
    ("POST", "/sync/v1", {"content-encoding": "gzip"}, b"{}", 400, "it begins with 7b7d"),
    ("POST", "/sync/v1", {"content-encoding": "gzip"}, gzip.compress(b"{}")[:-9], 400, "cut short"),
    ("POST", "/sync/v1", {}, b" " * 1_000_001, 413, "more than 1000000 bytes as sent"),
    ("POST", "/blobs", {}, b"", 400, "upload-length is ''"),
    ("POST", "/blobs", {"upload-length": LONG}, b"", 400, "(900 characters)"),
    ("POST", "/blobs", {"upload-length": "0"}, b"", 400, "Upload-Length 0; 1 to 50000000"),
    ("POST", "/blobs", {"upload-length": "9"}, b"", 400, "Upload-Metadata is ''; it must name"),
    ("POST", "/blobs", {"upload-length": "9", "upload-metadata": "name eHg="}, b"", 400, "'name e"),
    ("POST", "/blobs", {"upload-length": "9", "upload-metadata": "sha256 %%"}, b"", 400, "is '%%'"),
    ("POST", "/blobs", {"upload-length": "9", "upload-metadata": "sha256 eHg="}, b"", 400, "'xx'"),
    ("POST", "/blobs", {"tus-resumable": "0.2"}, b"", 412, "Tus-Resumable is '0.2'; this"),
    ("PATCH", BLOB, {"content-type": "text/html"}, b"", 415, "'text/html'; send application/of"),
    ("PATCH", f"/blobs/{LONG}", {}, b"", 400, "(900 characters) is no SHA-256"),
    ("PATCH", BLOB, {}, b"", 400, "upload-offset is ''"),
    ("PATCH", BLOB, {"upload-offset": "-1"}, b"", 400, "upload-offset is '-1'"),
    ("PATCH", BLOB, {"upload-offset": "0"}, b"", 404, f"{'a' * 64} was begun"),
]  # fmt: skip


@pytest.fixture
def tablet(store: Store, town: Town) -> Tablet:
    return enrolled_now(store, town.ada)


async def test_every_refusal_names_what_was_sent(client: httpx.AsyncClient, tablet: Tablet) -> None:
    for method, path, headers, body, status, named in ASKED:
        sent = {**bearer(tablet.token), **(TUS if path.startswith("/blobs") else {}), **headers}
        answer = await client.request(method, path, headers=sent, content=body)

        what = (method, path[:50], headers, body[:50], answer.text)
        assert answer.status_code == status, what
        assert answer.headers["content-type"] == "application/problem+json", what
        assert named in answer.json()["detail"], what
        assert len(answer.json()["detail"]) < DETAIL_MAX, what
        assert tablet.token not in answer.text, what


async def test_what_is_too_large_as_sent_is_refused_in_the_words_of_the_protocol(
    client: httpx.AsyncClient, tablet: Tablet
) -> None:
    answer = await client.post("/sync/v1", headers=bearer(tablet.token), content=b" " * 1_000_001)

    assert (answer.status_code, answer.json()["refusal"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("changes", "status", "named"),
    [
        ({"protocol": 9}, 426, ["protocol 9", "speaks 1 to 2"]),
        ({"incarnation": NOBODY}, 409, [NOBODY, "this device's; "]),
        ({"chain_before": "0" * 64}, 409, ["before operation 1", "0" * 64, "ours is"]),
        ({"operations": [{"dseq": 2}]}, 409, ["operation 2 came, 1 is next"]),
        ({"operations": [{"dseq": 1}, {"dseq": 3}]}, 409, ["1 is followed by 3"]),
        ({"operations": [{"dseq": 1}, {"dseq": "x"}]}, 400, ["operations[1]", "`$.dseq`: 'x'"]),
        ({"cursor": {"seq": 1, "entity": "van", "entity_id": "x"}}, 400, ["'van'", "'x'"]),
    ],
)
async def test_a_request_that_does_not_fit_says_where(
    client: httpx.AsyncClient,
    tablet: Tablet,
    changes: dict[str, Any],
    status: int,
    named: list[str],
) -> None:
    tablet.say(move(UUID(int=5), JobEvent.START))

    answer = await client.post(
        "/sync/v1", headers=bearer(tablet.token), json=sendable(tablet, changes)
    )

    assert answer.status_code == status, answer.text
    assert all(each in answer.json()["detail"] for each in named), answer.text


def sendable(tablet: Tablet, changes: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(wire.encode(tablet.request()))
    return {**request, **changes}


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (b'{"dseq":%d,"tx":"a\\u0000b"}', ["NUL", "at byte 17"]),
        (b'{"dseq":%d,"tx":7}', ["`$.tx`: 7"]),
        (b'{"dseq":%d,"tx":"t","body":{"type":"give_up","remark":"' + b"Erika " * 900 + b'"}}', [
            "`$.body.remark`, which has 5400",
        ]),
    ],
)  # fmt: skip
async def test_an_operation_that_cannot_be_read_says_where(
    client: httpx.AsyncClient, tablet: Tablet, said: bytes, named: list[str]
) -> None:
    tablet.say_raw(said)

    (verdict,) = (await sync(client, tablet)).json()["verdicts"]

    assert (verdict["verdict"], verdict["code"]) == ("rejected", "bad_value")
    assert all(each in verdict["detail"] for each in named), verdict
    assert "Erika" not in verdict["detail"]
