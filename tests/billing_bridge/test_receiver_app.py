from collections.abc import Iterator
from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from standardwebhooks import Webhook

from billing_bridge.feed import encode_event
from billing_bridge.receiver.app import BODY_BYTES_MAX, build_app
from billing_bridge.receiver.journal import Journal
from billing_bridge.webhooks import WebhookSecret, signed_headers

from .factories import OTHER_SECRET, SECRET, an_event, wall_clock

BODY = encode_event(an_event())
EVENT_ID = an_event().id


@pytest.fixture
def client() -> Iterator[TestClient[Litestar]]:
    app = build_app(Webhook(SECRET.text), Journal())
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def signed(
    body: bytes, *, event_id: str = EVENT_ID, secret: WebhookSecret = SECRET, age_s: int = 0
) -> dict[str, str]:
    at = wall_clock() - timedelta(seconds=age_s)
    return dict(signed_headers([secret], event_id=event_id, body=body, at=at))


def test_a_delivery_is_counted_once_per_event_and_taken_every_time(
    client: TestClient[Litestar],
) -> None:
    statuses = [
        client.post("/hooks", content=BODY, headers=signed(BODY)).status_code for _ in range(10)
    ]

    assert statuses == [200] * 10
    assert client.get("/seen").json() == {
        "deliveries": 10,
        "distinct_events": 1,
        "signature_verified": 10,
        "rejected": 0,
        "events": [EVENT_ID],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "another"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,not base64"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1e999"},
        {"webhook-timestamp": "nan"},
    ],
)
def test_a_bad_signature_is_401_and_no_event(
    client: TestClient[Litestar], changes: dict[str, str]
) -> None:
    answer = client.post("/hooks", content=BODY, headers={**signed(BODY), **changes})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    seen = client.get("/seen").json()
    assert (seen["rejected"], seen["distinct_events"], seen["signature_verified"]) == (1, 0, 0)


def test_a_signature_by_another_secret_is_401(client: TestClient[Litestar]) -> None:
    headers = signed(BODY, secret=OTHER_SECRET)

    assert client.post("/hooks", content=BODY, headers=headers).status_code == 401


def test_an_event_under_the_id_of_another_delivery_is_400(client: TestClient[Litestar]) -> None:
    headers = signed(BODY, event_id="another")

    answer = client.post("/hooks", content=BODY, headers=headers)

    assert answer.status_code == 400
    assert "is not the webhook-id 'another'" in answer.json()["detail"]


@pytest.mark.parametrize("age_s", [301 + 5, -301 - 5])
def test_a_signature_of_another_time_is_401(client: TestClient[Litestar], age_s: int) -> None:
    answer = client.post("/hooks", content=BODY, headers=signed(BODY, age_s=age_s))

    assert answer.status_code == 401


def test_a_body_that_was_changed_on_the_way_is_401(client: TestClient[Litestar]) -> None:
    changed = BODY.replace(b"4900", b"4901")

    assert client.post("/hooks", content=changed, headers=signed(BODY)).status_code == 401


MALFORMED = [
    b"",
    b"not json",
    b"{",
    b"[]",
    b"null",
    b'{"id": 1, "type": "t"}',
    b'{"id": "other", "type": "t"}',
    b'{"type": "t"}',
    b"[" * 2000,
    b"[" * 2000 + b"]" * 2000,
    b'{"id": "e", "type": "t", "unknown": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"a":' * 2000 + b"1" + b"}" * 2000,
    b'{"id": "\\ud800", "type": "t"}',
    b'{"id": "e", "type": "t", "n": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_body_is_400_even_when_signed(
    client: TestClient[Litestar], body: bytes
) -> None:
    answer = client.post("/hooks", content=body, headers=signed(body))

    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert client.get("/seen").json()["distinct_events"] == 0


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_body_without_a_signature_is_no_server_error(
    client: TestClient[Litestar], body: bytes
) -> None:
    assert client.post("/hooks", content=body).status_code == 401


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"id": "\xff", "type": "t"}', b"\xed\xa0\x80"])
def test_a_body_that_is_no_text_is_400(client: TestClient[Litestar], body: bytes) -> None:
    answer = client.post("/hooks", content=body, headers=signed(BODY))

    assert answer.status_code == 400
    assert "UTF-8" in answer.json()["detail"]
    assert client.get("/seen").json()["signature_verified"] == 0


def test_a_body_beyond_the_limit_is_413(client: TestClient[Litestar]) -> None:
    body = b" " * (BODY_BYTES_MAX + 1)

    assert client.post("/hooks", content=body, headers=signed(body)).status_code == 413
