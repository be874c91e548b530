"""A job in a list: when, where, who, and how it stands."""

import msgspec

from field_client.pages import words
from field_client.pages.languages import Language
from field_client.pages.planning import Stop
from field_client.pages.wording import length, window
from field_client.replica.cards import JobCard
from sync_protocol.jobs import OPEN_STATES, JobState

_UNDER_WAY = frozenset({JobState.EN_ROUTE, JobState.ON_SITE, JobState.WORKING})


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """A job in the list. ``_card.html``."""

    url: str
    number: str
    kind: str
    window: str
    address: str
    customer: str
    state: str
    tone: str
    way: str
    """How far it is from the one before; empty for the first."""
    receipt: str
    receipt_tone: str
    is_changed: bool
    is_under_way: bool
    is_only_here: bool


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """A day and its jobs."""

    name: str
    cards: tuple[CardView, ...]


def card_view(card: JobCard, say: Language, *, is_changed: bool) -> CardView:
    """Show a job by itself."""
    return stop_view(Stop(card, None), say, is_changed=is_changed)


def stop_view(stop: Stop, say: Language, *, is_changed: bool) -> CardView:
    """Show a job on the way of a day."""
    card = stop.card
    is_told = card.state not in OPEN_STATES or card.pending_operations or card.pending_blobs
    return CardView(
        url=f"/jobs/{card.id}",
        number=card.number,
        kind=say(words.KINDS.get(card.kind, card.kind)),
        window=window(card.appointment, card.zone, say),
        address=card.address,
        customer=card.customer_name,
        state=say(words.STATES[card.state]),
        tone=words.TONES.get(card.state, "quiet"),
        way="" if stop.from_before_m is None else length(round(stop.from_before_m), say),
        receipt=say(words.RECEIPTS[card.receipt]) if is_told else "",
        receipt_tone=words.RECEIPT_TONES[card.receipt],
        is_changed=is_changed,
        is_under_way=card.state in _UNDER_WAY and not card.lingering,
        is_only_here=card.is_only_here,
    )
