"""What has become of a visit: how far it has got, and what is done with it, by the kind of job."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.pages.frame import Desk
from field_client.pages.job_head import load_job
from field_client.pages.languages import N_, Language
from field_client.pages.visit_words import code_text, follows
from field_client.pages.wording import moment
from field_client.replica.captures import Receipt
from field_client.replica.cards import effect_on
from field_client.replica.views import JobView
from sync_protocol.effects import Effect
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobState


class ReceiptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that the work goes through, and whether it is there."""

    name: str
    text: str
    is_done: bool


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands in a few words, and what that means for who stands there."""

    text: str
    tone: str
    explanation: str


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """``receipt.html`` and, asked for again and again, ``_receipt.html``."""

    url: str
    headline: str
    tone: str
    explanation: str
    rows: tuple[ReceiptRow, ...]
    is_final: bool
    """Nothing more will happen that this tablet would be told."""


class NetworkChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is done to the network after a visit, and what holds until then."""

    deed: str
    until_then: str


_CHANGED_LATER: Final = N_(
    "Everything is safe on this tablet. The network is changed when the office has it, not before."
)
_CHANGES: Final[Mapping[Effect, NetworkChange]] = {
    Effect.CHANGE_BY_HAND: NetworkChange(
        deed=N_("a person in the office moves the service to this premise"),
        until_then=N_(
            "There is no service here before that. Call the office if the customer waits for it."
        ),
    ),
    Effect.SWAP: NetworkChange(
        deed=N_("the new ONT takes the place of the old one by itself"),
        until_then=N_(
            "The new ONT gets service by itself within minutes. Call the office if it does not."
        ),
    ),
    Effect.DISCONNECT: NetworkChange(
        deed=N_("the service is switched off by itself"),
        until_then=N_("You need not wait for that."),
    ),
}


@get("/jobs/{job_id:uuid}/receipt")
async def show_receipt(desk: NamedDependency[Desk], job_id: FromPath[JobId]) -> Response[str]:
    """Show how far the work has got; asked for by the page itself, only that part."""
    view = receipt_view(await load_job(desk, job_id), desk.say)
    if desk.is_htmx:
        return desk.fragment("_receipt.html", view)
    return await desk.page(
        "receipt.html", view, title=desk.say("Receipt"), back="/", section="jobs"
    )


def receipt_view(view: JobView, say: Language) -> ReceiptView:
    """Say how far it has got, and what is still to happen."""
    card = view.card
    is_sent, is_completed = _is_sent(view), card.state is JobState.COMPLETED
    is_activated = is_completed and effect_on(view.document, view.code) is Effect.ACTIVATE
    headline = _headline(view, say)
    pending = say("%(entries)s entries and %(photos)s photos are still on this tablet",
                  entries=card.pending_operations, photos=card.pending_blobs)  # fmt: skip
    sent = say("the office has all of it") if is_sent else pending
    return ReceiptView(
        url=f"/jobs/{card.id}/receipt",
        headline=headline.text,
        tone=headline.tone,
        explanation=headline.explanation,
        rows=(
            ReceiptRow(name=say("On this tablet"), text=say("safe"), is_done=True),
            ReceiptRow(name=say("Sent"), text=sent, is_done=is_sent),
            *(_after_sending(view, say) if is_completed else ()),
        ),
        is_final=card.receipt is Receipt.LIVE or (is_sent and not is_activated),
    )


def _is_sent(view: JobView) -> bool:
    return not (view.card.pending_operations or view.card.pending_blobs)


def _after_sending(view: JobView, say: Language) -> Iterable[ReceiptRow]:
    """List what is done with a completion."""
    match effect_on(view.document, view.code):
        case Effect.ACTIVATE:
            return _activation(view, say)
        case Effect.FULFIL:
            is_sent = _is_sent(view)
            told = say("nothing more is to be done") if is_sent else say("as soon as it is sent")
            return (ReceiptRow(name=say("Order fulfilled"), text=told, is_done=is_sent),)
        case Effect.SWAP | Effect.DISCONNECT | Effect.CHANGE_BY_HAND as effect:
            told = say(_CHANGES[effect].deed)
            return (ReceiptRow(name=say("Network changed"), text=told, is_done=False),)


def _activation(view: JobView, say: Language) -> Iterable[ReceiptRow]:
    document, card = view.document, view.card
    is_verified, live_at = document.service_state != "designed", document.live_at
    return (
        ReceiptRow(
            name=say("Verified"),
            text=say("the evidence is checked and the ONT is being activated")
            if is_verified
            else say("waits for the office"),
            is_done=is_verified,
        ),
        ReceiptRow(
            name=say("Service live"),
            text=say("not yet") if live_at is None else moment(live_at, card.zone, say),
            is_done=card.receipt is Receipt.LIVE,
        ),
    )


def _headline(view: JobView, say: Language) -> Headline:
    state = view.card.state
    if view.card.receipt is Receipt.LIVE:
        text, then = say("Service is live"), say("You can leave.")
        return Headline(text=text, tone="good", explanation=then)
    if state is JobState.COMPLETED:
        return _completed(view, say) if _is_sent(view) else _not_sent(view, say)
    if state is JobState.NOT_DONE:
        return Headline(
            text=say("Not done, with a reason"),
            tone="attention",
            explanation=_left(view.ended_code, say),
        )
    return Headline(text=say("Not finished yet"), tone="quiet", explanation="")


def _left(code: str | None, say: Language) -> str:
    if code is None:
        return say("The office plans what follows.")
    return f"{code_text(code, say)}. {follows(code, say)}"


def _not_sent(view: JobView, say: Language) -> Headline:
    then = {
        Effect.ACTIVATE: N_(
            "Everything is safe on this tablet. The service goes live by itself as soon as the "
            "office has it; you need not wait."
        ),
        Effect.FULFIL: N_(
            "Everything is safe on this tablet. The job is closed as soon as the office has it; "
            "you need not wait."
        ),
        Effect.SWAP: _CHANGED_LATER,
        Effect.DISCONNECT: _CHANGED_LATER,
        Effect.CHANGE_BY_HAND: _CHANGED_LATER,
    }
    effect = effect_on(view.document, view.code)
    text = say("Finished, not sent yet")
    return Headline(text=text, tone="waiting", explanation=say(then[effect]))


def _completed(view: JobView, say: Language) -> Headline:
    match effect_on(view.document, view.code):
        case Effect.ACTIVATE:
            return Headline(
                text=say("Activation is running"),
                tone="moving",
                explanation=say("The network is bringing the ONT up. That takes up to a minute."),
            )
        case Effect.FULFIL:
            return Headline(
                text=say("Finished, the office has it"),
                tone="good",
                explanation=say("You can leave."),
            )
        case Effect.SWAP | Effect.DISCONNECT | Effect.CHANGE_BY_HAND as effect:
            return Headline(
                text=say("Finished, the network is still to be changed"),
                tone="moving",
                explanation=say(_CHANGES[effect].until_then),
            )
