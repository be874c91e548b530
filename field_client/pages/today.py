"""The first page: today and the coming days, in the order in which one drives."""

from datetime import datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from field_client.pages import words
from field_client.pages.frame import Desk
from field_client.pages.languages import Language
from field_client.pages.planning import Plan, Stop, plan
from field_client.pages.wording import day, length, local_date, window
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.memory import list_changed_since_seen
from field_client.replica.queue import count_waiting
from field_client.replica.state import find_enrolment
from field_client.storage import Connection
from sync_protocol.ids import JobId
from sync_protocol.jobs import OPEN_STATES, JobState

_DAYS_MAX = 8
_ENDED_MAX = 20


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


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """A day and its jobs."""

    name: str
    cards: tuple[CardView, ...]


class TodayView(msgspec.Struct, frozen=True, kw_only=True):
    """The first page. ``today.html``."""

    technician: str
    overdue: tuple[CardView, ...]
    days: tuple[DayView, ...]
    ended: tuple[CardView, ...]
    later: int
    """How many jobs lie beyond the days shown."""
    is_ready: bool
    """Everything that was entered is sent and the jobs are from today: one may drive off."""


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    technician: str
    cards: tuple[JobCard, ...]
    changed: frozenset[JobId]
    waits: bool
    last_synced_at: datetime | None


@get("/")
async def show_today(desk: NamedDependency[Desk]) -> Response[str]:
    """Show the days."""
    now = desk.agent.now()
    found = await desk.agent.store.read(_find)
    view = today_view(found, now, desk.say)
    return await desk.page("today.html", view, title=desk.say("My jobs"), section="jobs")


def _find(db: Connection) -> _Found:
    enrolment, waiting, cards = find_enrolment(db), count_waiting(db), list_jobs(db)
    return _Found(
        technician="" if enrolment is None else enrolment.technician_name,
        cards=cards,
        changed=list_changed_since_seen(db, cards),
        waits=bool(waiting.operations or waiting.blobs),
        last_synced_at=waiting.last_synced_at,
    )


def today_view(found: _Found, now: datetime, say: Language) -> TodayView:
    """Make the view; the day is that of the first job's zone."""
    zone = found.cards[0].zone if found.cards else "UTC"
    today = local_date(now, zone)
    planned: Plan = plan(found.cards, today)
    shown = planned.days[:_DAYS_MAX]

    def view_of(stop: Stop) -> CardView:
        return _card(stop, changed=found.changed, say=say)

    return TodayView(
        technician=found.technician,
        overdue=tuple(view_of(Stop(card, None)) for card in planned.overdue),
        days=tuple(
            DayView(name=day(each.on, today, say), cards=tuple(view_of(s) for s in each.stops))
            for each in shown
        ),
        ended=tuple(view_of(Stop(card, None)) for card in planned.ended[-_ENDED_MAX:]),
        later=sum(len(each.stops) for each in planned.days[_DAYS_MAX:]),
        is_ready=not found.waits
        and found.last_synced_at is not None
        and local_date(found.last_synced_at, zone) == today,
    )


def _card(stop: Stop, *, changed: frozenset[JobId], say: Language) -> CardView:
    card = stop.card
    way = "" if stop.from_before_m is None else length(round(stop.from_before_m), say)
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
        way=way,
        receipt=say(words.RECEIPTS[card.receipt]) if is_told else "",
        receipt_tone=words.RECEIPT_TONES[card.receipt],
        is_changed=card.id in changed,
        is_under_way=card.state in {JobState.EN_ROUTE, JobState.ON_SITE, JobState.WORKING}
        and not card.lingering,
    )
