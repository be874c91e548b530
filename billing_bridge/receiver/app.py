"""The receiver's two routes."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST, HTTP_401_UNAUTHORIZED
from standardwebhooks import Webhook, WebhookVerificationError

from billing_bridge.receiver.journal import Entry, Journal, Seen

BODY_BYTES_MAX = 262_144


class ReceivedEvent(msgspec.Struct, frozen=True):
    """The little that this consumer needs of an event; it ignores the rest, as agreed."""

    id: str
    type: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a delivery was not taken."""

    status: int
    detail: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the receiver says to one delivery, and what it writes down."""

    status: int
    detail: str
    entry: Entry


def judge(webhook: Webhook, body: bytes, headers: dict[str, str]) -> Answer:
    """Decide about one delivery: the signature first, over the raw bytes, then the content.

    Of a body that is no text there is no signature to check, so it is malformed.
    """
    try:
        webhook.verify(body, headers, json_parse=False)
    except UnicodeDecodeError as error:
        return _malformed(f"the body is not UTF-8 at byte {error.start}", signature_verified=False)
    except (WebhookVerificationError, ValueError) as error:
        # The library raises a bare ValueError for a signature header that it cannot take apart.
        return Answer(
            status=HTTP_401_UNAUTHORIZED,
            detail=f"the webhook signature does not hold: {error}",
            entry=Entry(verdict="bad_signature", signature_verified=False),
        )
    try:
        event = msgspec.json.decode(body, type=ReceivedEvent)
    except (msgspec.DecodeError, RecursionError) as error:
        # Deep nesting is a RecursionError in msgspec, not a DecodeError.
        return _malformed(f"the body is no CloudEvent: {error}", signature_verified=True)
    if event.id != headers["webhook-id"]:
        return _malformed(
            f"event id {event.id[:80]!r} is not the webhook-id {headers['webhook-id'][:80]!r}",
            signature_verified=True,
        )
    entry = Entry(verdict="accepted", signature_verified=True, event_id=event.id)
    return Answer(status=HTTP_200_OK, detail="accepted", entry=entry)


def _malformed(detail: str, *, signature_verified: bool) -> Answer:
    return Answer(
        status=HTTP_400_BAD_REQUEST,
        detail=detail,
        entry=Entry(verdict="malformed", signature_verified=signature_verified),
    )


@post("/hooks")
async def receive(
    request: Request[Any, Any, Any],
    webhook: NamedDependency[Webhook],
    journal: NamedDependency[Journal],
) -> Response[Problem | None]:
    """Take a delivery; it is in the journal before it is answered."""
    answer = judge(webhook, await request.body(), dict(request.headers))
    journal.record(answer.entry)
    if answer.status == HTTP_200_OK:
        return Response(None, status_code=HTTP_200_OK)
    problem = Problem(status=answer.status, detail=answer.detail)
    return Response(problem, status_code=answer.status, media_type="application/problem+json")


@get("/seen")
async def seen(journal: NamedDependency[Journal]) -> Seen:
    """Say what was received so far."""
    return journal.seen()


def build_app(
    webhook: Webhook, journal: Journal, *, on_ready: Callable[[], None] | None = None
) -> Litestar:
    """Build the receiver; ``on_ready`` is called when it can answer."""
    return Litestar(
        route_handlers=[receive, seen],
        dependencies={
            "webhook": Provide(lambda: webhook, sync_to_thread=False),
            "journal": Provide(lambda: journal, sync_to_thread=False),
        },
        on_startup=[on_ready] if on_ready is not None else [],
        on_shutdown=[journal.close],
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )
