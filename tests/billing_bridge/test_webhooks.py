import asyncio
import base64
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from billing_bridge.adapter import BillingAdapter, Delivered, Outcome, Refused, TryLater
from billing_bridge.errors import SecretUnusable
from billing_bridge.feed import encode_event
from billing_bridge.webhooks import (
    RESPONSE_BYTES_MAX,
    Endpoint,
    WebhookAdapter,
    WebhookSecret,
    attempt,
    judge_answer,
    open_webhook_client,
    retry_after_s,
    signed_headers,
)

from .factories import OTHER_SECRET, SECRET, an_event, wall_clock
from .local_https import LOOPBACK, Answer, answering, listening

BODY = encode_event(an_event())
NOW = datetime(2026, 1, 14, 12, tzinfo=UTC)


async def attempted(answer: Answer, *, timeout_s: float = 20.0) -> Outcome:
    async with (
        listening(answer) as receiver,
        open_webhook_client(allowed_networks=[LOOPBACK]) as client,
    ):
        endpoint = Endpoint(url=f"http://127.0.0.1:{receiver.port}/hooks", secrets=(SECRET,))
        return await attempt(
            client, endpoint, event_id="e1", body=BODY, at=wall_clock(), timeout_s=timeout_s
        )


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-5))])
def test_the_standardwebhooks_library_accepts_our_signature_from_any_zone(zone: timezone) -> None:
    at = wall_clock().astimezone(zone)

    headers = signed_headers([SECRET], event_id="e1", body=BODY, at=at)

    assert Webhook(SECRET.text).verify(BODY, dict(headers))["id"] == an_event().id


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.uuids())
def test_any_text_body_verifies_and_any_change_to_it_does_not(text: str, event_id: object) -> None:
    body = text.encode()
    headers = dict(signed_headers([SECRET], event_id=str(event_id), body=body, at=wall_clock()))

    Webhook(SECRET.text).verify(body, headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET.text).verify(body + b" ", headers, json_parse=False)


def test_while_a_secret_is_replaced_either_verifies() -> None:
    headers = dict(
        signed_headers([OTHER_SECRET, SECRET], event_id="e1", body=BODY, at=wall_clock())
    )

    for secret in (SECRET, OTHER_SECRET):
        Webhook(secret.text).verify(BODY, headers)


def test_a_secret_never_shows_itself() -> None:
    endpoint = Endpoint(url="https://billing.example/hooks", secrets=(SECRET,))

    shown = f"{SECRET!r} {SECRET} {endpoint!r} {endpoint}"

    assert SECRET.text not in shown
    assert SECRET.text.removeprefix("whsec_") not in shown


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_not base64!", "whsec_" + base64.b64encode(b"short").decode(), "ä"]
)
def test_an_unusable_secret_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(SecretUnusable) as refusal:
        WebhookSecret(text)

    assert "webhook secret" in str(refusal.value)
    assert not text or text not in str(refusal.value)


def test_an_endpoint_without_a_secret_is_refused() -> None:
    with pytest.raises(SecretUnusable, match=r"billing\.example"):
        Endpoint(url="https://billing.example/hooks", secrets=())


@pytest.mark.parametrize(
    ("status_line", "expected"),
    [
        ("200 OK", Delivered(status=200)),
        ("204 No Content", Delivered(status=204)),
        ("410 Gone", Refused(why="the receiver answered 410 Gone", gone=True)),
        ("400 Bad Request", TryLater(why="the receiver answered 400")),
        ("500 Oh", TryLater(why="the receiver answered 500")),
        ("304 Not Modified", TryLater(why="the receiver answered 304")),
    ],
)
async def test_an_answer_is_an_outcome(status_line: str, expected: Outcome) -> None:
    assert await attempted(answering(status_line)) == expected


@pytest.mark.parametrize("status", [429, 503])
async def test_a_receiver_that_asks_for_time_gets_it(status: int) -> None:
    outcome = await attempted(answering(f"{status} Later", "retry-after: 120"))

    assert outcome == TryLater(why=f"the receiver answered {status}", after_s=120)


async def test_a_redirect_is_not_followed() -> None:
    async with listening(answering("200 OK")) as elsewhere:
        location = f"location: http://127.0.0.1:{elsewhere.port}/"
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
            assert isinstance(await attempted(answering(status, location)), TryLater)

        assert elsewhere.requests == []


async def test_a_receiver_that_is_down_is_tried_later() -> None:
    async with listening(b"") as receiver:
        port = receiver.port
    async with open_webhook_client(allowed_networks=[LOOPBACK]) as client:
        endpoint = Endpoint(url=f"http://127.0.0.1:{port}/hooks", secrets=(SECRET,))

        outcome = await attempt(client, endpoint, event_id="e1", body=BODY, at=NOW)

    assert isinstance(outcome, TryLater)
    assert "ConnectError" in outcome.why


@pytest.mark.parametrize("answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-le"])
async def test_half_an_answer_is_none(answer: bytes) -> None:
    assert isinstance(await attempted(answer), TryLater)


async def test_a_receiver_that_never_answers_is_left() -> None:
    async def say_nothing(writer: asyncio.StreamWriter) -> None:
        await writer.wait_closed()

    assert await attempted(say_nothing, timeout_s=0.1) == TryLater(why="no answer within 0.1 s")


async def test_an_answer_that_drips_does_not_hold_the_attempt() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        # Each byte comes well within a read timeout; only the limit of the whole attempt ends this.
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    assert await attempted(drip, timeout_s=0.2) == TryLater(why="no answer within 0.2 s")


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async def pour(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"." * RESPONSE_BYTES_MAX)
            await writer.drain()

    assert await attempted(pour, timeout_s=5) == Delivered(status=200)


async def test_a_compressed_answer_is_not_unpacked() -> None:
    # Whoever unpacked this would fail on it, or, with a bomb, run out of memory.
    answer = answering("200 OK", "content-encoding: gzip", body=b"no gzip at all")

    assert await attempted(answer) == Delivered(status=200)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hooks",
        "http://8.8.8.8/hooks",
        "https://a:port/",
        "https://a:99999/",
        "https://a:0/",
        "https://",
        "ftp://a/",
        "hooks",
        "",
    ],
)
async def test_a_url_that_may_not_be_reached_waits_for_a_person(url: str) -> None:
    async with open_webhook_client() as client:
        endpoint = Endpoint(url=url, secrets=(SECRET,))

        outcome = await attempt(client, endpoint, event_id="e1", body=BODY, at=NOW)

    assert isinstance(outcome, Refused)
    assert not outcome.gone


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(answering("200 OK")) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")

        assert await attempted(answering("204 No Content")) == Delivered(status=204)
        assert proxy.requests == []


def in_the_future(seconds: int) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("9" * 100, 999_999_999),
        (in_the_future(90), 90),
        (in_the_future(-90), 0),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(
    text: str | None, expected: int | None
) -> None:
    assert retry_after_s(text, now=NOW) == expected


@settings(deadline=None)
@given(st.integers(min_value=100, max_value=599), st.text())
def test_any_answer_is_judged(status: int, retry_after: str) -> None:
    outcome = judge_answer(status, {"retry-after": retry_after}, now=NOW)

    assert isinstance(outcome, Delivered) == (200 <= status <= 299)


async def test_the_adapter_sends_the_event_signed_with_its_key() -> None:
    async with (
        listening(answering("200 OK")) as receiver,
        open_webhook_client(allowed_networks=[LOOPBACK]) as client,
    ):
        endpoint = Endpoint(url=f"http://127.0.0.1:{receiver.port}/hooks?a=b", secrets=(SECRET,))
        adapter: BillingAdapter = WebhookAdapter(client, endpoint, now=wall_clock)

        outcomes = [await adapter.deliver(an_event(), an_event().id) for _ in range(2)]

    assert outcomes == [Delivered(status=200)] * 2
    first, second = receiver.requests
    assert first.head == "POST /hooks?a=b HTTP/1.1"
    assert first.headers["content-type"] == "application/cloudevents+json"
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == an_event().id
    assert first.body == second.body == BODY
    Webhook(SECRET.text).verify(first.body, first.headers)


async def test_a_client_error_of_any_kind_is_an_outcome() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as client:
        endpoint = Endpoint(url="https://billing.example/hooks", secrets=(SECRET,))

        outcome = await attempt(client, endpoint, event_id="e1", body=BODY, at=NOW)

    assert outcome == TryLater(why="ReadError: reset")
