"""Completions pushed as Standard Webhooks: signing, and one attempt to deliver.

The signature is over the very bytes that are sent. What the receiver answers beyond its status is
read up to a limit, so that the connection ends well, and neither kept nor shown.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import httpx
import msgspec
from standardwebhooks import Webhook

from billing_bridge.adapter import Delivered, Outcome, Refused, TryLater
from billing_bridge.addresses import AddressForbidden, GuardedTransport, Network
from billing_bridge.errors import SecretUnusable
from billing_bridge.feed import EVENT_MEDIA_TYPE, CompletionEvent, encode_event

ATTEMPT_TIMEOUT_S: Final = 20.0
"""The whole attempt, look-up and answer included (Standard Webhooks: 15 to 30 s)."""
CONNECT_TIMEOUT_S: Final = 5.0
"""To one address, so that a second one still has its turn within the attempt."""
RESPONSE_BYTES_MAX: Final = 16_384
_SECRET_BYTES_MIN: Final = 16
_RETRY_AFTER_DIGITS_MAX: Final = 9


class WebhookSecret(msgspec.Struct, frozen=True):
    """The shared secret of one endpoint, ``whsec_`` and base64; it never shows itself.

    Raises:
        SecretUnusable: not base64, or fewer than 16 bytes.
    """

    text: str

    def __post_init__(self) -> None:
        encoded = self.text.removeprefix("whsec_")
        try:
            size = len(base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True))
        except (binascii.Error, ValueError) as error:
            raise SecretUnusable(
                "the webhook secret is not base64 after whsec_; "
                "write whsec_ and 32 random bytes in base64"
            ) from error
        if size < _SECRET_BYTES_MIN:
            raise SecretUnusable(
                f"the webhook secret has {size} bytes; use at least {_SECRET_BYTES_MIN}, better 32"
            )

    def __repr__(self) -> str:
        return "WebhookSecret(***)"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where webhooks of one billing system go."""

    url: str
    secrets: tuple[WebhookSecret, ...]
    """Newest first; while a secret is replaced, both sign and the receiver takes either."""

    def __post_init__(self) -> None:
        if not self.secrets:
            raise SecretUnusable(f"endpoint {self.url!r} has no secret; give it at least one")


def signed_headers(
    secrets: Sequence[WebhookSecret], *, event_id: str, body: bytes, at: datetime
) -> Mapping[str, str]:
    """Give the Standard Webhooks headers for a body that is sent at an instant.

    Receivers refuse what is older than five minutes, so sign for each attempt anew.
    """
    # The library overwrites the zone of the instant instead of converting it.
    at_utc = at.astimezone(UTC)
    signatures = (
        Webhook(secret.text).sign(event_id, at_utc, body.decode("utf-8")) for secret in secrets
    )
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at_utc.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def open_webhook_client(*, allowed_networks: Sequence[Network] = ()) -> httpx.AsyncClient:
    """Open the client that attempts are made with; it follows no redirect and uses no proxy."""
    return httpx.AsyncClient(
        transport=GuardedTransport(allowed_networks=allowed_networks),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(ATTEMPT_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
    )


async def attempt(
    client: httpx.AsyncClient,
    endpoint: Endpoint,
    *,
    event_id: str,
    body: bytes,
    at: datetime,
    timeout_s: float = ATTEMPT_TIMEOUT_S,
) -> Outcome:
    """Send one body once; whatever the network and the receiver do is an outcome.

    ``TryLater`` means that the receiver may have it already: it deduplicates by ``event_id``.
    """
    headers = {
        "content-type": EVENT_MEDIA_TYPE,
        "user-agent": "Firstlight",
        **signed_headers(endpoint.secrets, event_id=event_id, body=body, at=at),
    }
    try:
        async with (
            asyncio.timeout(timeout_s),
            client.stream("POST", endpoint.url, content=body, headers=headers) as response,
        ):
            await _read_a_little(response)
    except (AddressForbidden, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        return Refused(why=str(error), gone=False)
    except TimeoutError:
        return TryLater(why=f"no answer within {timeout_s:g} s")
    except httpx.HTTPError as error:
        return TryLater(why=f"{type(error).__name__}: {error}")
    return judge_answer(response.status_code, response.headers, now=at)


def judge_answer(status: int, headers: Mapping[str, str], *, now: datetime) -> Outcome:
    """Say what an answer means: 2xx is delivered, 410 is gone, all else is tried again."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Delivered(status=status)
    if status == HTTPStatus.GONE:
        return Refused(why="the receiver answered 410 Gone", gone=True)
    return TryLater(
        why=f"the receiver answered {status}",
        after_s=retry_after_s(headers.get("retry-after"), now=now),
    )


def retry_after_s(text: str | None, *, now: datetime) -> int | None:
    """Read a Retry-After header, seconds or a date; what makes no sense is no request.

    >>> retry_after_s("120", now=datetime(2026, 1, 1, tzinfo=UTC))
    120
    """
    if text is None:
        return None
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit():
        return int(stripped[:_RETRY_AFTER_DIGITS_MAX])
    try:
        until = parsedate_to_datetime(stripped)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0, int((aware - now).total_seconds()))


async def _read_a_little(response: httpx.Response) -> None:
    # Raw, not decoded: a small compressed answer could unpack to a large one.
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > RESPONSE_BYTES_MAX:
            return


class WebhookAdapter:
    """Hands completions to one endpoint as Standard Webhooks."""

    def __init__(
        self, client: httpx.AsyncClient, endpoint: Endpoint, *, now: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._now = now

    async def deliver(self, event: CompletionEvent, key: str) -> Outcome:
        """Attempt it once, signed for this moment; ``key`` is sent as the webhook's id."""
        return await attempt(
            self._client,
            self._endpoint,
            event_id=key,
            body=encode_event(event),
            at=self._now(),
        )
